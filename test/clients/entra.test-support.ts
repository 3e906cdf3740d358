import { manualClock } from '../../src/core/clock.ts'
import { createIdentity, type Identity } from '../../src/sandbox/identity/index.ts'
import { APPS, type DirectoryApp, TENANT_ID, USERS } from '../../src/sandbox/seed/directory.ts'

/** An Entra ID without a port, and a person at a browser that follows its pages. */

export const ORIGIN = 'https://login.microsoftonline.com'
export const RESOURCE = 'https://contoso.crm.dynamics.com'
export const TENANT = TENANT_ID

export function freshIdentity(): Identity {
  const clock = { ...manualClock(), now: () => Date.now() }
  return createIdentity({ clock, origin: () => ORIGIN, resources: () => [RESOURCE] })
}

export function appNamed(name: string): DirectoryApp {
  const app = APPS.find((one) => one.name === name)
  if (!app) throw new Error(`no app ${name}`)
  return app
}

export const ANN = USERS[0]?.upn ?? ''

/** Opens an authorize address, presses the buttons a person would press, and returns where the browser ends up. */
export async function pressThrough(
  identity: Identity,
  address: string,
  buttons: readonly string[],
): Promise<URL | string> {
  let cookie = ''
  let response = await identity.fetch(new Request(address))
  for (const button of buttons) {
    const html = await response.text()
    const form = html.split('<form').find((part) => part.includes(`>${button}<`))
    if (!form) return html
    cookie = response.headers.get('set-cookie')?.split(';')[0] ?? cookie
    const fields = [...form.matchAll(/name="([^"]*)" value="([^"]*)"/g)].map(
      ([, name = '', value = '']): [string, string] => [name, decodeEntities(value)],
    )
    response = await identity.fetch(
      new Request(address, { method: 'POST', body: new URLSearchParams(fields), headers: { cookie } }),
    )
  }
  const location = response.headers.get('location')
  return location === null ? response.text() : new URL(location)
}

function decodeEntities(text: string): string {
  return text.replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)))
}

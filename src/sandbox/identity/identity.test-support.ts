import { type ManualClock, manualClock } from '../../core/clock.ts'
import { APPS, type DirectoryApp, TENANT_ID } from '../seed/directory.ts'
import { createIdentity, type Identity, type IdentityOptions } from './index.ts'

/** An Entra ID without a port, and the requests of a client written for these tests alone. */

export const ORIGIN = 'https://login.microsoftonline.com'
export const RESOURCE = 'https://contoso.crm.dynamics.com'
export const ANN = 'ann@contoso.onmicrosoft.com'
export const SCOPE = `${RESOURCE}/user_impersonation offline_access openid`

export interface Entra {
  readonly identity: Identity
  readonly clock: ManualClock
}

export function freshEntra(settings: IdentityOptions['settings'] = {}): Entra {
  const clock = manualClock(Date.UTC(2026, 0, 5, 12))
  const identity = createIdentity({ clock, origin: () => ORIGIN, resources: () => [RESOURCE], settings })
  return { clock, identity }
}

export function appNamed(name: string): DirectoryApp {
  const app = APPS.find((one) => one.name === name)
  if (!app) throw new Error(`no app ${name}`)
  return app
}

export type Form = Readonly<Record<string, string>>

export interface SendOptions {
  readonly path?: string
  readonly headers?: Readonly<Record<string, string>>
}

/** A POST to the v2 token endpoint of the tenant, or to another path. */
export function post(
  { identity }: Entra,
  form: Form,
  { path = `/${TENANT_ID}/oauth2/v2.0/token`, headers = {} }: SendOptions = {},
): Promise<Response> {
  return identity.fetch(
    new Request(`${ORIGIN}${path}`, { method: 'POST', headers, body: new URLSearchParams(form) }),
  )
}

const service = appNamed('d365 service')

export const AS_APP: Form = {
  grant_type: 'client_credentials',
  client_id: service.clientId,
  client_secret: service.secrets[0]?.value ?? '',
  scope: `${RESOURCE}/.default`,
}

/** GET of the v2 sign-in page for the desktop app, Ann signed in at once; `fields` change what is asked. */
export function authorize({ identity }: Entra, fields: Form, path = `/${TENANT_ID}/oauth2/v2.0/authorize`) {
  const url = new URL(`${ORIGIN}${path}`)
  const asked: Form = {
    client_id: appNamed('d365 desktop').clientId,
    response_type: 'code',
    redirect_uri: 'http://localhost:5000',
    scope: SCOPE,
    sandbox_sign_in: '1',
    login_hint: ANN,
    ...fields,
  }
  for (const [name, value] of Object.entries(asked)) if (value !== '') url.searchParams.set(name, value)
  return identity.fetch(new Request(url))
}

/** Where an authorization answer leads: its address and its parameters. */
export function redirected({ status, headers }: Response): { url: URL; parameters: URLSearchParams } {
  const location = headers.get('location')
  if (status !== 302 || location === null) throw new Error(`${status} without a Location`)
  const url = new URL(location)
  return { url, parameters: new URLSearchParams(url.search || url.hash.slice(1)) }
}

export async function jsonOf(response: Response): Promise<Readonly<Record<string, unknown>>> {
  const value: unknown = JSON.parse(await response.text())
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

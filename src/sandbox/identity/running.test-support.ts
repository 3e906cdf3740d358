import { type ManualClock, manualClock } from '../../core/clock.ts'
import { createSandbox, type ListeningSandbox } from '../sandbox.ts'
import { TENANT_ID } from '../seed/directory.ts'
import { appNamed } from './identity.test-support.ts'

/** A sandbox on a port, and what a program without any library sends to its Entra ID: forms, and nothing else. */
export interface Running {
  readonly server: ListeningSandbox
  readonly clock: ManualClock
  readonly origin: string
  close(): Promise<void>
}

export async function startSandbox(): Promise<Running> {
  const clock = manualClock(Date.UTC(2026, 0, 5, 12))
  const server = await createSandbox({ clock, empty: true }).listen({ port: 0 })
  return { server, clock, origin: server.origin, close: () => server.close() }
}

/** A field that is undefined is not sent; an empty one is. */
export type Fields = Readonly<Record<string, string | undefined>>

export interface Sending {
  /** Default: the sandbox's own tenant. */
  readonly tenant?: string
  /** Default 2. */
  readonly version?: 1 | 2
  readonly headers?: Readonly<Record<string, string>>
}

export function formOf(fields: Fields): URLSearchParams {
  const form = new URLSearchParams()
  for (const [name, value] of Object.entries(fields)) if (value !== undefined) form.set(name, value)
  return form
}

export function oauthUrl(
  { origin }: Running,
  endpoint: string,
  { tenant = TENANT_ID, version = 2 }: Sending = {},
): string {
  return `${origin}/${tenant}/oauth2/${version === 2 ? 'v2.0/' : ''}${endpoint}`
}

export function sendForm(
  running: Running,
  endpoint: string,
  { fields, ...sending }: Sending & { readonly fields: Fields },
): Promise<Response> {
  return fetch(oauthUrl(running, endpoint, sending), {
    method: 'POST',
    redirect: 'manual',
    headers: sending.headers ?? {},
    body: formOf(fields),
  })
}

export function askToken(running: Running, fields: Fields, sending: Sending = {}): Promise<Response> {
  return sendForm(running, 'token', { fields, ...sending })
}

export async function bodyOf(response: Response): Promise<Readonly<Record<string, unknown>>> {
  const value: unknown = await response.json()
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

/** Status, `error` and number of a refusal, and the beginning of its sentence. */
export async function refusalOf(response: Response) {
  const { error, error_codes, error_description, suberror } = await bodyOf(response)
  return {
    status: response.status,
    error,
    codes: error_codes,
    text: String(error_description).split('\r\n')[0],
    ...(suberror === undefined ? {} : { suberror }),
  }
}

/** What a refusal by number looks like from outside. */
export function refusal(status: number, error: string, [code, text]: readonly [number, string]) {
  return { status, error, codes: [code], text: `AADSTS${code}: ${text}` }
}

export interface Visit extends Sending {
  readonly method?: 'GET' | 'POST'
  readonly cookie?: string
}

/** What the browser asks the sign-in page, Ann signed in at once unless `fields` say otherwise. */
export function visitAuthorize(
  running: Running,
  fields: Fields,
  { method = 'GET', cookie, ...sending }: Visit = {},
): Promise<Response> {
  const asked = formOf({
    client_id: appNamed('d365 desktop').clientId,
    response_type: 'code',
    redirect_uri: 'http://localhost:5000/callback',
    scope: `${running.origin}/user_impersonation offline_access openid`,
    sandbox_sign_in: '1',
    login_hint: 'ann@contoso.onmicrosoft.com',
    ...fields,
  })
  const url = oauthUrl(running, 'authorize', sending)
  const headers = { ...sending.headers, ...(cookie === undefined ? {} : { cookie }) }
  return method === 'GET'
    ? fetch(`${url}?${asked}`, { redirect: 'manual', headers })
    : fetch(url, { method, redirect: 'manual', headers, body: asked })
}

/** Parameters of a redirect to the application. */
export function landing(response: Response): Readonly<Record<string, string>> {
  const location = response.headers.get('location')
  if (response.status !== 302 || location === null) throw new Error(`${response.status} without a Location`)
  const { search, hash } = new URL(location)
  return Object.fromEntries(new URLSearchParams(search === '' ? hash.slice(1) : search))
}

export async function codeFor(running: Running, fields: Fields = {}, visit: Visit = {}): Promise<string> {
  return landing(await visitAuthorize(running, fields, visit)).code ?? ''
}

/** Redeems a code as the desktop app would. */
export function redeemCode(
  running: Running,
  fields: Fields & { readonly code: string },
  sending: Sending = {},
): Promise<Response> {
  return askToken(
    running,
    {
      grant_type: 'authorization_code',
      client_id: appNamed('d365 desktop').clientId,
      redirect_uri: 'http://localhost:5000/callback',
      ...fields,
    },
    sending,
  )
}

export function whoAmI({ origin }: Running, token: unknown): Promise<Response> {
  return fetch(`${origin}/api/data/v9.2/WhoAmI`, { headers: { authorization: `Bearer ${token}` } })
}

import { createHash, generateKeyPairSync, sign, X509Certificate } from 'node:crypto'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type ManualClock, manualClock } from '../src/core/clock.ts'
import { createIdentity, type Identity } from '../src/sandbox/identity/index.ts'
import { type CertificateFiles, writeCertificate } from './certificate.test-support.ts'
import { appNamed } from './sandbox.test-support.ts'

/** What one sends to an Entra ID, field by field, so that a test can get one of them wrong. */

export const ORIGIN = 'https://login.microsoftonline.com'
export const RESOURCE = 'https://contoso.crm.dynamics.com'
export const TENANT = 'contoso.onmicrosoft.com'
export const SCOPE = `${RESOURCE}/user_impersonation offline_access`
export const ANN = 'ann@contoso.onmicrosoft.com'

export const service = appNamed('d365 service')
export const desktop = appNamed('d365 desktop')
export const page = appNamed('d365 single page')

/** The Entra ID that is asked. */
export const entra = fresh()

/** Forgets everything that was asked of it. */
export function startAfresh(): void {
  Object.assign(entra, fresh())
}

function fresh(): { identity: Identity; clock: ManualClock } {
  const clock = manualClock(Date.now())
  return { clock, identity: createIdentity({ clock, origin: () => ORIGIN, resources: () => [RESOURCE] }) }
}

interface Ask {
  readonly tenant?: string
  readonly version?: 1 | 2
  readonly origin?: string
}

/** Fields of a form; an empty one is left out. */
type Form = Readonly<Record<string, string>>

function send(
  endpoint: string,
  form: Form,
  { tenant = TENANT, version = 2, origin }: Ask = {},
): Promise<Response> {
  const filled = Object.entries(form).filter(([, value]) => value !== '')
  const path = `${tenant}/oauth2/${version === 2 ? 'v2.0/' : ''}${endpoint}`
  const headers = {
    'content-type': 'application/x-www-form-urlencoded',
    ...(origin === undefined ? {} : { origin }),
  }
  return entra.identity.fetch(
    new Request(`${ORIGIN}/${path}`, {
      method: 'POST',
      headers,
      body: new URLSearchParams(filled).toString(),
    }),
  )
}

/** Client credentials of the service application, some fields changed. */
export function asApp(form: Form, ask: Ask = {}): Promise<Response> {
  const own: Form = { client_id: service.clientId, client_secret: service.secrets[0]?.value ?? '' }
  const wanted: Form = ask.version === 1 ? { resource: RESOURCE } : { scope: `${RESOURCE}/.default` }
  return send('token', { grant_type: 'client_credentials', ...own, ...wanted, ...form }, ask)
}

/** A person who is signed in at once, or who enters what `form` says. */
export function asPerson(form: Form, ask: Ask = {}): Promise<Response> {
  return send(
    'authorize',
    {
      client_id: desktop.clientId,
      response_type: 'code',
      redirect_uri: 'http://localhost',
      scope: SCOPE,
      sandbox_sign_in: '1',
      login_hint: ANN,
      ...form,
    },
    ask,
  )
}

export async function codeOf(form: Form = {}, ask: Ask = {}): Promise<string> {
  const { headers } = await asPerson(form, ask)
  return new URL(headers.get('location') ?? '').searchParams.get('code') ?? ''
}

export async function redeem(form: Form, ask: Ask = {}): Promise<Response> {
  const own = {
    client_id: desktop.clientId,
    redirect_uri: 'http://localhost',
    grant_type: 'authorization_code',
  }
  return send('token', { ...own, ...form }, ask)
}

export async function refreshTokenOf(form: Form = {}, ask: Ask = {}): Promise<string> {
  const code = await codeOf(form)
  const answer: { refresh_token?: string } = JSON.parse(await (await redeem({ code, ...form }, ask)).text())
  return answer.refresh_token ?? ''
}

export function refresh(refreshToken: string, form: Form = {}, ask: Ask = {}): Promise<Response> {
  return send(
    'token',
    {
      grant_type: 'refresh_token',
      client_id: desktop.clientId,
      refresh_token: refreshToken,
      scope: SCOPE,
      ...form,
    },
    ask,
  )
}

export const SPA = { client_id: page.clientId, redirect_uri: 'http://localhost/spa' }
export const CROSS = { origin: 'http://localhost' }

export async function refreshTokenOfSpa(): Promise<string> {
  const verifier = 'v'.repeat(43)
  const challenge = createHash('sha256').update(verifier).digest('base64url')
  const code = await codeOf({ ...SPA, code_challenge: challenge, code_challenge_method: 'S256' })
  const answer: { refresh_token?: string } = JSON.parse(
    await (await redeem({ ...SPA, code, code_verifier: verifier }, CROSS)).text(),
  )
  return answer.refresh_token ?? ''
}

export async function deviceCode(): Promise<string> {
  const answer: { device_code?: string } = JSON.parse(
    await (await send('devicecode', { client_id: desktop.clientId, scope: SCOPE })).text(),
  )
  return answer.device_code ?? ''
}

export const poll = (code: string): Promise<Response> =>
  send('token', {
    grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
    client_id: desktop.clientId,
    device_code: code,
  })

let files: CertificateFiles | undefined

/** A signed proof of identity; by the key of a certificate that is or is not uploaded. */
export function assertion(claims: Readonly<Record<string, unknown>>, key?: string): string {
  files ??= writeCertificate(mkdtempSync(join(tmpdir(), 'd365-proof-')))
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const now = Math.floor(entra.clock.now() / 1000)
  const thumbprint = createHash('sha256')
    .update(new X509Certificate(files.certificate).raw)
    .digest('base64url')
  const signed = `${part({ alg: 'RS256', typ: 'JWT', 'x5t#S256': thumbprint })}.${part({
    iss: service.clientId,
    sub: service.clientId,
    aud: `${ORIGIN}/${TENANT}/oauth2/v2.0/token`,
    nbf: now,
    exp: now + 300,
    ...claims,
  })}`
  return `${signed}.${sign('sha256', Buffer.from(signed), key ?? files.privateKey).toString('base64url')}`
}

export function prove(claims: Readonly<Record<string, unknown>>, client: Form = {}): Promise<Response> {
  return send('token', {
    grant_type: 'client_credentials',
    client_id: service.clientId,
    scope: `${RESOURCE}/.default`,
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: assertion(claims),
    ...client,
  })
}

export function upload(clientId: string): void {
  assertion({})
  entra.identity.registerCertificate(clientId, files?.certificate ?? '')
}

export function trust(): void {
  const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  entra.identity.registerFederatedCredential(service.clientId, {
    issuer: 'https://issuer.example',
    subject: 'pod',
    audience: 'api://AzureADTokenExchange',
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  })
}

export function enter(upn: string, password = 'Sandbox-1'): Promise<Response> {
  return asPerson({ sandbox_sign_in: '', step: 'password', upn, password })
}

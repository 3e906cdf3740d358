import { constants, createHash, createPublicKey, type KeyObject, verify, X509Certificate } from 'node:crypto'
import { type DirectoryApp, TENANT_NAME } from '../seed/directory.ts'
import { EntraError } from './errors.ts'
import type { IdentityState } from './state.ts'

/** How an application proved itself: `1` by secret, `2` by certificate or federated token. */
export type Proof = '1' | '2'

export interface ClientCredentials {
  readonly clientId: string | undefined
  readonly secret: string | undefined
  readonly assertion: string | undefined
  readonly assertionType: string | undefined
}

/**
 * Id and secret from the body or from HTTP Basic, where both are form-encoded before they are joined.
 * A parameter without a value counts as left out: RFC 6749, section 3.2.
 */
export function readClientCredentials(
  form: URLSearchParams,
  authorization: string | null,
): ClientCredentials {
  const basic = /^Basic\s+(\S+)$/i.exec(authorization ?? '')?.[1]
  const [id, secret] = basic === undefined ? [] : splitBasic(basic)
  return {
    clientId: form.get('client_id') || id || undefined,
    secret: form.get('client_secret') || secret || undefined,
    assertion: form.get('client_assertion') || undefined,
    assertionType: form.get('client_assertion_type') || undefined,
  }
}

function splitBasic(basic: string): [string, string] {
  const [id = '', ...rest] = Buffer.from(basic, 'base64').toString('utf8').split(':')
  return [formDecoded(id), formDecoded(rest.join(':'))]
}

/** What is not form-encoded stays as it is. */
function formDecoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return text
  }
}

/** The application, known in this tenant and switched on. */
export function findApp(clientId: string | undefined, { apps }: IdentityState): DirectoryApp {
  if (!clientId) throw new EntraError(900144, ['client_id'])
  const app = apps.find((one) => one.clientId.toLowerCase() === clientId.toLowerCase())
  if (!app?.servicePrincipalId) throw new EntraError(700016, [clientId, TENANT_NAME])
  if (app.disabled) throw new EntraError(7000112, [app.clientId, app.name])
  return app
}

/** Proof of a confidential client; throws what Entra says to a wrong one. Undefined where none was given. */
export function proveClient(
  credentials: ClientCredentials,
  app: DirectoryApp,
  { state, tokenUrls }: { state: IdentityState; tokenUrls: readonly string[] },
): Proof | undefined {
  if (credentials.assertion !== undefined) {
    // That it is refused is sure; the number Entra gives for it is not.
    if (credentials.assertionType !== ASSERTION_TYPE) throw new EntraError(900144, ['client_assertion_type'])
    checkAssertion(credentials.assertion, app, { state, tokenUrls })
    return '2'
  }
  if (credentials.secret === undefined) return undefined
  const known = app.secrets.find(({ value }) => value === credentials.secret)
  if (!known) throw new EntraError(7000215, [app.clientId])
  if (known.expired) throw new EntraError(7000222, [app.clientId])
  return '1'
}

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
const SKEW_SECONDS = 300

function checkAssertion(
  assertion: string,
  app: DirectoryApp,
  { state, tokenUrls }: { state: IdentityState; tokenUrls: readonly string[] },
): void {
  const { header, claims, signed, signature } = decodeJwt(assertion)
  const issuer = text(claims.iss)
  if (issuer === undefined) throw new EntraError(50027)
  if (issuer.toLowerCase() !== app.clientId.toLowerCase()) {
    checkFederated({ header, claims, signed, signature }, app, state)
    return
  }
  if (claims.sub !== claims.iss) throw new EntraError(50048)
  const certificate = (state.certificates.get(app.clientId) ?? [])
    .map((pem) => new X509Certificate(pem))
    .find((one) => matches(one, header))
  if (!certificate) throw new EntraError(700027, ['The key was not found.'])
  if (Date.parse(certificate.validTo) < state.clock.now())
    throw new EntraError(700027, [expiredKey(certificate)])
  if (!isSigned({ signed, signature }, certificate.publicKey, text(header.alg) ?? ''))
    throw new EntraError(700027, ['Client assertion signature does not match.'])
  checkTimes(claims, state)
  const audiences = Array.isArray(claims.aud) ? claims.aud.map(String) : [String(claims.aud)]
  if (!audiences.some((audience) => tokenUrls.includes(audience))) throw new EntraError(50027)
}

function expiredKey({ fingerprint, validFrom, validTo }: X509Certificate): string {
  const [start, end] = [validFrom, validTo].map((date) => new Date(date).toISOString())
  return `The key used is expired., Thumbprint of key used by client: '${fingerprint.replaceAll(':', '')}', Found key 'Start=${start}, End=${end}'`
}

function checkTimes(claims: Readonly<Record<string, unknown>>, { clock }: IdentityState): void {
  const now = Math.floor(clock.now() / 1000)
  const from = Number(claims.nbf ?? claims.iat ?? now)
  const to = Number(claims.exp ?? 0)
  if (!isTime(from) || !isTime(to)) throw new EntraError(50027)
  if (now + SKEW_SECONDS < from || now - SKEW_SECONDS > to)
    throw new EntraError(700024, [iso(now), iso(from), iso(to)])
}

/** A token of another issuer (Kubernetes, GitHub) that the registration trusts: issuer, subject and audience match exactly. */
function checkFederated(
  { header, claims, signed, signature }: Jwt,
  app: DirectoryApp,
  state: IdentityState,
): void {
  const trusted = state.federated.get(app.clientId) ?? []
  const issuer = trusted.filter((one) => one.issuer === claims.iss)
  if (issuer.length === 0) throw new EntraError(700211, [String(claims.iss)])
  const subject = issuer.filter((one) => one.subject === claims.sub)
  if (subject.length === 0) throw new EntraError(700213, [String(claims.sub)])
  const audience = subject.find(
    (one) => one.audience === (Array.isArray(claims.aud) ? claims.aud[0] : claims.aud),
  )
  if (!audience) throw new EntraError(700212, [String(claims.aud)])
  if (!isSigned({ signed, signature }, createPublicKey(audience.publicKey), text(header.alg) ?? ''))
    throw new EntraError(700027, ['The key was not found.'])
  checkTimes(claims, state)
}

interface Jwt {
  readonly header: Readonly<Record<string, unknown>>
  readonly claims: Readonly<Record<string, unknown>>
  readonly signed: string
  readonly signature: Buffer
}

function decodeJwt(token: string): Jwt {
  const [header = '', payload = '', signature = ''] = token.split('.')
  try {
    return {
      header: objectOf(JSON.parse(Buffer.from(header, 'base64url').toString())),
      claims: objectOf(JSON.parse(Buffer.from(payload, 'base64url').toString())),
      signed: `${header}.${payload}`,
      signature: Buffer.from(signature, 'base64url'),
    }
  } catch {
    throw new EntraError(50027)
  }
}

function matches({ raw }: X509Certificate, header: Readonly<Record<string, unknown>>): boolean {
  const thumbprint = (algorithm: string) => createHash(algorithm).update(raw).digest('base64url')
  return header['x5t#S256'] === thumbprint('sha256') || header.x5t === thumbprint('sha1')
}

function isSigned(
  { signed, signature }: { signed: string; signature: Buffer },
  key: KeyObject,
  algorithm: string,
): boolean {
  const bytes = Buffer.from(signed)
  if (algorithm === 'PS256')
    return verify(
      'sha256',
      bytes,
      { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 },
      signature,
    )
  return algorithm === 'RS256' && verify('sha256', bytes, key, signature)
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

/** Seconds that a date can hold. */
function isTime(seconds: number): boolean {
  return Math.abs(seconds) <= 8.64e12
}

function iso(seconds: number): string {
  return new Date(seconds * 1000).toISOString()
}

import { createHash } from 'node:crypto'
import { type DirectoryApp, type DirectoryUser, TENANT_ID } from '../seed/directory.ts'
import { correlationOf, errorAnswer, jsonAnswer } from './answers.ts'
import { findApp, proveClient, readClientCredentials } from './client-proof.ts'
import { EntraError } from './errors.ts'
import { type Issued, issueAppToken, issueIdToken, issueUserToken, opaque } from './issue-tokens.ts'
import { type Asked, readAppScope, readScope, requireResource } from './resource.ts'
import type { IdentityState, RefreshToken } from './state.ts'
import { readTenant, type TenantSegment } from './tenants.ts'

/** POST …/token, v1 and v2: one function a grant. */
export interface TokenRequest {
  readonly state: IdentityState
  readonly form: URLSearchParams
  readonly version: 1 | 2
  readonly tenant: TenantSegment
  /** The segment as written: a code is redeemed where it was issued. */
  readonly segment: string
  readonly origin: string
  readonly app: DirectoryApp
  readonly proof: '1' | '2' | undefined
  /** `Origin` header: what a browser's script sends. */
  readonly crossOrigin: string | undefined
}

export interface EndpointPath {
  readonly segment: string
  readonly version: 1 | 2
  readonly origin: string
}

export async function tokenEndpoint(
  request: Request,
  path: EndpointPath,
  state: IdentityState,
): Promise<Response> {
  const circumstances = { now: state.clock.now(), correlationId: correlationOf(request) }
  try {
    if (request.method !== 'POST') throw new EntraError(900561, [request.method])
    return await answer(request, path, state)
  } catch (error) {
    if (error instanceof EntraError) return errorAnswer(error, circumstances)
    throw error
  }
}

async function answer(
  request: Request,
  { segment, version, origin }: EndpointPath,
  state: IdentityState,
): Promise<Response> {
  const tenant = readTenant(segment)
  const form = await readForm(request)
  const grant = form.get('grant_type')
  if (!grant) throw new EntraError(900144, ['grant_type'])
  const run = GRANTS[grant]
  if (!run) throw new EntraError(70003, [grant])
  const credentials = readClientCredentials(form, request.headers.get('authorization'))
  const app = findApp(credentials.clientId, state)
  const crossOrigin = request.headers.get('origin') ?? undefined
  const proof = proveClient(credentials, app, { state, tokenUrls: tokenUrls(origin, segment) })
  return run({ state, form, version, tenant, segment, origin, app, proof, crossOrigin })
}

/** Audiences a client assertion may name: this endpoint, by its own and by Microsoft's name. */
function tokenUrls(origin: string, segment: string): string[] {
  return [origin, 'https://login.microsoftonline.com'].flatMap((host) =>
    [...new Set([segment, TENANT_ID])].flatMap((tenant) => [
      `${host}/${tenant}/oauth2/v2.0/token`,
      `${host}/${tenant}/oauth2/token`,
      `${host}/${tenant}/v2.0`,
      `${host}/${tenant}/`,
    ]),
  )
}

export async function readForm(request: Request): Promise<URLSearchParams> {
  const type = request.headers.get('content-type') ?? ''
  if (type !== '' && !/^application\/x-www-form-urlencoded/i.test(type))
    throw new EntraError(900144, ['grant_type'])
  return new URLSearchParams(await request.text())
}

const DEVICE_GRANT = 'urn:ietf:params:oauth:grant-type:device_code'

const GRANTS: Readonly<Record<string, (request: TokenRequest) => Promise<Response>>> = {
  client_credentials: clientCredentials,
  authorization_code: authorizationCode,
  refresh_token: refreshToken,
  [DEVICE_GRANT]: deviceCode,
  device_code: deviceCode,
  password: async () => {
    throw new EntraError(50126)
  },
}

async function clientCredentials({
  state,
  form,
  version,
  tenant,
  app,
  proof,
  crossOrigin,
}: TokenRequest): Promise<Response> {
  if (tenant !== 'own') throw new EntraError(50059)
  if (crossOrigin !== undefined) throw new EntraError(9002326, [crossOrigin])
  if (proof === undefined) throw new EntraError(7000218)
  const audience =
    version === 1 ? readResource(form, state) : readAppScope(form.get('scope') ?? undefined, state)
  if (version === 2) refuseResource(form, audience)
  const issued = await issueAppToken(state, { app, audience, proof })
  return jsonAnswer(tokenBody(issued, { version, audience, scope: undefined }))
}

/** v2 takes `resource` only where it says the same as the scope. */
function refuseResource(form: URLSearchParams, audience: string): void {
  const resource = form.get('resource')
  if (resource !== null && resource.replace(/\/$/, '') !== audience.replace(/\/$/, ''))
    throw new EntraError(9010010)
}

function readResource(form: URLSearchParams, state: IdentityState): string {
  const resource = form.get('resource')
  if (!resource) throw new EntraError(50001)
  requireResource(resource, state)
  return resource
}

const CODE_LIFE_MS = 600_000

async function authorizationCode(request: TokenRequest): Promise<Response> {
  const { state, form, segment, app } = request
  const code = form.get('code')
  if (!code) throw new EntraError(900144, ['code'])
  const record = state.codes.get(code)
  if (!record || record.clientId !== app.clientId) throw new EntraError(70000)
  if (record.used) throw new EntraError(54005)
  if (state.clock.now() - record.issuedAt > CODE_LIFE_MS) throw new EntraError(70008)
  if (record.tenantSegment.toLowerCase() !== segment.toLowerCase()) throw new EntraError(700005)
  if (form.get('redirect_uri') !== record.redirectUri)
    throw new EntraError(50011, [form.get('redirect_uri') ?? '', app.clientId])
  checkPlatform(record.platform, request)
  checkVerifier(record.challenge, form.get('code_verifier'))
  record.used = true
  const user = userOf(state, record.objectId)
  const asked = askedOf(request, { scope: record.scope, resource: record.resource })
  return userAnswer(request, {
    user,
    asked,
    platform: record.platform,
    nonce: record.nonce,
    signedInAt: record.issuedAt,
  })
}

/** The platform the redirect URI is registered under decides whether a secret must, may or must not come. */
function checkPlatform(
  platform: 'web' | 'native' | 'spa',
  { proof, crossOrigin, form, app }: TokenRequest,
): void {
  if (platform === 'spa') {
    if (crossOrigin === undefined) throw new EntraError(9002327)
    if (form.get('grant_type') === 'authorization_code' && !form.get('code_verifier'))
      throw new EntraError(9002325)
    return
  }
  if (crossOrigin !== undefined) throw new EntraError(9002326, [crossOrigin])
  if (platform === 'web' && proof === undefined) throw new EntraError(7000218)
  if (platform === 'native' && proof !== undefined) throw new EntraError(700025)
  // A secret for an application that has none would have been refused before.
  if (platform === 'native' && form.get('client_secret') !== null)
    throw new EntraError(7000215, [app.clientId])
}

function checkVerifier(
  challenge: { readonly method: 'plain' | 'S256'; readonly value: string } | undefined,
  verifier: string | null,
): void {
  if (!challenge) return
  const value =
    challenge.method === 'plain'
      ? verifier
      : createHash('sha256')
          .update(verifier ?? '')
          .digest('base64url')
  if (value !== challenge.value) throw new EntraError(501481)
}

const INACTIVITY_MS = 90 * 86_400_000
const SPA_LIFE_MS = 86_400_000

async function refreshToken(request: TokenRequest): Promise<Response> {
  const { state, form, app } = request
  const text = form.get('refresh_token')
  if (!text) throw new EntraError(900144, ['refresh_token'])
  const record = state.refreshTokens.get(text)
  if (!record || record.clientId !== app.clientId || (record.used && state.settings.strictRotation))
    throw new EntraError(70000)
  checkPlatform(record.platform, request)
  checkAge(record, state)
  record.used = true
  const user = userOf(state, record.objectId)
  const asked = askedOf(request, {
    scope: form.get('scope') ?? record.scope,
    resource: form.get('resource') ?? record.resource,
  })
  return userAnswer(request, {
    user,
    asked: { ...asked, offline: true },
    platform: record.platform,
    nonce: undefined,
    signedInAt: record.signedInAt,
  })
}

function checkAge(record: RefreshToken, state: IdentityState): void {
  const now = state.clock.now()
  const validFrom = state.validFrom.get(record.objectId) ?? 0
  if (record.issuedAt < validFrom) throw new EntraError(50173, [iso(record.issuedAt), iso(validFrom)])
  if (record.platform === 'spa' && now - record.signedInAt > SPA_LIFE_MS)
    throw new EntraError(700084, [iso(record.signedInAt)])
  if (now - record.issuedAt > INACTIVITY_MS) throw new EntraError(700082, [iso(record.issuedAt)])
  const { signInFrequencyMs } = state.settings
  if (signInFrequencyMs !== undefined && now - record.signedInAt > signInFrequencyMs)
    throw new EntraError(70043, [iso(record.signedInAt), String(signInFrequencyMs / 1000)])
}

async function deviceCode(request: TokenRequest): Promise<Response> {
  const { state, form, app } = request
  const text = form.get('device_code') ?? form.get('code')
  if (!text) throw new EntraError(900144, ['device_code'])
  if (!app.publicClientFlows && request.proof === undefined) throw new EntraError(7000218)
  const record = state.deviceCodes.get(text)
  if (!record || record.clientId !== app.clientId) throw new EntraError(70018)
  if (state.clock.now() > record.expiresAt) throw new EntraError(70020)
  if (record.status === 'pending') throw new EntraError(70016)
  // Entra answers `authorization_declined`, which is not in the error table under a number of its own.
  if (record.status === 'declined')
    return jsonAnswer(
      {
        error: 'authorization_declined',
        error_description: 'The end user denied the authorization request.',
        error_codes: [],
      },
      400,
    )
  state.deviceCodes.delete(text)
  const user = userOf(state, record.status.objectId)
  const asked = askedOf(request, { scope: record.scope, resource: record.resource })
  return userAnswer(request, {
    user,
    asked,
    platform: 'native',
    nonce: undefined,
    signedInAt: state.clock.now(),
  })
}

function askedOf(
  { state, app, version, form }: TokenRequest,
  { scope, resource }: { scope: string; resource: string | undefined },
): Asked {
  if (version === 2) {
    const asked = readScope(form.get('scope') || scope, state, app)
    refuseResource(form, asked.audience)
    return asked
  }
  const wanted = form.get('resource') ?? resource
  if (!wanted) throw new EntraError(50001)
  requireResource(wanted, state)
  return { audience: wanted, scope: 'user_impersonation', offline: true, openid: true }
}

interface UserAnswer {
  readonly user: DirectoryUser
  readonly asked: Asked
  readonly platform: 'web' | 'native' | 'spa'
  readonly nonce: string | undefined
  readonly signedInAt: number
}

async function userAnswer(
  request: TokenRequest,
  { user, asked, platform, nonce, signedInAt }: UserAnswer,
): Promise<Response> {
  const { state, app, version, form, origin, proof } = request
  if (user.trait === 'disabled') throw new EntraError(50057)
  const issued = await issueUserToken(state, { user, app, audience: asked.audience, proof: proof ?? '0' })
  const body: Record<string, unknown> = tokenBody(issued, {
    version,
    audience: asked.audience,
    scope: asked.scope,
  })
  if (asked.offline || version === 1) {
    const token = `1.A${opaque(120)}`
    state.refreshTokens.set(token, {
      clientId: app.clientId,
      objectId: user.objectId,
      scope: form.get('scope') || asked.scope,
      resource: asked.audience,
      platform,
      signedInAt,
      issuedAt: state.clock.now(),
      used: false,
    })
    body.refresh_token = token
  }
  if (asked.openid) body.id_token = await issueIdToken(state, { user, app, version, nonce, origin })
  if (form.get('client_info') === '1' && version === 2)
    body.client_info = Buffer.from(JSON.stringify({ uid: user.objectId, utid: TENANT_ID })).toString(
      'base64url',
    )
  return jsonAnswer(body)
}

interface BodyFacts {
  readonly version: 1 | 2
  readonly audience: string
  readonly scope: string | undefined
}

/** v1 prints its numbers as text and names the resource. */
function tokenBody(
  { token, lifeSeconds, expiresOn, notBefore }: Issued,
  { version, audience, scope }: BodyFacts,
): Record<string, unknown> {
  const named = scope === undefined ? {} : { scope }
  if (version === 2)
    return {
      token_type: 'Bearer',
      ...named,
      expires_in: lifeSeconds,
      ext_expires_in: lifeSeconds,
      access_token: token,
    }
  return {
    token_type: 'Bearer',
    ...named,
    expires_in: String(lifeSeconds),
    ext_expires_in: String(lifeSeconds),
    expires_on: String(expiresOn),
    not_before: String(notBefore),
    resource: audience,
    access_token: token,
  }
}

function userOf({ users }: IdentityState, objectId: string): DirectoryUser {
  const user = users.find((one) => one.objectId === objectId)
  if (!user) throw new EntraError(70000)
  return user
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}

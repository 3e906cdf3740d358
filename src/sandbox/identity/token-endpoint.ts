import { createHash } from 'node:crypto'
import { type DirectoryUser, TENANT_ID } from '../seed/directory.ts'
import { correlationOf, errorAnswer, jsonAnswer, refusalAnswer } from './answers.ts'
import { findApp, proveClient, readClientCredentials } from './client-proof.ts'
import { EntraError } from './errors.ts'
import { issueAppToken } from './issue-tokens.ts'
import { readAppScope, requireResource } from './resource.ts'
import type { IdentityState, RefreshToken } from './state.ts'
import { readTenant } from './tenants.ts'
import { askedOf, refuseResource, SPA_LIFE_MS, tokenBody, userAnswer } from './token-answer.ts'
import { provePlatform, refuseCrossOrigin, type TokenRequest } from './token-request.ts'

export interface EndpointPath {
  readonly segment: string
  readonly version: 1 | 2
  readonly origin: string
}

/** POST …/token, v1 and v2: one function a grant. */
export async function tokenEndpoint(
  request: Request,
  path: EndpointPath,
  state: IdentityState,
): Promise<Response> {
  const circumstances = { now: state.clock.now(), correlationId: correlationOf(request) }
  try {
    if (request.method !== 'POST') throw new EntraError(900561, [request.method])
    return await answer(request, path, { state, circumstances })
  } catch (error) {
    if (error instanceof EntraError) return errorAnswer(error, circumstances)
    throw error
  }
}

async function answer(
  request: Request,
  { segment, version, origin }: EndpointPath,
  { state, circumstances }: Pick<TokenRequest, 'state' | 'circumstances'>,
): Promise<Response> {
  const tenant = readTenant(segment)
  const form = await readForm(request)
  const grant = form.get('grant_type')
  if (!grant) throw new EntraError(900144, ['grant_type'])
  const run = GRANTS.get(grant)
  if (!run) throw new EntraError(70003, [grant])
  const credentials = readClientCredentials(form, request.headers.get('authorization'))
  const app = findApp(credentials.clientId, state)
  const crossOrigin = request.headers.get('origin') ?? undefined
  const client = {
    presented: credentials.secret !== undefined || credentials.assertion !== undefined,
    prove: () => proveClient(credentials, app, { state, tokenUrls: tokenUrls(origin, segment) }),
  }
  return run({ state, circumstances, form, version, tenant, segment, origin, app, client, crossOrigin })
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

const GRANTS = new Map<string, (request: TokenRequest) => Promise<Response>>([
  ['client_credentials', clientCredentials],
  ['authorization_code', authorizationCode],
  ['refresh_token', refreshToken],
  [DEVICE_GRANT, deviceCode],
  ['device_code', deviceCode],
  [
    'password',
    async () => {
      throw new EntraError(50126)
    },
  ],
])

async function clientCredentials({
  state,
  form,
  version,
  tenant,
  app,
  client,
  crossOrigin,
}: TokenRequest): Promise<Response> {
  if (tenant !== 'own') throw new EntraError(50059)
  refuseCrossOrigin(crossOrigin)
  const proof = client.prove()
  if (proof === undefined) throw new EntraError(7000218)
  const audience =
    version === 1 ? readResource(form, state) : readAppScope(form.get('scope') ?? undefined, state)
  if (version === 2) refuseResource(form, audience)
  const issued = await issueAppToken(state, { app, audience, proof })
  return jsonAnswer(tokenBody(issued, { version, audience, scope: undefined }))
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
  const redirectUri = form.get('redirect_uri')
  if (!redirectUri) throw new EntraError(900144, ['redirect_uri'])
  const record = state.codes.get(code)
  if (!record || record.clientId !== app.clientId) throw new EntraError(70000)
  const proof = provePlatform(record.platform, request)
  if (record.used) throw new EntraError(54005)
  if (state.clock.now() - record.issuedAt > CODE_LIFE_MS) throw new EntraError(70008)
  if (record.tenantSegment.toLowerCase() !== segment.toLowerCase()) throw new EntraError(700005)
  if (redirectUri !== record.redirectUri) throw new EntraError(50011, [redirectUri, app.clientId])
  const verifier = form.get('code_verifier')
  if (record.platform === 'spa' && !verifier) throw new EntraError(9002325)
  checkVerifier(record.challenge, verifier)
  const asked = askedOf(request, { scope: record.scope, resource: record.resource })
  record.used = true
  return userAnswer(request, {
    user: userOf(state, record.objectId),
    asked,
    platform: record.platform,
    proof,
    nonce: record.nonce,
    signedInAt: record.issuedAt,
  })
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

async function refreshToken(request: TokenRequest): Promise<Response> {
  const { state, form, app } = request
  const text = form.get('refresh_token')
  if (!text) throw new EntraError(900144, ['refresh_token'])
  const record = state.refreshTokens.get(text)
  if (!record || record.clientId !== app.clientId || (record.used && state.settings.strictRotation))
    throw new EntraError(70000)
  const proof = provePlatform(record.platform, request)
  checkAge(record, state)
  const asked = askedOf(request, { scope: record.scope, resource: record.resource, several: 'first' })
  record.used = true
  return userAnswer(request, {
    user: userOf(state, record.objectId),
    asked: { ...asked, offline: true },
    platform: record.platform,
    proof,
    nonce: undefined,
    signedInAt: record.signedInAt,
  })
}

function checkAge(record: RefreshToken, state: IdentityState): void {
  const now = state.clock.now()
  if (record.revokedAt !== undefined)
    throw new EntraError(50173, [iso(record.issuedAt), iso(record.revokedAt)])
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
  const proof = request.client.prove()
  if (!app.publicClientFlows && proof === undefined) throw new EntraError(7000218)
  const record = state.deviceCodes.get(text)
  if (!record || record.clientId !== app.clientId) throw new EntraError(70018)
  if (state.clock.now() > record.expiresAt) throw new EntraError(70020)
  if (record.status === 'pending') throw new EntraError(70016)
  // No number is known for this one.
  if (record.status === 'declined')
    return refusalAnswer(
      { error: 'authorization_declined', text: 'The end user denied the authorization request.' },
      request.circumstances,
    )
  const asked = askedOf(request, { scope: record.scope, resource: record.resource })
  state.deviceCodes.delete(text)
  return userAnswer(request, {
    user: userOf(state, record.status.objectId),
    asked,
    platform: proof === undefined ? 'native' : 'web',
    proof,
    nonce: undefined,
    signedInAt: state.clock.now(),
  })
}

function userOf({ users }: IdentityState, objectId: string): DirectoryUser {
  const user = users.find((one) => one.objectId === objectId)
  if (!user) throw new EntraError(70000)
  return user
}

function iso(ms: number): string {
  return new Date(ms).toISOString()
}

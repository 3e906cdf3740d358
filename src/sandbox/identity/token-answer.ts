import { type DirectoryUser, TENANT_ID } from '../seed/directory.ts'
import { jsonAnswer } from './answers.ts'
import type { Proof } from './client-proof.ts'
import { EntraError } from './errors.ts'
import { type Issued, issueIdToken, issueUserToken, opaque } from './issue-tokens.ts'
import { type Asked, readScope, requireResource, type SeveralResources } from './resource.ts'
import type { IdentityState, Platform } from './state.ts'
import type { TokenRequest } from './token-request.ts'

export interface Granted {
  readonly scope: string
  readonly resource: string | undefined
  readonly several?: SeveralResources
}

/** What this request asks for, or else what was granted. v1 goes by the resource, v2 by the scope. */
export function askedOf(
  { state, app, version, form }: TokenRequest,
  { scope, resource, several = 'refuse' }: Granted,
): Asked {
  if (version === 2) {
    const asked = readScope(form.get('scope') || scope, { state, app, several })
    refuseResource(form, asked.audience)
    return asked
  }
  const wanted = form.get('resource') || resource
  if (!wanted) throw new EntraError(50001)
  requireResource(wanted, state)
  return {
    audience: wanted,
    scope: 'user_impersonation',
    grant: `${wanted}/user_impersonation`,
    offline: true,
    openid: true,
  }
}

/** v2 takes `resource` only where it says the same as the scope. */
export function refuseResource(form: URLSearchParams, audience: string): void {
  const resource = form.get('resource')
  if (resource !== null && resource.replace(/\/$/, '') !== audience.replace(/\/$/, ''))
    throw new EntraError(9010010)
}

export interface UserAnswer {
  readonly user: DirectoryUser
  readonly asked: Asked
  readonly platform: Platform
  readonly proof: Proof | undefined
  readonly nonce: string | undefined
  readonly signedInAt: number
}

/** What a grant that stands for a person is answered with: which tokens, in the form of v1 or v2. */
export async function userAnswer(
  request: TokenRequest,
  { user, asked, platform, proof, nonce, signedInAt }: UserAnswer,
): Promise<Response> {
  const { state, app, version, form, origin } = request
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
      scope: asked.grant,
      resource: asked.audience,
      platform,
      signedInAt,
      issuedAt: state.clock.now(),
      used: false,
      revokedAt: undefined,
    })
    body.refresh_token = token
    if (platform === 'spa') body.refresh_token_expires_in = spaSecondsLeft(signedInAt, state)
  }
  if (asked.openid) body.id_token = await issueIdToken(state, { user, app, version, nonce, origin })
  if (form.get('client_info') === '1' && version === 2)
    body.client_info = Buffer.from(JSON.stringify({ uid: user.objectId, utid: TENANT_ID })).toString(
      'base64url',
    )
  return jsonAnswer(body)
}

/** Life of a single-page application's refresh token, from the sign-in; renewing does not move its end. */
export const SPA_LIFE_MS = 86_400_000

function spaSecondsLeft(signedInAt: number, { clock }: IdentityState): number {
  return Math.min(86_399, Math.floor((signedInAt + SPA_LIFE_MS - clock.now()) / 1000))
}

interface BodyFacts {
  readonly version: 1 | 2
  readonly audience: string
  readonly scope: string | undefined
}

/** v1 prints its numbers as text and names the resource. */
export function tokenBody(
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

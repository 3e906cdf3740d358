import { randomUUID } from 'node:crypto'
import { type DirectoryApp, type DirectoryUser, TENANT_ID } from '../seed/directory.ts'
import type { Proof } from './client-proof.ts'
import type { IdentityState } from './state.ts'

/** Tokens as Entra shapes them: access tokens for Dataverse in v1 form from either endpoint, ID tokens by endpoint. */
export interface Issued {
  readonly token: string
  readonly lifeSeconds: number
  /** Unix seconds. */
  readonly notBefore: number
  readonly expiresOn: number
}

/** Tokens are dated back, so that a slow clock elsewhere does not refuse them. */
const BACKDATED_SECONDS = 300
const SHORTEST_LIFE_SECONDS = 3600
const LIFE_RANGE_SECONDS = 1800
const STS = `https://sts.windows.net/${TENANT_ID}/`

export async function issueUserToken(
  state: IdentityState,
  {
    user,
    app,
    audience,
    proof,
  }: { user: DirectoryUser; app: DirectoryApp; audience: string; proof: '0' | Proof },
): Promise<Issued> {
  return issue(state, {
    aud: audience,
    iss: STS,
    acr: '1',
    aio: opaque(48),
    amr: user.trait === 'mfa' ? ['pwd', 'mfa'] : ['pwd'],
    appid: app.clientId,
    appidacr: proof,
    family_name: user.surname,
    given_name: user.givenName,
    ipaddr: '127.0.0.1',
    name: `${user.givenName} ${user.surname}`,
    oid: user.objectId,
    puid: `1003${user.objectId.replaceAll('-', '').slice(-12).toUpperCase()}`,
    rh: `0.${opaque(30)}`,
    scp: 'user_impersonation',
    sub: pairwise(user, app),
    tid: TENANT_ID,
    unique_name: user.upn,
    upn: user.upn,
    uti: opaque(22),
    ver: '1.0',
  })
}

export interface AppTokenInput {
  readonly app: DirectoryApp
  readonly audience: string
  readonly proof: Proof
  /** Default: the service's own range of 60 to 90 minutes. */
  readonly lifeSeconds?: number
}

export async function issueAppToken(
  state: IdentityState,
  { app, audience, proof, lifeSeconds }: AppTokenInput,
): Promise<Issued> {
  const claims = {
    aud: audience,
    iss: STS,
    aio: opaque(48),
    appid: app.clientId,
    appidacr: proof,
    idp: STS,
    oid: app.servicePrincipalId,
    rh: `0.${opaque(30)}`,
    sub: app.servicePrincipalId,
    tid: TENANT_ID,
    uti: opaque(22),
    ver: '1.0',
  }
  return issue(state, claims, lifeSeconds)
}

async function issue(
  state: IdentityState,
  claims: Readonly<Record<string, unknown>>,
  ownLifeSeconds = SHORTEST_LIFE_SECONDS + Math.floor(state.random() * LIFE_RANGE_SECONDS),
): Promise<Issued> {
  const now = Math.floor(state.clock.now() / 1000)
  const lifeSeconds = state.settings.tokenLifeSeconds ?? ownLifeSeconds
  const notBefore = now - BACKDATED_SECONDS
  const expiresOn = now + lifeSeconds
  const token = await state.keys.sign({ iat: notBefore, nbf: notBefore, exp: expiresOn, ...claims })
  return { token, lifeSeconds, notBefore, expiresOn }
}

export interface IdTokenInput {
  readonly user: DirectoryUser
  readonly app: DirectoryApp
  readonly version: 1 | 2
  readonly nonce: string | undefined
  /** Origin of this Entra ID. */
  readonly origin: string
}

export async function issueIdToken(
  state: IdentityState,
  { user, app, version, nonce, origin }: IdTokenInput,
): Promise<string> {
  const now = Math.floor(state.clock.now() / 1000)
  const common = {
    aud: app.clientId,
    iss: issuerOf(version, origin),
    iat: now,
    nbf: now,
    exp: now + SHORTEST_LIFE_SECONDS,
    name: `${user.givenName} ${user.surname}`,
    oid: user.objectId,
    sub: pairwise(user, app),
    tid: TENANT_ID,
    ...(nonce === undefined ? {} : { nonce }),
  }
  const own =
    version === 2
      ? { preferred_username: user.upn, ver: '2.0' }
      : {
          upn: user.upn,
          unique_name: user.upn,
          family_name: user.surname,
          given_name: user.givenName,
          ver: '1.0',
        }
  return state.keys.sign({ ...common, ...own })
}

export function issuerOf(version: 1 | 2, origin: string): string {
  return version === 2 ? `${origin}/${TENANT_ID}/v2.0` : STS
}

/** The same person is somebody else to every application. */
function pairwise(user: DirectoryUser, app: DirectoryApp): string {
  return Buffer.from(`${user.objectId.slice(-12)}:${app.clientId.slice(-12)}`).toString('base64url')
}

export function opaque(length: number): string {
  let text = ''
  while (text.length < length) text += randomUUID().replaceAll('-', '')
  return text.slice(0, length)
}

import type { Clock } from '../../core/clock.ts'
import { APPS, type DirectoryApp, type DirectoryUser, TENANT_ID, USERS } from '../seed/directory.ts'
import { NO_STORE } from './answers.ts'
import { authorizeEndpoint } from './authorize.ts'
import { FORGOTTEN_COOKIE, forget } from './browser-session.ts'
import { findApp } from './client-proof.ts'
import { grantConsent } from './consent.ts'
import { openToPages } from './cross-origin.ts'
import { deviceCodeEndpoint, deviceLoginPage } from './device-code.ts'
import { pageOnError } from './error-page.ts'
import { EntraError } from './errors.ts'
import { issuerOf } from './issue-tokens.ts'
import { createSigningKeys } from './keys.ts'
import { appServiceToken, virtualMachineToken } from './managed-identity.ts'
import { instanceDiscovery, keySet, openIdConfiguration } from './metadata.ts'
import { page } from './pages.ts'
import { matchRedirectUri } from './redirect-uri.ts'
import { respond } from './respond.ts'
import type { FederatedCredential, IdentitySettings, IdentityState } from './state.ts'
import { tokenEndpoint } from './token-endpoint.ts'

/** A local Entra ID: every path of it as one function, and handles for tests. */
export interface IdentityOptions {
  readonly clock: Clock
  /** Origin that issuers and addresses are built from where a request does not tell. */
  readonly origin: () => string
  /** Origins of the environments it issues tokens for. */
  readonly resources: () => readonly string[]
  /** Uniform in [0, 1). Default Math.random. */
  readonly random?: () => number
  readonly users?: readonly DirectoryUser[]
  readonly apps?: readonly DirectoryApp[]
  readonly settings?: Partial<IdentitySettings>
}

export interface Identity {
  fetch(request: Request): Promise<Response>
  /** Signature and times of an access token; whom it is for is the caller's business. */
  verify(bearer: string): Promise<Verified>
  readonly settings: IdentitySettings
  /** Ends every refresh token and every browser session of this person; access tokens live on, as they do at Microsoft. */
  revokeSessions(upn: string): void
  /** Makes every refresh token older by this long. */
  ageRefreshTokens(ms: number): void
  rotateKeys(): void
  /** Uploads a certificate (PEM) to an app registration. */
  registerCertificate(clientId: string, pem: string): void
  registerFederatedCredential(clientId: string, credential: FederatedCredential): void
}

export type Verified =
  | { readonly ok: true; readonly claims: AccessClaims }
  | { readonly ok: false; readonly reason: 'malformed' | 'signature' | 'expired' | 'not-yet-valid' }

export interface AccessClaims {
  readonly aud: string
  readonly oid: string
  readonly appid: string
  readonly scp?: string
}

export function createIdentity(options: IdentityOptions): Identity {
  const { clock, origin, resources, random = Math.random, users = USERS, apps = APPS } = options
  const state: IdentityState = {
    clock,
    random,
    resources,
    users,
    apps,
    keys: createSigningKeys(() => issuerOf(2, origin())),
    settings: {
      tokenLifeSeconds: undefined,
      strictRotation: false,
      signInFrequencyMs: undefined,
      loopbackPort: 'ignore',
      ...options.settings,
    },
    codes: new Map(),
    refreshTokens: new Map(),
    deviceCodes: new Map(),
    browserSessions: new Map(),
    consents: new Set(),
    certificates: new Map(),
    federated: new Map(),
  }
  return {
    settings: state.settings,
    fetch: (request) => openToPages(request, (asked) => route(asked, state)),
    verify: (bearer) => verify(bearer, state),
    revokeSessions: (upn) => {
      const user = users.find((one) => one.upn === upn)
      for (const record of state.refreshTokens.values())
        if (record.objectId === user?.objectId) record.revokedAt ??= clock.now()
      for (const [cookie, { objectId }] of state.browserSessions)
        if (objectId === user?.objectId) state.browserSessions.delete(cookie)
    },
    ageRefreshTokens: (ms) => {
      for (const [token, record] of state.refreshTokens)
        state.refreshTokens.set(token, {
          ...record,
          issuedAt: record.issuedAt - ms,
          signedInAt: record.signedInAt - ms,
        })
    },
    rotateKeys: state.keys.rotate,
    registerCertificate: (clientId, pem) => {
      state.certificates.set(clientId, [...(state.certificates.get(clientId) ?? []), pem])
    },
    registerFederatedCredential: (clientId, credential) => {
      state.federated.set(clientId, [...(state.federated.get(clientId) ?? []), credential])
    },
  }
}

const OAUTH_PATH = /^\/([^/]+)\/oauth2\/(v2\.0\/)?(authorize|token|devicecode|logout)\/?$/i
const METADATA_PATH = /^\/([^/]+)\/(v2\.0\/)?\.well-known\/openid-configuration\/?$/i
const KEYS_PATH = /^\/[^/]+\/discovery\/(?:v2\.0\/)?keys\/?$/i

async function route(request: Request, state: IdentityState): Promise<Response> {
  const { pathname, origin } = new URL(request.url)
  const [, segment = '', v2, endpoint = ''] = OAUTH_PATH.exec(pathname) ?? []
  if (endpoint !== '') {
    const path = { segment: decoded(segment), version: v2 ? 2 : 1, origin } as const
    switch (endpoint.toLowerCase()) {
      case 'authorize':
        return authorizeEndpoint(request, path, state)
      case 'token':
        return tokenEndpoint(request, path, state)
      case 'devicecode':
        return deviceCodeEndpoint(request, path, state)
      default:
        return signOut(request, state)
    }
  }
  const metadata = METADATA_PATH.exec(pathname)
  if (metadata)
    return openIdConfiguration(
      request,
      { segment: decoded(metadata[1] ?? ''), version: metadata[2] ? 2 : 1, origin },
      state,
    )
  if (KEYS_PATH.test(pathname)) return keySet(state)
  if (/^\/common\/discovery\/instance\/?$/i.test(pathname)) return instanceDiscovery(request, origin, state)
  if (/^\/devicelogin\/?$/i.test(pathname)) return deviceLoginPage(request, state)
  if (/^\/metadata\/identity\/oauth2\/token\/?$/i.test(pathname)) return virtualMachineToken(request, state)
  if (/^\/msi\/token\/?$/i.test(pathname)) return appServiceToken(request, state)
  if (/^\/[^/]+\/(?:v2\.0\/)?adminconsent$/i.test(pathname)) return pageOnError(request, state, adminConsent)
  return page({ title: 'Not found', status: 404, body: '<p>The sandbox’s Entra ID has no such address.</p>' })
}

/** A segment that cannot be decoded stays as it is; it is no tenant either way. */
function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}

/** An administrator consents for everybody: the person pressing the link is taken for one. */
function adminConsent(request: Request, state: IdentityState): Response {
  const { searchParams } = new URL(request.url)
  const app = findApp(searchParams.get('client_id') ?? undefined, state)
  const back = searchParams.get('redirect_uri')
  if (back !== null && !matchRedirectUri(app, back, state)) throw new EntraError(50011, [back, app.clientId])
  for (const user of state.users) grantConsent(app.clientId, user, state)
  if (back === null)
    return page({
      title: 'Consent granted',
      body: '<p>The application may be used by everybody in the tenant now.</p>',
    })
  const returned = searchParams.get('state')
  return respond({
    redirectUri: back,
    mode: 'query',
    parameters: {
      admin_consent: 'True',
      tenant: TENANT_ID,
      ...(returned === null ? {} : { state: returned }),
    },
    cookie: undefined,
  })
}

/** Ends the browser's session; goes on only to an address that some application registered. */
function signOut(request: Request, state: IdentityState): Response {
  forget(request, state)
  const back = new URL(request.url).searchParams.get('post_logout_redirect_uri')
  const cookie = { 'Set-Cookie': FORGOTTEN_COOKIE }
  if (back !== null && state.apps.some((app) => matchRedirectUri(app, back, state)))
    return new Response(null, { status: 302, headers: { Location: back, ...NO_STORE, ...cookie } })
  return page({
    title: 'You signed out',
    body: '<p>It’s a good idea to close all browser windows.</p>',
    headers: cookie,
  })
}

async function verify(bearer: string, { keys, clock }: IdentityState): Promise<Verified> {
  if (bearer.split('.').length !== 3) return { ok: false, reason: 'malformed' }
  const claims = await keys.verify(bearer)
  if (!claims) return { ok: false, reason: 'signature' }
  const now = clock.now() / 1000
  if (now >= Number(claims.exp)) return { ok: false, reason: 'expired' }
  if (now < Number(claims.nbf)) return { ok: false, reason: 'not-yet-valid' }
  const { aud, oid, appid, scp } = claims
  return {
    ok: true,
    claims: {
      aud: String(aud),
      oid: String(oid),
      appid: String(appid),
      ...(scp === undefined ? {} : { scp: String(scp) }),
    },
  }
}

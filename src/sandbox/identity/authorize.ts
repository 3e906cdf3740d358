import { type DirectoryApp, type DirectoryUser, TENANT_NAME } from '../seed/directory.ts'
import { correlationOf, errorBody } from './answers.ts'
import { findApp } from './client-proof.ts'
import { EntraError } from './errors.ts'
import { issueIdToken, opaque } from './issue-tokens.ts'
import { escapeHtml, page } from './pages.ts'
import { matchRedirectUri, type RegisteredUri } from './redirect-uri.ts'
import { readScope, requireResource } from './resource.ts'
import { type ResponseMode, respond } from './respond.ts'
import { consentPage, mfaPage, signInPage } from './sign-in-pages.ts'
import type { IdentityState } from './state.ts'
import { readTenant } from './tenants.ts'
import type { EndpointPath } from './token-endpoint.ts'

/**
 * GET and POST …/authorize: who signs in, may the application, and back to its redirect URI with a code.
 * Errors that cannot be sent to the application are pages; the parameters travel through the forms.
 */
export async function authorizeEndpoint(
  request: Request,
  path: EndpointPath,
  state: IdentityState,
): Promise<Response> {
  const input =
    request.method === 'POST' ? new URLSearchParams(await request.text()) : new URL(request.url).searchParams
  try {
    return await authorize({ request, path, state, input })
  } catch (error) {
    if (error instanceof EntraError) return errorPage(error, request, state)
    throw error
  }
}

interface Visit {
  readonly request: Request
  readonly path: EndpointPath
  readonly state: IdentityState
  /** Parameters of the request; after a form also what was entered. */
  readonly input: URLSearchParams
}

async function authorize(visit: Visit): Promise<Response> {
  const { path, state, input } = visit
  const tenant = readTenant(path.segment)
  const app = findApp(input.get('client_id') ?? undefined, state)
  if (tenant !== 'own' && !app.multiTenant) throw new EntraError(50194, [app.clientId, app.name])
  const redirectUri = input.get('redirect_uri') ?? app.redirectUris[0]?.uri
  if (redirectUri === undefined) throw new EntraError(500113)
  const registered = matchRedirectUri(app, redirectUri, state)
  if (!registered) throw new EntraError(50011, [redirectUri, app.clientId])
  const back = responder(visit, redirectUri)
  try {
    checkRequest(visit, app)
    return await signIn(visit, { app, registered, redirectUri, back })
  } catch (error) {
    if (!(error instanceof EntraError) || !REDIRECTED.has(error.code)) throw error
    return back(errorParameters(error, visit))
  }
}

type Back = (parameters: Readonly<Record<string, string>>, cookie?: string) => Response

/** Sends parameters to the application, in the way it asked for, with its state byte for byte. */
function responder({ input }: Visit, redirectUri: string): Back {
  const state = input.get('state')
  const mode = modeOf(input)
  return (parameters, cookie) =>
    respond({
      redirectUri,
      mode,
      parameters: { ...parameters, ...(state === null ? {} : { state }) },
      cookie,
    })
}

function modeOf(input: URLSearchParams): ResponseMode {
  const mode = input.get('response_mode')
  if (mode === 'fragment' || mode === 'form_post' || mode === 'query') return mode
  return (input.get('response_type') ?? 'code') === 'code' ? 'query' : 'fragment'
}

/** Errors the application hears of; all others end on a page. */
const REDIRECTED = new Set<number>([
  65004, 65001, 50076, 53003, 650053, 650057, 700054, 70011, 700022, 500011, 50001, 9010010, 900144,
])

function errorParameters(error: EntraError, { request, state }: Visit): Record<string, string> {
  const { error_description, error_uri } = errorBody(error, {
    now: state.clock.now(),
    correlationId: correlationOf(request),
  })
  return {
    error: error.facts.error,
    ...(error.code === 65004 ? { error_subcode: 'cancel' } : {}),
    error_description,
    ...(error_uri === undefined ? {} : { error_uri }),
  }
}

function checkRequest({ input, path, state }: Visit, app: DirectoryApp): void {
  const type = input.get('response_type')
  if (type === null) throw new EntraError(900144, ['response_type'])
  if (!['code', 'code id_token', 'id_token'].includes(type)) throw new EntraError(700054, [type])
  if (type !== 'code') throw new EntraError(700054, ['id_token'])
  if (path.version === 2) {
    const asked = readScope(input.get('scope') ?? '', state, app)
    const resource = input.get('resource')
    if (resource !== null && resource !== asked.audience) throw new EntraError(9010010)
  } else {
    const resource = input.get('resource')
    if (resource !== null) requireResource(resource, state)
  }
  if (app.consent === 'not-listed' && path.version === 1)
    throw new EntraError(650057, [app.clientId, app.name, input.get('resource') ?? ''])
}

interface Client {
  readonly app: DirectoryApp
  readonly registered: RegisteredUri
  readonly redirectUri: string
  readonly back: Back
}

const SESSION_COOKIE = 'sandbox_session'

async function signIn(visit: Visit, client: Client): Promise<Response> {
  const { input, state, request } = visit
  const prompt = input.get('prompt') ?? ''
  if (input.get('step') === 'cancel') throw new EntraError(65004)
  const entered = input.get('step') === 'password' ? checkPassword(input, state) : undefined
  const remembered = prompt === 'login' && !input.has('step') ? undefined : sessionUser(request, state)
  const user =
    entered ??
    (prompt === 'select_account' && !input.has('step') ? undefined : remembered) ??
    headlessUser(input, state)
  if (!user) {
    if (prompt === 'none')
      return client.back({
        error: 'login_required',
        error_description: 'AADSTS50058: A silent sign-in request was sent but no user is signed in.',
      })
    return signInPage(state.users, {
      parameters: parametersOf(input),
      problem: undefined,
      hint: input.get('login_hint') ?? '',
    })
  }
  if (user.trait === 'disabled') throw new EntraError(50057)
  if (user.trait === 'blocked-by-conditional-access') throw new EntraError(53003)
  const cookie = remember(user, state)
  if (user.trait === 'mfa' && !input.has('mfa')) {
    if (prompt === 'none') throw new EntraError(50076)
    return mfaPage(parametersOf(input), cookie)
  }
  const consent = consentOf(client.app, user, state)
  if (consent === 'admin-only') throw new EntraError(90094, [TENANT_NAME, client.app.name])
  if (consent === 'not-listed') throw new EntraError(65001, [client.app.clientId, client.app.name])
  if (consent === 'ask' || prompt === 'consent') {
    if (prompt === 'none') throw new EntraError(65001, [client.app.clientId, client.app.name])
    if (input.get('step') !== 'consent')
      return consentPage(client.app, user, { parameters: parametersOf(input), cookie })
    state.consents.add(consentKey(client.app, user))
  }
  return client.back(await codeParameters(visit, client, user), cookie)
}

function checkPassword(input: URLSearchParams, state: IdentityState): DirectoryUser {
  const upn = (input.get('upn') ?? '').trim().toLowerCase()
  const user = state.users.find((one) => one.upn === upn)
  if (!user) throw new EntraError(50034, [upn, TENANT_NAME])
  if (user.password !== input.get('password')) throw new EntraError(50126)
  if (user.trait === 'password-expired') throw new EntraError(50055)
  return user
}

/** A sign-in without a browser, for programs that test themselves: no such parameter exists at Microsoft. */
function headlessUser(input: URLSearchParams, state: IdentityState): DirectoryUser | undefined {
  if (input.get('sandbox_sign_in') !== '1') return undefined
  return state.users.find(({ upn }) => upn === input.get('login_hint')?.toLowerCase())
}

function sessionUser(request: Request, state: IdentityState): DirectoryUser | undefined {
  const cookie = new RegExp(`(?:^|;\\s*)${SESSION_COOKIE}=([\\w-]+)`).exec(
    request.headers.get('cookie') ?? '',
  )?.[1]
  const objectId = cookie === undefined ? undefined : state.browserSessions.get(cookie)
  return state.users.find((user) => user.objectId === objectId)
}

function remember(user: DirectoryUser, state: IdentityState): string {
  const value = opaque(32)
  state.browserSessions.set(value, user.objectId)
  return `${SESSION_COOKIE}=${value}; Path=/; HttpOnly; SameSite=Lax`
}

function consentOf(app: DirectoryApp, user: DirectoryUser, state: IdentityState): DirectoryApp['consent'] {
  return state.consents.has(consentKey(app, user)) ? 'granted' : app.consent
}

function consentKey(app: DirectoryApp, user: DirectoryUser): string {
  return `${app.clientId} ${user.objectId}`
}

async function codeParameters(
  { input, path, state }: Visit,
  { app, registered, redirectUri }: Client,
  user: DirectoryUser,
): Promise<Record<string, string>> {
  const code = `0.A${opaque(100)}`
  const challenge = input.get('code_challenge')
  state.codes.set(code, {
    clientId: app.clientId,
    objectId: user.objectId,
    tenantSegment: path.segment,
    redirectUri,
    platform: registered.platform,
    challenge:
      challenge === null
        ? undefined
        : { method: input.get('code_challenge_method') === 'S256' ? 'S256' : 'plain', value: challenge },
    scope: input.get('scope') ?? '',
    resource: input.get('resource') ?? undefined,
    nonce: input.get('nonce') ?? undefined,
    issuedAt: state.clock.now(),
    used: false,
  })
  const hybrid = input.get('response_type')?.includes('id_token')
    ? {
        id_token: await issueIdToken(state, {
          user,
          app,
          version: path.version,
          nonce: input.get('nonce') ?? undefined,
          origin: path.origin,
        }),
      }
    : {}
  return { code, ...hybrid, session_state: opaque(32) }
}

/** What the request asked for, without what was entered into forms. */
function parametersOf(input: URLSearchParams): Record<string, string> {
  return Object.fromEntries([...input].filter(([name]) => !['step', 'upn', 'password'].includes(name)))
}

function errorPage(error: EntraError, request: Request, state: IdentityState): Response {
  const { trace_id, correlation_id, timestamp } = errorBody(error, {
    now: state.clock.now(),
    correlationId: correlationOf(request),
  })
  return page({
    title: 'Sign in',
    status: error.facts.status === 302 ? 400 : error.facts.status,
    body: `<p>Sorry, but we’re having trouble signing you in.</p>
<p class="error">AADSTS${error.code}: ${escapeHtml(error.message)}</p>
<pre>Request Id: ${trace_id}
Correlation Id: ${escapeHtml(correlation_id)}
Timestamp: ${timestamp}</pre>`,
  })
}

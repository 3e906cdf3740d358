import { type DirectoryApp, type DirectoryUser, TENANT_NAME } from '../seed/directory.ts'
import { correlationOf, errorBody, refusalBody } from './answers.ts'
import { remember, rememberedSession } from './browser-session.ts'
import { findApp } from './client-proof.ts'
import { consentOf, grantConsent } from './consent.ts'
import { pageOnError } from './error-page.ts'
import { EntraError } from './errors.ts'
import { opaque } from './issue-tokens.ts'
import { refuseUser } from './people.ts'
import { matchRedirectUri, type RegisteredUri } from './redirect-uri.ts'
import { readScope, requireResource } from './resource.ts'
import { type ResponseMode, respond } from './respond.ts'
import { consentPage, mfaPage, signInPage } from './sign-in-pages.ts'
import type { BrowserSession, IdentityState } from './state.ts'
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
  return pageOnError(request, state, () => authorize({ request, path, state, input }))
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

/** Names an authorization answer has for what the token endpoint calls `invalid_grant`. */
function redirectedName({ code, facts }: EntraError, { input }: Visit): string {
  if (code === 65001) return 'consent_required'
  if (code === 53003) return input.get('prompt') === 'none' ? 'interaction_required' : 'access_denied'
  return facts.error
}

function errorParameters(error: EntraError, visit: Visit): Record<string, string> {
  const { request, state } = visit
  const { error_description, error_uri } = errorBody(error, {
    now: state.clock.now(),
    correlationId: correlationOf(request),
  })
  return {
    error: redirectedName(error, visit),
    ...(error.code === 65004 ? { error_subcode: 'cancel' } : {}),
    error_description,
    ...(error_uri === undefined ? {} : { error_uri }),
  }
}

function checkRequest({ input, path, state }: Visit, app: DirectoryApp): void {
  const type = input.get('response_type')
  if (type === null) throw new EntraError(900144, ['response_type'])
  if (type !== 'code') throw new EntraError(700054, [type.includes('id_token') ? 'id_token' : type])
  if (path.version === 2) {
    const asked = readScope(input.get('scope') ?? '', { state, app })
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

async function signIn(visit: Visit, client: Client): Promise<Response> {
  const { input, state } = visit
  const prompt = input.get('prompt') ?? ''
  if (input.get('step') === 'cancel') throw new EntraError(65004)
  let session: BrowserSession | undefined
  try {
    session = sessionOf(visit)
  } catch (error) {
    if (!(error instanceof EntraError) || !TRY_AGAIN.has(error.code)) throw error
    return passwordPage(visit, error)
  }
  const user = state.users.find(({ objectId }) => objectId === session?.objectId)
  if (!session || !user) return prompt === 'none' ? client.back(loginRequired(visit)) : passwordPage(visit)
  refuseUser(user)
  const cookie = remember(session, state)
  if (user.trait === 'mfa' && !session.secondFactor) {
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
    grantConsent(client.app.clientId, user, state)
  }
  return client.back(codeParameters(visit, client, user), cookie)
}

/** Mistakes a person may correct on the same page. */
const TRY_AGAIN = new Set<number>([50034, 50126])

function passwordPage({ input, state }: Visit, error?: EntraError): Response {
  return signInPage(state.users, {
    parameters: parametersOf(input),
    problem: error && `AADSTS${error.code}: ${error.message}`,
    hint: input.get('upn') ?? input.get('login_hint') ?? '',
  })
}

function loginRequired({ request, state }: Visit): Record<string, string> {
  const { error, error_description } = refusalBody(
    {
      error: 'login_required',
      text: 'AADSTS50058: A silent sign-in request was sent but no user is signed in.',
    },
    { now: state.clock.now(), correlationId: correlationOf(request) },
  )
  return { error, error_description }
}

/** Who is there: by a password entered now, by the browser's cookie, or by name alone. */
function sessionOf({ input, state, request }: Visit): BrowserSession | undefined {
  const secondFactor = input.has('mfa')
  if (input.get('step') === 'password')
    return { objectId: checkPassword(input, state).objectId, secondFactor }
  const remembered = rememberedSession(request, state)
  if (input.has('step') && remembered)
    return { ...remembered, secondFactor: remembered.secondFactor || secondFactor }
  const hint = input.get('login_hint')?.toLowerCase()
  const hinted = state.users.find(({ upn }) => upn === hint)
  const anew = ['login', 'select_account'].includes(input.get('prompt') ?? '')
  const another = hinted !== undefined && hinted.objectId !== remembered?.objectId
  if (remembered && !anew && !another) return remembered
  return hinted && isHeadless(input) ? { objectId: hinted.objectId, secondFactor } : undefined
}

function checkPassword(input: URLSearchParams, state: IdentityState): DirectoryUser {
  const upn = (input.get('upn') ?? '').trim().toLowerCase()
  const user = state.users.find((one) => one.upn === upn)
  if (!user) throw new EntraError(50034, [upn, TENANT_NAME])
  if (user.password !== input.get('password')) throw new EntraError(50126)
  return user
}

/** A sign-in without a browser, for programs that test themselves: no such parameter exists at Microsoft. */
function isHeadless(input: URLSearchParams): boolean {
  return input.get('sandbox_sign_in') === '1'
}

function codeParameters(
  { input, path, state }: Visit,
  { app, registered, redirectUri }: Client,
  user: DirectoryUser,
): Record<string, string> {
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
  return { code, session_state: opaque(32) }
}

/** What the request asked for, without what was entered into forms. */
function parametersOf(input: URLSearchParams): Record<string, string> {
  return Object.fromEntries([...input].filter(([name]) => !['step', 'upn', 'password'].includes(name)))
}

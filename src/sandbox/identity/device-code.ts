import { type DirectoryApp, type DirectoryUser, TENANT_NAME } from '../seed/directory.ts'
import { correlationOf, errorAnswer, jsonAnswer } from './answers.ts'
import { findApp } from './client-proof.ts'
import { consentOf, grantConsent } from './consent.ts'
import { pageOnError } from './error-page.ts'
import { EntraError } from './errors.ts'
import { opaque } from './issue-tokens.ts'
import { escapeHtml, hidden, page } from './pages.ts'
import { refuseUser } from './people.ts'
import { readScope, requireResource } from './resource.ts'
import { mfaPage } from './sign-in-pages.ts'
import type { IdentityState } from './state.ts'
import { readTenant } from './tenants.ts'
import { type EndpointPath, readForm } from './token-endpoint.ts'

/** Device code: the request for one, and the page where a person approves it. */

const LIFE_SECONDS = 900
const INTERVAL_SECONDS = 5
/** Without vowels and look-alikes. */
const LETTERS = 'BCDFGHJKLMNPQRSTVWXZ2346789'

export async function deviceCodeEndpoint(
  request: Request,
  { segment, version, origin }: EndpointPath,
  state: IdentityState,
): Promise<Response> {
  try {
    if (request.method !== 'POST') throw new EntraError(900561, [request.method])
    const tenant = readTenant(segment)
    const form = await readForm(request)
    const app = findApp(form.get('client_id') ?? undefined, state)
    if (tenant !== 'own' && !app.multiTenant) throw new EntraError(50059)
    const resource = form.get('resource') ?? undefined
    if (version === 2) readScope(form.get('scope') ?? '', { state, app })
    else if (resource === undefined) throw new EntraError(50001)
    else requireResource(resource, state)
    const code = `BAQABAAEAAAD${opaque(80)}`
    const userCode = Array.from({ length: 9 }, () =>
      LETTERS.charAt(Math.floor(state.random() * LETTERS.length)),
    ).join('')
    state.deviceCodes.set(code, {
      userCode,
      clientId: app.clientId,
      scope: form.get('scope') ?? '',
      resource,
      expiresAt: state.clock.now() + LIFE_SECONDS * 1000,
      status: 'pending',
    })
    const address = `${origin}/devicelogin`
    const message = `To sign in, use a web browser to open the page ${address} and enter the code ${userCode} to authenticate.`
    if (version === 1)
      return jsonAnswer({
        user_code: userCode,
        device_code: code,
        verification_url: address,
        expires_in: String(LIFE_SECONDS),
        interval: String(INTERVAL_SECONDS),
        message,
      })
    return jsonAnswer({
      user_code: userCode,
      device_code: code,
      verification_uri: address,
      expires_in: LIFE_SECONDS,
      interval: INTERVAL_SECONDS,
      message,
    })
  } catch (error) {
    if (error instanceof EntraError)
      return errorAnswer(error, { now: state.clock.now(), correlationId: correlationOf(request) })
    throw error
  }
}

/** GET shows the form; POST with the code and a user approves, with `step=cancel` declines. */
export async function deviceLoginPage(request: Request, state: IdentityState): Promise<Response> {
  const input =
    request.method === 'POST' ? new URLSearchParams(await request.text()) : new URL(request.url).searchParams
  const userCode = (input.get('code') ?? '').toUpperCase().replace(/[^A-Z0-9]/g, '')
  if (userCode === '') return codeForm(undefined)
  const record = [...state.deviceCodes.values()].find((one) => one.userCode === userCode)
  const app = state.apps.find(({ clientId }) => clientId === record?.clientId)
  if (!record || !app || record.status !== 'pending' || record.expiresAt < state.clock.now())
    return codeForm('That code didn’t work. Check the code and try again.')
  if (input.get('step') === 'cancel') {
    record.status = 'declined'
    return page({ title: 'Declined', body: '<p>You declined. You can close this window.</p>' })
  }
  if (!input.has('upn')) return accountPage({ app, userCode, users: state.users })
  const user = state.users.find(
    ({ upn, password }) => upn === input.get('upn')?.toLowerCase() && password === input.get('password'),
  )
  if (!user) return accountPage({ app, userCode, users: state.users, problem: new EntraError(50126) })
  if (user.trait === 'mfa' && !input.has('mfa'))
    return mfaPage({ code: userCode, upn: user.upn, password: user.password })
  return pageOnError(request, state, () => {
    refuseUser(user)
    const consent = consentOf(app, user, state)
    if (consent === 'admin-only') throw new EntraError(90094, [TENANT_NAME, app.name])
    if (consent === 'not-listed') throw new EntraError(65001, [app.clientId, app.name])
    // The page says what the application is: going on is agreeing.
    grantConsent(app.clientId, user, state)
    record.status = { objectId: user.objectId }
    return page({
      title: 'You have signed in',
      body: `<p>${escapeHtml(app.name)} on your device is signed in as ${escapeHtml(user.upn)}. You can close this window.</p>`,
    })
  })
}

interface AccountPage {
  readonly app: DirectoryApp
  readonly userCode: string
  readonly users: readonly DirectoryUser[]
  readonly problem?: EntraError
}

function accountPage({ app, userCode, users, problem }: AccountPage): Response {
  const buttons = users
    .map(
      ({ upn, password, givenName, surname }) =>
        `<form method="post">${hidden({ code: userCode, upn, password })}<button class="user">${escapeHtml(`${givenName} ${surname}`)}<small>${escapeHtml(upn)}</small></button></form>`,
    )
    .join('\n')
  return page({
    title: `Sign in to ${app.name}`,
    body: `${problem === undefined ? '' : `<p class="error">AADSTS${problem.code}: ${escapeHtml(problem.message)}</p>`}
<p>You’re signing in to ${escapeHtml(app.name)} on another device, in ${escapeHtml(TENANT_NAME)}.</p>${buttons}
<form method="post">${hidden({ code: userCode, step: 'cancel' })}<div class="actions"><button class="plain">Cancel</button></div></form>`,
  })
}

function codeForm(problem: string | undefined): Response {
  return page({
    title: 'Enter code',
    body: `${problem === undefined ? '' : `<p class="error">${escapeHtml(problem)}</p>`}
<form method="post"><label for="code">Code displayed on your app or device</label><input id="code" name="code" autocomplete="off" autofocus required><div class="actions"><button>Next</button></div></form>`,
  })
}

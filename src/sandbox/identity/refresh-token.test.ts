import { decodeJwt } from 'jose'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { appNamed } from './identity.test-support.ts'
import {
  askToken,
  bodyOf,
  codeFor,
  type Fields,
  type Running,
  redeemCode,
  refusal,
  refusalOf,
  type Sending,
  startSandbox,
  whoAmI,
} from './running.test-support.ts'

/** How long a refresh token lives, whom it serves, and what for. */

let running: Running

beforeAll(async () => {
  running = await startSandbox()
})
afterAll(() => running.close())
afterEach(() => {
  Object.assign(running.server.sandbox.identity.settings, {
    strictRotation: false,
    signInFrequencyMs: undefined,
  })
})

/** The sandbox's time, as its messages write it. */
const now = (): string => new Date(running.clock.now()).toISOString()

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const ANN = 'ann@contoso.onmicrosoft.com'
const desktop = appNamed('d365 desktop').clientId
const service = appNamed('d365 service')
const WEB = {
  client_id: service.clientId,
  redirect_uri: 'http://localhost',
  client_secret: service.secrets[0]?.value,
}
const SPA = { client_id: appNamed('d365 single page').clientId, redirect_uri: 'http://localhost/spa' }
const VERIFIER = 'v'.repeat(43)
const FROM_BROWSER: Sending = { headers: { origin: 'http://localhost' } }
const MALFORMED = refusal(400, 'invalid_grant', [70000, 'Provided grant is invalid or malformed.'])

/** The refresh token of a fresh sign-in. */
async function signedIn(app: Fields = {}, sending: Sending = {}): Promise<string> {
  const { client_secret, code_verifier, ...asked } = app
  const challenge =
    code_verifier === undefined ? {} : { code_challenge: code_verifier, code_challenge_method: 'plain' }
  const code = await codeFor(running, { ...asked, ...challenge }, { version: sending.version ?? 2 })
  return tokenIn(
    await redeemCode(running, { ...asked, code, client_secret, code_verifier, scope: undefined }, sending),
  )
}

async function tokenIn(response: Response): Promise<string> {
  const { refresh_token } = await bodyOf(response)
  return String(refresh_token)
}

function refresh(refresh_token: string, fields: Fields = {}, sending: Sending = {}): Promise<Response> {
  const own = { grant_type: 'refresh_token', client_id: desktop, refresh_token }
  return askToken(running, { ...own, ...fields }, sending)
}

describe('each use', () => {
  test('brings a new token, and the old one goes on working', async () => {
    const first = await signedIn()
    const second = await tokenIn(await refresh(first))
    expect(second).toMatch(/^1\.A/)
    expect(second).not.toBe(first)
    for (const token of [first, second, first]) expect((await refresh(token)).status).toBe(200)
  })

  test('ends the old one where rotation is strict', async () => {
    running.server.sandbox.identity.settings.strictRotation = true
    const first = await signedIn()
    const second = await tokenIn(await refresh(first))
    expect(await refusalOf(await refresh(first))).toEqual(MALFORMED)
    expect((await refresh(second)).status).toBe(200)
  })

  test('that fails does not use a token of strict rotation up', async () => {
    running.server.sandbox.identity.settings.strictRotation = true
    const token = await signedIn()
    expect((await refresh(token, { scope: 'https://x.crm.dynamics.com/.default' })).status).toBe(400)
    expect((await refresh(token)).status).toBe(200)
  })

  test('gives an access token Dynamics takes', async () => {
    const { access_token } = await bodyOf(await refresh(await signedIn()))
    expect(await (await whoAmI(running, access_token)).json()).toMatchObject({
      UserId: 'd0000000-0000-4000-8000-000000000001',
    })
  })
})

describe('its time', () => {
  test('is 90 days without use, and each use begins them anew', async () => {
    let token = await signedIn()
    for (let turn = 0; turn < 3; turn++) {
      running.clock.advance(90 * DAY_MS)
      token = await tokenIn(await refresh(token))
    }
    const issued = now()
    running.clock.advance(90 * DAY_MS + 1)
    expect(await refusalOf(await refresh(token))).toEqual(
      refusal(400, 'invalid_grant', [
        700082,
        `The refresh token has expired due to inactivity. The token was issued on ${issued} and was inactive for 90.00:00:00.`,
      ]),
    )
  })

  test('of a single-page app is 24 hours from the sign-in, whatever is renewed in between', async () => {
    const page = { ...SPA, code_verifier: VERIFIER }
    const refreshPage = (token: string) => refresh(token, { client_id: SPA.client_id }, FROM_BROWSER)
    const issued = now()
    const first = await signedIn(page, FROM_BROWSER)
    running.clock.advance(20 * HOUR_MS)
    const second = await tokenIn(await refreshPage(first))
    running.clock.advance(4 * HOUR_MS)
    expect((await refreshPage(second)).status).toBe(200)
    running.clock.advance(1)
    const { text, ...refused } = await refusalOf(await refreshPage(second))
    expect(refused).toEqual({ status: 400, error: 'invalid_grant', codes: [700084] })
    expect(text).toContain('a fixed, limited lifetime of 1.00:00:00')
    expect(text).toContain(`The token was issued on ${issued}.`)
  })

  test('of a single-page app is told to it in seconds, and falls', async () => {
    const page = { ...SPA, code_verifier: VERIFIER }
    const first = await signedIn(page, FROM_BROWSER)
    running.clock.advance(20 * HOUR_MS)
    const response = await refresh(first, { client_id: SPA.client_id }, FROM_BROWSER)
    expect(await bodyOf(response)).toMatchObject({ refresh_token_expires_in: 4 * 3600 })
    expect(await bodyOf(await refresh(await signedIn()))).not.toHaveProperty('refresh_token_expires_in')
  })

  test('ends by a sign-in frequency, which renewing does not move', async () => {
    running.server.sandbox.identity.settings.signInFrequencyMs = 8 * HOUR_MS
    let token = await signedIn()
    running.clock.advance(8 * HOUR_MS)
    token = await tokenIn(await refresh(token))
    running.clock.advance(1)
    expect(await refusalOf(await refresh(token))).toMatchObject({
      status: 400,
      error: 'invalid_grant',
      codes: [70043],
      suberror: 'bad_token',
    })
  })

  test('ends when an administrator revokes it; a new sign-in helps at once', async () => {
    const issued = now()
    const token = await signedIn()
    const renewed = await tokenIn(await refresh(token))
    running.clock.advance(1000)
    const revokedAt = now()
    running.server.sandbox.identity.revokeSessions(ANN)
    for (const revoked of [token, renewed]) {
      const { text, ...refused } = await refusalOf(await refresh(revoked))
      expect(refused).toEqual({ status: 400, error: 'invalid_grant', codes: [50173] })
      expect(text).toContain(`The grant was issued on '${issued}' and the TokensValidFrom date`)
      expect(text?.endsWith(`is '${revokedAt}'.`)).toBe(true)
    }
    expect((await refresh(await signedIn())).status).toBe(200)
  })

  test('of other people does not end with it', async () => {
    const token = await signedIn({ login_hint: 'ben@contoso.onmicrosoft.com' })
    running.server.sandbox.identity.revokeSessions(ANN)
    expect((await refresh(token)).status).toBe(200)
  })

  test('can be shortened from a test', async () => {
    const token = await signedIn()
    running.server.sandbox.identity.ageRefreshTokens(91 * DAY_MS)
    expect(await refusalOf(await refresh(token))).toMatchObject({ codes: [700082] })
  })
})

describe('whom it serves', () => {
  test('the application it was given to', async () => {
    const response = await refresh(await signedIn(), { client_id: appNamed('Asks for consent').clientId })
    expect(await refusalOf(response)).toEqual(MALFORMED)
  })

  test.each(['1.Acut', 'eyJ0eXAiOiJKV1QifQ.e30.x', '__proto__'])('nobody with %s', async (token) => {
    expect(await refusalOf(await refresh(token))).toEqual(MALFORMED)
  })

  test('nobody without one', async () => {
    expect(await refusalOf(await refresh(''))).toEqual(
      refusal(400, 'invalid_request', [
        900144,
        "The request body must contain the following parameter: 'refresh_token'.",
      ]),
    )
  })

  test('a web app with its secret, not without', async () => {
    const token = await signedIn(WEB)
    const { redirect_uri: _, ...client } = WEB
    expect((await refresh(token, client)).status).toBe(200)
    const without = await refresh(token, { client_id: WEB.client_id })
    expect(await refusalOf(without)).toMatchObject({ status: 401, codes: [7000218] })
    const wrong = await refresh(token, { ...client, client_secret: 'wrong' })
    expect(await refusalOf(wrong)).toMatchObject({ status: 401, codes: [7000215] })
  })

  test('a desktop app without a secret, not with one', async () => {
    const response = await refresh(await signedIn(), { client_secret: 'any' })
    expect(await refusalOf(response)).toMatchObject({ status: 401, codes: [700025] })
  })

  test('a desktop app outside of a browser', async () => {
    const response = await refresh(await signedIn(), {}, FROM_BROWSER)
    expect(await refusalOf(response)).toMatchObject({ status: 400, codes: [9002326] })
  })

  test('a single-page app inside of one', async () => {
    const token = await signedIn({ ...SPA, code_verifier: VERIFIER }, FROM_BROWSER)
    const response = await refresh(token, { client_id: SPA.client_id })
    expect(await refusalOf(response)).toMatchObject({ status: 400, codes: [9002327] })
  })
})

describe('what it is for', () => {
  const audienceOf = async (response: Response): Promise<unknown> =>
    decodeJwt(String((await bodyOf(response)).access_token)).aud

  test('without a scope, what it was granted for', async () => {
    const { scope, access_token } = await bodyOf(await refresh(await signedIn()))
    expect(scope).toBe(`${running.origin}/user_impersonation openid`)
    expect(decodeJwt(String(access_token)).aud).toBe(running.origin)
  })

  test('a narrower scope is answered with that', async () => {
    const scope = `${running.origin}/user_impersonation`
    const body = await bodyOf(await refresh(await signedIn(), { scope }))
    expect(body).toMatchObject({ scope, refresh_token: expect.any(String) })
    expect(body).not.toHaveProperty('id_token')
  })

  test('another environment of the tenant, as it is bound to none', async () => {
    const scope = 'https://contoso.crm.dynamics.com/user_impersonation offline_access'
    expect(await audienceOf(await refresh(await signedIn(), { scope }))).toBe(
      'https://contoso.crm.dynamics.com',
    )
  })

  test('of several resources the first one', async () => {
    const scope = `https://contoso.crm.dynamics.com/.default ${running.origin}/.default`
    const body = await bodyOf(await refresh(await signedIn(), { scope }))
    expect(body.scope).toBe('https://contoso.crm.dynamics.com/.default')
    expect(decodeJwt(String(body.access_token)).aud).toBe('https://contoso.crm.dynamics.com')
  })

  test.each<[string, string, number]>([
    ['an environment that is not here', 'https://x.crm.dynamics.com/user_impersonation', 500011],
    ['a right without a host', 'user_impersonation', 650053],
  ])('%s is refused', async (_name, scope, code) => {
    const response = await refresh(await signedIn(), { scope })
    expect(await refusalOf(response)).toMatchObject({ status: 400, codes: [code] })
  })

  test('v1 by its resource, or else by the one of the sign-in', async () => {
    const v1: Sending = { version: 1 }
    const token = await signedIn({ resource: `${running.origin}/`, scope: undefined }, v1)
    expect(await audienceOf(await refresh(token, {}, v1))).toBe(`${running.origin}/`)
    const resource = 'https://contoso.crm.dynamics.com'
    expect(await bodyOf(await refresh(token, { resource }, v1))).toMatchObject({
      resource,
      expires_in: expect.stringMatching(/^\d+$/),
    })
  })

  test('a token of v1 works at v2, and the other way round', async () => {
    const resource = `${running.origin}/`
    const v1: Sending = { version: 1 }
    const ofV1 = await signedIn({ resource, scope: undefined }, v1)
    expect(await audienceOf(await refresh(ofV1))).toBe(resource)
    expect(await audienceOf(await refresh(await signedIn(), {}, v1))).toBe(running.origin)
  })
})

import { createHash } from 'node:crypto'
import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { TENANT_ID } from '../seed/directory.ts'
import { appNamed } from './identity.test-support.ts'
import {
  askToken,
  bodyOf,
  codeFor,
  type Fields,
  oauthUrl,
  type Running,
  redeemCode,
  refusal,
  refusalOf,
  type Sending,
  startSandbox,
  visitAuthorize,
  whoAmI,
} from './running.test-support.ts'

/** From the code to the tokens: what the redirect URI's platform demands, PKCE, and what a code is bound to. */

let running: Running

beforeAll(async () => {
  running = await startSandbox()
})
afterAll(() => running.close())

const service = appNamed('d365 service')
const secret = service.secrets[0]?.value ?? ''
const WEB = { client_id: service.clientId, redirect_uri: 'http://localhost:53682/callback' }
const SPA = { client_id: appNamed('d365 single page').clientId, redirect_uri: 'http://localhost/spa' }
const FROM_BROWSER: Sending = { headers: { origin: 'http://localhost' } }

/** The pair of RFC 7636, appendix B. */
const VERIFIER = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
const S256 = { code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM', code_challenge_method: 'S256' }

const INVALID_GRANT = (code: number, text: string) => refusal(400, 'invalid_grant', [code, text])
const MALFORMED = INVALID_GRANT(70000, 'Provided grant is invalid or malformed.')
const WRONG_VERIFIER = INVALID_GRANT(
  501481,
  'The Code_Verifier does not match the code_challenge supplied in the authorization request.',
)
const PUBLIC = refusal(401, 'invalid_client', [
  700025,
  "Client is public so neither 'client_assertion' nor 'client_secret' should be presented.",
])

async function redeemAs(app: Fields, fields: Fields = {}, sending: Sending = {}): Promise<Response> {
  const { code_challenge, code_challenge_method, ...rest } = fields
  const code = await codeFor(running, { ...app, code_challenge, code_challenge_method })
  return redeemCode(running, { ...app, code, ...rest }, sending)
}

describe('the platform of the redirect URI decides what the client sends', () => {
  test.each<[string, Fields, Fields, Sending]>([
    ['native: nothing', {}, {}, {}],
    ['native: PKCE', {}, { ...S256, code_verifier: VERIFIER }, {}],
    ['web: its secret', WEB, { client_secret: secret }, {}],
    ['web: its secret and PKCE', WEB, { ...S256, client_secret: secret, code_verifier: VERIFIER }, {}],
    ['single page: PKCE from a browser', SPA, { ...S256, code_verifier: VERIFIER }, FROM_BROWSER],
  ])('%s', async (_name, app, fields, sending) => {
    const response = await redeemAs(app, fields, sending)
    expect(response.status).toBe(200)
    const body = await bodyOf(response)
    expect(body.scope).toBe(`${running.origin}/user_impersonation openid`)
    expect(decodeJwt(String(body.access_token))).toMatchObject({
      aud: running.origin,
      appid: app.client_id ?? appNamed('d365 desktop').clientId,
      appidacr: fields.client_secret === undefined ? '0' : '1',
    })
    expect((await whoAmI(running, body.access_token)).status).toBe(200)
  })

  test.each<[string, Fields, Fields, Sending, ReturnType<typeof refusal>]>([
    [
      'web without a secret',
      WEB,
      {},
      {},
      refusal(401, 'invalid_client', [
        7000218,
        "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
      ]),
    ],
    [
      'web from a browser',
      WEB,
      { client_secret: secret },
      FROM_BROWSER,
      refusal(400, 'invalid_request', [
        9002326,
        "Cross-origin token redemption is permitted only for the 'Single-Page Application' client-type. Request origin: 'http://localhost'.",
      ]),
    ],
    ['native with a secret', {}, { client_secret: secret }, {}, PUBLIC],
    [
      'single page with a secret',
      SPA,
      { ...S256, code_verifier: VERIFIER, client_secret: secret },
      FROM_BROWSER,
      PUBLIC,
    ],
    [
      'single page, but not from a browser',
      SPA,
      { ...S256, code_verifier: VERIFIER },
      {},
      refusal(400, 'invalid_request', [
        9002327,
        "Tokens issued for the 'Single-Page Application' client-type may only be redeemed via cross-origin requests.",
      ]),
    ],
    [
      'single page without PKCE',
      SPA,
      {},
      FROM_BROWSER,
      refusal(400, 'invalid_request', [
        9002325,
        'Proof Key for Code Exchange is required for cross-origin authorization code redemption.',
      ]),
    ],
  ])('%s is refused', async (_name, app, fields, sending, expected) => {
    expect(await refusalOf(await redeemAs(app, fields, sending))).toEqual(expected)
  })

  test('a wrong secret is a wrong secret', async () => {
    const response = await redeemAs(WEB, { client_secret: 'wrong' })
    expect(await refusalOf(response)).toMatchObject({ status: 401, codes: [7000215] })
  })

  test('a browser asks first whether it may send, and is told yes', async () => {
    const response = await fetch(oauthUrl(running, 'token'), {
      method: 'OPTIONS',
      headers: {
        origin: 'http://localhost',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'x-client-sku',
      },
    })
    expect(response.status).toBe(200)
    expect(Object.fromEntries(response.headers)).toMatchObject({
      'access-control-allow-origin': '*',
      'access-control-allow-methods': 'POST, OPTIONS',
      'access-control-allow-headers': 'x-client-sku',
    })
  })

  test('a page of another origin may read what a single-page app is answered', async () => {
    const response = await redeemAs(SPA, { ...S256, code_verifier: VERIFIER }, FROM_BROWSER)
    expect(response.headers.get('access-control-allow-origin')).toBe('*')
  })
})

describe('PKCE', () => {
  const plain = { code_challenge: VERIFIER, code_challenge_method: 'plain' }

  test.each<[string, Fields]>([
    ['S256', S256],
    ['plain', plain],
    ['no method, which means plain', { code_challenge: VERIFIER }],
  ])('%s with its verifier', async (_name, challenge) => {
    expect((await redeemAs({}, { ...challenge, code_verifier: VERIFIER })).status).toBe(200)
  })

  test.each<[string, Fields]>([
    ['S256 with another verifier', { ...S256, code_verifier: 'x'.repeat(43) }],
    ['S256 with its challenge as the verifier', { ...S256, code_verifier: S256.code_challenge }],
    ['S256 without a verifier', S256],
    ['plain with the hash of the verifier', { ...plain, code_verifier: S256.code_challenge }],
    ['plain without a verifier', plain],
  ])('%s is refused', async (_name, fields) => {
    expect(await refusalOf(await redeemAs({}, fields))).toEqual(WRONG_VERIFIER)
  })

  test('a wrong verifier does not use the code up', async () => {
    const code = await codeFor(running, S256)
    await redeemCode(running, { code, code_verifier: 'x'.repeat(43) })
    expect((await redeemCode(running, { code, code_verifier: VERIFIER })).status).toBe(200)
  })

  test('the challenge is the SHA-256 of the verifier in base64url', () => {
    expect(createHash('sha256').update(VERIFIER).digest('base64url')).toBe(S256.code_challenge)
  })
})

describe('a code', () => {
  test('is good once', async () => {
    const code = await codeFor(running)
    expect((await redeemCode(running, { code })).status).toBe(200)
    expect(await refusalOf(await redeemCode(running, { code }))).toEqual(
      INVALID_GRANT(
        54005,
        'OAuth2 Authorization code was already redeemed, please retry with a new valid code or use an existing refresh token.',
      ),
    )
  })

  test('lives ten minutes', async () => {
    const [early, late] = [await codeFor(running), await codeFor(running)]
    running.clock.advance(600_000)
    expect((await redeemCode(running, { code: early })).status).toBe(200)
    running.clock.advance(1)
    expect(await refusalOf(await redeemCode(running, { code: late }))).toMatchObject({
      status: 400,
      error: 'invalid_grant',
      codes: [70008],
    })
  })

  test('belongs to the application that asked for it', async () => {
    const code = await codeFor(running)
    const other = appNamed('Asks for consent').clientId
    expect(await refusalOf(await redeemCode(running, { code, client_id: other }))).toEqual(MALFORMED)
  })

  test.each(['0.Anonsense', '__proto__'])('that never was, %s, is malformed', async (code) => {
    expect(await refusalOf(await redeemCode(running, { code }))).toEqual(MALFORMED)
  })

  test.each(['code', 'redirect_uri'])('needs the field %s beside it', async (field) => {
    const response = await redeemCode(running, { code: await codeFor(running), [field]: '' })
    expect(await refusalOf(response)).toEqual(
      refusal(400, 'invalid_request', [
        900144,
        `The request body must contain the following parameter: '${field}'.`,
      ]),
    )
  })

  test('is redeemed with the redirect URI byte for byte, though another port would have been fine before', async () => {
    const code = await codeFor(running)
    const response = await redeemCode(running, { code, redirect_uri: 'http://localhost:5001/callback' })
    expect(await refusalOf(response)).toMatchObject({ status: 400, codes: [50011] })
  })

  test('is redeemed at the tenant segment that issued it', async () => {
    const code = await codeFor(running, {}, { tenant: 'organizations' })
    expect(await refusalOf(await redeemCode(running, { code }))).toEqual(
      INVALID_GRANT(
        700005,
        'Provided Authorization Code is intended to use against other tenant, thus rejected.',
      ),
    )
    expect((await redeemCode(running, { code }, { tenant: 'organizations' })).status).toBe(200)
  })

  test('of a person who is disabled meanwhile cannot exist: disabled people get none', async () => {
    const response = await visitAuthorize(running, { login_hint: 'disabled@contoso.onmicrosoft.com' })
    expect(response.status).toBe(400)
    expect(await response.text()).toContain('AADSTS50057: The user account is disabled.')
  })
})

describe('what the tokens are for', () => {
  test('the nonce comes back in the ID token', async () => {
    const nonce = 'n-0S6_WzA2Mj'
    const { id_token } = await bodyOf(await redeemCode(running, { code: await codeFor(running, { nonce }) }))
    expect(decodeJwt(String(id_token))).toMatchObject({
      nonce,
      aud: appNamed('d365 desktop').clientId,
      iss: `${running.origin}/${TENANT_ID}/v2.0`,
    })
  })

  test('v1 goes by the resource, and gives a refresh token and an ID token unasked', async () => {
    const resource = `${running.origin}/`
    const v1: Sending = { version: 1 }
    const code = await codeFor(running, { resource, scope: undefined }, v1)
    const body = await bodyOf(await redeemCode(running, { code }, v1))
    expect(body).toMatchObject({
      resource,
      scope: 'user_impersonation',
      refresh_token: expect.stringMatching(/^1\.A/),
    })
    expect(decodeJwt(String(body.access_token)).aud).toBe(resource)
    expect(decodeJwt(String(body.id_token))).toMatchObject({ ver: '1.0', upn: 'ann@contoso.onmicrosoft.com' })
  })

  test('v1 without a resource in either leg has nothing to give', async () => {
    const v1: Sending = { version: 1 }
    const code = await codeFor(running, { scope: undefined }, v1)
    expect(await refusalOf(await redeemCode(running, { code }, v1))).toMatchObject({
      status: 400,
      error: 'invalid_resource',
      codes: [50001],
    })
    expect((await redeemCode(running, { code, resource: running.origin }, v1)).status).toBe(200)
  })

  test('client_info is sent on request only, and tells who it is', async () => {
    const without = await bodyOf(await redeemCode(running, { code: await codeFor(running) }))
    expect(without).not.toHaveProperty('client_info')
    const response = await redeemCode(running, { code: await codeFor(running), client_info: '1' })
    const info = Buffer.from(String((await bodyOf(response)).client_info), 'base64url').toString()
    expect(JSON.parse(info)).toEqual({ uid: 'e0000000-0000-4000-8000-000000000001', utid: TENANT_ID })
  })

  test('a scope of several resources is refused where the tokens are fetched', async () => {
    const scope = `${running.origin}/user_impersonation https://contoso.crm.dynamics.com/user_impersonation`
    const response = await redeemCode(running, { code: await codeFor(running), scope })
    expect(await refusalOf(response)).toMatchObject({ error: 'invalid_scope', codes: [700022] })
  })

  test('.default stands alone among the rights of a resource, but OpenID scopes may be beside it', async () => {
    const mixed = `${running.origin}/.default ${running.origin}/user_impersonation`
    const refused = await redeemCode(running, { code: await codeFor(running), scope: mixed })
    expect(await refusalOf(refused)).toMatchObject({ error: 'invalid_scope', codes: [70011] })
    const alone = `${running.origin}/.default openid profile offline_access`
    const response = await redeemCode(running, { code: await codeFor(running, { scope: alone }) })
    expect((await bodyOf(response)).refresh_token).toBeDefined()
  })
})

test('a password in place of a sign-in is refused', async () => {
  const response = await askToken(running, {
    grant_type: 'password',
    client_id: appNamed('d365 desktop').clientId,
    username: 'ann@contoso.onmicrosoft.com',
    password: 'Sandbox-1',
    scope: `${running.origin}/user_impersonation`,
  })
  expect(await refusalOf(response)).toMatchObject({ status: 400, error: 'invalid_grant', codes: [50126] })
})

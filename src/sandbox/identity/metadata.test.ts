import { createRemoteJWKSet, decodeProtectedHeader, type JWTPayload, jwtVerify, SignJWT } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { TENANT_ID } from '../seed/directory.ts'
import { appNamed } from './identity.test-support.ts'
import {
  askToken,
  bodyOf,
  codeFor,
  type Running,
  redeemCode,
  refusalOf,
  type Sending,
  startSandbox,
  whoAmI,
} from './running.test-support.ts'

/** What a client finds by itself: addresses, issuer and keys, and that tokens hold against them. */

let running: Running

beforeAll(async () => {
  running = await startSandbox()
})
afterAll(() => running.close())

const METADATA = '.well-known/openid-configuration'
const service = appNamed('d365 service')

async function metadata(path: string): Promise<Readonly<Record<string, unknown>>> {
  const response = await fetch(`${running.origin}/${path}${METADATA}`)
  expect(response.status).toBe(200)
  expect(response.headers.get('access-control-allow-origin')).toBeNull()
  return bodyOf(response)
}

async function appToken(): Promise<string> {
  const response = await askToken(running, {
    grant_type: 'client_credentials',
    client_id: service.clientId,
    client_secret: service.secrets[0]?.value,
    scope: `${running.origin}/.default`,
  })
  return String((await bodyOf(response)).access_token)
}

async function userTokens(sending: Sending = {}): Promise<{ access: string; id: string }> {
  const code = await codeFor(running, { resource: running.origin, nonce: 'n-1' }, sending)
  const { access_token, id_token } = await bodyOf(await redeemCode(running, { code }, sending))
  return { access: String(access_token), id: String(id_token) }
}

async function proven(token: string, jwks: unknown, issuer: unknown): Promise<JWTPayload> {
  const { payload } = await jwtVerify(token, createRemoteJWKSet(new URL(String(jwks))), {
    issuer: String(issuer),
    currentDate: new Date(running.clock.now()),
  })
  return payload
}

describe('OpenID metadata', () => {
  test('of v2 names the addresses of v2, with the tenant by its ID', async () => {
    const base = `${running.origin}/${TENANT_ID}`
    const expected = {
      issuer: `${base}/v2.0`,
      authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
      token_endpoint: `${base}/oauth2/v2.0/token`,
      device_authorization_endpoint: `${base}/oauth2/v2.0/devicecode`,
      end_session_endpoint: `${base}/oauth2/v2.0/logout`,
      jwks_uri: `${base}/discovery/v2.0/keys`,
    }
    expect(await metadata(`${TENANT_ID}/v2.0/`)).toMatchObject(expected)
    expect(await metadata('contoso.onmicrosoft.com/v2.0/')).toMatchObject(expected)
  })

  test('of v1 names those of v1, and the issuer access tokens have', async () => {
    expect(await metadata(`${TENANT_ID}/`)).toMatchObject({
      issuer: `https://sts.windows.net/${TENANT_ID}/`,
      authorization_endpoint: `${running.origin}/${TENANT_ID}/oauth2/authorize`,
      token_endpoint: `${running.origin}/${TENANT_ID}/oauth2/token`,
      jwks_uri: `${running.origin}/common/discovery/keys`,
    })
  })

  test.each(['common', 'organizations'])('of %s leaves the tenant in the issuer open', async (tenant) => {
    expect(await metadata(`${tenant}/v2.0/`)).toMatchObject({
      issuer: `${running.origin}/{tenantid}/v2.0`,
      token_endpoint: `${running.origin}/${tenant}/oauth2/v2.0/token`,
    })
  })

  test('does not announce PKCE, as Entra does not, and offers all three response modes', async () => {
    const facts = await metadata(`${TENANT_ID}/v2.0/`)
    expect(facts).not.toHaveProperty('code_challenge_methods_supported')
    expect(facts.response_modes_supported).toEqual(['query', 'fragment', 'form_post'])
  })

  test.each([
    ['nowhere.example', 90002],
    ['99999999-0000-4000-8000-000000000000', 90002],
    ['nonsense', 900023],
    ['%zz', 900023],
  ])('of the tenant %s is invalid_tenant', async (tenant, code) => {
    const response = await fetch(`${running.origin}/${tenant}/v2.0/${METADATA}`)
    expect(await refusalOf(response)).toMatchObject({ status: 400, error: 'invalid_tenant', codes: [code] })
  })

  test('may be read by a page of another origin', async () => {
    const headers = { origin: 'http://app.example' }
    const addresses = [`${TENANT_ID}/v2.0/${METADATA}`, `${TENANT_ID}/discovery/v2.0/keys`]
    for (const path of addresses) {
      const response = await fetch(`${running.origin}/${path}`, { headers })
      expect(response.headers.get('access-control-allow-origin')).toBe('*')
    }
    const page = await fetch(`${running.origin}/${TENANT_ID}/oauth2/v2.0/authorize`, { headers })
    expect(page.headers.get('access-control-allow-origin')).toBeNull()
  })
})

describe('the published keys prove', () => {
  test('the ID token of v2, by the issuer and keys of its metadata', async () => {
    const { issuer, jwks_uri } = await metadata(`${TENANT_ID}/v2.0/`)
    const claims = await proven((await userTokens()).id, jwks_uri, issuer)
    expect(claims).toMatchObject({ aud: appNamed('d365 desktop').clientId, nonce: 'n-1', tid: TENANT_ID })
  })

  test('the ID token of v1, likewise', async () => {
    const { issuer, jwks_uri } = await metadata(`${TENANT_ID}/`)
    const claims = await proven((await userTokens({ version: 1 })).id, jwks_uri, issuer)
    expect(claims).toMatchObject({ ver: '1.0', nonce: 'n-1' })
  })

  test('an access token, even of v2, by the issuer of v1', async () => {
    const { issuer } = await metadata(`${TENANT_ID}/`)
    const { jwks_uri } = await metadata(`${TENANT_ID}/v2.0/`)
    for (const token of [(await userTokens()).access, await appToken()]) {
      const claims = await proven(token, jwks_uri, issuer)
      expect(claims).toMatchObject({ ver: '1.0', aud: running.origin })
    }
  })

  test('old tokens after a rotation, and new ones by a new key', async () => {
    const before = await appToken()
    running.server.sandbox.identity.rotateKeys()
    const after = await appToken()
    const { keys } = await bodyOf(await fetch(`${running.origin}/${TENANT_ID}/discovery/v2.0/keys`))
    const ids = Array.isArray(keys) ? keys.map(({ kid }) => kid) : []
    expect(new Set(ids).size).toBe(2)
    expect(ids).toEqual([decodeProtectedHeader(before).kid, decodeProtectedHeader(after).kid])
    for (const token of [before, after]) expect((await whoAmI(running, token)).status).toBe(200)
  })

  test('nothing but what is public is published', async () => {
    const { keys } = await bodyOf(await fetch(`${running.origin}/common/discovery/keys`))
    for (const key of Array.isArray(keys) ? keys : [])
      expect(Object.keys(key).sort()).toEqual(['alg', 'e', 'issuer', 'kid', 'kty', 'n', 'use', 'x5t'])
  })
})

describe('the claims Dynamics reads', () => {
  const TIMES = ['exp', 'iat', 'nbf']
  const COMMON = ['aio', 'appid', 'appidacr', 'aud', 'iss', 'oid', 'rh', 'sub', 'tid', 'uti', 'ver']
  const PERSON = [
    'acr',
    'amr',
    'family_name',
    'given_name',
    'ipaddr',
    'name',
    'puid',
    'scp',
    'unique_name',
    'upn',
  ]

  test('of a person, and no others', async () => {
    const { issuer } = await metadata(`${TENANT_ID}/`)
    const claims = await proven(
      (await userTokens()).access,
      `${running.origin}/common/discovery/keys`,
      issuer,
    )
    expect(Object.keys(claims).sort()).toEqual([...TIMES, ...COMMON, ...PERSON].sort())
    expect(claims.scp).toBe('user_impersonation')
  })

  test('of an application, and no others', async () => {
    const { issuer } = await metadata(`${TENANT_ID}/`)
    const claims = await proven(await appToken(), `${running.origin}/common/discovery/keys`, issuer)
    expect(Object.keys(claims).sort()).toEqual([...TIMES, ...COMMON, 'idp'].sort())
    expect(claims).toMatchObject({ oid: service.servicePrincipalId, sub: service.servicePrincipalId })
  })

  test('a person is somebody else to every application, and the same one to the same', async () => {
    const subjectFor = async (fields: Readonly<Record<string, string>>): Promise<unknown> => {
      const { client_secret, ...asked } = fields
      const code = await codeFor(running, asked)
      const { id_token } = await bodyOf(await redeemCode(running, { ...fields, code }))
      const [, claims = ''] = String(id_token).split('.')
      return JSON.parse(Buffer.from(claims, 'base64url').toString()).sub
    }
    const web = {
      client_id: service.clientId,
      redirect_uri: 'http://localhost',
      client_secret: service.secrets[0]?.value ?? '',
    }
    const [first, again, elsewhere] = [await subjectFor({}), await subjectFor({}), await subjectFor(web)]
    expect(again).toBe(first)
    expect(elsewhere).not.toBe(first)
  })
})

describe('Dynamics takes a token', () => {
  test('until its last second, and refuses it with the challenge from then on', async () => {
    const token = await appToken()
    const [, claims = ''] = token.split('.')
    const { exp } = JSON.parse(Buffer.from(claims, 'base64url').toString())
    running.clock.advance(exp * 1000 - running.clock.now() - 1)
    expect((await whoAmI(running, token)).status).toBe(200)
    running.clock.advance(1)
    const late = await whoAmI(running, token)
    expect(late.status).toBe(401)
    expect(late.headers.get('www-authenticate')).toContain(`/${TENANT_ID}/oauth2/authorize`)
  })

  test.each<[string, (token: string) => Promise<string> | string]>([
    [
      'with another person written into it',
      (token) => changed(token, { oid: 'e0000000-0000-4000-8000-000000000001' }),
    ],
    ['with a later end written into it', (token) => changed(token, { exp: 4_000_000_000 })],
    ['without a signature', (token) => `${token.slice(0, token.lastIndexOf('.'))}.`],
    ['that says it needs none', (token) => unsigned(token)],
    ['signed with what everybody knows', (token) => signedWith(token, 'x'.repeat(32))],
    ['that is no token', () => 'nonsense'],
  ])('but not one %s', async (_name, forge) => {
    expect((await whoAmI(running, await forge(await appToken()))).status).toBe(401)
  })
})

function claimsOf(token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString())
}

function part(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url')
}

function changed(token: string, claims: Readonly<Record<string, unknown>>): string {
  const [header, , signature] = token.split('.')
  return `${header}.${part({ ...claimsOf(token), ...claims })}.${signature}`
}

function unsigned(token: string): string {
  return `${part({ alg: 'none', typ: 'JWT' })}.${part(claimsOf(token))}.`
}

function signedWith(token: string, secret: string): Promise<string> {
  return new SignJWT(claimsOf(token))
    .setProtectedHeader({ ...decodeProtectedHeader(token), alg: 'HS256' })
    .sign(new TextEncoder().encode(secret))
}

describe('instance discovery', () => {
  const ask = (query: string): Promise<Response> =>
    fetch(`${running.origin}/common/discovery/instance?api-version=1.1${query}`)

  test('tells MSAL where the metadata of the asked tenant is, and that this host is its own alias', async () => {
    const authorization = encodeURIComponent(`${running.origin}/${TENANT_ID}/oauth2/v2.0/authorize`)
    const { host } = new URL(running.origin)
    expect(await bodyOf(await ask(`&authorization_endpoint=${authorization}`))).toEqual({
      tenant_discovery_endpoint: `${running.origin}/${TENANT_ID}/v2.0/${METADATA}`,
      'api-version': '1.1',
      metadata: [{ preferred_network: host, preferred_cache: host, aliases: [host] }],
    })
  })

  test.each(['', '&authorization_endpoint=nonsense'])('needs the address: %o', async (query) => {
    expect(await refusalOf(await ask(query))).toMatchObject({ status: 400, codes: [90014] })
  })
})

describe('consent of an administrator', () => {
  const ask = (query: string): Promise<Response> =>
    fetch(`${running.origin}/${TENANT_ID}/adminconsent?${query}`, { redirect: 'manual' })

  test('goes back to the application with its state', async () => {
    const { clientId } = appNamed('Needs an administrator')
    const response = await ask(`client_id=${clientId}&redirect_uri=http://localhost&state=a%26b`)
    expect(response.headers.get('location')).toBe(
      `http://localhost/?admin_consent=True&tenant=${TENANT_ID}&state=a%26b`,
    )
  })

  test('goes nowhere the application did not register', async () => {
    const response = await ask(
      `client_id=${appNamed('Asks for consent').clientId}&redirect_uri=https://evil.example`,
    )
    expect({ status: response.status, location: response.headers.get('location') }).toEqual({
      status: 400,
      location: null,
    })
    expect(await response.text()).toContain('AADSTS50011: ')
  })
})

test('an address Entra does not have is a page that says so', async () => {
  const response = await fetch(`${running.origin}/${TENANT_ID}/v2.0/oauth2/token`)
  expect(response.status).toBe(404)
  expect(await response.text()).toContain('no such address')
})

import { describe, expect, test } from 'vitest'
import { fakeHttp, jsonAnswer, RESOURCE, TENANT } from './auth.test-support.ts'
import { discover, discoverTenantId, parseChallenge } from './discovery.ts'

const challenge = (authorizationUri: string, resource = `${RESOURCE}/`) =>
  jsonAnswer(401, 'HTTP Error 401 - Unauthorized: Access is denied', {
    'www-authenticate': `Bearer authorization_uri=${authorizationUri}, resource_id=${resource}`,
  })
const LOGIN_URI = `https://login.microsoftonline.com/${TENANT}/oauth2/authorize`

describe('the challenge', () => {
  test.each([
    `Bearer authorization_uri=${LOGIN_URI}, resource_id=${RESOURCE}/`,
    `bearer Authorization_URI="${LOGIN_URI}" resource_id="${RESOURCE}/"`,
    `Negotiate, Bearer error=invalid_token, resource_id=${RESOURCE}/, authorization_uri=${LOGIN_URI}`,
  ])('is read by key: %s', (header) => {
    expect(parseChallenge(header)).toMatchObject({
      authorization_uri: LOGIN_URI,
      resource_id: `${RESOURCE}/`,
    })
  })

  test('another scheme is none', () => {
    expect(parseChallenge('Basic realm="x"')).toBeUndefined()
    expect(parseChallenge('')).toBeUndefined()
  })
})

describe('discovery', () => {
  test('asks without a token and finds authority, tenant and resource', async () => {
    const fake = fakeHttp([challenge(LOGIN_URI)])
    const serviceUrl = 'https://contoso.api.crm.dynamics.com/api/data/v9.1/'
    expect(await discover({ http: fake.http, serviceUrl })).toEqual({
      authority: 'https://login.microsoftonline.com',
      tenant: TENANT,
      resource: RESOURCE,
    })
    expect(fake.requests[0]).toMatchObject({
      method: 'GET',
      url: 'https://contoso.api.crm.dynamics.com/api/data/v9.1/WhoAmI',
      headers: { accept: 'application/json' },
      timeoutMs: 10_000,
    })
  })

  test.each([
    ['https://evil.example/x/oauth2/authorize'],
    ['https://login.microsoftonline.com.evil.example/x/oauth2/authorize'],
    ['http://login.microsoftonline.com/x/oauth2/authorize'],
    ['https://login.microsoftonline.com:444/x/oauth2/authorize'],
    ['https://login.microsoftonline.com@evil.example/x'],
    ['https://u:p@login.microsoftonline.com/x/oauth2/authorize'],
    ['http://localhost:8365/x/oauth2/authorize'],
    ['nonsense'],
  ])('a login address that is not Microsoft’s is refused: %s', async (uri) => {
    await expect(
      discover({ http: fakeHttp([challenge(uri)]).http, serviceUrl: RESOURCE }),
    ).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('no Microsoft login host'),
    })
  })

  test('a named test host is trusted, and loopback is by a service on loopback', async () => {
    const named = {
      http: fakeHttp([challenge('https://login.sandbox:8443/t/oauth2/authorize')]).http,
      serviceUrl: RESOURCE,
    }
    expect(await discover({ ...named, loginHosts: ['login.sandbox:8443'] })).toMatchObject({
      authority: 'https://login.sandbox:8443',
    })
    const local = challenge('http://localhost:8365/t/oauth2/authorize', 'http://localhost:8366/')
    expect(await discover({ http: fakeHttp([local]).http, serviceUrl: 'http://localhost:8366' })).toEqual({
      authority: 'http://localhost:8365',
      tenant: 't',
      resource: 'http://localhost:8366',
    })
  })

  test('a resource of somebody else is refused', async () => {
    const http = fakeHttp([challenge(LOGIN_URI, 'https://graph.microsoft.com/')]).http
    await expect(discover({ http, serviceUrl: RESOURCE })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('another service (https://graph.microsoft.com/)'),
    })
  })

  test.each([
    [jsonAnswer(404, ''), /answered 404/],
    [jsonAnswer(302, '', { location: 'https://portal' }), /answered 302/],
    [jsonAnswer(200, '{}'), /answered 200/],
    [jsonAnswer(401, ''), /does not say where/],
    [jsonAnswer(401, '', { 'www-authenticate': 'Bearer resource_id=x' }), /does not say where/],
  ])('what is no Dynamics 365 service is told so', async (answer, message) => {
    await expect(discover({ http: fakeHttp([answer]).http, serviceUrl: RESOURCE })).rejects.toMatchObject({
      code: 'RESPONSE_INVALID',
      message: expect.stringMatching(message),
    })
  })

  test('a domain becomes a tenant id by the metadata; a GUID needs no request', async () => {
    const authority = 'https://login.microsoftonline.com'
    const fake = fakeHttp([
      jsonAnswer(200, { issuer: `${authority}/${TENANT}/v2.0` }),
      jsonAnswer(400, { error: 'invalid_tenant' }),
    ])
    expect(await discoverTenantId('contoso.com', { http: fake.http, authority })).toBe(TENANT)
    expect(fake.requests[0]?.url).toBe(`${authority}/contoso.com/v2.0/.well-known/openid-configuration`)
    await expect(discoverTenantId('nowhere.com', { http: fake.http, authority })).rejects.toThrow(
      'no tenant nowhere.com',
    )
    expect(await discoverTenantId(TENANT.toUpperCase(), { http: fake.http, authority })).toBe(TENANT)
    expect(fake.requests.length).toBe(2)
  })
})

import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose'
import { beforeAll, describe, expect, test } from 'vitest'
import { TENANT_ID } from '../seed/directory.ts'
import {
  ANN,
  AS_APP,
  appNamed,
  authorize,
  type Entra,
  freshEntra,
  jsonOf,
  ORIGIN,
  post,
  RESOURCE,
  redirected,
  SCOPE,
} from './identity.test-support.ts'

let entra: Entra

beforeAll(() => {
  entra = freshEntra()
})

const desktop = appNamed('d365 desktop')
const V1 = `/${TENANT_ID}/oauth2/token`
const REDEEM = {
  grant_type: 'authorization_code',
  client_id: desktop.clientId,
  redirect_uri: 'http://localhost:5000',
}

async function asAnn(scope = SCOPE): Promise<Readonly<Record<string, unknown>>> {
  const code = redirected(await authorize(entra, { scope })).parameters.get('code') ?? ''
  return jsonOf(await post(entra, { ...REDEEM, code }))
}

async function claimsOf(token: unknown) {
  const path = `/${TENANT_ID}/discovery/v2.0/keys`
  const keys: JSONWebKeySet = JSON.parse(
    await (await entra.identity.fetch(new Request(`${ORIGIN}${path}`))).text(),
  )
  return jwtVerify(String(token), createLocalJWKSet(keys), { currentDate: new Date(entra.clock.now()) })
}

describe('the answer of the token endpoint', () => {
  test('v2 counts in numbers and names no resource', async () => {
    const body = await jsonOf(await post(entra, AS_APP))
    expect(Object.keys(body).sort()).toEqual(['access_token', 'expires_in', 'ext_expires_in', 'token_type'])
    expect(body).toMatchObject({ token_type: 'Bearer', expires_in: expect.any(Number) })
    expect(body.expires_in).toBeGreaterThanOrEqual(3600)
    expect(body.expires_in).toBeLessThan(5400)
  })

  test('v1 counts in texts, from the same moment, and names the resource as it was asked for', async () => {
    const form = { ...AS_APP, resource: `${RESOURCE}/`, scope: 'ignored on v1' }
    const body = await jsonOf(await post(entra, form, { path: V1 }))
    expect(body).toMatchObject({ resource: `${RESOURCE}/`, expires_in: expect.stringMatching(/^\d+$/) })
    expect(Number(body.expires_on)).toBe(entra.clock.now() / 1000 + Number(body.expires_in))
  })

  test('is not to be stored', async () => {
    const { headers } = await post(entra, AS_APP)
    expect(headers.get('cache-control')).toBe('no-store, no-cache')
    expect(headers.get('pragma')).toBe('no-cache')
  })

  test.each([
    ['with offline_access and openid', SCOPE, { refresh_token: true, id_token: true }],
    ['without them', `${RESOURCE}/user_impersonation`, { refresh_token: false, id_token: false }],
  ])('%s: refresh token and ID token come where they were asked for', async (_name, scope, expected) => {
    const body = await asAnn(scope)
    expect({ refresh_token: 'refresh_token' in body, id_token: 'id_token' in body }).toEqual(expected)
  })

  test('names of fields nobody knows, and parameters of the address, change nothing', async () => {
    const path = `/${TENANT_ID}/OAUTH2/v2.0/Token?client-request-id=1`
    expect((await post(entra, { ...AS_APP, 'x-client-SKU': 'msal' }, { path })).status).toBe(200)
  })

  test('a secret by HTTP Basic is form-decoded in both halves', async () => {
    const { client_id = '', client_secret = '', ...rest } = AS_APP
    const strict = (text: string) =>
      encodeURIComponent(text).replace(/[-._~]/g, (c) => `%${c.charCodeAt(0).toString(16)}`)
    const basic = Buffer.from(`${strict(client_id)}:${strict(client_secret)}`).toString('base64')
    expect((await post(entra, rest, { headers: { authorization: `Basic ${basic}` } })).status).toBe(200)
  })
})

describe('an access token for Dynamics is of v1 form from either endpoint', () => {
  test('of a person', async () => {
    const { payload, protectedHeader } = await claimsOf((await asAnn()).access_token)
    expect(protectedHeader).toMatchObject({
      typ: 'JWT',
      alg: 'RS256',
      kid: expect.any(String),
      x5t: expect.any(String),
    })
    expect(payload).toMatchObject({
      aud: RESOURCE,
      iss: `https://sts.windows.net/${TENANT_ID}/`,
      appid: desktop.clientId,
      appidacr: '0',
      scp: 'user_impersonation',
      oid: 'e0000000-0000-4000-8000-000000000001',
      tid: TENANT_ID,
      upn: ANN,
      unique_name: ANN,
      name: 'Ann Miller',
      ver: '1.0',
    })
    for (const claim of ['azp', 'azpacr', 'preferred_username', 'roles'])
      expect(payload).not.toHaveProperty(claim)
  })

  test('of an application: the service principal, and nothing of a person', async () => {
    const { payload } = await claimsOf((await jsonOf(await post(entra, AS_APP))).access_token)
    const principal = appNamed('d365 service').servicePrincipalId
    expect(payload).toMatchObject({
      oid: principal,
      sub: principal,
      appidacr: '1',
      idp: payload.iss,
      ver: '1.0',
    })
    for (const claim of ['scp', 'upn', 'name', 'amr']) expect(payload).not.toHaveProperty(claim)
  })

  test('an ID token follows the endpoint instead', async () => {
    const { payload } = await claimsOf((await asAnn()).id_token)
    expect(payload).toMatchObject({
      aud: desktop.clientId,
      iss: `${ORIGIN}/${TENANT_ID}/v2.0`,
      preferred_username: ANN,
      ver: '2.0',
    })
  })

  test('keys rotate: old tokens stay good, new ones carry another key', async () => {
    const before = (await asAnn()).access_token
    entra.identity.rotateKeys()
    const after = (await asAnn()).access_token
    const [first, second] = [await claimsOf(before), await claimsOf(after)]
    expect(first.protectedHeader.kid).not.toBe(second.protectedHeader.kid)
  })
})

test('an error has all the fields of Entra, and the correlation id of the caller', async () => {
  const caller = '11111111-2222-4333-8444-555555555555'
  const response = await post(
    entra,
    { ...AS_APP, client_secret: 'abc8Q~wrong-secret' },
    { headers: { 'client-request-id': caller } },
  )
  const body = await jsonOf(response)
  expect(response.status).toBe(401)
  expect(Object.keys(body).sort()).toEqual([
    'correlation_id',
    'error',
    'error_codes',
    'error_description',
    'error_uri',
    'timestamp',
    'trace_id',
  ])
  expect(body).toMatchObject({ correlation_id: caller, timestamp: '2026-01-05 12:00:00Z' })
  expect(String(body.error_description).split('\r\n')).toEqual([
    expect.stringMatching(/^AADSTS7000215: Invalid client secret provided\./),
    `Trace ID: ${body.trace_id}`,
    `Correlation ID: ${caller}`,
    'Timestamp: 2026-01-05 12:00:00Z',
  ])
  expect(String(body.error_description)).not.toContain('wrong-secret')
})

test('JSON in place of a form is a request without a grant type', async () => {
  const response = await entra.identity.fetch(
    new Request(`${ORIGIN}/${TENANT_ID}/oauth2/v2.0/token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(AS_APP),
    }),
  )
  expect(await jsonOf(response)).toMatchObject({
    error_codes: [900144],
    error_description: expect.stringContaining("'grant_type'"),
  })
})

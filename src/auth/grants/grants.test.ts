import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { D365Error } from '../../core/errors.ts'
import { NetworkCause } from '../../core/http.ts'
import {
  CLIENT,
  entraError,
  fakeHttp,
  fakeJwt,
  grantContext,
  jsonAnswer,
  RESOURCE,
  TENANT,
} from '../auth.test-support.ts'
import { accessTokenEnded, accessTokenGrant } from './access-token.ts'
import { ASSERTION_TYPE } from './client-assertion.ts'
import { clientSecretGrant } from './client-secret.ts'
import { deviceCodeGrant } from './device-code.ts'
import { managedIdentityGrant } from './managed-identity.ts'
import { refreshTokenGrant } from './refresh-token.ts'
import { workloadIdentityGrant } from './workload-identity.ts'

const folder = mkdtempSync(join(tmpdir(), 'd365-grants-'))
afterAll(() => rmSync(folder, { recursive: true }))

const V1 = jsonAnswer(200, {
  token_type: 'Bearer',
  expires_in: '3599',
  ext_expires_in: '3599',
  expires_on: '1588493859',
  not_before: '1588489959',
  resource: `${RESOURCE}/`,
  access_token: 'at1',
})
const V2 = jsonAnswer(200, {
  token_type: 'bearer',
  expires_in: 4711,
  access_token: 'at2',
  refresh_token: 'rt2',
  scope: 's',
})
const NOW = Date.UTC(2026, 0, 1)

describe('client secret', () => {
  const secret = "s'e+c/=~ %"

  test('v2 sends scope and the secret form-encoded, byte for byte', async () => {
    const fake = fakeHttp([V2])
    const { context } = grantContext({ grant: 'client-secret', clientId: CLIENT, secret }, fake)
    expect(await clientSecretGrant(context)).toMatchObject({ accessToken: 'at2', expiresAt: NOW + 4_711_000 })
    expect(fake.requests).toEqual([
      {
        method: 'POST',
        url: `https://login.microsoftonline.com/${TENANT}/oauth2/v2.0/token`,
        headers: { accept: 'application/json', 'content-type': 'application/x-www-form-urlencoded' },
        body: `client_id=${CLIENT}&scope=https%3A%2F%2Fcontoso.crm.dynamics.com%2F.default&client_secret=s%27e%2Bc%2F%3D%7E+%25&grant_type=client_credentials`,
        signal: undefined,
        timeoutMs: 30_000,
      },
    ])
  })

  test('v1 sends resource with a slash, reads numbers that are text, and takes quotes off the secret', async () => {
    const fake = fakeHttp([V1])
    const credential = { grant: 'client-secret', clientId: CLIENT, secret: "'abc'" } as const
    const { context } = grantContext(credential, fake, { version: 1 })
    expect(await clientSecretGrant(context)).toEqual({
      accessToken: 'at1',
      obtainedAt: NOW,
      expiresAt: NOW + 3_599_000,
    })
    expect(fake.form(0)).toEqual({
      client_id: CLIENT,
      resource: `${RESOURCE}/`,
      client_secret: 'abc',
      grant_type: 'client_credentials',
    })
  })

  test.each([
    [{ access_token: '' }, /no access_token/],
    [{ access_token: 'a', expires_in: 'soon' }, /life of soon/],
    [{ access_token: 'a', expires_in: 0 }, /life of 0/],
    [{ access_token: 'a', token_type: 'mac' }, /type mac/],
    ['<html>', /no access_token/],
  ])('an answer 200 that is no token is refused: %j', async (body, message) => {
    const { context } = grantContext(
      { grant: 'client-secret', clientId: CLIENT, secret: 's' },
      fakeHttp([jsonAnswer(200, body)]),
    )
    await expect(clientSecretGrant(context)).rejects.toMatchObject({
      code: 'RESPONSE_INVALID',
      message: expect.stringMatching(message),
    })
  })

  test('what is missing is said before anything is sent', async () => {
    const { context } = grantContext({ grant: 'client-secret', clientId: CLIENT }, fakeHttp([]))
    await expect(clientSecretGrant(context)).rejects.toThrow('Credential etl has no client secret.')
    const noId = grantContext({ grant: 'client-secret', secret: 's' }, fakeHttp([]))
    await expect(clientSecretGrant(noId.context)).rejects.toThrow('Credential etl has no client ID.')
  })
})

describe('refresh token', () => {
  test('asks for offline_access, sends the secret where there is one, and returns the new token', async () => {
    const fake = fakeHttp([V2])
    const credential = { grant: 'refresh-token', clientId: CLIENT, secret: 's' } as const
    const { context } = grantContext(credential, fake, { app: false })
    expect(
      await refreshTokenGrant(
        { ...context, target: { ...context.target, scope: `${RESOURCE}/user_impersonation` } },
        'rt1',
      ),
    ).toMatchObject({
      accessToken: 'at2',
      refreshToken: 'rt2',
    })
    expect(fake.form(0)).toEqual({
      client_id: CLIENT,
      grant_type: 'refresh_token',
      refresh_token: 'rt1',
      scope: `${RESOURCE}/user_impersonation offline_access`,
      client_secret: 's',
    })
  })

  test('a native app sends no secret, v1 sends the resource, and an answer without a token keeps the old', async () => {
    const fake = fakeHttp([V1])
    const { context } = grantContext({ grant: 'browser', clientId: CLIENT }, fake, { version: 1, app: false })
    expect(await refreshTokenGrant(context, 'rt1')).toMatchObject({ refreshToken: 'rt1' })
    expect(fake.form(0)).toEqual({
      client_id: CLIENT,
      grant_type: 'refresh_token',
      refresh_token: 'rt1',
      resource: `${RESOURCE}/`,
    })
  })
})

describe('access token', () => {
  test('its own end is read, careless pastes are cleaned', () => {
    const token = fakeJwt({ exp: 1_795_449_711, iat: 1_795_445_000 })
    const pasted = `Bearer ${token.slice(0, 20)}\n${token.slice(20)} `
    expect(accessTokenGrant({ name: 'x', grant: 'access-token', accessToken: pasted }, NOW)).toEqual({
      accessToken: token,
      obtainedAt: 1_795_445_000_000,
      expiresAt: 1_795_449_711_000,
    })
    expect(
      accessTokenGrant({ name: 'x', grant: 'access-token', accessToken: 'opaque' }, NOW).expiresAt,
    ).toBeUndefined()
  })

  test('its end is told with the time', () => {
    expect(accessTokenEnded(NOW, NOW + 1)).toMatchObject({
      code: 'SIGN_IN_REQUIRED',
      message: 'The access token expired at 2026-01-01T00:00:00.000Z.',
    })
    expect(accessTokenEnded(undefined, NOW).message).toContain('does not accept')
  })
})

describe('workload identity', () => {
  test('the token file is read for every request', async () => {
    const tokenFile = join(folder, 'federated')
    writeFileSync(tokenFile, 'first\n')
    const fake = fakeHttp([V2, V2])
    const { context } = grantContext({ grant: 'workload-identity', clientId: CLIENT }, fake, {
      env: { AZURE_FEDERATED_TOKEN_FILE: tokenFile },
    })
    await workloadIdentityGrant(context)
    writeFileSync(tokenFile, 'second')
    await workloadIdentityGrant(context)
    expect(fake.form(0)).toEqual({
      client_id: CLIENT,
      scope: `${RESOURCE}/.default`,
      client_assertion_type: ASSERTION_TYPE,
      client_assertion: 'first',
      grant_type: 'client_credentials',
    })
    expect(fake.form(1).client_assertion).toBe('second')
  })

  test('a missing or empty file is named', async () => {
    const empty = join(folder, 'empty')
    writeFileSync(empty, '\n')
    const at = (tokenFile: string) =>
      workloadIdentityGrant(
        grantContext({ grant: 'workload-identity', clientId: CLIENT, tokenFile }, fakeHttp([])).context,
      )
    await expect(at(empty)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: `The federated token file ${empty} is empty.`,
    })
    await expect(at(join(folder, 'none'))).rejects.toMatchObject({ code: 'IO_FAILED' })
  })
})

describe('managed identity', () => {
  const answer = jsonAnswer(200, {
    access_token: 'mi',
    expires_in: '86399',
    expires_on: '1795449591',
    token_type: 'Bearer',
  })

  test('asks the metadata address with its header, and reads numbers that are text', async () => {
    const fake = fakeHttp([answer])
    const { context } = grantContext({ grant: 'managed-identity' }, fake)
    expect(await managedIdentityGrant(context)).toMatchObject({
      accessToken: 'mi',
      expiresAt: NOW + 86_399_000,
    })
    expect(fake.requests[0]).toMatchObject({
      method: 'GET',
      url: 'http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https%3A%2F%2Fcontoso.crm.dynamics.com',
      headers: { metadata: 'true' },
    })
  })

  test('App Service is asked by its own address and header, a user-assigned identity by its client id', async () => {
    const fake = fakeHttp([answer])
    const env = { IDENTITY_ENDPOINT: 'http://localhost:42/msi/token', IDENTITY_HEADER: 'MARKheader' }
    await managedIdentityGrant(
      grantContext({ grant: 'managed-identity', clientId: CLIENT }, fake, { env }).context,
    )
    expect(fake.requests[0]).toMatchObject({
      url: `http://localhost:42/msi/token?api-version=2019-08-01&resource=https%3A%2F%2Fcontoso.crm.dynamics.com&client_id=${CLIENT}`,
      headers: { 'x-identity-header': 'MARKheader' },
    })
  })

  test('it is waited for while it starts; 400 says that there is none', async () => {
    const starting = grantContext(
      { grant: 'managed-identity' },
      fakeHttp([jsonAnswer(404, ''), jsonAnswer(410, ''), answer]),
    )
    expect(await managedIdentityGrant(starting.context)).toMatchObject({ accessToken: 'mi' })
    expect(starting.clock.slept).toEqual([1000, 2000])
    const none = grantContext(
      { grant: 'managed-identity', clientId: CLIENT },
      fakeHttp([jsonAnswer(400, { error: 'invalid_request' })]),
    )
    await expect(managedIdentityGrant(none.context)).rejects.toMatchObject({
      code: 'SIGN_IN_FAILED',
      message: `This machine has no managed identity with client ID ${CLIENT}.`,
    })
  })

  test('outside Azure nothing answers, and that is said', async () => {
    const refused = new D365Error('NETWORK_FAILED', 'refused', {
      cause: new NetworkCause('x', { sent: false }),
    })
    const { context } = grantContext(
      { grant: 'managed-identity' },
      fakeHttp([refused, refused, refused, refused]),
    )
    await expect(managedIdentityGrant(context)).rejects.toMatchObject({
      code: 'SIGN_IN_FAILED',
      hint: expect.stringContaining('only on a machine in Azure'),
    })
  })
})

describe('device code', () => {
  const start = (fields: object = {}) =>
    jsonAnswer(200, {
      user_code: 'B5ZQ2MX7T',
      device_code: 'BAQ',
      verification_uri: 'https://microsoft.com/devicelogin',
      expires_in: 900,
      interval: 5,
      message: 'To sign in, …',
      ...fields,
    })
  const pending = entraError(400, 'authorization_pending', 70016)
  const credential = { grant: 'device-code', clientId: CLIENT } as const

  test('waits the interval, slows down when asked to, and ends with tokens', async () => {
    const fake = fakeHttp([start(), pending, jsonAnswer(400, { error: 'slow_down' }), pending, V2])
    const { context, clock } = grantContext(credential, fake, { app: false })
    const shown: unknown[] = []
    expect(await deviceCodeGrant(context, { onCode: (code) => void shown.push(code) })).toMatchObject({
      refreshToken: 'rt2',
    })
    expect(shown).toEqual([
      {
        userCode: 'B5ZQ2MX7T',
        verificationUri: 'https://microsoft.com/devicelogin',
        message: 'To sign in, …',
        expiresAt: NOW + 900_000,
      },
    ])
    expect(clock.slept).toEqual([5000, 5000, 10_000, 10_000])
    expect(fake.requests[0]?.url).toMatch(/\/oauth2\/v2.0\/devicecode$/)
    expect(fake.form(0)).toEqual({
      client_id: CLIENT,
      scope: `${RESOURCE}/user_impersonation offline_access`,
    })
    expect(fake.form(1)).toEqual({
      grant_type: 'urn:ietf:params:oauth:grant-type:device_code',
      client_id: CLIENT,
      device_code: 'BAQ',
    })
  })

  test('v1 has other names and text numbers', async () => {
    const answer = start({
      verification_uri: undefined,
      verification_url: 'https://v1',
      message: undefined,
      expires_in: '900',
      interval: '5',
    })
    const fake = fakeHttp([answer, V1])
    const { context } = grantContext(credential, fake, { version: 1, app: false })
    const said: string[] = []
    await deviceCodeGrant(context, { onCode: ({ message }) => void said.push(message) })
    expect(said[0]).toBe('Open https://v1 and enter the code B5ZQ2MX7T.')
    expect(fake.form(1)).toEqual({
      grant_type: 'device_code',
      client_id: CLIENT,
      code: 'BAQ',
      resource: `${RESOURCE}/`,
    })
  })

  test.each([
    [entraError(400, 'authorization_declined', 70020), 'AADSTS70020'],
    [jsonAnswer(400, { error: 'authorization_declined' }), 'authorization_declined'],
    [entraError(400, 'expired_token', 70019), 'AADSTS70019'],
    [entraError(400, 'bad_verification_code', 70018), 'AADSTS70018'],
  ])('an end without a sign-in asks for a person', async (answer, serviceCode) => {
    const { context } = grantContext(credential, fakeHttp([start(), answer]), { app: false })
    await expect(deviceCodeGrant(context, { onCode: () => {} })).rejects.toMatchObject({
      code: 'SIGN_IN_REQUIRED',
      serviceCode,
    })
  })

  test('nobody is asked for after the code has expired', async () => {
    const { context } = grantContext(credential, fakeHttp([start({ expires_in: 12 }), pending, pending]), {
      app: false,
    })
    await expect(deviceCodeGrant(context, { onCode: () => {} })).rejects.toMatchObject({
      code: 'SIGN_IN_REQUIRED',
      message: 'The device code expired before anybody entered it.',
    })
  })
})

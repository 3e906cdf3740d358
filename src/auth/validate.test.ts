import { describe, expect, test } from 'vitest'
import { CLIENT, fakeJwt, RESOURCE, TENANT } from './auth.test-support.ts'
import type { Credential, ExternalSystem } from './settings.ts'
import { requireValid, validateSettings } from './validate.ts'

const LOGIN = 'https://login.microsoftonline.com'
const V2 = `${LOGIN}/${TENANT}/oauth2/v2.0/token`
const V1 = `${LOGIN}/${TENANT}/oauth2/token`
const app: Partial<Credential> = { grant: 'client-secret', clientId: CLIENT, secret: 'abc8Q~x' }
const user: Partial<Credential> = { grant: 'browser', clientId: CLIENT }
const DEFAULT = `${RESOURCE}/.default`

function check(
  system: Partial<ExternalSystem>,
  credential: Partial<Credential>,
  env: Record<string, string> = {},
) {
  return validateSettings(
    { name: 's', serviceUrl: RESOURCE, ...system },
    { name: 'etl', grant: 'client-secret', ...credential },
    { env, now: Date.UTC(2026, 0, 1) },
  )
}

describe('settings that are right raise nothing', () => {
  test.each([
    [{}, app],
    [{ tokenUri: `POST ${V2}`, scope: DEFAULT }, app],
    [{ tokenUri: V2, scope: 'https://contoso.api.crm.dynamics.com/.default' }, app],
    [{ tokenUri: V1 }, app],
    [{ tokenUri: V2, scope: `${RESOURCE}/user_impersonation offline_access openid` }, user],
    [{}, { grant: 'managed-identity' }],
    [{}, { grant: 'access-token', accessToken: 'x' }],
    [{ serviceUrl: 'http://localhost:8365', tokenUri: 'http://localhost:8365/t/oauth2/v2.0/token' }, app],
  ] satisfies [Partial<ExternalSystem>, Partial<Credential>][])('%j with %j', (system, credential) => {
    expect(check(system, credential)).toEqual([])
  })
})

describe('the matrix', () => {
  test.each([
    ['v1 with Scope', { tokenUri: V1, scope: DEFAULT }, app, 'warning', 'scope', /ignored/, undefined],
    [
      'an app with user rights',
      { tokenUri: V2, scope: `${RESOURCE}/user_impersonation` },
      app,
      'error',
      'scope',
      /AADSTS1002012/,
      DEFAULT,
    ],
    [
      'a scope without host',
      { scope: 'user_impersonation offline_access' },
      user,
      'error',
      'scope',
      /Microsoft Graph/,
      `${RESOURCE}/user_impersonation offline_access`,
    ],
    [
      'only OIDC words',
      { scope: 'openid offline_access' },
      user,
      'error',
      'scope',
      /no right/,
      `${RESOURCE}/user_impersonation offline_access`,
    ],
    [
      'no offline_access',
      { scope: `${RESOURCE}/user_impersonation` },
      user,
      'warning',
      'scope',
      /refresh token/,
      `${RESOURCE}/user_impersonation offline_access`,
    ],
    [
      'another host',
      { scope: 'https://other.crm.dynamics.com/.default' },
      app,
      'error',
      'scope',
      /401/,
      DEFAULT,
    ],
    [
      'two resources',
      { scope: `${DEFAULT} https://graph.microsoft.com/.default` },
      app,
      'error',
      'scope',
      /several services/,
      DEFAULT,
    ],
    [
      '.default mixed',
      { scope: `${DEFAULT} ${RESOURCE}/user_impersonation offline_access` },
      user,
      'error',
      'scope',
      /mixed/,
      `${RESOURCE}/user_impersonation offline_access`,
    ],
    [
      '/common for an app',
      { tokenUri: `${LOGIN}/common/oauth2/v2.0/token` },
      app,
      'warning',
      'tokenUri',
      /names no tenant/,
      undefined,
    ],
    [
      '/consumers',
      { tokenUri: `${LOGIN}/consumers/oauth2/v2.0/token` },
      user,
      'error',
      'tokenUri',
      /personal accounts/,
      `${LOGIN}/organizations/oauth2/v2.0/token`,
    ],
    ['GET', { tokenUri: `GET ${V2}` }, app, 'error', 'tokenUri', /GET/, undefined],
    [
      'swapped URIs',
      { tokenUri: `${LOGIN}/${TENANT}/oauth2/v2.0/authorize` },
      app,
      'error',
      'tokenUri',
      /ends in \/authorize/,
      V2,
    ],
    [
      'different tenants',
      { tokenUri: V2, authUri: `${LOGIN}/common/oauth2/v2.0/authorize` },
      user,
      'error',
      'authUri',
      /differ/,
      `${LOGIN}/${TENANT}/oauth2/v2.0/authorize`,
    ],
    [
      'different versions',
      { tokenUri: V2, authUri: `${LOGIN}/${TENANT}/oauth2/authorize` },
      user,
      'error',
      'authUri',
      /differ/,
      `${LOGIN}/${TENANT}/oauth2/v2.0/authorize`,
    ],
    [
      'the wrong cloud',
      { serviceUrl: 'https://c.crm.microsoftdynamics.us', tokenUri: V2 },
      app,
      'error',
      'tokenUri',
      /US Government/,
      V2.replace('.com', '.us'),
    ],
    [
      'a closed cloud',
      { serviceUrl: 'https://c.crm.microsoftdynamics.de', tokenUri: V2.replace('.com', '.de') },
      app,
      'error',
      'tokenUri',
      /closed/,
      undefined,
    ],
    [
      'an unknown login host',
      { tokenUri: 'https://login.example/t/oauth2/v2.0/token' },
      app,
      'warning',
      'tokenUri',
      /no login host/,
      undefined,
    ],
    [
      'a bad Service URL',
      { serviceUrl: 'http://contoso.crm.dynamics.com' },
      app,
      'error',
      'serviceUrl',
      /http/,
      undefined,
    ],
    [
      'no client id',
      {},
      { grant: 'client-secret', secret: 'x' },
      'error',
      'clientId',
      /no client ID/,
      undefined,
    ],
    [
      'a client id that is a name',
      {},
      { ...app, clientId: 'my app' },
      'warning',
      'clientId',
      /not a GUID/,
      undefined,
    ],
    [
      'no secret',
      {},
      { grant: 'client-secret', clientId: CLIENT },
      'error',
      'secret',
      /no client secret/,
      undefined,
    ],
    ['a Secret ID', {}, { ...app, secret: `'${CLIENT}'` }, 'warning', 'secret', /Secret ID/, undefined],
    ['a blank after the secret', {}, { ...app, secret: 'abc ' }, 'warning', 'secret', /blank/, undefined],
    [
      'no certificate',
      {},
      { grant: 'client-certificate', clientId: CLIENT },
      'error',
      'certificate',
      /no certificate/,
      undefined,
    ],
    [
      'an absent certificate',
      {},
      { grant: 'client-certificate', clientId: CLIENT, certificate: { path: '/none.pfx' } },
      'error',
      'certificate',
      /does not exist/,
      undefined,
    ],
    ['no access token', {}, { grant: 'access-token' }, 'error', 'accessToken', /no access token/, undefined],
    [
      'an ended access token',
      {},
      { grant: 'access-token', accessToken: fakeJwt({ exp: 1_700_000_000 }) },
      'error',
      'accessToken',
      /expired at 2023-11-14/,
      undefined,
    ],
    [
      'no refresh token',
      {},
      { grant: 'refresh-token', clientId: CLIENT },
      'error',
      'refreshToken',
      /no refresh token/,
      undefined,
    ],
    [
      'no token file',
      {},
      { grant: 'workload-identity', clientId: CLIENT },
      'error',
      'tokenFile',
      /no federated token file/,
      undefined,
    ],
  ] satisfies [
    string,
    Partial<ExternalSystem>,
    Partial<Credential>,
    string,
    string,
    RegExp,
    string | undefined,
  ][])('%s', (_, system, credential, severity, field, message, fix) => {
    const found = check(system, credential)
    expect(found).toEqual([
      {
        severity,
        field,
        message: expect.stringMatching(message),
        hint: expect.stringMatching(/.{10}/),
        ...(fix === undefined ? {} : { fix }),
      },
    ])
  })

  test('the environment of the machine counts for a workload identity', () => {
    const env = { AZURE_CLIENT_ID: CLIENT, AZURE_FEDERATED_TOKEN_FILE: '/t' }
    expect(check({}, { grant: 'workload-identity' }, env)).toEqual([])
  })

  test('errors stop, warnings do not', () => {
    expect(() => requireValid(check({ tokenUri: V1, scope: DEFAULT }, app))).not.toThrow()
    expect(() => requireValid(check({ tokenUri: V1 }, {}))).toThrow(
      'Credential etl (client-secret) has no client ID.',
    )
  })
})

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { TENANT_ID } from '../seed/directory.ts'
import { appNamed } from './identity.test-support.ts'
import {
  askToken,
  bodyOf,
  type Fields,
  oauthUrl,
  type Running,
  refusal,
  refusalOf,
  type Sending,
  startSandbox,
  whoAmI,
} from './running.test-support.ts'

/** Client credentials by secret over HTTP: what is given, and what is said to each mistake. */

let running: Running

beforeAll(async () => {
  running = await startSandbox()
})
afterAll(() => running.close())

const service = appNamed('d365 service')
const secret = service.secrets.find(({ expired }) => expired !== true)?.value ?? ''
const expiredSecret = service.secrets.find(({ expired }) => expired)?.value ?? ''
const secretId = service.secrets[0]?.id ?? ''

const asService = (fields: Fields = {}, sending: Sending = {}): Promise<Response> =>
  askToken(
    running,
    {
      grant_type: 'client_credentials',
      client_id: service.clientId,
      client_secret: secret,
      ...(sending.version === 1
        ? { resource: `${running.origin}/` }
        : { scope: `${running.origin}/.default` }),
      ...fields,
    },
    sending,
  )

describe('an application signs in as itself', () => {
  test.each([
    ['v2, by tenant ID', { version: 2 }],
    ['v2, by domain', { version: 2, tenant: 'contoso.onmicrosoft.com' }],
    ['v1', { version: 1 }],
  ] as const)('%s: Dynamics takes the token, and nothing else comes with it', async (_name, sending) => {
    const response = await asService({}, sending)
    expect(response.status).toBe(200)
    const body = await bodyOf(response)
    expect(body).toMatchObject({ token_type: 'Bearer' })
    for (const field of ['scope', 'refresh_token', 'id_token']) expect(body).not.toHaveProperty(field)
    const answer = await whoAmI(running, body.access_token)
    expect(await answer.json()).toMatchObject({ UserId: service.systemUserId })
  })

  test('v1 dates the token five minutes back', async () => {
    const { not_before, expires_on, expires_in } = await bodyOf(await asService({}, { version: 1 }))
    expect(not_before).toBe(String(running.clock.now() / 1000 - 300))
    expect(Number(expires_on) - Number(not_before)).toBe(Number(expires_in) + 300)
  })

  test('the audience is what was asked for: a second slash in the scope stays', async () => {
    const { access_token } = await bodyOf(await asService({ scope: `${running.origin}//.default` }))
    const [, payload = ''] = String(access_token).split('.')
    expect(JSON.parse(Buffer.from(payload, 'base64url').toString())).toMatchObject({
      aud: `${running.origin}/`,
    })
    expect((await whoAmI(running, access_token)).status).toBe(200)
  })

  test('v2 accepts a resource beside the scope where both say the same', async () => {
    expect((await asService({ resource: `${running.origin}/` })).status).toBe(200)
  })

  test('an application Dynamics does not know gets its token all the same', async () => {
    const { clientId, secrets } = appNamed('No application user')
    const response = await asService({ client_id: clientId, client_secret: secrets[0]?.value })
    expect(response.status).toBe(200)
    const answer = await whoAmI(running, (await bodyOf(response)).access_token)
    expect(answer.status).toBe(403)
    expect(await answer.json()).toMatchObject({ error: { code: '0x80072560' } })
  })
})

const MISSING = (field: string): readonly [number, string] => [
  900144,
  `The request body must contain the following parameter: '${field}'.`,
]
const WRONG_SECRET = [
  7000215,
  `Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '${service.clientId}'.`,
] as const
const NO_PROOF = [
  7000218,
  "The request body must contain the following parameter: 'client_assertion' or 'client_secret'.",
] as const
const UNKNOWN_CLIENT = '99999999-0000-4000-8000-000000000000'

interface Mistake {
  readonly cause: string
  readonly fields?: Fields
  readonly sending?: Sending
  readonly status: number
  readonly error: string
  readonly says: readonly [number, string | RegExp]
}

const MISTAKES: readonly Mistake[] = [
  {
    cause: 'a wrong secret',
    fields: { client_secret: 'abc8Q~not-the-secret' },
    status: 401,
    error: 'invalid_client',
    says: WRONG_SECRET,
  },
  {
    cause: 'the id of the secret',
    fields: { client_secret: secretId },
    status: 401,
    error: 'invalid_client',
    says: WRONG_SECRET,
  },
  {
    cause: 'quotes left around the secret',
    fields: { client_secret: `'${secret}'` },
    status: 401,
    error: 'invalid_client',
    says: WRONG_SECRET,
  },
  {
    cause: 'the secret of another application',
    fields: { client_secret: appNamed('No role').secrets[0]?.value },
    status: 401,
    error: 'invalid_client',
    says: WRONG_SECRET,
  },
  {
    cause: 'an expired secret',
    fields: { client_secret: expiredSecret },
    status: 401,
    error: 'invalid_client',
    says: [7000222, /^The provided client secret keys for app 'c0000000-[^']+' are expired\./],
  },
  {
    cause: 'no secret',
    fields: { client_secret: undefined },
    status: 401,
    error: 'invalid_client',
    says: NO_PROOF,
  },
  {
    cause: 'an empty secret',
    fields: { client_secret: '' },
    status: 401,
    error: 'invalid_client',
    says: NO_PROOF,
  },
  {
    cause: 'an unknown application',
    fields: { client_id: UNKNOWN_CLIENT },
    status: 400,
    error: 'unauthorized_client',
    says: [
      700016,
      /^Application with identifier '99999999-[^']+' was not found in the directory 'Contoso'\./,
    ],
  },
  {
    cause: 'no client id',
    fields: { client_id: undefined },
    status: 400,
    error: 'invalid_request',
    says: MISSING('client_id'),
  },
  {
    cause: 'an application that is switched off',
    fields: {
      client_id: appNamed('Switched off').clientId,
      client_secret: appNamed('Switched off').secrets[0]?.value,
    },
    status: 400,
    error: 'unauthorized_client',
    says: [7000112, /^Application 'c0000000-[^']+'\(Switched off\) is disabled\.$/],
  },
  {
    cause: 'an unknown tenant by domain',
    sending: { tenant: 'nowhere.example' },
    status: 400,
    error: 'invalid_request',
    says: [90002, /^Tenant 'nowhere\.example' not found\. Check to make sure you have the correct tenant ID/],
  },
  {
    cause: 'an unknown tenant by id',
    sending: { tenant: UNKNOWN_CLIENT },
    status: 400,
    error: 'invalid_request',
    says: [90002, /^Tenant '99999999-/],
  },
  {
    cause: 'a tenant that cannot be one',
    sending: { tenant: 'my-tenant' },
    status: 400,
    error: 'invalid_request',
    says: [
      900023,
      "Specified tenant identifier 'my-tenant' is neither a valid DNS name, nor a valid external domain.",
    ],
  },
  ...['common', 'organizations', 'consumers'].map((tenant) => ({
    cause: `/${tenant}`,
    sending: { tenant },
    status: 400,
    error: 'invalid_request',
    says: [
      50059,
      'No tenant-identifying information found in either the request or implied by any provided credentials.',
    ] as const,
  })),
  ...[
    'ORIGIN/user_impersonation offline_access',
    'ORIGIN',
    'ORIGIN/.default offline_access',
    'ORIGIN/.default https://contoso.crm.dynamics.com/.default',
    encodeURIComponent('ORIGIN/.default'),
  ].map((scope) => ({
    cause: `the scope ${scope}`,
    fields: { scope },
    status: 400,
    error: 'invalid_scope',
    says: [
      1002012,
      /^The provided value for scope .+ is not valid\. Client credential flows must have a scope value with \/\.default suffixed to the resource identifier \(application ID URI\)\.$/,
    ] as const,
  })),
  {
    cause: 'v2 without a scope',
    fields: { scope: undefined },
    status: 400,
    error: 'invalid_request',
    says: MISSING('scope'),
  },
  {
    cause: 'v2 with a resource in place of the scope',
    fields: { scope: undefined, resource: 'ORIGIN' },
    status: 400,
    error: 'invalid_request',
    says: MISSING('scope'),
  },
  {
    cause: 'v2 with another resource than the scope’s',
    fields: { resource: 'https://contoso.crm.dynamics.com' },
    status: 400,
    error: 'invalid_resource',
    says: [
      9010010,
      "The resource parameter provided in the request doesn't match with the requested scopes.",
    ],
  },
  {
    cause: 'an environment of somebody else, v2',
    fields: { scope: 'https://fabrikam.crm.dynamics.com/.default' },
    status: 400,
    error: 'invalid_resource',
    says: [
      500011,
      /^The resource principal named https:\/\/fabrikam\.crm\.dynamics\.com was not found in the tenant named Contoso\./,
    ],
  },
  {
    cause: 'an environment of somebody else, v1',
    fields: { resource: 'https://fabrikam.crm.dynamics.com/' },
    sending: { version: 1 },
    status: 400,
    error: 'invalid_resource',
    says: [500011, /^The resource principal named https:\/\/fabrikam\.crm\.dynamics\.com\/ was not found/],
  },
  {
    cause: 'v1 with a scope in place of the resource',
    fields: { resource: undefined, scope: 'ORIGIN/.default' },
    sending: { version: 1 },
    status: 400,
    error: 'invalid_resource',
    says: [50001, /^Resource identifier is not provided\./],
  },
  {
    cause: 'no grant type',
    fields: { grant_type: undefined },
    status: 400,
    error: 'invalid_request',
    says: MISSING('grant_type'),
  },
  ...['magic', 'constructor', 'Client_Credentials'].map((grant) => ({
    cause: `the grant type ${grant}`,
    fields: { grant_type: grant },
    status: 400,
    error: 'unsupported_grant_type',
    says: [70003, `The app requested an unsupported grant type '${grant}'.`] as const,
  })),
  {
    cause: 'an Origin header',
    sending: { headers: { origin: 'https://app.example' } },
    status: 400,
    error: 'invalid_request',
    says: [
      9002326,
      "Cross-origin token redemption is permitted only for the 'Single-Page Application' client-type. Request origin: 'https://app.example'.",
    ],
  },
]

/** The running sandbox's origin is known late. */
function withOrigin(fields: Fields): Fields {
  const encoded = encodeURIComponent(running.origin)
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      value?.startsWith('ORIGIN%')
        ? value.replace('ORIGIN', encoded)
        : value?.replace('ORIGIN', running.origin),
    ]),
  )
}

describe('is refused for its one mistake', () => {
  test.each(MISTAKES)('$cause: AADSTS$says.0', async ({ fields = {}, sending, status, error, says }) => {
    const response = await asService(withOrigin(fields), sending)
    const [code, sentence] = says
    const { text, ...refused } = await refusalOf(response)
    expect(refused).toEqual({ status, error, codes: [code] })
    const own = text?.replace(`AADSTS${code}: `, '')
    expect(own).not.toBe(text)
    if (typeof sentence === 'string') expect(own).toBe(sentence)
    else expect(own).toMatch(sentence)
  })

  test.each(MISTAKES)('$cause: traceable, not to be stored, and no secret in it', async (mistake) => {
    const fields = withOrigin(mistake.fields ?? {})
    const response = await asService(fields, mistake.sending)
    const id = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/
    const text = await response.text()
    const body: unknown = JSON.parse(text)
    expect(body).toMatchObject({
      timestamp: '2026-01-05 12:00:00Z',
      trace_id: expect.stringMatching(id),
      correlation_id: expect.stringMatching(id),
    })
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8')
    expect(response.headers.get('cache-control')).toBe('no-store, no-cache')
    expect(response.headers.get('x-ms-request-id')).toMatch(id)
    for (const sent of [secret, fields.client_secret ?? '']) if (sent !== '') expect(text).not.toContain(sent)
  })
})

describe('what is not a form', () => {
  const url = (): string => oauthUrl(running, 'token')

  test('a GET is told that only POST is accepted', async () => {
    const response = await fetch(url())
    expect(await refusalOf(response)).toEqual(
      refusal(405, 'invalid_request', [
        900561,
        'The endpoint only accepts POST, OPTIONS requests. Received a GET request.',
      ]),
    )
  })

  test.each([
    ['JSON', 'application/json', '{"grant_type":"client_credentials"}'],
    ['plain text', 'text/plain', 'grant_type=client_credentials'],
    ['nothing', 'application/x-www-form-urlencoded', ''],
  ])('%s is a form without a grant type', async (_name, type, body) => {
    const response = await fetch(url(), { method: 'POST', headers: { 'content-type': type }, body })
    expect(await refusalOf(response)).toEqual(refusal(400, 'invalid_request', MISSING('grant_type')))
  })

  test('a form announced with its character set is a form', async () => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded;charset=utf-8' }
    expect((await asService({}, { headers })).status).toBe(200)
  })
})

describe('HTTP Basic', () => {
  const basic = (id: string, value: string): Sending => ({
    headers: { authorization: `Basic ${Buffer.from(`${id}:${value}`).toString('base64')}` },
  })
  const noBody: Fields = { client_id: undefined, client_secret: undefined }

  test('a wrong secret in the header is refused as in the body', async () => {
    const response = await asService(noBody, basic(service.clientId, 'wrong'))
    expect(await refusalOf(response)).toEqual(refusal(401, 'invalid_client', WRONG_SECRET))
  })

  test('a secret that was not form-encoded first is a wrong one, not a failure of the service', async () => {
    const response = await asService(noBody, basic(service.clientId, '100%zz'))
    expect(await refusalOf(response)).toEqual(refusal(401, 'invalid_client', WRONG_SECRET))
  })

  test('a header without a colon names no secret', async () => {
    const authorization = `Basic ${Buffer.from(service.clientId).toString('base64')}`
    const response = await asService(noBody, { headers: { authorization } })
    expect(await refusalOf(response)).toEqual(refusal(401, 'invalid_client', NO_PROOF))
  })
})

test('a tenant segment that cannot be decoded is no tenant', async () => {
  const response = await asService({}, { tenant: '%zz' })
  expect(await refusalOf(response)).toMatchObject({ status: 400, codes: [900023] })
})

test('the tenant ID is read in any case', async () => {
  expect((await asService({}, { tenant: TENANT_ID.toUpperCase() })).status).toBe(200)
})

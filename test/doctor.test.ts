import { afterAll, beforeAll, expect, test } from 'vitest'
import type { TokenSet } from '../src/auth/index.ts'
import { browserGrant, connect, type DoctorStep } from '../src/connect.ts'
import { APPS, createSandbox, type ListeningSandbox } from '../src/sandbox/index.ts'
import { appCredentials, appNamed, freshFolder, signInWithout } from './sandbox.test-support.ts'

/** Each thing that can be wrong with a connection, made wrong in the sandbox: the step that fails, and its sentence. */

let server: ListeningSandbox

beforeAll(async () => {
  server = await createSandbox().listen({ port: 0 })
})

afterAll(() => server.close())

async function diagnose(connectionString: string, table?: string): Promise<DoctorStep[]> {
  await using connection = await connect({
    connectionString,
    env: { D365_CONFIG_DIR: freshFolder(), D365_SECRET_STORE: 'file' },
  })
  const steps: DoctorStep[] = []
  for await (const step of connection.diagnose(table === undefined ? {} : { table })) steps.push(step)
  return steps
}

async function firstFailure(settings: string): Promise<DoctorStep | undefined> {
  const steps = await diagnose(`ServiceURL=${server.origin};${settings};`)
  return steps.find(({ status }) => status === 'failed')
}

async function tokenOf(upn: string, keep: (tokens: TokenSet) => void = () => {}): Promise<string> {
  await using connection = await connect({
    connectionString: `ServiceURL=${server.origin};ClientID=${appNamed('d365 desktop').clientId}`,
    env: { D365_CONFIG_DIR: freshFolder(), D365_SECRET_STORE: 'file' },
  })
  await connection.signIn.signIn(async (context) => {
    const tokens = await browserGrant(context, { openBrowser: (url) => signInWithout(url, upn) })
    keep(tokens)
    return tokens
  })
  return (await connection.token()).value
}

const service = APPS[0]
const id = service?.clientId ?? ''

interface Case {
  readonly name: string
  /** What follows `ServiceURL=…;`. */
  readonly settings: () => string
  readonly table?: string
  readonly step: DoctorStep['name']
  readonly code?: string
  readonly detail: RegExp
  readonly hint: RegExp
}

const tenantUrl = (tenant: string, rest = 'oauth2/v2.0/token') => `${server.origin}/${tenant}/${rest}`

const CASES: readonly Case[] = [
  {
    name: 'the id of the secret in place of its value',
    settings: () => `ClientID=${id};ClientSecret=${service?.secrets[0]?.id}`,
    step: 'sign-in',
    code: 'AADSTS7000215',
    detail: /client secret is wrong/,
    hint: /Certificates & secrets/,
  },
  {
    name: 'an expired secret',
    settings: () => `ClientID=${id};ClientSecret={${service?.secrets[1]?.value}}`,
    step: 'sign-in',
    code: 'AADSTS7000222',
    detail: /expired/,
    hint: /New client secret/,
  },
  {
    name: 'an unknown application',
    settings: () => 'ClientID=99999999-0000-4000-8000-000000000000;ClientSecret={abc8Q~wrongwrongwrongwrong}',
    step: 'sign-in',
    code: 'AADSTS700016',
    detail: /99999999-0000-4000-8000-000000000000/,
    hint: /App registrations/,
  },
  {
    name: 'an application that is switched off',
    settings: () => appCredentials('Switched off'),
    step: 'sign-in',
    code: 'AADSTS7000112',
    detail: /switched off|disabled/i,
    hint: /Enterprise applications/,
  },
  {
    name: 'an unknown tenant in the Token URI',
    settings: () => `${appCredentials('d365 service')};TokenURI=POST ${tenantUrl('nowhere.example')}`,
    step: 'sign-in',
    code: 'AADSTS90002',
    detail: /nowhere\.example|tenant/i,
    hint: /tenant/i,
  },
  {
    name: 'a scope that is not .default for an application',
    settings: () =>
      `${appCredentials('d365 service')};TokenURI=${tenantUrl('contoso.onmicrosoft.com')};Scope=${server.origin}/user_impersonation`,
    step: 'settings',
    detail: /\.default/,
    hint: /\.default/,
  },
  {
    name: 'a scope of another host',
    settings: () => `${appCredentials('d365 service')};Scope=https://other.crm.dynamics.com/.default`,
    step: 'settings',
    detail: /other\.crm\.dynamics\.com/,
    hint: /\.default|Scope/,
  },
  {
    name: 'no application user',
    settings: () => appCredentials('No application user'),
    step: 'member',
    code: '0x80072560',
    detail: /not a member of the organization/,
    hint: /Application users > \+ New app user/,
  },
  {
    name: 'no security role',
    settings: () => appCredentials('No role'),
    step: 'role',
    code: '0x80042f09',
    detail: /has not been assigned any roles/,
    hint: /Edit security roles/,
  },
  {
    name: 'no privilege on the table',
    settings: () => appCredentials('Account reader'),
    table: 'opportunity',
    step: 'table',
    code: '0x80040220',
    detail: /missing prvReadOpportunity/i,
    hint: /Security roles/,
  },
]

test.each(CASES)(
  '$name: the step, its code, the cause and where to click',
  async ({ settings, table, step, code, detail, hint }) => {
    const steps = await diagnose(`ServiceURL=${server.origin};${settings()};`, table)
    const broken = steps.find(({ status }) => status === 'failed')
    expect(broken).toMatchObject({
      name: step,
      detail: expect.stringMatching(detail),
      hint: expect.stringMatching(hint),
      ...(code === undefined ? {} : { code }),
    })
    const at = steps.findIndex(({ status }) => status === 'failed')
    expect(steps.slice(at + 1).every(({ status }) => status === 'skipped')).toBe(true)
    expect(steps.slice(0, at).every(({ status }) => status === 'ok' || status === 'warning')).toBe(true)
  },
)

test('/common in the Token URI of an application: the tenant of the service is used, and said', async () => {
  const steps = await diagnose(
    `ServiceURL=${server.origin};${appCredentials('d365 service')};TokenURI=POST ${tenantUrl('common')};`,
  )
  expect(steps.find(({ name }) => name === 'settings')).toMatchObject({
    status: 'warning',
    detail: expect.stringContaining('common'),
  })
  expect(steps.every(({ status }) => status === 'ok' || status === 'warning')).toBe(true)
})

test('a port where nothing listens stops at the connection', async () => {
  const steps = await diagnose(`ServiceURL=http://127.0.0.1:9;${appCredentials('d365 service')};`)
  expect(steps.find(({ status }) => status === 'failed')).toMatchObject({
    name: 'connection',
    detail: expect.stringContaining('ECONNREFUSED'),
  })
}, 20_000)

test('a person the environment has switched off', async () => {
  const broken = await firstFailure(`AccessToken={${await tokenOf('inactive@contoso.onmicrosoft.com')}}`)
  expect(broken).toMatchObject({
    name: 'member',
    code: '0x80040225',
    detail: expect.stringContaining('disabled'),
    hint: expect.stringContaining('Activate'),
  })
})

test('a person who is not in the environment', async () => {
  const broken = await firstFailure(`AccessToken={${await tokenOf('outsider@contoso.onmicrosoft.com')}}`)
  expect(broken).toMatchObject({
    name: 'member',
    code: '0x80072560',
    hint: expect.stringContaining('+ Add user'),
  })
})

test('a refresh token that was revoked', async () => {
  let refreshToken = ''
  await tokenOf('ben@contoso.onmicrosoft.com', (tokens) => {
    refreshToken = tokens.refreshToken ?? ''
  })
  server.sandbox.identity.revokeSessions('ben@contoso.onmicrosoft.com')
  const broken = await firstFailure(
    `ClientID=${appNamed('d365 desktop').clientId};RefreshToken={${refreshToken}}`,
  )
  expect(broken).toMatchObject({
    name: 'sign-in',
    code: 'AADSTS50173',
    detail: expect.stringContaining('revoked'),
    hint: expect.stringContaining('d365 login'),
  })
})

test('a token for somebody else than the service is named with both', async () => {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const token = `${part({ alg: 'none' })}.${part({ aud: 'https://graph.microsoft.com', exp: 4_000_000_000 })}.x`
  expect(await firstFailure(`AccessToken={${token}}`)).toMatchObject({
    name: 'audience',
    detail: expect.stringContaining('https://graph.microsoft.com'),
    hint: expect.stringContaining('Scope'),
  })
})

test('the limits of the service are called that, not a fault of the settings', async () => {
  const token = await tokenOf('ann@contoso.onmicrosoft.com')
  const rule = server.sandbox.faults.add({
    path: '/api/data/*/WhoAmI*',
    // The first asks where to sign in, without a token.
    nth: [2],
    fault: { kind: 'throttle', limit: 'requests', retryAfterSeconds: 0 },
  })
  try {
    const broken = await firstFailure(`AccessToken={${token}};WSRetryCount=0`)
    expect(broken).toMatchObject({
      name: 'member',
      code: '0x80072322',
      detail: expect.stringContaining('429'),
      hint: expect.stringContaining('lower --parallel'),
    })
  } finally {
    server.sandbox.faults.remove(rule)
  }
})

test('a service that is busy is not taken for a wrong address', async () => {
  const rule = server.sandbox.faults.add({ path: '/api/data/*', fault: { kind: 'error', status: 503 } })
  try {
    expect(await firstFailure(appCredentials('d365 service'))).toMatchObject({
      name: 'service',
      code: 'SERVICE_UNAVAILABLE',
      detail: expect.stringContaining('busy'),
    })
  } finally {
    server.sandbox.faults.remove(rule)
  }
})

test('an HTML page in place of the service is called what it is', async () => {
  const rule = server.sandbox.faults.add({ path: '/api/data/*', fault: { kind: 'html', status: 200 } })
  try {
    const steps = await diagnose(`ServiceURL=${server.origin};${appCredentials('d365 service')};`)
    expect(steps.find(({ status }) => status === 'failed')).toMatchObject({
      name: 'service',
      hint: expect.stringContaining('Service URL'),
    })
  } finally {
    server.sandbox.faults.remove(rule)
  }
})

test('with everything right, every step says so', async () => {
  const steps = await diagnose(server.connectionString)
  expect(steps.map(({ name, status }) => `${name} ${status}`)).toEqual([
    'settings ok',
    'dns ok',
    'connection ok',
    'tls ok',
    'service ok',
    'tenant ok',
    'sign-in ok',
    'audience ok',
    'member ok',
    'role ok',
    'table ok',
  ])
})

import { generateKeyPairSync, sign } from 'node:crypto'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { browserGrant, type Connection, connect, deviceCodeGrant } from '../src/connect.ts'
import { D365Error } from '../src/core/errors.ts'
import { createSandbox, type Fault, type ListeningSandbox, TENANT_ID, USERS } from '../src/sandbox/index.ts'
import { writeCertificate } from './certificate.test-support.ts'
import { appCredentials, appNamed, freshFolder, run, signInWithout } from './sandbox.test-support.ts'

/** Every grant from its settings to a row of the service, against the sandbox. */

const ANN = 'ann@contoso.onmicrosoft.com'

let server: ListeningSandbox
let folder: string

beforeAll(async () => {
  server = await createSandbox().listen({ port: 0 })
  folder = freshFolder()
})

afterAll(async () => {
  await server.close()
  rmSync(folder, { recursive: true, force: true })
})

function open(settings: string, env: Readonly<Record<string, string>> = {}): Promise<Connection> {
  return connect({
    connectionString: `ServiceURL=${server.origin};${settings}`,
    env: { D365_CONFIG_DIR: freshFolder(), D365_SECRET_STORE: 'file', ...env },
  })
}

async function whoAmI(connection: Connection): Promise<string | undefined> {
  const { user } = await connection.identify()
  return user
}

const desktop = appNamed('d365 desktop')
const service = appNamed('d365 service')
const v1 = () => `TokenURI=${server.origin}/${TENANT_ID}/oauth2/token`
const v2 = () => `TokenURI=POST ${server.origin}/${TENANT_ID}/oauth2/v2.0/token`

/** The tokens a person got elsewhere, as they paste them. */
async function fetchedTokens(): Promise<{ access: string; refresh: string }> {
  await using connection = await open(`ClientID=${desktop.clientId}`)
  let refresh = ''
  await connection.signIn.signIn(async (context) => {
    const tokens = await browserGrant(context, { openBrowser: (url) => signInWithout(url, ANN) })
    refresh = tokens.refreshToken ?? ''
    return tokens
  })
  return { access: (await connection.token()).value, refresh }
}

test.each([
  ['v2', v2],
  ['v1', v1],
])('client secret, %s', async (_version, tokenUri) => {
  await using connection = await open(`${appCredentials('d365 service')};${tokenUri()}`)
  expect(await whoAmI(connection)).toBe('# d365 service')
})

test.each([
  ['v2, from a Service URL alone', () => ''],
  ['v1', v1],
])('a person in the browser, %s', async (_version, tokenUri) => {
  await using connection = await open(`ClientID=${desktop.clientId};${tokenUri()}`)
  await connection.signIn.signIn((context) =>
    browserGrant(context, { openBrowser: (url) => signInWithout(url, ANN) }),
  )
  expect(await whoAmI(connection)).toBe('Ann Miller')
})

test('a person in the browser who declines is told so, and nothing hangs', async () => {
  await using connection = await open(`ClientID=${appNamed('Asks for consent').clientId}`)
  const signingIn = connection.signIn.signIn((context) =>
    browserGrant(context, { openBrowser: (url) => signInWithout(`${url}&step=cancel`, ANN) }),
  )
  await expect(signingIn).rejects.toMatchObject({ serviceCode: 'AADSTS65004', code: 'SIGN_IN_REQUIRED' })
})

test('the command line: login, and the commands that follow act for that person', async () => {
  const lines = (text: string) => text.split('\n')
  await run(['system', 'add', 'local', '--service-url', server.origin], { folder })
  await run(['credential', 'add', 'me', '--client-id', desktop.clientId], { folder })
  const before = await run(['test'], { folder })
  expect(before.exitCode).toBe(11)
  expect(before.stderr).toContain('d365 login')
  const onStderr = (text: string): void => {
    const url = lines(text).find((line) => line.includes('/authorize?'))
    if (url !== undefined) void signInWithout(url.trim(), ANN)
  }
  const machine = await run(['login', '--no-open', '--json'], { folder, onStderr })
  expect(JSON.parse(machine.stdout)).toMatchObject({ user: 'Ann Miller', environment: 'contoso' })
  const ran = await run(['login', '--no-open', '--login-hint', ANN], { folder, onStderr })
  expect(ran).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('Signed in as Ann Miller') })
  expect((await run(['test'], { folder })).stdout).toContain('Ann Miller')
}, 20_000)

test.each(['v2', 'v1'])('device code, %s', async (version) => {
  await using connection = await open(`ClientID=${desktop.clientId};${version === 'v1' ? v1() : v2()}`)
  await connection.signIn.signIn((context) =>
    deviceCodeGrant(
      { ...context, clock: { ...context.clock, sleep: async () => undefined } },
      { onCode: ({ userCode, verificationUri }) => enterCode(verificationUri, userCode) },
    ),
  )
  expect(await whoAmI(connection)).toBe('Ann Miller')
})

async function enterCode(page: string, code: string): Promise<void> {
  const password = USERS.find(({ upn }) => upn === ANN)?.password ?? ''
  await fetch(page, { method: 'POST', body: new URLSearchParams({ code, upn: ANN, password }) })
}

test('refresh token, and access token with and without it', async () => {
  const { access, refresh } = await fetchedTokens()
  const spellings = [
    `ClientID=${desktop.clientId};RefreshToken={${refresh}}`,
    `ClientID=${desktop.clientId};RefreshToken={${refresh}};AccessToken={${access}}`,
    `AccessToken={${access}}`,
    `AuthenticationMethod=OAuth2;AccessToken={${access}}`,
  ]
  for (const spelling of spellings) {
    await using connection = await open(spelling)
    expect(await whoAmI(connection), spelling.replaceAll(/\{[^}]*\}/g, '{…}')).toBe('Ann Miller')
  }
})

test('an access token that is refused is renewed once by the refresh token beside it', async () => {
  const { refresh } = await fetchedTokens()
  await using connection = await open(
    `ClientID=${desktop.clientId};RefreshToken={${refresh}};AccessToken={not-a-token}`,
  )
  expect(await whoAmI(connection)).toBe('Ann Miller')
})

test.each(['PEM', 'PFX'])('certificate (%s)', async (form) => {
  const { certificate, pemFile, pfxFile, pfxPassword } = writeCertificate(folder)
  server.sandbox.identity.registerCertificate(service.clientId, certificate)
  const setting =
    form === 'PEM' ? `Certificate=${pemFile}` : `Certificate=${pfxFile};CertificatePassword=${pfxPassword}`
  await using connection = await open(`ClientID=${service.clientId};${setting};${v2()}`)
  expect(await whoAmI(connection)).toBe('# d365 service')
})

test('workload identity: a token file another issuer wrote', async () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const credential = {
    issuer: 'https://issuer.example',
    subject: 'system:pod:d365',
    audience: 'api://AzureADTokenExchange',
  }
  server.sandbox.identity.registerFederatedCredential(service.clientId, {
    ...credential,
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  })
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const now = Math.floor(Date.now() / 1000)
  const signed = `${part({ alg: 'RS256', typ: 'JWT' })}.${part({ iss: credential.issuer, sub: credential.subject, aud: credential.audience, iat: now, exp: now + 600 })}`
  const file = join(folder, 'token')
  writeFileSync(file, `${signed}.${sign('sha256', Buffer.from(signed), privateKey).toString('base64url')}\n`)
  await using connection = await open(`ClientID=${service.clientId};TokenFile=${file}`)
  expect(await whoAmI(connection)).toBe('# d365 service')
})

test.each([
  ['a virtual machine', () => ({ AZURE_POD_IDENTITY_AUTHORITY_HOST: server.origin })],
  [
    'App Service',
    () => ({ IDENTITY_ENDPOINT: `${server.origin}/msi/token`, IDENTITY_HEADER: 'sandbox-identity-header' }),
  ],
])('managed identity of %s', async (_name, env) => {
  await using connection = await open('Grant=managed-identity', env())
  expect(await whoAmI(connection)).toBe('# d365 service')
})

test('a 403 is never answered with another token', async () => {
  await using connection = await open(appCredentials('No role'))
  await connection.token()
  server.sandbox.trace.clear()
  await expect(connection.request({ method: 'GET', path: 'accounts' })).rejects.toBeInstanceOf(D365Error)
  expect(server.sandbox.trace.entries().map(({ status }) => status)).toEqual([403])
})

describe('Entra ID has a bad moment', () => {
  const passing: readonly Fault[] = [
    { kind: 'throttle', retryAfterSeconds: 0 },
    { kind: 'error', status: 503, retryAfterSeconds: 0 },
    { kind: 'reset', when: 'before' },
    { kind: 'truncate' },
  ]
  test.each(passing)('$kind: the sign-in is tried again', async (fault) => {
    const rule = server.sandbox.faults.add({ path: '*/oauth2/v2.0/token', times: 1, fault })
    try {
      await using connection = await open(`${appCredentials('d365 service')};${v2()}`)
      expect((await connection.token()).value).toMatch(/^ey/)
    } finally {
      server.sandbox.faults.remove(rule)
    }
  })

  test('a page of a proxy is called that', async () => {
    const rule = server.sandbox.faults.add({
      path: '*/oauth2/v2.0/token',
      fault: { kind: 'html', status: 200 },
    })
    try {
      await using connection = await open(`${appCredentials('d365 service')};${v2()}`)
      await expect(connection.token()).rejects.toMatchObject({ hint: expect.stringContaining('proxy') })
    } finally {
      server.sandbox.faults.remove(rule)
    }
  })
})

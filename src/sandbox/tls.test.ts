import { X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { get } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createSandbox, type ListeningSandbox } from './index.ts'
import { certificateHosts } from './sandbox-hosts.ts'
import { createAuthority } from './tls.ts'

let server: ListeningSandbox

beforeAll(async () => {
  server = await createSandbox().listen({ port: 0, tls: true })
})

afterAll(() => server.close())

interface Answer {
  readonly status: number
  readonly challenge: string
  readonly body: string
}

/** As a client that was pointed at this machine under another name, and trusts the authority alone. */
function ask(host: string, path: string): Promise<Answer> {
  const { port } = new URL(server.origin)
  return new Promise((resolve, reject) => {
    const options = {
      host: '127.0.0.1',
      port,
      path,
      servername: host,
      ca: server.caPem ?? '',
      headers: { host },
    }
    get(options, (response) => {
      let body = ''
      response.setEncoding('utf8').on('data', (text) => {
        body += text
      })
      response.on('end', () =>
        resolve({
          status: response.statusCode ?? 0,
          challenge: response.headers['www-authenticate'] ?? '',
          body,
        }),
      )
    }).on('error', reject)
  })
}

test('login.microsoftonline.com is Entra ID, with issuer and endpoints of that name', async () => {
  const { status, body } = await ask(
    'login.microsoftonline.com',
    '/contoso.onmicrosoft.com/v2.0/.well-known/openid-configuration',
  )
  expect(status).toBe(200)
  expect(JSON.parse(body)).toMatchObject({
    issuer: expect.stringMatching(/^https:\/\/login\.microsoftonline\.com\/[0-9a-f-]{36}\/v2\.0$/),
    token_endpoint: expect.stringMatching(
      /^https:\/\/login\.microsoftonline\.com\/.*\/oauth2\/v2\.0\/token$/,
    ),
  })
})

test.each(['contoso.crm.dynamics.com', 'contoso.api.crm.dynamics.com', 'contoso.crm4.dynamics.com'])(
  '%s is the environment, and sends sign-ins to login.microsoftonline.com',
  async (host) => {
    const { status, challenge } = await ask(host, '/api/data/v9.2/WhoAmI')
    expect(status).toBe(401)
    expect(challenge).toContain('authorization_uri=https://login.microsoftonline.com/')
    expect(challenge).toContain(`resource_id=https://${host.replace('.api.', '.')}/`)
  },
)

test('a login host has no Web API, an environment no sign-in, and a stranger gets nothing', async () => {
  expect(await ask('login.microsoftonline.com', '/api/data/v9.2/WhoAmI')).toMatchObject({ status: 404 })
  expect(await ask('contoso.crm.dynamics.com', '/common/discovery/instance')).toMatchObject({ status: 404 })
  await expect(ask('example.com', '/api/data/v9.2/WhoAmI')).rejects.toMatchObject({
    code: 'ERR_TLS_CERT_ALTNAME_INVALID',
  })
})

test('who does not trust the authority is not connected', async () => {
  await expect(fetch(server.origin)).rejects.toMatchObject({
    cause: { code: expect.stringMatching(/SELF_SIGNED|UNABLE_TO_VERIFY/) },
  })
})

test('with a folder the authority stays the same, its key for the owner alone; each certificate is new', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'd365-ca-'))
  try {
    const [first, second] = [await createAuthority(folder), await createAuthority(folder)]
    expect(second.caPem).toBe(first.caPem)
    if (process.platform !== 'win32')
      expect(statSync(join(folder, 'sandbox-ca.key')).mode & 0o777).toBe(0o600)
    const issued = [first, second].map(
      ({ issue }) => new X509Certificate(issue(certificateHosts('localhost')).cert),
    )
    const authority = new X509Certificate(first.caPem)
    for (const certificate of issued) {
      expect(certificate.verify(authority.publicKey)).toBe(true)
      expect(certificate.checkHost('contoso.crm11.dynamics.com')).toBeDefined()
      expect(certificate.checkIP('127.0.0.1')).toBeDefined()
    }
    expect(issued[0]?.serialNumber).not.toBe(issued[1]?.serialNumber)
    expect((await createAuthority()).caPem).not.toBe(first.caPem)
  } finally {
    rmSync(folder, { recursive: true })
  }
})

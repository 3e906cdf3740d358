import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Writable } from 'node:stream'
import { inspect } from 'node:util'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Io } from '../src/cli/io.ts'
import { runCommandLine } from '../src/cli/program.ts'
import { connect } from '../src/connect.ts'
import { lineLog } from '../src/core/log.ts'
import { APPS, createSandbox, type ListeningSandbox } from '../src/sandbox/index.ts'

/** A marker secret goes through every grant, error and log level, and must appear nowhere. */

const MARKER = "mArK'er+S3cret/=~%!"
/** Spellings a service or a URL could give it. */
const SPELLINGS = [
  MARKER,
  encodeURIComponent(MARKER),
  MARKER.replaceAll("'", "''"),
  JSON.stringify(MARKER).slice(1, -1),
]

let server: ListeningSandbox
let echo: Server
let echoOrigin: string
let folder: string

beforeAll(async () => {
  server = await createSandbox().listen({ port: 0 })
  // A service that repeats everything it was sent, in its error.
  echo = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => (body += chunk))
    request.on('end', () => {
      const heard = `${request.url} ${JSON.stringify(request.headers)} ${body}`
      if (request.headers.authorization === undefined && request.method === 'GET') {
        response.writeHead(401, {
          'www-authenticate': `Bearer authorization_uri=${echoOrigin}/tenant/oauth2/authorize, resource_id=${echoOrigin}/`,
        })
        response.end()
        return
      }
      response.writeHead(400, { 'content-type': 'application/json' })
      const error = request.url?.includes('/oauth2/')
        ? 'invalid_client'
        : { code: '0x80040203', message: heard }
      response.end(
        JSON.stringify({ error, error_description: `AADSTS7000215: ${heard}`, error_codes: [7000215] }),
      )
    })
  })
  await new Promise<void>((resolve) => echo.listen(0, '127.0.0.1', resolve))
  const address = echo.address()
  echoOrigin = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
})

afterAll(async () => {
  echo.close()
  await server.close()
})

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'd365-secrets-'))
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

function expectClean(text: string): void {
  for (const spelling of SPELLINGS) expect(text).not.toContain(spelling)
}

/** Runs a command line; everything it printed. */
async function run(args: readonly string[], stdin = ''): Promise<string> {
  let printed = ''
  const sink = () =>
    new Writable({
      write: (chunk, _encoding, done) => {
        printed += String(chunk)
        done()
      },
    })
  const input = new PassThrough()
  input.end(stdin)
  const io: Io = {
    stdin: input,
    stdout: sink(),
    stderr: sink(),
    env: { D365_CONFIG_DIR: folder, D365_SECRET_STORE: 'file', MARKER },
    interactive: false,
    columns: Number.POSITIVE_INFINITY,
    signal: new AbortController().signal,
  }
  await runCommandLine(args, io)
  return printed
}

function filesBelow(path: string): string[] {
  return readdirSync(path).flatMap((name) => {
    const file = join(path, name)
    return statSync(file).isDirectory() ? filesBelow(file) : [file]
  })
}

const clientId = APPS[0]?.clientId ?? ''

const CREDENTIALS: Readonly<Record<string, string>> = {
  'client secret': `ClientID=${clientId};ClientSecret={${MARKER}}`,
  'access token': `AccessToken={${MARKER}}`,
  'refresh token': `ClientID=${clientId};ClientSecret={x${MARKER}};RefreshToken={${MARKER}}`,
  'access and refresh token': `ClientID=${clientId};ClientSecret={x${MARKER}};AccessToken={${MARKER}};RefreshToken={${MARKER}}`,
}

describe.each(Object.entries(CREDENTIALS))('%s', (_name, credential) => {
  test.each(['sandbox', 'echo'])(
    'through a refusing service (%s), at the loudest log level',
    async (which) => {
      const origin = which === 'sandbox' ? server.origin : echoOrigin
      const text = `ServiceURL=${origin};${credential};`
      const log: string[] = []
      await using connection = await connect({
        connectionString: text,
        env: { D365_CONFIG_DIR: folder, D365_SECRET_STORE: 'file' },
        log: lineLog('debug', (line) => log.push(line)),
        onNote: (note) => log.push(note),
      })
      const work = [
        () => connection.token(),
        () => connection.identify(),
        () =>
          connection.read('account').then(async (reader) => {
            for await (const _row of reader) return
          }),
        () => connection.write('contact', [{ lastname: 'x' }], { mode: 'insert' }),
      ]
      for (const one of work) {
        const error: unknown = await one().then(
          () => undefined,
          (caught: unknown) => caught,
        )
        expectClean(inspect(error, { depth: 20, showHidden: true }))
        expectClean(JSON.stringify(error) ?? '')
      }
      const steps: unknown[] = []
      for await (const step of connection.diagnose()) steps.push(step)
      expectClean(inspect(steps, { depth: 20 }))
      expectClean(log.join('\n'))
    },
  )

  test('through the command line, plain and as JSON', async () => {
    for (const origin of [server.origin, echoOrigin])
      for (const command of [['test'], ['doctor'], ['token'], ['tables'], ['read', 'account']])
        for (const extra of [[], ['--json'], ['--log', 'debug']])
          expectClean(
            await run([...command, '--connection', `ServiceURL=${origin};${credential};`, ...extra]),
          )
  })
})

test('a broken connection string names what is wrong without its values', async () => {
  for (const text of [
    `ServiceURL=${server.origin};ClientSecret={${MARKER}`,
    `ClientSecret={${MARKER}};Nonsense=1`,
    `ServiceURL=${server.origin};ClientSecrt={${MARKER}}`,
  ])
    expectClean(await run(['test', '--connection', text]))
})

test('saved credentials: not in any listing, not readable in any file', async () => {
  await run(['system', 'add', 'prod', '--service-url', server.origin])
  expectClean(
    await run(['credential', 'add', 'robot', '--client-id', clientId, '--client-secret', '-'], MARKER),
  )
  expectClean(
    await run([
      'credential',
      'add',
      'tokens',
      '--client-id',
      clientId,
      '--client-secret',
      'env:MARKER',
      '--refresh-token',
      'env:MARKER',
    ]),
  )
  const secretFile = join(folder, 'secret.txt')
  writeFileSync(secretFile, MARKER)
  expectClean(
    await run([
      'credential',
      'add',
      'cert',
      '--client-id',
      clientId,
      '--certificate',
      'missing.pfx',
      '--certificate-password',
      `@${secretFile}`,
    ]),
  )
  rmSync(secretFile)
  for (const args of [
    ['system', 'list'],
    ['system', 'show'],
    ['credential', 'list'],
    ['credential', 'list', '--json'],
    ['test', '--credential', 'cert'],
    ['test', '--credential', 'robot'],
    ['doctor', '--credential', 'tokens'],
  ])
    expectClean(await run(args))
  for (const file of filesBelow(folder)) expectClean(readFileSync(file, 'latin1'))
})

test('a token that works is printed only when it is asked for by name', async () => {
  const revealed = (await run(['token', '--reveal', '--connection', server.connectionString])).trim()
  expect(revealed.split('.')).toHaveLength(3)
  for (const args of [
    ['token'],
    ['token', '--json'],
    ['test', '--log', 'debug'],
    ['read', 'account', '--top', '1', '--log', 'debug'],
  ])
    expect(await run([...args, '--connection', server.connectionString])).not.toMatch(/eyJ[\w-]+\.eyJ/)
})

import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, test } from 'vitest'

/**
 * Commands killed at every step of a renewal, and commands started together, as real processes against a real server
 * that rotates refresh tokens. Node 20 runs no TypeScript, so the folder is compiled once, beside node_modules.
 */
const root = new URL('../../', import.meta.url).pathname
const build = join(root, 'node_modules', '.cache', `d365-auth-${process.pid}`)
const child = join(build, 'child.mjs')
const CLIENT = '00001111-aaaa-2222-bbbb-3333cccc4444'

beforeAll(() => {
  mkdirSync(build, { recursive: true })
  writeFileSync(
    join(build, 'tsconfig.json'),
    JSON.stringify({
      extends: join(root, 'tsconfig.json'),
      compilerOptions: {
        noEmit: false,
        outDir: join(build, 'out'),
        rootDir: join(root, 'src'),
        typeRoots: [join(root, 'node_modules', '@types')],
      },
      include: [join(root, 'src/auth/index.ts')],
    }),
  )
  execFileSync(join(root, 'node_modules/.bin/tsc'), ['-p', build])
  writeFileSync(join(build, 'package.json'), '{"type":"module"}')
  writeFileSync(child, CHILD)
}, 60_000)
afterAll(() => rmSync(build, { recursive: true, force: true }))

/** Prints its access token. Kills itself, as `kill -9` does, on reaching the step named. */
const CHILD = `
import { createTokenSource, createFileTokenStore } from './out/auth/index.js'
import { openSecretStore } from './out/auth/secret-store.js'
import { systemClock } from './out/core/clock.js'
const [folder, origin, dieAt] = process.argv.slice(2)
const step = (name) => { if (name === dieAt) process.kill(process.pid, 'SIGKILL') }
const secrets = await openSecretStore({ folder, prefer: 'file' })
const files = createFileTokenStore({ folder, secrets, staleMs: 2000 })
const store = {
  ...files,
  exclusively: async (id, work, options) => {
    const done = await files.exclusively(id, async () => {
      step('locked')
      const result = await work()
      step('kept, still locked')
      return result
    }, options)
    step('unlocked')
    return done
  },
  read: async (id) => { const tokens = await files.read(id); step('read'); return tokens },
  write: async (id, tokens) => { step('answered'); await files.write(id, tokens); step('written') },
}
const http = async ({ method, url, headers, body }) => {
  step('about to send')
  const response = await fetch(url, { method, headers, body })
  return { status: response.status, headers: {}, body: new Uint8Array(await response.arrayBuffer()) }
}
const source = createTokenSource({
  system: { name: 's', serviceUrl: 'http://localhost:1', tokenUri: origin + '/t/oauth2/v2.0/token' },
  credential: { name: 'ann', grant: 'refresh-token', clientId: '${CLIENT}', refreshToken: 'rt-0' },
  http, clock: systemClock, random: Math.random, store,
})
const token = await source.token()
const renewed = dieAt === 'renew' ? await source.renew(token) : token
console.log(renewed.value)
`

/** `at once`: a token dies with its first use. `on next use`: it dies when its successor is used (Entra is milder still). */
type Rotation = 'at once' | 'on next use'

async function tokenServer(rotation: Rotation) {
  let valid = new Set(['rt-0'])
  let issued = 0
  const used: string[] = []
  const server = createServer(async (request, response) => {
    const refresh = new URLSearchParams(await text(request)).get('refresh_token') ?? ''
    used.push(refresh)
    response.setHeader('content-type', 'application/json')
    if (!valid.has(refresh)) {
      const error_description = 'AADSTS70000: Provided grant is invalid.'
      response
        .writeHead(400)
        .end(JSON.stringify({ error: 'invalid_grant', error_description, error_codes: [70000] }))
      return
    }
    const next = `rt-${++issued}`
    valid = new Set(rotation === 'at once' ? [next] : [refresh, next])
    response.end(
      JSON.stringify({
        access_token: `at-${issued}`,
        refresh_token: next,
        expires_in: 3600,
        token_type: 'Bearer',
      }),
    )
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return { origin: `http://127.0.0.1:${port}`, used, close: () => server.close() }
}

async function run(folder: string, origin: string, dieAt = 'never') {
  const started = spawn(process.execPath, [child, folder, origin, dieAt], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = new Promise<NodeJS.Signals | null>((resolve) =>
    started.once('close', (_, signal) => resolve(signal)),
  )
  const [out, err] = await Promise.all([text(started.stdout), text(started.stderr)])
  return { signal: await ended, token: out.trim(), err }
}

async function inFolder<T>(
  rotation: Rotation,
  work: (folder: string, origin: string, used: string[]) => Promise<T>,
) {
  const folder = mkdtempSync(join(tmpdir(), 'd365-crash-'))
  const server = await tokenServer(rotation)
  try {
    return await work(folder, server.origin, server.used)
  } finally {
    server.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

describe.concurrent('kill -9 during a renewal', () => {
  test.for([
    ['locked', 'at once', 'at-1'],
    ['read', 'at once', 'at-1'],
    ['about to send', 'at once', 'at-1'],
    // Between the server's answer and our disk nothing can help against a server that kills the old token at once.
    ['answered', 'on next use', 'at-2'],
    ['written', 'at once', 'at-1'],
    ['kept, still locked', 'at once', 'at-1'],
    ['unlocked', 'at once', 'at-1'],
  ] as const)(
    'at "%s" loses nothing: the next command works and can renew',
    async ([step, rotation, token], { expect }) => {
      await inFolder(rotation, async (folder, origin) => {
        expect((await run(folder, origin, step)).signal).toBe('SIGKILL')
        expect(await run(folder, origin)).toEqual({ signal: null, token, err: '' })
        const renewed = `at-${Number(token.slice(3)) + 1}`
        expect(await run(folder, origin, 'renew')).toEqual({ signal: null, token: renewed, err: '' })
      })
    },
  )

  test('commands started together send one refresh and share its token', async ({ expect }) => {
    await inFolder('at once', async (folder, origin, used) => {
      const all = await Promise.all([run(folder, origin), run(folder, origin), run(folder, origin)])
      expect(all.map(({ token }) => token)).toEqual(['at-1', 'at-1', 'at-1'])
      expect(used).toEqual(['rt-0'])
    })
  })
})

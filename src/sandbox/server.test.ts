import { connect } from 'node:net'
import { gunzipSync } from 'node:zlib'
import { request as httpRequest } from 'undici'
import { afterEach, describe, expect, test } from 'vitest'
import { systemClock } from '../core/clock.ts'
import { appToken, testSandbox } from './sandbox.test-support.ts'
import type { ListeningSandbox, Sandbox } from './sandbox-assembly.ts'

let server: ListeningSandbox | undefined

afterEach(async () => {
  await server?.close()
  server = undefined
})

async function listening(): Promise<{ sandbox: Sandbox; origin: string; headers: Record<string, string> }> {
  const { sandbox } = testSandbox({ clock: systemClock })
  server = await sandbox.listen()
  return {
    sandbox,
    origin: server.origin,
    headers: { authorization: `Bearer ${appToken(0, server.origin)}` },
  }
}

describe('on a socket', () => {
  test('it tells where everything is, and answers there', async () => {
    const { origin, headers } = await listening()
    expect(server).toMatchObject({
      serviceUrl: `${origin}/api/data/v9.2/`,
      connectionString: expect.stringMatching(
        /^ServiceURL=http:\/\/localhost:\d+\/api\/data\/v9\.2\/;.*ClientSecret=\{.+\}$/,
      ),
    })
    const response = await fetch(`${origin}/api/data/v9.2/WhoAmI`, { headers })
    expect(response.status).toBe(200)
    expect(await response.json()).toMatchObject({
      '@odata.context': expect.stringContaining(`${origin}/api/data/v9.2/`),
    })
  })

  test('an answer is compressed when the client asks, and only then', async () => {
    const { origin, headers } = await listening()
    const plain = await httpRequest(`${origin}/api/data/v9.2/accounts`, { headers })
    expect(plain.headers['content-encoding']).toBeUndefined()
    const text = await plain.body.text()
    expect(plain.headers['content-length']).toBe(String(Buffer.byteLength(text)))
    const packed = await httpRequest(`${origin}/api/data/v9.2/accounts`, {
      headers: { ...headers, 'accept-encoding': 'gzip, deflate' },
    })
    expect(packed.headers['content-encoding']).toBe('gzip')
    expect(gunzipSync(Buffer.from(await packed.body.arrayBuffer())).toString()).toBe(text)
    const small = await httpRequest(`${origin}/api/data/v9.2/WhoAmI`, {
      headers: { ...headers, 'accept-encoding': 'gzip' },
    })
    expect(small.headers['content-encoding']).toBeUndefined()
    await small.body.dump()
  })

  test('a reset breaks the connection without an answer', async () => {
    const { sandbox, origin, headers } = await listening()
    sandbox.faults.add({ fault: { kind: 'reset', when: 'before' }, times: 1 })
    await expect(httpRequest(`${origin}/api/data/v9.2/WhoAmI`, { headers })).rejects.toMatchObject({
      code: expect.stringMatching(/ECONNRESET|UND_ERR_SOCKET/),
    })
    const again = await httpRequest(`${origin}/api/data/v9.2/WhoAmI`, { headers })
    expect(again.statusCode).toBe(200)
    await again.body.dump()
  })

  test('a truncated answer promises its whole length and stops short', async () => {
    const { sandbox, origin, headers } = await listening()
    sandbox.faults.add({ fault: { kind: 'truncate', bytes: 10 }, times: 1 })
    const response = await httpRequest(`${origin}/api/data/v9.2/accounts`, { headers })
    expect(Number(response.headers['content-length'])).toBeGreaterThan(1000)
    await expect(response.body.text()).rejects.toThrow()
  })

  test('many requests at once are all answered, bodies and all', async () => {
    const { sandbox, origin, headers } = await listening()
    const before = sandbox.store.table('account').size
    const statuses = await Promise.all(
      Array.from({ length: 40 }, async () => {
        const response = await fetch(`${origin}/api/data/v9.2/accounts`, {
          method: 'POST',
          headers,
          body: '{"name":"x"}',
        })
        return response.status
      }),
    )
    expect(new Set(statuses)).toEqual(new Set([204]))
    expect(sandbox.store.table('account').size).toBe(before + 40)
  })

  test('a Host header of somebody else is refused, also on the control pages', async () => {
    const { origin } = await listening()
    const raw = (host: string) =>
      new Promise<string>((resolve, reject) => {
        const socket = connect(Number(new URL(origin).port), '127.0.0.1', () =>
          socket.end(`GET /sandbox HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`),
        )
        let text = ''
        socket.on('data', (chunk) => {
          text += chunk
        })
        socket.on('end', () => resolve(text.split('\r\n')[0] ?? ''))
        socket.on('error', reject)
      })
    expect(await raw('rebound.example')).toBe('HTTP/1.1 421 Misdirected Request')
    expect(await raw('a b')).toMatch(/^HTTP\/1\.1 4/)
    expect(await raw('localhost')).toBe('HTTP/1.1 200 OK')
  })

  test('a port in use is named, with what to do', async () => {
    const { sandbox, origin } = await listening()
    await expect(sandbox.listen({ port: Number(new URL(origin).port) })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringMatching(/^Port \d+ on 127\.0\.0\.1 is in use\.$/),
    })
  })
})

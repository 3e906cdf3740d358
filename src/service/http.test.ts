import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { NetworkCause } from '../core/http.ts'
import { type ClosableHttp, createHttp } from './http.ts'

let server: Server | undefined
let client: ClosableHttp | undefined

afterEach(async () => {
  await client?.close()
  server?.closeAllConnections()
  server?.close()
})

async function serve(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  server = createServer(answer)
  await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve))
  client = createHttp()
  const address: AddressInfo | string | null = server.address()
  return `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/`
}

async function get(url: string, options: { signal?: AbortSignal; timeoutMs?: number } = {}) {
  if (!client) throw new Error('no client')
  return client.http({ method: 'GET', url, ...options })
}

test('gzip is asked for and taken off, small bodies and large ones', async () => {
  const large = 'x'.repeat(3_000_000)
  const url = await serve((request, response) => {
    expect(request.headers['accept-encoding']).toBe('gzip')
    response.setHeader('content-encoding', 'gzip')
    response.end(gzipSync(request.url === '/large' ? large : 'small'))
  })
  expect(new TextDecoder().decode((await get(url)).body)).toBe('small')
  expect((await get(`${url}large`)).body.length).toBe(large.length)
})

test('a gzip body that is cut off is an error, not a shorter answer', async () => {
  const whole = gzipSync(JSON.stringify({ value: Array.from({ length: 5000 }, (_, id) => ({ id })) }))
  const url = await serve((_request, response) => {
    response.setHeader('content-encoding', 'gzip')
    response.end(whole.subarray(0, whole.length - 40))
  })
  await expect(get(url)).rejects.toMatchObject({ code: 'RESPONSE_INVALID' })
})

test('a trailer that lies about the size is refused, and asks for no memory of that size', async () => {
  const lying = gzipSync('small')
  lying.writeUInt32LE(0xffff_fff0, lying.length - 4)
  const url = await serve((_request, response) => {
    response.setHeader('content-encoding', 'gzip')
    response.end(lying)
  })
  const before = process.memoryUsage().arrayBuffers
  await expect(get(url)).rejects.toMatchObject({ code: 'RESPONSE_INVALID' })
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(10_000_000)
})

test('an encoding nobody asked for is refused by name', async () => {
  const url = await serve((_request, response) => {
    response.setHeader('content-encoding', 'br')
    response.end('x')
  })
  await expect(get(url)).rejects.toMatchObject({
    code: 'RESPONSE_INVALID',
    message: expect.stringContaining('content encoding br'),
  })
})

describe('proxies', () => {
  let proxy: Server
  let tunnels: string[]

  beforeEach(async () => {
    tunnels = []
    proxy = createServer()
    proxy.on('connect', (request, socket, head) => {
      tunnels.push(request.url ?? '')
      const { port } = new URL(`http://${request.url}`)
      const target = connect(Number(port), '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
        target.write(head)
        target.pipe(socket).pipe(target)
      })
      target.on('error', () => socket.destroy())
      socket.on('error', () => target.destroy())
    })
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve))
  })

  afterEach(() => {
    vi.unstubAllEnvs()
    proxy.closeAllConnections()
    proxy.close()
  })

  const proxyUrl = () => {
    const address = proxy.address()
    return `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
  }

  test.each(['HTTP_PROXY', 'http_proxy'])('%s is used, and NO_PROXY goes past it', async (variable) => {
    vi.stubEnv(variable, proxyUrl())
    const url = await serve((_request, response) => response.end('ok'))
    expect((await get(url)).status).toBe(200)
    expect(tunnels).toEqual([new URL(url).host])

    vi.stubEnv('NO_PROXY', '127.0.0.1')
    const direct = createHttp()
    expect((await direct.http({ method: 'GET', url })).status).toBe(200)
    await direct.close()
    expect(tunnels).toHaveLength(1)
  })

  test.each(['*', 'x.example, *'])('NO_PROXY=%s turns the proxy off', async (hosts) => {
    vi.stubEnv('HTTP_PROXY', proxyUrl())
    vi.stubEnv('NO_PROXY', hosts)
    const url = await serve((_request, response) => response.end('ok'))
    const direct = createHttp()
    expect((await direct.http({ method: 'GET', url })).status).toBe(200)
    await direct.close()
    expect(tunnels).toEqual([])
  })

  test.each([
    [407, 'user and password'],
    [403, 'NO_PROXY'],
  ])(
    'a proxy that answers %s is named; nothing reached the service, and nothing is tried again',
    async (status, hint) => {
      proxy.removeAllListeners('connect')
      proxy.on('connect', (_request, socket) =>
        socket.end(`HTTP/1.1 ${status} No\r\nContent-Length: 0\r\n\r\n`),
      )
      const own = createHttp({ proxyUrl: proxyUrl() })
      await expect(own.http({ method: 'POST', url: 'http://127.0.0.1:9/x' })).rejects.toMatchObject({
        code: 'NETWORK_FAILED',
        message: expect.stringContaining(`The proxy answered ${status}`),
        hint: expect.stringContaining(hint),
        cause: { sent: false, permanent: true },
      })
      await own.close()
    },
  )

  test('a proxy of the settings is used in place of the environment', async () => {
    vi.stubEnv('HTTP_PROXY', 'http://127.0.0.1:1')
    const url = await serve((_request, response) => response.end('ok'))
    const own = createHttp({ proxyUrl: proxyUrl() })
    expect((await own.http({ method: 'GET', url })).status).toBe(200)
    await own.close()
    expect(tunnels).toHaveLength(1)
  })
})

test('https to a port that speaks http is said at once, and not tried again', async () => {
  const url = await serve((_request, response) => response.end('ok'))
  await expect(get(url.replace('http:', 'https:'))).rejects.toMatchObject({
    code: 'NETWORK_FAILED',
    message: expect.stringContaining('does not speak TLS'),
    hint: expect.stringContaining('http://'),
    cause: { sent: false, permanent: true },
  })
})

test('a body shorter than its Content-Length is an error that may have reached the server', async () => {
  const url = await serve((_request, response) => {
    response.writeHead(200, { 'content-length': '1000' })
    response.write('half')
    setImmediate(() => response.destroy())
  })
  await expect(get(url)).rejects.toMatchObject({ code: 'RESPONSE_INVALID', cause: { sent: true } })
})

test('a reset before the answer tells that the request may have arrived', async () => {
  const url = await serve((request) => request.socket.destroy())
  const error: unknown = await get(url).catch((caught: unknown) => caught)
  expect(error).toMatchObject({ code: 'NETWORK_FAILED' })
  expect(error instanceof Error && error.cause instanceof NetworkCause && error.cause.sent).toBe(true)
})

test('a port where nothing listens tells that nothing was sent', async () => {
  const url = await serve(() => {})
  server?.close()
  await new Promise((resolve) => server?.once('close', resolve))
  await expect(get(url)).rejects.toMatchObject({ code: 'NETWORK_FAILED', cause: { sent: false } })
})

test('redirects are not followed and cookies not kept', async () => {
  const cookies: (string | undefined)[] = []
  const url = await serve((request, response) => {
    cookies.push(request.headers.cookie)
    response.writeHead(302, { location: '/elsewhere', 'set-cookie': 'ARRAffinity=abc; Path=/' }).end()
  })
  expect((await get(url)).status).toBe(302)
  await get(url)
  expect(cookies).toEqual([undefined, undefined])
})

test('cancelling ends the wait with CANCELLED', async () => {
  const controller = new AbortController()
  const url = await serve(() => controller.abort())
  await expect(get(url, { signal: controller.signal })).rejects.toMatchObject({ code: 'CANCELLED' })
})

test('an answer that does not come within the limit is TIMED_OUT and names the limit', async () => {
  const url = await serve(() => {})
  await expect(get(url, { timeoutMs: 50 })).rejects.toMatchObject({
    code: 'TIMED_OUT',
    message: expect.stringContaining('0.05 s'),
  })
})

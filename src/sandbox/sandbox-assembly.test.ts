import { describe, expect, test } from 'vitest'
import { ORIGIN, testSandbox, userToken } from './sandbox.test-support.ts'

const at = (sandbox: { fetch(request: Request): Promise<Response> }, path: string, init: RequestInit = {}) =>
  sandbox.fetch(new Request(path.startsWith('http') ? path : `${ORIGIN}${path}`, init))

describe('one origin for everything', () => {
  const { sandbox, ask } = testSandbox()

  test('the path decides on this machine, the host name in the cloud', async () => {
    expect(await (await at(sandbox, '/common/oauth2/v2.0/token', { method: 'POST' })).text()).toBe(
      'identity /common/oauth2/v2.0/token',
    )
    expect(await (await at(sandbox, 'https://login.microsoftonline.com/t/oauth2/token')).text()).toBe(
      'identity /t/oauth2/token',
    )
    expect((await at(sandbox, 'https://login.microsoftonline.com/api/data/v9.2/')).status).toBe(200)
    expect((await at(sandbox, 'https://contoso.crm.dynamics.com/sandbox')).status).toBe(404)
    expect((await at(sandbox, '/')).headers.get('location')).toBe('/sandbox')
  })

  test('a host name it does not serve is misdirected', async () => {
    expect((await at(sandbox, 'http://evil.example/api/data/v9.2/')).status).toBe(421)
    expect((await at(sandbox, 'http://evil.example/sandbox')).status).toBe(421)
  })

  test('versions 8.0 to 9.2 are answered with themselves, others not at all', async () => {
    const init = { headers: { authorization: `Bearer ${userToken('ann')}` } }
    const old = JSON.parse(await (await at(sandbox, '/api/data/v9.0/WhoAmI', init)).text())
    expect(old['@odata.context']).toBe(
      `${ORIGIN}/api/data/v9.0/$metadata#Microsoft.Dynamics.CRM.WhoAmIResponse`,
    )
    expect((await at(sandbox, '/api/data/v10.0/WhoAmI', init)).status).toBe(404)
    expect((await at(sandbox, '/api/data/WhoAmI', init)).status).toBe(404)
  })

  test('every answer carries the headers of the service', async () => {
    const { headers } = await ask('WhoAmI()')
    expect(Object.fromEntries(headers)).toMatchObject({
      'content-type': 'application/json; odata.metadata=minimal',
      'odata-version': '4.0',
      'cache-control': 'no-cache',
      allow: 'OPTIONS,GET,HEAD,POST',
      date: 'Thu, 01 Jan 2026 00:00:00 GMT',
      'x-ms-dop-hint': '10',
      'x-ms-service-request-id': expect.stringMatching(/^[0-9a-f-]{36}$/),
      'x-ms-ratelimit-burst-remaining-xrm-requests': expect.stringMatching(/^\d+$/),
    })
    expect(headers.get('set-cookie')).toMatch(/^ARRAffinity=[0-9a-f]{64};Path=\/;HttpOnly;Domain=localhost$/)
  })

  test('a URL longer than 32,768 characters is refused', async () => {
    expect((await ask(`accounts?$filter=${'x'.repeat(33_000)}`)).status).toBe(414)
  })

  test('HEAD answers like GET without a body, OPTIONS allows other origins', async () => {
    const head = await ask('WhoAmI', { method: 'HEAD' })
    expect([head.status, await head.text()]).toEqual([200, ''])
    const preflight = await ask('accounts', {
      method: 'OPTIONS',
      headers: { origin: 'http://app.example', 'access-control-request-headers': 'authorization,prefer' },
    })
    expect(preflight.status).toBe(200)
    expect(preflight.headers.get('access-control-allow-headers')).toBe('authorization,prefer')
    expect(preflight.headers.get('access-control-allow-origin')).toBe('*')
  })
})

describe('limits', () => {
  test('the request too many is a 429 with code, wait and what is left', async () => {
    const { ask } = testSandbox({ limits: { requests: 2 } })
    await ask('WhoAmI')
    await ask('WhoAmI')
    const response = await ask('WhoAmI')
    expect(response.status).toBe(429)
    expect(response.headers.get('retry-after')).toBe('301')
    expect(response.headers.get('x-ms-ratelimit-burst-remaining-xrm-requests')).toBe('0')
    expect(await response.json()).toMatchObject({ error: { code: '0x80072322' } })
    expect((await ask('WhoAmI', { as: userToken('ann') })).status).toBe(200)
  })

  test('a cost of its own counts as execution time', async () => {
    const { ask } = testSandbox({
      limits: { executionMs: 100 },
      executionCost: ({ path }) => (path === 'WhoAmI' ? 60 : 0),
    })
    expect(
      [await ask('WhoAmI'), await ask('WhoAmI'), await ask('WhoAmI')].map(({ status }) => status),
    ).toEqual([200, 200, 429])
  })

  test('requests that are still running count, latency included', async () => {
    const { sandbox, ask } = testSandbox({ limits: { concurrent: 2 } })
    sandbox.faults.add({ fault: { kind: 'latency', ms: 50 } })
    const answers = await Promise.all([ask('WhoAmI'), ask('WhoAmI'), ask('WhoAmI')])
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 429])
    expect(await answers[2]?.json()).toMatchObject({ error: { code: '0x80072326' } })
    expect((await ask('WhoAmI')).status).toBe(200)
  })

  test('a client that keeps the cookie stays on one server, others go round', async () => {
    const { ask } = testSandbox({ limits: { requests: 2, servers: 3 } })
    const statuses = await Promise.all(Array.from({ length: 6 }, () => ask('WhoAmI')))
    expect(statuses.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200, 200])
    const sticky = testSandbox({ limits: { requests: 2, servers: 3 } })
    const cookie = (await sticky.ask('WhoAmI')).headers.get('set-cookie')?.split(';')[0] ?? ''
    await sticky.ask('WhoAmI', { headers: { cookie } })
    expect((await sticky.ask('WhoAmI', { headers: { cookie } })).status).toBe(429)
  })
})

describe('faults', () => {
  test('latency sleeps on the clock and then answers', async () => {
    const { sandbox, ask, clock } = testSandbox()
    sandbox.faults.add({ path: '/api/data/*', fault: { kind: 'latency', ms: 1500 } })
    expect((await ask('WhoAmI')).status).toBe(200)
    expect(clock.slept).toEqual([1500])
  })

  test('each kind of refusal, with and without a wait', async () => {
    const { sandbox, ask } = testSandbox()
    const strike = async (fault: Parameters<typeof sandbox.faults.add>[0]['fault']) => {
      sandbox.faults.clear()
      sandbox.faults.add({ fault })
      const response = await ask('WhoAmI')
      return [
        response.status,
        response.headers.get('retry-after'),
        response.headers.get('content-type')?.split(';')[0],
      ]
    }
    expect(await strike({ kind: 'throttle' })).toEqual([429, '10', 'application/json'])
    expect(await strike({ kind: 'throttle', limit: 'concurrency', retryAfterSeconds: 3 })).toEqual([
      429,
      '3',
      'application/json',
    ])
    expect(await strike({ kind: 'error', status: 503 })).toEqual([503, null, 'application/json'])
    expect(await strike({ kind: 'error', status: 500, retryAfterSeconds: 7 })).toEqual([
      500,
      '7',
      'application/json',
    ])
    expect(await strike({ kind: 'html', status: 502 })).toEqual([502, null, 'text/html'])
    expect(await strike({ kind: 'unauthorized' })).toEqual([401, null, 'text/html'])
  })

  test('a reset before the answer leaves nothing behind, one after the commit has written', async () => {
    const { sandbox, ask } = testSandbox()
    const size = () => sandbox.store.table('account').size
    const before = size()
    sandbox.faults.add({ method: 'POST', fault: { kind: 'reset', when: 'before' }, times: 1 })
    await expect(ask('accounts', { method: 'POST', body: '{}' })).rejects.toMatchObject({
      cause: { code: 'ECONNRESET' },
    })
    expect(size()).toBe(before)
    sandbox.faults.add({ method: 'POST', fault: { kind: 'reset', when: 'after' }, times: 1 })
    await expect(ask('accounts', { method: 'POST', body: '{}' })).rejects.toThrow('fetch failed')
    expect(size()).toBe(before + 1)
    expect(sandbox.trace.entries().map(({ status, note }) => [status, note])).toEqual([
      [0, 'fault: reset'],
      [0, 'fault: reset'],
    ])
  })

  test('a truncated answer breaks while it is read', async () => {
    const { sandbox, ask } = testSandbox()
    sandbox.faults.add({ fault: { kind: 'truncate', bytes: 20 } })
    const response = await ask('accounts')
    expect(response.status).toBe(200)
    await expect(response.text()).rejects.toThrow()
  })

  test('a wrong clock shows in the Date header', async () => {
    const { sandbox, ask } = testSandbox()
    sandbox.faults.clockSkewMs = 3_600_000
    expect((await ask('WhoAmI')).headers.get('date')).toBe('Thu, 01 Jan 2026 01:00:00 GMT')
  })
})

describe('data', () => {
  test('reset brings back the start, a snapshot its moment', async () => {
    const { sandbox, ask } = testSandbox()
    const size = () => sandbox.store.table('account').size
    await ask('accounts', { method: 'POST', body: '{}' })
    sandbox.snapshot('one')
    await ask('accounts', { method: 'POST', body: '{}' })
    const version = sandbox.store.version
    expect(size()).toBe(2)
    expect(sandbox.restore('one')).toBe(true)
    expect([size(), sandbox.store.version < version]).toEqual([1, true])
    await ask('accounts', { method: 'POST', body: '{}' })
    expect(sandbox.restore('one')).toBe(true)
    expect(size()).toBe(1)
    sandbox.faults.add({ fault: { kind: 'unauthorized' } })
    sandbox.reset()
    expect([size(), sandbox.faults.rules(), sandbox.trace.total]).toEqual([0, [], 0])
    expect(sandbox.restore('none')).toBe(false)
  })
})

test('the trace tells who asked what, without the token', async () => {
  const { sandbox, ask } = testSandbox()
  await ask('accounts?$select=name', { as: userToken('ben') })
  await ask('Nothing')
  await ask('contacts')
  const entries = sandbox.trace.entries()
  expect(entries.map(({ method, url, status, code }) => [method, url, status, code])).toEqual([
    ['GET', '/api/data/v9.2/accounts?$select=name', 200, undefined],
    ['GET', '/api/data/v9.2/Nothing', 404, '0x8006088a'],
    ['GET', '/api/data/v9.2/contacts', 500, '0x80040216'],
  ])
  expect(entries[0]?.user).toBe('d0000000-0000-4000-8000-000000000002')
  expect(entries[2]?.note).toContain('a mistake in the sandbox')
  expect(JSON.stringify(entries)).not.toContain(userToken('ben'))
})

import { describe, expect, test } from 'vitest'
import { ORIGIN, testSandbox } from './sandbox.test-support.ts'

function controlled() {
  const { sandbox, ask } = testSandbox()
  const send = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const request = new Request(`${ORIGIN}/sandbox${path}`, {
      method,
      headers,
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    })
    const response = await sandbox.fetch(request)
    const text = await response.text()
    return {
      status: response.status,
      headers: response.headers,
      body: text.startsWith('{') ? JSON.parse(text) : text,
    }
  }
  return { sandbox, ask, send }
}

describe('/sandbox', () => {
  test('the page names the addresses and escapes what was asked', async () => {
    const { ask, send } = controlled()
    await ask('accounts?x=<script>alert(1)</script>')
    const { status, headers, body } = await send('GET', '')
    expect(status).toBe(200)
    expect(headers.get('content-security-policy')).toContain("default-src 'none'")
    expect(body).toContain(`${ORIGIN}/api/data/v9.2/`)
    expect(body).not.toContain('<script>')
  })

  test('the trace comes as JSON', async () => {
    const { ask, send } = controlled()
    await ask('WhoAmI')
    expect((await send('GET', '/trace')).body).toMatchObject({
      total: 1,
      entries: [{ method: 'GET', status: 200 }],
    })
  })

  test('faults are added, listed and taken back', async () => {
    const { ask, send } = controlled()
    const { body } = await send('POST', '/faults', { fault: { kind: 'error', status: 503 }, times: 1 })
    expect((await ask('WhoAmI')).status).toBe(503)
    expect((await send('GET', '/faults')).body).toMatchObject({
      clockSkewMs: 0,
      rules: [{ id: body.id, struck: 1 }],
    })
    expect((await send('DELETE', `/faults/${body.id}`)).status).toBe(204)
    expect((await send('DELETE', `/faults/${body.id}`)).status).toBe(404)
    expect((await send('POST', '/faults', { clockSkewMs: -5000 })).body).toEqual({ clockSkewMs: -5000 })
    expect((await send('DELETE', '/faults')).status).toBe(204)
    expect((await send('GET', '/faults')).body).toEqual({ clockSkewMs: 0, rules: [] })
  })

  test('what is wrong with a rule or a body is said', async () => {
    const { send } = controlled()
    expect(await send('POST', '/faults', { fault: { kind: 'boom' } })).toMatchObject({
      status: 400,
      body: { error: expect.stringContaining('"boom"') },
    })
    expect((await send('POST', '/faults', '{')).body.error).toMatch(/^The body is not JSON/)
    expect((await send('POST', '/limits', { requests: 'many' })).body.error).toContain('"many"')
    expect((await send('GET', '/nothing')).status).toBe(404)
  })

  test('limits change at once', async () => {
    const { ask, send } = controlled()
    expect((await send('POST', '/limits', { requests: 1, sendRetryAfter: false })).body).toMatchObject({
      requests: 1,
      concurrent: 52,
      aggregateRows: 50_000,
    })
    await ask('WhoAmI')
    const response = await ask('WhoAmI')
    expect([response.status, response.headers.get('retry-after')]).toEqual([429, null])
  })

  test('snapshot, restore and reset', async () => {
    const { sandbox, ask, send } = controlled()
    expect((await send('POST', '/snapshot', { name: 'a' })).body).toEqual({ name: 'a' })
    await ask('accounts', { method: 'POST', body: '{}' })
    expect((await send('POST', '/restore', { name: 'a' })).status).toBe(204)
    expect(sandbox.store.table('account').size).toBe(0)
    expect((await send('POST', '/restore', { name: 'b' })).status).toBe(404)
    expect((await send('POST', '/reset')).status).toBe(204)
  })

  test('a page of another origin cannot change anything, and no host but this machine sees it', async () => {
    const { sandbox, send } = controlled()
    expect((await send('POST', '/reset', undefined, { origin: 'http://evil.example' })).status).toBe(403)
    expect((await sandbox.fetch(new Request('https://login.microsoftonline.com/sandbox'))).status).toBe(403)
  })
})

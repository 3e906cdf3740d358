import { describe, expect, test } from 'vitest'
import type { AccessToken, TokenSource } from '../auth/token-source.ts'
import { dataverse } from '../capabilities/dataverse.ts'
import { type ManualClock, manualClock } from '../core/clock.ts'
import { D365Error } from '../core/errors.ts'
import { type HttpRequest, type HttpResponse, NetworkCause } from '../core/http.ts'
import { silentLog } from '../core/log.ts'
import { createSession, type Session } from './session.ts'

const ROOT = 'https://contoso.crm.dynamics.com/api/data/v9.2/'

type Reply = Partial<Omit<HttpResponse, 'body'>> & { readonly body?: string }

interface Stage {
  readonly session: Session
  readonly sent: HttpRequest[]
  readonly clock: ManualClock
  readonly renewals: AccessToken[]
}

/** A session whose network answers with `replies` in order; an Error among them is thrown. */
function stage(replies: readonly (Reply | Error)[], tokens?: Partial<TokenSource>): Stage {
  const clock = manualClock()
  const sent: HttpRequest[] = []
  const renewals: AccessToken[] = []
  const session = createSession({
    http: async (request) => {
      sent.push(request)
      const reply = replies[sent.length - 1]
      if (!reply) throw new Error(`no reply for request ${sent.length}`)
      if (reply instanceof Error) throw reply
      return {
        status: reply.status ?? 200,
        headers: reply.headers ?? {},
        body: new TextEncoder().encode(reply.body ?? '{}'),
      }
    },
    tokens: {
      token: async () => ({ value: 'first-token', expiresAt: undefined }),
      renew: async (failed) => {
        renewals.push(failed)
        return { value: 'second-token', expiresAt: undefined }
      },
      ...tokens,
    },
    capabilities: dataverse,
    root: ROOT,
    clock,
    random: () => 1,
    log: silentLog,
    headers: { CallerObjectId: 'somebody' },
  })
  return { session, sent, clock, renewals }
}

const lost = () =>
  new D365Error('NETWORK_FAILED', 'reset', { cause: new NetworkCause('reset', { sent: true }) })
const refused = () =>
  new D365Error('NETWORK_FAILED', 'refused', { cause: new NetworkCause('refused', { sent: false }) })

test('a request carries the token, the protocol headers and those of the session', async () => {
  const { session, sent } = stage([{}])
  await session.request({
    method: 'GET',
    path: 'accounts?$top=1',
    headers: { Prefer: 'odata.maxpagesize=5' },
  })
  expect(sent[0]).toMatchObject({
    method: 'GET',
    url: `${ROOT}accounts?$top=1`,
    headers: {
      authorization: 'Bearer first-token',
      'if-none-match': 'null',
      'odata-version': '4.0',
      callerobjectid: 'somebody',
      prefer: 'odata.maxpagesize=5',
    },
  })
})

describe('tokens', () => {
  test('a 401 renews once and repeats the request', async () => {
    const { session, sent, renewals } = stage([{ status: 401 }, { body: '{"ok":1}' }])
    await session.request({ method: 'POST', path: 'accounts', body: '{}' })
    expect(renewals.map(({ value }) => value)).toEqual(['first-token'])
    expect(sent.map(({ headers }) => headers?.authorization)).toEqual([
      'Bearer first-token',
      'Bearer second-token',
    ])
  })

  test('a second 401 is reported, not tried again', async () => {
    const { session, sent } = stage([
      { status: 401 },
      { status: 401, body: 'HTTP Error 401 - Unauthorized: Access is denied' },
    ])
    await expect(session.request({ method: 'GET', path: 'WhoAmI' })).rejects.toMatchObject({
      code: 'UNAUTHORIZED',
      status: 401,
    })
    expect(sent).toHaveLength(2)
  })

  test('a 403 never renews and never repeats', async () => {
    const body = '{"error":{"code":"0x80072560","message":"The user is not a member of the organization."}}'
    const { session, sent, renewals } = stage([{ status: 403, body }])
    await expect(session.request({ method: 'GET', path: 'WhoAmI' })).rejects.toMatchObject({
      code: 'FORBIDDEN',
      serviceCode: '0x80072560',
      hint: expect.stringContaining('Application users'),
    })
    expect([sent.length, renewals.length]).toEqual([1, 0])
  })

  test('a link that leads to another host is refused before anything is sent', async () => {
    const { session, sent } = stage([])
    for (const path of [
      'https://evil.example/api/data/v9.2/accounts',
      '//evil.example/accounts',
      'http://contoso.crm.dynamics.com/x',
    ])
      await expect(session.request({ method: 'GET', path })).rejects.toMatchObject({
        code: 'RESPONSE_INVALID',
      })
    expect(sent).toEqual([])
  })
})

describe('retries', () => {
  test('Retry-After is obeyed exactly', async () => {
    const { session, clock } = stage([{ status: 429, headers: { 'retry-after': '17' } }, {}])
    await session.request({ method: 'POST', path: 'accounts', body: '{}' })
    expect(clock.slept).toEqual([17_000])
  })

  test('a 429 pauses every request of the session', async () => {
    const { session, clock, sent } = stage([{ status: 429, headers: { 'retry-after': '30' } }, {}, {}])
    await session.request({ method: 'GET', path: 'accounts' })
    const waited = clock.now()
    await session.request({ method: 'GET', path: 'contacts' })
    expect(clock.now()).toBe(waited)
    expect(clock.slept).toEqual([30_000])
    expect(sent).toHaveLength(3)
  })

  test('without Retry-After the waits double up to their cap', async () => {
    const { session, clock } = stage([{ status: 503 }, { status: 503 }, { status: 503 }, {}])
    await session.request({ method: 'GET', path: 'accounts' })
    expect(clock.slept).toEqual([1000, 2000, 4000])
  })

  test('a lost answer repeats a GET, but not a POST whose fate is unknown', async () => {
    const read = stage([lost(), {}])
    await read.session.request({ method: 'GET', path: 'accounts' })
    expect(read.sent).toHaveLength(2)
    const write = stage([lost()])
    await expect(
      write.session.request({ method: 'POST', path: 'accounts', body: '{}' }),
    ).rejects.toMatchObject({ code: 'NETWORK_FAILED' })
    expect(write.sent).toHaveLength(1)
  })

  test('a POST declared repeatable is repeated, and one that never left is too', async () => {
    const safe = stage([lost(), {}])
    await safe.session.request({ method: 'POST', path: 'accounts', body: '{}', repeatable: true })
    const unsent = stage([refused(), {}])
    await unsent.session.request({ method: 'POST', path: 'accounts', body: '{}' })
    expect([safe.sent.length, unsent.sent.length]).toEqual([2, 2])
  })

  test('a 503 of the service was not executed; that of a gateway may have been', async () => {
    const error = { error: { code: '0x80060888', message: 'busy' } }
    const service = stage([{ status: 503, body: JSON.stringify(error) }, {}])
    await service.session.request({ method: 'POST', path: 'accounts', body: '{}' })
    expect(service.sent).toHaveLength(2)
    const gateway = stage([{ status: 503, body: '<html>busy</html>' }])
    await expect(
      gateway.session.request({ method: 'POST', path: 'accounts', body: '{}' }),
    ).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' })
    expect(gateway.sent).toHaveLength(1)
  })

  test('giving up reports the last error', async () => {
    const { session, sent } = stage(Array.from({ length: 20 }, () => ({ status: 503, body: 'down' })))
    await expect(session.request({ method: 'GET', path: 'accounts' })).rejects.toMatchObject({
      code: 'SERVICE_UNAVAILABLE',
    })
    expect(sent).toHaveLength(9)
  })

  test('waiting longer than the total limit is not begun', async () => {
    const { session, clock, sent } = stage([{ status: 429, headers: { 'retry-after': '3600' } }])
    await expect(session.request({ method: 'GET', path: 'accounts' })).rejects.toMatchObject({
      code: 'THROTTLED',
      retryAfterMs: 3_600_000,
    })
    expect([sent.length, clock.slept]).toEqual([1, []])
  })

  test('slow tries count against the total limit, not only the waits between them', async () => {
    const { session, clock, sent } = stage(
      Array.from({ length: 9 }, () => ({ status: 504 })),
      {
        token: async () => {
          clock.advance(300_000)
          return { value: 'first-token', expiresAt: undefined }
        },
      },
    )
    await expect(session.request({ method: 'GET', path: 'accounts' })).rejects.toMatchObject({ status: 504 })
    expect(sent).toHaveLength(3)
  })

  test('closing the session ends a wait at once', async () => {
    const { session } = stage([{ status: 429, headers: { 'retry-after': '60' } }, {}])
    const waiting = session.request({ method: 'GET', path: 'accounts' })
    await session.close()
    await expect(waiting).rejects.toMatchObject({ code: 'CANCELLED' })
  })

  test('an unknown host is not tried again', async () => {
    const cause = new NetworkCause('ENOTFOUND', { sent: false, permanent: true })
    const { session, sent } = stage([new D365Error('NETWORK_FAILED', 'no such host', { cause })])
    await expect(session.request({ method: 'GET', path: 'x' })).rejects.toMatchObject({
      code: 'NETWORK_FAILED',
    })
    expect(sent).toHaveLength(1)
  })

  test('waiting ends at once when the caller cancels', async () => {
    const controller = new AbortController()
    const { session } = stage([{ status: 429, headers: { 'retry-after': '3000' } }])
    controller.abort()
    await expect(
      session.request({ method: 'GET', path: 'x', signal: controller.signal }),
    ).rejects.toMatchObject({ code: expect.stringMatching(/THROTTLED|CANCELLED/) })
  })
})

describe('answers that are not of the service', () => {
  test.each([
    [{ status: 302, headers: { location: 'https://portal.example/login' } }, 'portal.example'],
    [{ status: 200, headers: { 'content-type': 'text/html; charset=utf-8' }, body: '<html>' }, 'HTML'],
  ])('a write answered with %j did not succeed', async (reply, words) => {
    const { session, sent } = stage([reply])
    await expect(
      session.request({ method: 'PATCH', path: 'accounts(1)', body: '{}', repeatable: true }),
    ).rejects.toMatchObject({ code: 'RESPONSE_INVALID', message: expect.stringContaining(words) })
    expect(sent).toHaveLength(1)
  })

  test('304 answers a conditional read', async () => {
    const { session } = stage([{ status: 304 }])
    expect((await session.request({ method: 'GET', path: 'accounts(1)' })).status).toBe(304)
  })

  test.each([
    ['', 'no explanation'],
    ['HTTP Error 401 - Unauthorized: Access is denied', 'Access is denied'],
    ['<html><head><title>502 Bad Gateway</title></head></html>', 'titled "502 Bad Gateway"'],
    ['{"error":{"code":"","message":"Plain words"}}', 'Plain words'],
    ['{"Message":"No such thing"}', 'No such thing'],
  ])('an error of the form %j is told in words', async (body, words) => {
    const { session } = stage([{ status: 400, body, headers: { 'x-ms-service-request-id': 'r-1' } }])
    await expect(
      session.request({ method: 'POST', path: 'accounts', body: '{"name":"private"}' }),
    ).rejects.toMatchObject({
      code: 'REQUEST_REFUSED',
      serviceCode: '',
      requestId: 'r-1',
      message: expect.stringMatching(new RegExp(`^(?!.*private).*${words}`)),
    })
  })

  test('a known code decides what an error is, whatever its status', async () => {
    const body = '{"error":{"code":"0x80040333","message":"A record was not created."}}'
    const { session, sent } = stage([{ status: 500, body }])
    await expect(session.request({ method: 'POST', path: 'accounts', body: '{}' })).rejects.toMatchObject({
      code: 'CONFLICT',
      status: 500,
    })
    expect(sent).toHaveLength(1)
  })
})

describe('long URLs', () => {
  const long = `accounts?$filter=${'x'.repeat(33_000)}`
  const reply = (status: number, body: string) => ({
    headers: { 'content-type': 'multipart/mixed; boundary=r' },
    body: `--r\r\nContent-Type: application/http\r\n\r\nHTTP/1.1 ${status} X\r\nRetry-After: 9\r\n\r\n${body}\r\n--r--\r\n`,
  })

  test('a GET that is too long travels in a batch and reads as a GET', async () => {
    const { session, sent } = stage([reply(200, '{"value":[]}')])
    const answer = await session.request({
      method: 'GET',
      path: long,
      headers: { Prefer: 'odata.maxpagesize=5' },
    })
    expect([answer.status, new TextDecoder().decode(answer.body)]).toEqual([200, '{"value":[]}'])
    expect(sent[0]).toMatchObject({
      method: 'POST',
      url: `${ROOT}$batch`,
      headers: { prefer: 'odata.continue-on-error', callerobjectid: 'somebody' },
    })
    const body = String(sent[0]?.body)
    expect(body).toContain(`GET /api/data/v9.2/${long} HTTP/1.1\r\n`)
    expect(body).toContain('prefer: odata.maxpagesize=5\r\n')
    expect(body).not.toContain('first-token')
  })

  test('a limit reported inside the batch is waited for like any other', async () => {
    const { session, clock } = stage([reply(429, '{}'), reply(200, '{}')])
    await session.request({ method: 'GET', path: long })
    expect(clock.slept).toEqual([9000])
  })

  test('a URL too long for a batch is refused with its length before anything is sent', async () => {
    const { session, sent } = stage([])
    await expect(
      session.request({ method: 'GET', path: `accounts?$filter=${'x'.repeat(70_000)}` }),
    ).rejects.toMatchObject({ code: 'REQUEST_REFUSED', message: expect.stringContaining('65536') })
    expect(sent).toEqual([])
  })
})

test('limits are remembered from the headers and kept where an answer names none', async () => {
  const { session } = stage([
    {
      headers: {
        'x-ms-ratelimit-burst-remaining-xrm-requests': '5998',
        'x-ms-ratelimit-time-remaining-xrm-requests': '1,199.99'.replace(',', ''),
        'x-ms-dop-hint': '10',
      },
    },
    {},
  ])
  await session.request({ method: 'GET', path: 'WhoAmI' })
  await session.request({ method: 'GET', path: 'accounts' })
  expect(session.limits()).toEqual({
    remainingRequests: 5998,
    remainingExecutionMs: 1_199_990,
    recommendedParallelism: 10,
  })
})

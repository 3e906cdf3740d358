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

  test('giving up reports the last error', async () => {
    const { session, sent } = stage(Array.from({ length: 20 }, () => ({ status: 503, body: 'down' })))
    await expect(session.request({ method: 'GET', path: 'accounts' })).rejects.toMatchObject({
      code: 'SERVICE_UNAVAILABLE',
    })
    expect(sent).toHaveLength(9)
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

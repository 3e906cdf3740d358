import { describe, expect, test } from 'vitest'
import { manualClock } from '../core/clock.ts'
import { D365Error } from '../core/errors.ts'
import { NetworkCause } from '../core/http.ts'
import { silentLog } from '../core/log.ts'
import { entraError, fakeHttp, jsonAnswer } from './auth.test-support.ts'
import { sendTokenRequest, type TokenRequest } from './token-request.ts'

const OK = jsonAnswer(200, { access_token: 'a' })
const unsent = new D365Error('NETWORK_FAILED', 'no route', {
  cause: new NetworkCause('refused', { sent: false }),
})
const reset = new D365Error('NETWORK_FAILED', 'reset', { cause: new NetworkCause('reset', { sent: true }) })
const timeout = new D365Error('TIMED_OUT', 'no answer in 30 s')

async function run(answers: Parameters<typeof fakeHttp>[0], request: Partial<TokenRequest> = {}) {
  const fake = fakeHttp(answers)
  const clock = manualClock()
  const outcome = await sendTokenRequest(
    { http: fake.http, clock, random: () => 1, log: silentLog },
    {
      url: 'https://login.microsoftonline.com/t/oauth2/v2.0/token',
      grant: 'client_credentials',
      form: { a: '1' },
      ...request,
    },
  ).then(
    ({ status }) => status,
    (error: unknown) => (error instanceof D365Error ? error.code : String(error)),
  )
  return { outcome, slept: clock.slept, sent: fake.requests.length }
}

describe('retries at the token endpoint', () => {
  test.each([400, 401, 403])('a refusal with %i is never repeated', async (status) => {
    expect(await run([entraError(status, 'invalid_client', 7000215)])).toEqual({
      outcome: status,
      slept: [],
      sent: 1,
    })
  })

  test.each([408, 429, 500, 502, 503, 504])(
    '%i passes: 1, 2 and 4 seconds, then it is final',
    async (status) => {
      const busy = jsonAnswer(status, {})
      expect(await run([busy, busy, busy, busy])).toEqual({
        outcome: status,
        slept: [1000, 2000, 4000],
        sent: 4,
      })
      expect(await run([busy, OK])).toEqual({ outcome: 200, slept: [1000], sent: 2 })
    },
  )

  test('temporarily_unavailable passes whatever its status', async () => {
    expect(await run([entraError(400, 'temporarily_unavailable', 90055), OK])).toMatchObject({
      outcome: 200,
      sent: 2,
    })
  })

  test('Retry-After is obeyed up to a minute; a longer one ends the trying', async () => {
    const busy = (after: string) => jsonAnswer(429, {}, { 'retry-after': after })
    expect(await run([busy('60'), busy('Thu, 01 Jan 2026 00:01:10 GMT'), OK])).toEqual({
      outcome: 200,
      slept: [60_000, 10_000],
      sent: 3,
    })
    expect(await run([busy('61')])).toEqual({ outcome: 429, slept: [], sent: 1 })
  })

  test('what was never sent is sent again, also a code', async () => {
    expect(await run([unsent, unsent, OK], { grant: 'authorization_code', resends: 0 })).toMatchObject({
      outcome: 200,
      sent: 3,
    })
  })

  test.each([timeout, reset])(
    'a code whose answer was lost is not sent again: a new sign-in is needed',
    async (lost) => {
      expect(await run([lost], { grant: 'authorization_code', resends: 0 })).toMatchObject({
        outcome: 'SIGN_IN_REQUIRED',
        sent: 1,
      })
    },
  )

  test('a refresh token whose answer was lost is sent once more', async () => {
    const refresh = { grant: 'refresh_token', resends: 1 }
    expect(await run([timeout, OK], refresh)).toMatchObject({ outcome: 200, sent: 2 })
    expect(await run([timeout, reset], refresh)).toMatchObject({ outcome: 'NETWORK_FAILED', sent: 2 })
  })

  test('cancelling and bugs end at once', async () => {
    expect(await run([new D365Error('CANCELLED', 'stop')])).toMatchObject({ outcome: 'CANCELLED', sent: 1 })
    expect(await run([new TypeError('bug')])).toMatchObject({ outcome: 'TypeError: bug', sent: 1 })
  })
})

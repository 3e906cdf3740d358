import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { manualClock } from '../core/clock.ts'
import { type Admission, createLimits, type Limits } from './limits.ts'

/** Admits and finishes at once, at a cost. */
function pass(limits: Limits, { user = 'ann', costMs = 0 } = {}): Admission {
  const admission = limits.admit(user)
  if (admission.admitted) admission.finish(costMs)
  return admission
}

const refusalOf = (admission: Admission) => (admission.admitted ? undefined : admission.refusal)

describe('requests', () => {
  test('the request after the last allowed one is refused with the documented code and text', () => {
    const limits = createLimits({}, manualClock())
    for (let count = 0; count < 6000; count++) expect(pass(limits).admitted).toBe(true)
    expect(refusalOf(pass(limits))).toEqual({
      kind: 'requests',
      code: '0x80072322',
      message: 'Number of requests exceeded the limit of 6000 over time window of 300 seconds.',
      retryAfterSeconds: 301,
    })
  })

  test('waiting as long as asked is enough, one second less is not', () => {
    const clock = manualClock()
    const limits = createLimits({ requests: 3, growRetryAfter: false }, clock)
    pass(limits)
    clock.advance(60_000)
    pass(limits)
    pass(limits)
    const seconds = refusalOf(pass(limits))?.retryAfterSeconds ?? 0
    expect(seconds).toBe(241)
    clock.advance((seconds - 1) * 1000)
    expect(pass(limits).admitted).toBe(false)
    clock.advance(1000)
    expect(pass(limits).admitted).toBe(true)
  })

  test('asking again too early makes the wait longer, unless that is switched off', () => {
    const waits = (growRetryAfter: boolean) => {
      const limits = createLimits({ requests: 1, windowMs: 60_000, growRetryAfter }, manualClock())
      pass(limits)
      return [1, 2, 3].map(() => refusalOf(pass(limits))?.retryAfterSeconds)
    }
    expect(waits(true)).toEqual([61, 62, 63])
    expect(waits(false)).toEqual([61, 61, 61])
  })

  test('users are counted apart', () => {
    const limits = createLimits({ requests: 1 }, manualClock())
    expect(pass(limits, { user: 'ann' }).admitted).toBe(true)
    expect(pass(limits, { user: 'ben' }).admitted).toBe(true)
    expect(pass(limits, { user: 'ann' }).admitted).toBe(false)
  })

  test('no window ever holds more than the limit, whatever the pace', () => {
    const pace = fc.array(fc.integer({ min: 0, max: 40_000 }), { minLength: 1, maxLength: 60 })
    fc.assert(
      fc.property(pace, fc.integer({ min: 1, max: 8 }), (gaps, requests) => {
        const clock = manualClock()
        const limits = createLimits({ requests, windowMs: 60_000 }, clock)
        const admitted: number[] = []
        for (const gap of gaps) {
          clock.advance(gap)
          if (pass(limits).admitted) admitted.push(clock.now())
        }
        for (const at of admitted) {
          const inWindow = admitted.filter((other) => other > at - 60_000 && other <= at)
          expect(inWindow.length).toBeLessThanOrEqual(requests)
        }
      }),
    )
  })
})

describe('execution time', () => {
  test('the combined time is limited, with the limit in the text as the service prints it', () => {
    const limits = createLimits({}, manualClock())
    pass(limits, { costMs: 1_199_999 })
    expect(pass(limits, { costMs: 1 }).admitted).toBe(true)
    const refusal = refusalOf(pass(limits))
    expect(refusal?.code).toBe('0x80072321')
    expect(refusal?.message).toMatch(
      /^Combined execution time of incoming requests exceeded limit of 1,200,000 milli/,
    )
  })

  test('a request counts its time once, however often it finishes', () => {
    const limits = createLimits({ executionMs: 100 }, manualClock())
    const admission = limits.admit('ann')
    if (!admission.admitted) throw new Error('refused')
    admission.finish(60)
    admission.finish(60)
    expect(limits.headers('ann')['x-ms-ratelimit-time-remaining-xrm-requests']).toBe('0.04')
  })
})

describe('concurrency', () => {
  test('one more than the limit is refused at once, and a finished one makes room', () => {
    const limits = createLimits({ concurrent: 2 }, manualClock())
    const first = limits.admit('ann')
    limits.admit('ann')
    expect(refusalOf(limits.admit('ann'))).toMatchObject({
      code: '0x80072326',
      message: 'Number of concurrent requests exceeded the limit of 2.',
    })
    if (first.admitted) first.finish(1)
    expect(limits.admit('ann').admitted).toBe(true)
  })
})

test('the headers say what is left, and it comes back as the window slides', () => {
  const clock = manualClock()
  const limits = createLimits({}, clock)
  pass(limits, { costMs: 30 })
  expect(limits.headers('ann')).toEqual({
    'x-ms-ratelimit-burst-remaining-xrm-requests': '5999',
    'x-ms-ratelimit-time-remaining-xrm-requests': '1,199.97',
    'x-ms-dop-hint': '10',
  })
  clock.advance(302_000)
  expect(limits.headers('ann')['x-ms-ratelimit-burst-remaining-xrm-requests']).toBe('6000')
})

test('Retry-After can be switched off', () => {
  const limits = createLimits({ requests: 0, sendRetryAfter: false }, manualClock())
  expect(refusalOf(pass(limits))?.retryAfterSeconds).toBeUndefined()
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Clock } from '../../core/clock.ts'
import { sendWindow } from './window.ts'

const LIMITS = { windowMs: 30_000, requests: 600, executionMs: 120_000 }

const NO_PAUSE = { leftMs: () => 0 }

/** Time that moves to the next sleeper once everybody waits. */
function simulatedClock(): Clock & { run(until: () => boolean): Promise<void> } {
  let now = 0
  const sleepers: { readonly at: number; readonly wake: () => void }[] = []
  return {
    now: () => now,
    sleep: (ms) => new Promise((wake) => sleepers.push({ at: now + ms, wake })),
    async run(until) {
      while (!until()) {
        await new Promise((resolve) => setImmediate(resolve))
        sleepers.sort((a, b) => a.at - b.at)
        const next = sleepers.shift()
        if (!next) continue
        now = next.at
        next.wake()
      }
    },
  }
}

interface Load {
  readonly count: number
  readonly senders: number
  readonly tookMs: (at: number) => number
  /** Web servers that share the work, each with limits of its own. Default 1. */
  readonly servers?: number
  /** Part of the execution budget that another program holds. Default 0. */
  readonly others?: number
  readonly tells?: boolean
  /** Limits the service really has. Default: the documented ones. */
  readonly actual?: typeof LIMITS
}

/** Sends a load against a service that counts as the documentation says; how long it took and how often it was too much. */
async function simulate({
  count,
  senders,
  tookMs,
  servers = 1,
  others = 0,
  tells = true,
  actual = LIMITS,
}: Load) {
  const clock = simulatedClock()
  const window = sendWindow({ clock, limits: LIMITS, pause: NO_PAUSE })
  const started: { server: number; at: number }[] = []
  const spent: { server: number; at: number; ms: number }[] = []
  const recent = <Entry extends { server: number; at: number }>(entries: Entry[], server: number) =>
    entries.filter((one) => one.server === server && one.at + actual.windowMs > clock.now())
  let next = 0
  let tooMuch = 0
  let finished = 0
  async function sender(): Promise<void> {
    for (;;) {
      const at = next++
      if (at >= count) break
      const leave = await window.enter()
      const server = at % servers
      const usedMs = recent(spent, server).reduce((sum, { ms }) => sum + ms, others * actual.executionMs)
      if (recent(started, server).length >= actual.requests || usedMs >= actual.executionMs) tooMuch++
      started.push({ server, at: clock.now() })
      await clock.sleep(tookMs(at))
      spent.push({ server, at: clock.now(), ms: tookMs(at) })
      leave()
      const left = recent(spent, server).reduce((sum, { ms }) => sum - ms, (1 - others) * actual.executionMs)
      if (tells)
        window.learn({
          remainingRequests: actual.requests - recent(started, server).length,
          remainingExecutionMs: Math.max(0, left),
        })
    }
    finished++
  }
  for (let at = 0; at < senders; at++) void sender()
  await clock.run(() => finished === senders)
  return { seconds: clock.now() / 1000, tooMuch }
}

describe('a load larger than the budget', () => {
  test('of long requests spends the execution time and never more, close to the ideal', async () => {
    // 1,000 requests of 0.3 s are 300 s of work: 120 s at once, and 120 s more in each of the windows that follow.
    const { seconds, tooMuch } = await simulate({ count: 1000, senders: 16, tookMs: () => 300 })
    expect(tooMuch).toBe(0)
    expect(seconds).toBeGreaterThan(60)
    expect(seconds).toBeLessThan(75)
  })

  test('of short requests spends their number and never more', async () => {
    const { seconds, tooMuch } = await simulate({ count: 1500, senders: 16, tookMs: () => 20 })
    expect(tooMuch).toBe(0)
    expect(seconds).toBeGreaterThan(60)
    expect(seconds).toBeLessThan(66)
  })

  test('needs no word of the service, and never goes over whatever requests cost', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 50, max: 500 }), { minLength: 10, maxLength: 10 }),
        fc.integer({ min: 1, max: 20 }),
        async (costs, senders) => {
          const tookMs = (at: number): number => costs[at % costs.length] ?? 50
          const { tooMuch } = await simulate({ count: 800, senders, tookMs, tells: false })
          expect(tooMuch).toBe(0)
        },
      ),
      { numRuns: 8 },
    )
  })

  test('goes faster where several servers share it, as their word tells', async () => {
    const load = { count: 1000, senders: 16, tookMs: () => 300 }
    const alone = await simulate(load)
    const shared = await simulate({ ...load, servers: 4 })
    expect(shared.tooMuch).toBe(0)
    expect(shared.seconds).toBeLessThan(alone.seconds / 2)
  })

  test('leaves to others what they hold of the budget', async () => {
    const { seconds, tooMuch } = await simulate({ count: 600, senders: 8, tookMs: () => 300, others: 0.5 })
    // Ideal: 67 s. Only the questions whether the budget is free again may come too early.
    expect(seconds).toBeLessThan(100)
    expect(tooMuch).toBeLessThan(10)
  })
})

describe('a window', () => {
  test('lets a small load through without a wait', async () => {
    expect(await simulate({ count: 300, senders: 4, tookMs: () => 300 })).toEqual({
      seconds: 22.5,
      tooMuch: 0,
    })
  })

  test('does not take the wait of a throttled request for work', async () => {
    const clock = simulatedClock()
    const window = sendWindow({ clock, limits: LIMITS, pause: NO_PAUSE })
    let done = false
    void (async () => {
      for (let at = 0; at < 100; at++) {
        const leave = await window.enter()
        await clock.sleep(at === 50 ? 25_000 : 100)
        leave()
      }
      done = true
    })()
    await clock.run(() => done)
    expect(clock.now()).toBe(99 * 100 + 25_000)
  })

  test('follows limits that are not the documented ones', async () => {
    const actual = { windowMs: 3000, requests: 60, executionMs: 12_000 }
    const { seconds, tooMuch } = await simulate({ count: 600, senders: 4, tookMs: () => 20, actual })
    // Ideal: 60 at once and 60 more every 3 s.
    expect(seconds).toBeGreaterThan(27)
    expect(seconds).toBeLessThan(60)
    expect(tooMuch).toBeLessThan(30)
  })

  test('asks after a budget that others hold, although nothing of ours comes back', async () => {
    const clock = simulatedClock()
    const window = sendWindow({ clock, limits: LIMITS, pause: NO_PAUSE })
    window.learn({ remainingRequests: 0, remainingExecutionMs: 0 })
    const leftAt: number[] = []
    void (async () => {
      for (let at = 0; at < 61; at++) {
        const leave = await window.enter()
        leftAt.push(clock.now())
        leave()
        window.learn({ remainingRequests: 0, remainingExecutionMs: at })
      }
    })()
    await clock.run(() => leftAt.length === 61)
    // A tenth is never held back.
    expect(leftAt).toEqual([...Array(59).fill(0), 3030, 6060])
  })
})

import type { Clock } from '../src/core/clock.ts'

/** Time that moves to the next sleeper once everybody waits: hours of a model in seconds, the same on every machine. */
export interface SimulatedClock extends Clock {
  /** Resolves or rejects as the work does. */
  run<Result>(work: Promise<Result>): Promise<Result>
}

export function simulatedClock(): SimulatedClock {
  let now = 0
  const sleepers: { readonly at: number; readonly wake: () => void }[] = []
  return {
    now: () => now,
    sleep: (ms) =>
      new Promise((wake) => {
        const at = now + ms
        const after = sleepers.findIndex((one) => one.at > at)
        sleepers.splice(after < 0 ? sleepers.length : after, 0, { at, wake })
      }),
    async run(work) {
      let isOver = false
      const over = () => {
        isOver = true
      }
      work.then(over, over)
      while (!isOver) {
        await new Promise((resolve) => setImmediate(resolve))
        const next = sleepers.shift()
        if (!next) continue
        now = next.at
        next.wake()
      }
      return work
    },
  }
}

/** Time as an argument, so that tests never sleep. */
export interface Clock {
  /** Milliseconds since 1970-01-01T00:00:00Z. */
  now(): number
  /** Resolves after `ms`; rejects at once with the signal's reason when it aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason)
      const stop = () => {
        clearTimeout(timer)
        reject(signal?.reason)
      }
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', stop)
        resolve()
      }, ms)
      signal?.addEventListener('abort', stop, { once: true })
    }),
}

export interface ManualClock extends Clock {
  /** Moves time on without waking anybody. */
  advance(ms: number): void
  /** Every sleep asked for, in ms, in order. Each one moved time on and ended at once. */
  readonly slept: readonly number[]
}

/** A clock that only moves when slept on or told to. */
export function manualClock(start = Date.UTC(2026, 0, 1)): ManualClock {
  let now = start
  const slept: number[] = []
  return {
    now: () => now,
    sleep: async (ms, signal) => {
      signal?.throwIfAborted()
      slept.push(ms)
      now += ms
    },
    advance: (ms) => {
      now += ms
    },
    slept,
  }
}

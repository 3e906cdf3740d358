import type { Clock } from '../../core/clock.ts'

/** One pause for all senders of a user: when the service asks one to wait, everybody waits. */
export interface Pause {
  /** No request leaves for the next `ms`. */
  extend(ms: number): void
  /** In ms; 0: requests may leave. */
  leftMs(): number
  /** Resolves when requests may leave. */
  over(signal?: AbortSignal | undefined): Promise<void>
}

export function sharedPause(clock: Clock): Pause {
  let until = 0
  return {
    extend: (ms) => {
      until = Math.max(until, clock.now() + ms)
    },
    leftMs: () => Math.max(0, until - clock.now()),
    over: async (signal) => {
      for (let wait = until - clock.now(); wait > 0; wait = until - clock.now())
        await clock.sleep(wait, signal)
    },
  }
}

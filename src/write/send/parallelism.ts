import type { Capabilities } from '../../capabilities/capabilities.ts'

/**
 * How many requests of one user are on the way at once. Never more than the service recommends; within that, as many
 * as make it faster: it begins low, doubles, and steps back when a row takes longer because others are on the way.
 */
export interface Parallelism {
  current(): number
  /** What one request took for each of its rows, in ms. Times are compared within one kind only. */
  took(msPerRow: number, kind: string): void
  /** The service refused a request because too many were on the way. */
  tooMany(): void
}

export interface ParallelismOptions {
  readonly limits: Pick<Capabilities['limits'], 'concurrent'>
  /** What the service recommends; undefined or 0: it does not say. Asked each time, because its advice changes. */
  readonly recommended: () => number | undefined
}

const START = 4
/**
 * With fewer on the way nobody waits for us, so the time of a row is what it is: a service that has become slower
 * brings us down to here, and from here we begin anew.
 */
const UNDISTURBED = 2
/** A row that takes so many times its best time waits for others of ours. */
const SLOWER = 1.12
/** Up to here it counts as not slower at all. */
const AS_FAST = 1.05
const AFTER_TOO_MANY = 0.7
const LEAST_STEP_BACK = 0.5

export function createParallelism({ limits, recommended }: ParallelismOptions): Parallelism {
  let level = START
  let growsFast = true
  let kindSeen: string | undefined
  let best = Number.POSITIVE_INFINITY
  let round = { count: 0, ms: 0 }

  const most = (): number => Math.min(limits.concurrent, recommended() || limits.concurrent)
  const current = (): number => Math.max(1, Math.min(most(), Math.floor(level)))

  function endRound(msPerRow: number): void {
    best = level <= UNDISTURBED ? msPerRow : Math.min(best, msPerRow)
    const ratio = msPerRow / best
    if (ratio > SLOWER) {
      growsFast = false
      level = Math.max(UNDISTURBED, level * Math.max(LEAST_STEP_BACK, 1 / ratio))
    } else if (ratio < AS_FAST) level = Math.min(most(), growsFast ? level * 2 : level + 1)
  }

  return {
    current,
    took(msPerRow, kind) {
      if (kind !== kindSeen) {
        kindSeen = kind
        best = Number.POSITIVE_INFINITY
        round = { count: 0, ms: 0 }
      }
      round = { count: round.count + 1, ms: round.ms + msPerRow }
      if (round.count < current()) return
      const mean = round.ms / round.count
      round = { count: 0, ms: 0 }
      endRound(mean)
    },
    tooMany() {
      growsFast = false
      level = Math.max(1, current() * AFTER_TOO_MANY)
      round = { count: 0, ms: 0 }
    },
  }
}

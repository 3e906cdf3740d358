import type { Capabilities } from '../../capabilities/capabilities.ts'
import type { Clock } from '../../core/clock.ts'
import type { Pause } from './pause.ts'

/**
 * Keeps one user inside the service protection limits before the service has to say so: a ledger of our own requests
 * over the sliding window, corrected by what the service says is left. It does not pace: the budget is spent in a
 * burst, then as it comes back.
 */
export interface SendWindow {
  /** Resolves when a request may leave; what it gives is called once the request is over, however it ended. */
  enter(signal?: AbortSignal | undefined): Promise<() => void>
  /** Might a request leave now? */
  isOpen(): boolean
  /** What the service said is left, after an answer. Undefined: it did not say. */
  learn(left: BudgetLeft): void
}

export interface BudgetLeft {
  readonly remainingRequests: number | undefined
  readonly remainingExecutionMs: number | undefined
}

export interface WindowOptions {
  readonly clock: Clock
  readonly limits: Pick<Capabilities['limits'], 'windowMs' | 'requests' | 'executionMs'>
  /** Nothing leaves while it lasts. */
  readonly pause: Pick<Pause, 'leftMs'>
}

/** The service counts in slices of its window, and forgets a slice when all of it has passed. */
const LONGER = 1.01
/** Part of a budget that is spent; the rest is for what we cannot see. */
const SPENT = 0.985
/** Weight of the newest observation, of a request's length and of the service's own count. */
const NEWEST = 0.2
/** A request that takes so many times the usual was waiting, not working. */
const LONGEST_TO_USUAL = 10
/** A budget below this part of the documented one is held by others, or the limits are not the documented ones. */
const UNUSUAL = 0.9
/** Up to so many times the documented budget, what seems left is only what the service has forgotten sooner than we. */
const NO_MORE = 1.25
/** Below this part nothing is held back: headers may be misread, and the service's own refusals are the truth. */
const LEAST = 0.1
/** How often an unusual budget is asked after while nothing of ours is on the way, in times per window. */
const QUESTIONS_PER_WINDOW = 10
/** How often somebody who waits for requests on the way looks again, in times per window. */
const LOOKS_PER_WINDOW = 1000

export function sendWindow({ clock, limits, pause }: WindowOptions): SendWindow {
  const { requests, executionMs } = limits
  const windowMs = limits.windowMs * LONGER
  const ledger = createLedger(windowMs)
  let onTheWay = 0
  let usualMs: number | undefined
  const budget = {
    requests: createBudget(requests, windowMs),
    executionMs: createBudget(executionMs, windowMs),
  }
  let learned: BudgetLeft = { remainingRequests: undefined, remainingExecutionMs: undefined }
  let lastLeftAt = Number.NEGATIVE_INFINITY

  /** In ms; 0: a request may leave now. */
  function waitMs(): number {
    const now = clock.now()
    if (pause.leftMs() > 0) return pause.leftMs()
    const own = ledger.used(now)
    const next = onTheWay + 1
    const isIn =
      own.requests + next <= SPENT * budget.requests.size() &&
      own.executionMs + next * (usualMs ?? 0) <= SPENT * budget.executionMs.size()
    if (isIn) return 0
    if (onTheWay > 0) return windowMs / LOOKS_PER_WINDOW
    const untilOldest = (ledger.oldest() ?? now) + windowMs - now
    const isUnusual =
      budget.requests.size() < UNUSUAL * requests || budget.executionMs.size() < UNUSUAL * executionMs
    if (!isUnusual) return Math.max(1, untilOldest)
    return Math.max(0, Math.min(untilOldest, lastLeftAt + windowMs / QUESTIONS_PER_WINDOW - now))
  }

  return {
    isOpen: () => waitMs() === 0,
    async enter(signal) {
      for (let wait = waitMs(); wait > 0; wait = waitMs()) await clock.sleep(wait, signal)
      onTheWay++
      const started = clock.now()
      lastLeftAt = started
      return () => {
        onTheWay--
        const now = clock.now()
        const took =
          usualMs === undefined
            ? now - started
            : Math.min(now - started, LONGEST_TO_USUAL * Math.max(1, usualMs))
        usualMs = usualMs === undefined ? took : usualMs + NEWEST * (took - usualMs)
        ledger.add(now, took)
      }
    },
    learn(left) {
      const isNew =
        left.remainingRequests !== learned.remainingRequests ||
        left.remainingExecutionMs !== learned.remainingExecutionMs
      learned = left
      if (!isNew) return
      const now = clock.now()
      const own = ledger.used(now)
      if (left.remainingRequests !== undefined)
        budget.requests.observe({ spent: own.requests + onTheWay, left: left.remainingRequests }, now)
      if (left.remainingExecutionMs !== undefined)
        budget.executionMs.observe({ spent: own.executionMs, left: left.remainingExecutionMs }, now)
    },
  }
}

/**
 * What we may spend in a window: the documented limit, less what other programs of the same user hold, more where
 * the work goes to several web servers. The longer ago something was seen, the less it weighs against news.
 */
function createBudget(documented: number, windowMs: number) {
  let budget = documented
  let seenAt = Number.NEGATIVE_INFINITY
  return {
    size: () => Math.max(LEAST * documented, budget),
    observe({ spent, left }: { readonly spent: number; readonly left: number }, now: number): void {
      // Nothing left: how much too much was spent is not told, only that the budget is no larger.
      const sum = left > 0 ? left + spent : Math.min(budget, spent)
      const seen = sum < NO_MORE * documented ? Math.min(sum, documented) : sum
      budget += Math.max(NEWEST, Math.min(1, (now - seenAt) / windowMs)) * (seen - budget)
      seenAt = now
    },
  }
}

/** Requests that ended within the window. */
function createLedger(windowMs: number) {
  const ended: { readonly at: number; readonly tookMs: number }[] = []
  let tookMs = 0
  return {
    add(at: number, took: number): void {
      ended.push({ at, tookMs: took })
      tookMs += took
    },
    used(now: number) {
      let gone = 0
      for (const one of ended) {
        if (one.at + windowMs > now) break
        tookMs -= one.tookMs
        gone++
      }
      ended.splice(0, gone)
      return { requests: ended.length, executionMs: tookMs }
    },
    oldest: (): number | undefined => ended[0]?.at,
  }
}

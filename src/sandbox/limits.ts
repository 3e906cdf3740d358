/**
 * Service protection: per user and web server, over a sliding window, the number of requests, their combined
 * execution time and how many run at once. Pure: time comes from the clock, cost from the caller.
 * https://learn.microsoft.com/power-apps/developer/data-platform/api-limits
 */
import type { Clock } from '../core/clock.ts'

export interface LimitOptions {
  /** Requests per window. Default 6,000. */
  readonly requests?: number
  /** Combined execution time per window, in ms. Default 1,200,000. */
  readonly executionMs?: number
  /** Requests running at once. Default 52. */
  readonly concurrent?: number
  /** Length of the sliding window, in ms. Default 300,000. */
  readonly windowMs?: number
  /** Asking again too early makes the wait longer. Default true. */
  readonly growRetryAfter?: boolean
  /** Whether a 429 says how long to wait. Default true. */
  readonly sendRetryAfter?: boolean
  /** Web servers behind the environment, each counting for itself, 1 to 64. Default 1. */
  readonly servers?: number
  /** Value of `x-ms-dop-hint`. Default 10. */
  readonly dopHint?: number
  /** Rows one aggregate may run over. Default 50,000. */
  readonly aggregateRows?: number
}

export type LimitKind = 'requests' | 'executionTime' | 'concurrency'

export interface LimitRefusal {
  readonly kind: LimitKind
  readonly code: string
  readonly message: string
  /** Whole seconds; undefined where the limits are told not to say. */
  readonly retryAfterSeconds: number | undefined
}

export type Admission =
  | { readonly admitted: true; readonly finish: (executionMs: number) => void }
  | { readonly admitted: false; readonly refusal: LimitRefusal }

export interface Limits {
  readonly options: Required<LimitOptions>
  /** Counts the start of a request; `finish` has to be called when it has been answered. */
  admit(user: string): Admission
  /** What a user has left, as the service's headers say it. */
  headers(user: string): Readonly<Record<string, string>>
  /** A refusal without any counting, for faults. */
  refusal(kind: LimitKind, retryAfterSeconds?: number): LimitRefusal
  /** Takes effect at once; what was counted stays counted. */
  configure(options: LimitOptions): void
  reset(): void
}

/** Slices of the window: 300 over five minutes, one a second. */
const SLICES = 300
/** How much one early request lengthens the wait. The service says only that it grows; the amount is assumed. */
const GROWTH_MS = 1000
/** Pushing makes nobody wait longer than this many windows. */
const LONGEST_WAIT_WINDOWS = 2
/** Wait asked for after too many at once, where only an answer, not time, frees a place. Assumed. */
const CONCURRENCY_RETRY_SECONDS = 2

interface Usage {
  readonly slices: { readonly slot: number; requests: number; executionMs: number }[]
  requests: number
  executionMs: number
  running: number
  lockedUntil: number
  lockedBy: LimitKind
}

export function createLimits(initial: LimitOptions, clock: Clock): Limits {
  let options = resolve(initial)
  const usages = new Map<string, Usage>()

  function usageOf(user: string): Usage {
    const known = usages.get(user)
    if (known) return forget(known, clock.now(), options.windowMs)
    const made: Usage = {
      slices: [],
      requests: 0,
      executionMs: 0,
      running: 0,
      lockedUntil: 0,
      lockedBy: 'requests',
    }
    usages.set(user, made)
    return made
  }

  function lock(usage: Usage, kind: LimitKind, now: number): Admission {
    const overdue = now < usage.lockedUntil
    const base = overdue ? usage.lockedUntil : now + untilFree(usage, kind, options, now)
    const grown = overdue && options.growRetryAfter ? base + GROWTH_MS : base
    usage.lockedUntil = Math.min(grown, now + options.windowMs * LONGEST_WAIT_WINDOWS)
    usage.lockedBy = kind
    return {
      admitted: false,
      refusal: refusal(kind, Math.max(1, Math.ceil((usage.lockedUntil - now) / 1000))),
    }
  }

  function refusal(kind: LimitKind, seconds?: number): LimitRefusal {
    const retryAfterSeconds = options.sendRetryAfter ? (seconds ?? DEFAULT_RETRY_SECONDS) : undefined
    return { kind, code: CODES[kind], message: message(kind, options), retryAfterSeconds }
  }

  return {
    get options() {
      return options
    },
    admit(user) {
      const now = clock.now()
      const usage = usageOf(user)
      if (now < usage.lockedUntil) return lock(usage, usage.lockedBy, now)
      if (usage.requests >= options.requests) return lock(usage, 'requests', now)
      if (usage.executionMs >= options.executionMs) return lock(usage, 'executionTime', now)
      if (usage.running >= options.concurrent) {
        return { admitted: false, refusal: refusal('concurrency', CONCURRENCY_RETRY_SECONDS) }
      }
      usage.running++
      record(usage, now, options.windowMs).requests++
      usage.requests++
      let open = true
      return {
        admitted: true,
        finish(executionMs) {
          if (!open) return
          open = false
          usage.running--
          record(usage, clock.now(), options.windowMs).executionMs += executionMs
          usage.executionMs += executionMs
        },
      }
    },
    headers(user) {
      const usage = usageOf(user)
      const seconds = Math.max(0, options.executionMs - usage.executionMs) / 1000
      return {
        'x-ms-ratelimit-burst-remaining-xrm-requests': String(Math.max(0, options.requests - usage.requests)),
        'x-ms-ratelimit-time-remaining-xrm-requests': SECONDS.format(seconds),
        'x-ms-dop-hint': String(options.dopHint),
      }
    },
    refusal,
    configure(changes) {
      options = resolve({ ...options, ...changes })
    },
    reset() {
      usages.clear()
    },
  }
}

const SECONDS = new Intl.NumberFormat('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 })
const DEFAULT_RETRY_SECONDS = 10

function resolve(options: LimitOptions): Required<LimitOptions> {
  return {
    requests: options.requests ?? 6000,
    executionMs: options.executionMs ?? 1_200_000,
    concurrent: options.concurrent ?? 52,
    windowMs: options.windowMs ?? 300_000,
    growRetryAfter: options.growRetryAfter ?? true,
    sendRetryAfter: options.sendRetryAfter ?? true,
    servers: Math.min(64, Math.max(1, options.servers ?? 1)),
    dopHint: options.dopHint ?? 10,
    aggregateRows: options.aggregateRows ?? 50_000,
  }
}

const CODES: Readonly<Record<LimitKind, string>> = {
  requests: '0x80072322',
  executionTime: '0x80072321',
  concurrency: '0x80072326',
}

function message(kind: LimitKind, options: Required<LimitOptions>): string {
  const seconds = options.windowMs / 1000
  switch (kind) {
    case 'requests':
      return `Number of requests exceeded the limit of ${options.requests} over time window of ${seconds} seconds.`
    case 'executionTime':
      return `Combined execution time of incoming requests exceeded limit of ${options.executionMs.toLocaleString('en-US')} milliseconds over time window of ${seconds} seconds. Decrease number of concurrent requests or reduce the duration of requests and try again later.`
    case 'concurrency':
      return `Number of concurrent requests exceeded the limit of ${options.concurrent}.`
  }
}

/** The slice `now` falls into. */
function record(usage: Usage, now: number, windowMs: number): { requests: number; executionMs: number } {
  const slot = Math.floor(now / (windowMs / SLICES))
  const last = usage.slices.at(-1)
  if (last && last.slot >= slot) return last
  const made = { slot, requests: 0, executionMs: 0 }
  usage.slices.push(made)
  return made
}

/** Takes the slices that have left the window as a whole out of the sums. */
function forget(usage: Usage, now: number, windowMs: number): Usage {
  const oldest = Math.floor((now - windowMs) / (windowMs / SLICES))
  let gone = 0
  for (const slice of usage.slices) {
    if (slice.slot >= oldest) break
    usage.requests -= slice.requests
    usage.executionMs -= slice.executionMs
    gone++
  }
  if (gone > 0) usage.slices.splice(0, gone)
  return usage
}

/** How long until enough has left the window for one more request, in ms. */
function untilFree(usage: Usage, kind: LimitKind, options: Required<LimitOptions>, now: number): number {
  const sliceMs = options.windowMs / SLICES
  let requests = usage.requests
  let executionMs = usage.executionMs
  for (const slice of usage.slices) {
    requests -= slice.requests
    executionMs -= slice.executionMs
    const free = kind === 'requests' ? requests < options.requests : executionMs < options.executionMs
    if (free) return Math.max(0, (slice.slot + 1) * sliceMs + options.windowMs - now)
  }
  return options.windowMs
}

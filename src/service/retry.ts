import { backoffMs } from '../core/backoff.ts'
import { D365Error, ServiceError } from '../core/errors.ts'
import { NetworkCause } from '../core/http.ts'

/** The only place that decides whether a failed request is sent again, and after how long. */
export interface RetryPolicy {
  /** Tries after the first one. */
  readonly maxRetries: number
  /** The same, while no connection comes about at all. */
  readonly maxConnectRetries: number
  /** Tries and waits of one request together, in ms: no retry begins after it. Service protection windows last 300 s. */
  readonly maxTotalMs: number
  readonly baseMs: number
  readonly capMs: number
}

export const DEFAULT_RETRY_POLICY: RetryPolicy = {
  maxRetries: 8,
  maxConnectRetries: 3,
  maxTotalMs: 900_000,
  baseMs: 1000,
  capMs: 30_000,
}

export interface Attempt {
  /** Retries done so far. */
  readonly retries: number
  /** What all tries and waits so far took, in ms. */
  readonly spentMs: number
  /** May the request be executed twice without harm? */
  readonly repeatable: boolean
  readonly random: () => number
}

export interface Retry {
  readonly waitMs: number
  /** Do all requests of the session wait, because the limit is the user's and not the request's? */
  readonly pauseAll: boolean
}

/** Undefined: give up and report the error. */
export function decideRetry(
  error: unknown,
  attempt: Attempt,
  policy = DEFAULT_RETRY_POLICY,
): Retry | undefined {
  if (attempt.retries >= policy.maxRetries) return undefined
  const kind = kindOf(error)
  if (kind === undefined || (kind === 'unknown-fate' && !attempt.repeatable)) return undefined
  if (kind === 'no-connection' && attempt.retries >= policy.maxConnectRetries) return undefined
  const asked = error instanceof ServiceError ? error.retryAfterMs : undefined
  const waitMs = asked ?? backoffMs(attempt.retries, { ...policy, random: attempt.random })
  if (attempt.spentMs + waitMs > policy.maxTotalMs) return undefined
  return { waitMs, pauseAll: kind === 'throttled' }
}

type Kind = 'throttled' | 'not-executed' | 'no-connection' | 'unknown-fate'

function kindOf(error: unknown): Kind | undefined {
  if (error instanceof ServiceError) {
    if (error.status === 429) return 'throttled'
    // A page of a gateway does not say how far the request came.
    if (error.status === 503) return error.serviceCode === '' ? 'unknown-fate' : 'not-executed'
    return error.status === 502 || error.status === 504 || error.status === 408 ? 'unknown-fate' : undefined
  }
  if (!(error instanceof D365Error)) return undefined
  if (!['NETWORK_FAILED', 'TIMED_OUT', 'RESPONSE_INVALID'].includes(error.code)) return undefined
  if (!(error.cause instanceof NetworkCause) || error.cause.permanent) return undefined
  return error.cause.sent ? 'unknown-fate' : 'no-connection'
}

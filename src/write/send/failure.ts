/** What a failed request says about the rows it held: whether they may be in, and whether time mends it. */
import { type D365Error, ServiceError } from '../../core/errors.ts'
import { NetworkCause } from '../../core/http.ts'

/** Failures after which the fate of the request is unknown. */
const LOST: ReadonlySet<string> = new Set([
  'NETWORK_FAILED',
  'RESPONSE_INVALID',
  'TIMED_OUT',
  'SERVICE_UNAVAILABLE',
])

export function mayHaveBeenExecuted(error: D365Error): boolean {
  if (error.cause instanceof NetworkCause) return error.cause.sent
  // A page of a gateway does not say how far the request came.
  if (error instanceof ServiceError && error.status === 503) return error.serviceCode === ''
  return LOST.has(error.code) || isTimeout(error) || error.code === 'CANCELLED'
}

/** Does time mend it? The session has been patient already; a long write is more so. */
export function isPassing(error: D365Error): boolean {
  if (error.cause instanceof NetworkCause && error.cause.permanent) return false
  return LOST.has(error.code) || isTimeout(error) || error.code === 'THROTTLED'
}

/** Refused because the service is busy; certainly not carried out. */
export function isBusyService(error: D365Error): error is ServiceError {
  if (!(error instanceof ServiceError)) return false
  return error.code === 'THROTTLED' || (error.status === 503 && error.serviceCode !== '')
}

/** The service reports some refusals of a row as 500, with a code; one without a code is a failure. */
export function isAboutTheRow(error: D365Error): error is ServiceError {
  if (!(error instanceof ServiceError) || error.code === 'THROTTLED') return false
  const { status, serviceCode } = error
  return status === 500 ? serviceCode !== '' : status < 500 && !NOT_ABOUT_THE_ROW.includes(status)
}

/** A batch too large, not known, or ended by one of its parts. Unlike a 403, which is about the user. */
export function isBatchRefused(error: unknown): error is ServiceError {
  return error instanceof ServiceError && BATCH_REFUSED.has(error.code)
}

const BATCH_REFUSED: ReadonlySet<string> = new Set(['REQUEST_REFUSED', 'NOT_FOUND', 'CONFLICT'])
const NOT_ABOUT_THE_ROW: readonly number[] = [401, 408, 429]

function isTimeout(error: D365Error): boolean {
  return error instanceof ServiceError && error.status === 408
}

/**
 * Every failure d365 reports, in one table: whose fault it is and how each front end shows it.
 * The message says what happened, with the value and the limit; the hint says what to do next.
 */

/** Who has to act: the person using d365, the service (or the network to it), or us. */
export type Fault = 'user' | 'service' | 'bug'

export interface CodeFacts {
  readonly fault: Fault
  /** Exit code of the command line. */
  readonly exitCode: number
  /** Five-character SQLSTATE for SQL front ends. https://www.postgresql.org/docs/current/errcodes-appendix.html */
  readonly sqlState: string
  /** HTTP status for web front ends. */
  readonly httpStatus: number
}

export const ERROR_CODES = {
  /** An option, URL, file of settings or connection string that cannot mean anything. */
  CONFIG_INVALID: { fault: 'user', exitCode: 2, sqlState: '08001', httpStatus: 400 },
  /** A table, column, file or named external system that does not exist. */
  NOT_FOUND: { fault: 'user', exitCode: 3, sqlState: '42P01', httpStatus: 404 },
  /** A value that does not fit its column, or input that cannot be parsed. */
  INPUT_INVALID: { fault: 'user', exitCode: 4, sqlState: '22000', httpStatus: 422 },
  /** A write that finished with rejected rows; the rest went in. */
  ROWS_REJECTED: { fault: 'user', exitCode: 5, sqlState: '22000', httpStatus: 422 },
  /** Entra ID refused the application or the user. */
  SIGN_IN_FAILED: { fault: 'user', exitCode: 10, sqlState: '28000', httpStatus: 401 },
  /** Only a person at a browser can continue: consent, MFA, an expired or revoked token. */
  SIGN_IN_REQUIRED: { fault: 'user', exitCode: 11, sqlState: '28000', httpStatus: 401 },
  /** The service did not accept the token (401), after one renewal where that was possible. */
  UNAUTHORIZED: { fault: 'user', exitCode: 12, sqlState: '28000', httpStatus: 401 },
  /** The service knows the caller and says no (403). Never retried. */
  FORBIDDEN: { fault: 'user', exitCode: 13, sqlState: '42501', httpStatus: 403 },
  /** The request was understood and refused (400, 405, 413, 422, 501). */
  REQUEST_REFUSED: { fault: 'user', exitCode: 14, sqlState: '22023', httpStatus: 400 },
  /** Someone else changed or created the row first (409, 412). */
  CONFLICT: { fault: 'user', exitCode: 15, sqlState: '40001', httpStatus: 409 },
  /** A service protection limit (429), after all allowed waiting. */
  THROTTLED: { fault: 'service', exitCode: 20, sqlState: '53400', httpStatus: 429 },
  /** The service failed (500, 502, 503, 504), after all allowed retries. */
  SERVICE_UNAVAILABLE: { fault: 'service', exitCode: 21, sqlState: '57P03', httpStatus: 503 },
  /** DNS, connection, TLS or proxy: no answer came. */
  NETWORK_FAILED: { fault: 'service', exitCode: 22, sqlState: '08006', httpStatus: 502 },
  /** An answer that is not what the protocol promises: truncated, a proxy's page, broken JSON. */
  RESPONSE_INVALID: { fault: 'service', exitCode: 23, sqlState: '08P01', httpStatus: 502 },
  /** A time limit set by the user or by d365 ran out. */
  TIMED_OUT: { fault: 'service', exitCode: 24, sqlState: '57014', httpStatus: 504 },
  /** A file or folder on this machine could not be read or written. */
  IO_FAILED: { fault: 'user', exitCode: 30, sqlState: '58030', httpStatus: 500 },
  /** Cancelled by the user. */
  CANCELLED: { fault: 'user', exitCode: 130, sqlState: '57014', httpStatus: 499 },
  /** Something d365 believed impossible. */
  BUG: { fault: 'bug', exitCode: 70, sqlState: 'XX000', httpStatus: 500 },
} as const satisfies Record<string, CodeFacts>

export type ErrorCode = keyof typeof ERROR_CODES

export interface ErrorOptions {
  /** What to do next: one sentence, with the exact place to click where there is one. */
  readonly hint?: string | undefined
  /** Of a statement that was given: characters (UTF-16) before the place that is wrong. */
  readonly position?: number | undefined
  readonly cause?: unknown
}

export class D365Error extends Error {
  override readonly name: string = 'D365Error'
  readonly code: ErrorCode
  readonly hint: string | undefined
  readonly position: number | undefined

  constructor(code: ErrorCode, message: string, { hint, position, cause }: ErrorOptions = {}) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
    this.hint = hint
    this.position = position
  }
}

export interface ServiceErrorFacts extends ErrorOptions {
  /** HTTP status of the answer. */
  readonly status: number
  /** The service's own code: `0x80040217`, `AADSTS7000215`, or '' where it gave none. */
  readonly serviceCode: string
  /** The id Microsoft support asks for (`x-ms-service-request-id`, `trace_id`). */
  readonly requestId?: string | undefined
  /** How long the service asked us to wait, in ms. */
  readonly retryAfterMs?: number | undefined
  /** What the service annotated its error with, by name without the `@`; only where it was asked to. */
  readonly annotations?: Readonly<Record<string, string>> | undefined
}

/** The service, or Entra ID, answered with an error. */
export class ServiceError extends D365Error {
  override readonly name = 'ServiceError'
  readonly status: number
  readonly serviceCode: string
  readonly requestId: string | undefined
  readonly retryAfterMs: number | undefined
  readonly annotations: Readonly<Record<string, string>>

  constructor(code: ErrorCode, message: string, facts: ServiceErrorFacts) {
    super(code, message, facts)
    this.status = facts.status
    this.serviceCode = facts.serviceCode
    this.requestId = facts.requestId
    this.retryAfterMs = facts.retryAfterMs
    this.annotations = facts.annotations ?? {}
  }
}

/** Any thrown value as a D365Error; what is not one already becomes CANCELLED or BUG. */
export function toD365Error(error: unknown): D365Error {
  if (error instanceof D365Error) return error
  if (error instanceof Error && error.name === 'AbortError')
    return new D365Error('CANCELLED', 'Cancelled.', { cause: error })
  const message = error instanceof Error ? error.message : String(error)
  return new D365Error('BUG', `Unexpected: ${message}`, {
    hint: 'This is a fault in d365. Please report it with the command you ran.',
    cause: error,
  })
}

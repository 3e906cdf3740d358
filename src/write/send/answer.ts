import { parse } from 'lossless-json'
import { retryAfterMs } from '../../core/backoff.ts'
import type { ServiceError } from '../../core/errors.ts'
import type { SessionResponse } from '../../service/session.ts'

/** What the service said to one request inside a batch, or to a single one. */
export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** JSON body with numbers as their exact text; empty where there is none. */
  readonly body: Readonly<Record<string, unknown>>
  /** The service's code, lower case; '' where it gave none or did not refuse. */
  readonly code: string
  readonly message: string
  readonly retryAfterMs: number | undefined
}

export function readAnswer({ status, headers, body: bytes }: SessionResponse, now: number): Answer {
  const body = jsonObject(bytes)
  const error = isRecord(body.error) ? body.error : {}
  const message = typeof error.message === 'string' ? error.message : ''
  return {
    status,
    headers,
    body,
    code: typeof error.code === 'string' ? error.code.toLowerCase() : '',
    message: message || `The service answered ${status} without a reason.`,
    retryAfterMs: retryAfterMs(headers['retry-after'], now),
  }
}

/** The answer to a single request that the session threw. */
export function answerOf(error: ServiceError): Answer {
  return {
    status: error.status,
    headers: {},
    body: {},
    code: error.serviceCode.toLowerCase(),
    message: error.message,
    retryAfterMs: error.retryAfterMs,
  }
}

/** Refused because the service is busy; certainly not executed. */
export function isBusy({ status, code }: Answer): boolean {
  return status === 429 || (status === 503 && code !== '')
}

/** Somebody gave up waiting; nobody knows whether the request was executed. */
export function isFateUnknown({ status, code }: Answer): boolean {
  return status === 408 || status === 502 || status === 504 || (status === 503 && code === '')
}

function jsonObject(bytes: Uint8Array): Readonly<Record<string, unknown>> {
  if (bytes.byteLength === 0) return {}
  try {
    const value = parse(new TextDecoder().decode(bytes), undefined, (digits) => digits)
    return isRecord(value) ? value : {}
  } catch {
    return {}
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

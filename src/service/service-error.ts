import type { ServiceFault } from '../capabilities/capabilities.ts'
import { retryAfterMs } from '../core/backoff.ts'
import { type ErrorCode, ServiceError } from '../core/errors.ts'
import { redact } from '../core/redact.ts'

/** Any answer with a status of 400 or more as an error: JSON of the service, a text of IIS, a proxy's page. */
export interface ErrorAnswer {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

export interface ErrorSource {
  /** `GET accounts?$select=name`, for people; never a body. */
  readonly what: string
  readonly host: string
  readonly now: number
  /** What the service's codes mean, by code in lower case. */
  readonly faults: Readonly<Record<string, ServiceFault>>
}

/** Longest text of the service that goes into a message, in characters. */
const MAX_MESSAGE_CHARACTERS = 1000

export function serviceError(answer: ErrorAnswer, { what, host, now, faults }: ErrorSource): ServiceError {
  const { status, headers } = answer
  const text = new TextDecoder().decode(answer.body)
  const reported = readError(text)
  const serviceCode = reported?.code ?? ''
  const fault = faults[serviceCode.toLowerCase()]
  const message = reported ? reported.message : plainMessage(status, text, headers['content-type'] ?? '')
  return new ServiceError(
    fault?.means ?? codeFor(status),
    redact(`${host} answered ${status} to ${what}: ${shorten(message)}`),
    {
      status,
      serviceCode,
      hint: fault ? `${fault.cause} ${fault.fix}` : hintFor(status),
      requestId: headers['x-ms-service-request-id'] ?? headers.req_id ?? headers['request-id'],
      retryAfterMs: retryAfterMs(headers['retry-after'], now),
      annotations: reported?.annotations,
    },
  )
}

export interface ReportedError {
  readonly code: string
  readonly message: string
  /** Members such as `@Microsoft.PowerApps.CDS.ErrorDetails…`, without the `@`. */
  readonly annotations: Readonly<Record<string, string>>
}

/** `{"error":{"code":"0x…","message":"…"}}`; the code may be empty. Undefined where it is not that. */
export function readError(text: string): ReportedError | undefined {
  try {
    const body: unknown = JSON.parse(text)
    const error = typeof body === 'object' && body !== null && 'error' in body ? body.error : undefined
    if (typeof error !== 'object' || error === null) return undefined
    const code = 'code' in error && typeof error.code === 'string' ? error.code : ''
    const message = 'message' in error && typeof error.message === 'string' ? error.message : ''
    return { code, message, annotations: annotationsOf(error) }
  } catch {
    return undefined
  }
}

function annotationsOf(error: object): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(error).flatMap(([name, value]) =>
      name.startsWith('@') && typeof value === 'string' ? [[name.slice(1), value]] : [],
    ),
  )
}

/** Statuses that mean one thing each; all others go by their hundred. */
export function codeFor(status: number): ErrorCode {
  if (status === 401) return 'UNAUTHORIZED'
  if (status === 403) return 'FORBIDDEN'
  if (status === 404) return 'NOT_FOUND'
  if (status === 409 || status === 412) return 'CONFLICT'
  if (status === 429) return 'THROTTLED'
  if (status === 501) return 'REQUEST_REFUSED'
  return status >= 500 ? 'SERVICE_UNAVAILABLE' : 'REQUEST_REFUSED'
}

function plainMessage(status: number, text: string, contentType: string): string {
  if (/html/i.test(contentType) || /^\s*</.test(text))
    return `an HTML page${title(text)}, not the service (a proxy or gateway may have answered)`
  return text.trim() || `no explanation (status ${status})`
}

function title(html: string): string {
  const found = /<title[^>]*>([^<]{1,200})/i.exec(html)?.[1]?.trim()
  return found ? ` titled "${found}"` : ''
}

function shorten(message: string): string {
  const flat = message.replace(/\s+/g, ' ').trim()
  return flat.length > MAX_MESSAGE_CHARACTERS ? `${flat.slice(0, MAX_MESSAGE_CHARACTERS)}…` : flat
}

function hintFor(status: number): string | undefined {
  if (status === 401)
    return 'The token has expired or is for another service: the host in Scope (or resource) must be that of the Service URL. d365 doctor tells which.'
  if (status === 403) return 'The sign-in worked; the service says no. d365 doctor tells what is missing.'
  if (status === 429) return 'Wait and try again, or lower --parallel.'
  if (status >= 500)
    return 'The service failed. Try again; if it stays, give Microsoft support the request id.'
  return undefined
}

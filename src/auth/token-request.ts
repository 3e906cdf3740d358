import { backoffMs, retryAfterMs } from '../core/backoff.ts'
import type { Clock } from '../core/clock.ts'
import { D365Error } from '../core/errors.ts'
import { type Http, type HttpRequest, type HttpResponse, NetworkCause } from '../core/http.ts'
import type { Log } from '../core/log.ts'
import { oauthErrorOf } from './token-error.ts'

/** Sends one request to a token endpoint and decides when it may be sent again. Judging the answer is the caller's. */
export interface TokenTransport {
  readonly http: Http
  readonly clock: Clock
  /** Uniform in [0, 1). */
  readonly random: () => number
  readonly log: Log
}

/** Longest wait for one answer. A person's time at the sign-in page does not count in it. */
export const TOKEN_TIMEOUT_MS = 30_000

/** Repetitions after a busy or failing answer. */
const MOST_RETRIES = 3

/** Longest obeyed Retry-After; whoever is told to wait longer hears it as an error. */
const MOST_WAIT_MS = 60_000

/** Difference to the server's clock worth telling. */
const SKEW_WARN_MS = 120_000

const PASSING = [408, 429, 500, 502, 503, 504]

export interface TokenRequest {
  readonly url: string
  /** For logs only: `refresh_token`, `authorization_code`, … */
  readonly grant: string
  /** Fields of the form; undefined ones are left out. Undefined for a GET. */
  readonly form?: Readonly<Record<string, string | undefined>>
  readonly headers?: Readonly<Record<string, string>>
  /**
   * How often it may be sent again when the answer was lost after sending. A code works once: 0.
   * A refresh token: 1. A request that uses nothing up: 3. Default 3.
   */
  readonly resends?: number
  /** Once sent, the answer is waited for even when the caller leaves: a new refresh token may be in it. Default false. */
  readonly uninterrupted?: boolean
  /** Further statuses that pass by themselves (managed identity: 404 and 410 while it starts). */
  readonly passing?: readonly number[]
  readonly signal?: AbortSignal | undefined
}

export async function sendTokenRequest(
  transport: TokenTransport,
  request: TokenRequest,
): Promise<HttpResponse> {
  const { clock, random, log } = transport
  let resends = request.resends ?? MOST_RETRIES
  for (let attempt = 0; ; attempt++) {
    const waitMs = backoffMs(attempt, { baseMs: 1000, capMs: 4000, random })
    const started = clock.now()
    try {
      const response = await transport.http(toHttp(request))
      const error = response.status < 400 ? undefined : oauthErrorOf(response.body)
      log('info', 'token request', {
        grant: request.grant,
        host: new URL(request.url).host,
        status: response.status,
        error,
        ms: clock.now() - started,
      })
      warnOfSkew(transport, response)
      const pause = passes(response, request, error)
        ? (retryAfterMs(response.headers['retry-after'], clock.now()) ?? waitMs)
        : undefined
      if (pause === undefined || attempt >= MOST_RETRIES || pause > MOST_WAIT_MS) return response
      await clock.sleep(pause, request.signal)
    } catch (failure) {
      log('warn', 'token request failed', {
        grant: request.grant,
        host: new URL(request.url).host,
        code: failure instanceof D365Error ? failure.code : 'unknown',
      })
      const fate = fateOf(failure)
      if (fate === 'final' || attempt >= MOST_RETRIES) throw failure
      if (fate === 'unknown' && resends-- <= 0) throw lostAnswer(failure, request)
      await clock.sleep(waitMs, request.signal)
    }
  }
}

/** A wrong clock breaks signed statements and every expiry; it is worth a line in the log. */
function warnOfSkew({ clock, log }: TokenTransport, { headers }: HttpResponse): void {
  const offsetMs = Date.parse(headers.date ?? '') - clock.now()
  if (Math.abs(offsetMs) > SKEW_WARN_MS) log('warn', 'the clock of this machine is off', { offsetMs })
}

function toHttp({ url, form, headers, signal, uninterrupted }: TokenRequest): HttpRequest {
  const common = { url, signal: uninterrupted ? undefined : signal, timeoutMs: TOKEN_TIMEOUT_MS }
  if (form === undefined)
    return { ...common, method: 'GET', headers: { accept: 'application/json', ...headers } }
  const fields = new URLSearchParams()
  for (const [name, value] of Object.entries(form)) if (value !== undefined) fields.append(name, value)
  return {
    ...common,
    method: 'POST',
    headers: {
      accept: 'application/json',
      'content-type': 'application/x-www-form-urlencoded',
      ...headers,
    },
    body: fields.toString(),
  }
}

/** 400 and 401 with a reason are final; a busy service says so by status or by name. */
function passes(
  { status }: HttpResponse,
  { passing = [] }: TokenRequest,
  error: string | undefined,
): boolean {
  return PASSING.includes(status) || passing.includes(status) || error === 'temporarily_unavailable'
}

/** What a failure without an answer means: nothing was sent, it may have been acted on, or trying again is useless. */
function fateOf(failure: unknown): 'unsent' | 'unknown' | 'final' {
  if (!(failure instanceof D365Error)) return 'final'
  if (failure.code === 'TIMED_OUT' || failure.code === 'RESPONSE_INVALID') return 'unknown'
  if (failure.code !== 'NETWORK_FAILED') return 'final'
  return failure.cause instanceof NetworkCause && !failure.cause.sent ? 'unsent' : 'unknown'
}

function lostAnswer(failure: unknown, { grant }: TokenRequest): unknown {
  if (grant !== 'authorization_code' || !(failure instanceof D365Error)) return failure
  return new D365Error(
    'SIGN_IN_REQUIRED',
    'The answer to the sign-in code was lost on the way, and a code works only once.',
    { hint: 'Start the sign-in again.', cause: failure },
  )
}

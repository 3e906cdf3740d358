import type { AccessToken, TokenSource } from '../auth/token-source.ts'
import type { Capabilities } from '../capabilities/capabilities.ts'
import type { Clock } from '../core/clock.ts'
import { D365Error, ServiceError } from '../core/errors.ts'
import type { Http, HttpRequest, HttpResponse } from '../core/http.ts'
import type { Log } from '../core/log.ts'
import { refuseForeignAnswer } from './foreign-answer.ts'
import { readLimits } from './limits.ts'
import { fitUrl } from './long-url.ts'
import { decideRetry, type RetryPolicy } from './retry.ts'
import { serviceError } from './service-error.ts'

/** One HTTP session to one environment: tokens, retries and limits are its business, meaning is not. */
export interface SessionRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'
  /** Relative to the service root (`accounts?$select=name`), or an absolute URL below it (a nextLink, verbatim). */
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  /**
   * May the request be sent again when its fate is unknown (answer lost)?
   * Default: true for GET, PUT and DELETE, false otherwise. 429 and 503 are always retried: they were not executed.
   */
  readonly repeatable?: boolean
  /**
   * False: a busy service (429, 503) is thrown at once, for callers who decide themselves when to come back; others
   * of the session wait all the same. Default true.
   */
  readonly patient?: boolean
  readonly signal?: AbortSignal | undefined
}

export interface SessionResponse {
  readonly status: number
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

export interface Session {
  readonly capabilities: Capabilities
  /** Service root with a trailing slash, e.g. `https://contoso.crm.dynamics.com/api/data/v9.2/`. */
  readonly root: string
  /** Headers of every request, e.g. impersonation; parts of a batch need them too. */
  readonly headers: Readonly<Record<string, string>>
  /** Sends one request; a status of 400 or more is thrown as a ServiceError. */
  request(request: SessionRequest): Promise<SessionResponse>
  /** What the service last said of its limits, for people to see. */
  limits(): SessionLimits
  close(): Promise<void>
}

export interface SessionLimits {
  /** `x-ms-ratelimit-burst-remaining-xrm-requests`. */
  readonly remainingRequests: number | undefined
  /** `x-ms-ratelimit-time-remaining-xrm-requests`, in ms. */
  readonly remainingExecutionMs: number | undefined
  /** `x-ms-dop-hint`: recommended number of requests at a time. */
  readonly recommendedParallelism: number | undefined
}

export interface SessionOptions {
  readonly http: Http
  readonly tokens: TokenSource
  readonly capabilities: Capabilities
  readonly root: string
  readonly clock: Clock
  readonly random: () => number
  readonly log: Log
  /** Headers of every request, e.g. impersonation. */
  readonly headers?: Readonly<Record<string, string>>
  readonly retryPolicy?: RetryPolicy
}

const REPEATABLE_METHODS = new Set(['GET', 'PUT', 'DELETE'])

export function createSession(options: SessionOptions): Session {
  const { http, tokens, capabilities, root, clock, random, log, headers = {}, retryPolicy } = options
  const { host, origin, pathname } = new URL(root)
  const closing = new AbortController()
  let limits: SessionLimits = readLimits({}, { names: capabilities.limits.headers })
  /** Until when everybody waits, in ms since 1970: a limit is the user's, not one request's. */
  let pausedUntil = 0

  /** One for each signal of a caller: every new one would hang on to signals that live as long as the session. */
  const combined = new WeakMap<AbortSignal, AbortSignal>()
  const untilClosed = (signal: AbortSignal | undefined): AbortSignal => {
    if (!signal) return closing.signal
    const known = combined.get(signal) ?? AbortSignal.any([signal, closing.signal])
    combined.set(signal, known)
    return known
  }

  /** As long as others are told to wait we wait too, also where the pause grows meanwhile. */
  const waitForPause = async (signal: AbortSignal): Promise<void> => {
    for (let ms = pausedUntil - clock.now(); ms > 0; ms = pausedUntil - clock.now())
      await wait(clock, ms, signal)
  }

  const send = async (request: SessionRequest, url: string, token: AccessToken): Promise<HttpResponse> => {
    const started = clock.now()
    const direct: HttpRequest = {
      method: request.method,
      url,
      headers: {
        ...lowerCase(capabilities.headers),
        ...lowerCase(headers),
        ...(request.body === undefined ? {} : { 'content-type': 'application/json; charset=utf-8' }),
        ...lowerCase(request.headers),
        authorization: `Bearer ${token.value}`,
      },
      ...(request.body === undefined ? {} : { body: request.body }),
      signal: untilClosed(request.signal),
    }
    const { outgoing, readAnswer } = fitUrl(direct, { root, capabilities })
    const carried = await http(outgoing)
    limits = readLimits(carried.headers, { names: capabilities.limits.headers, before: limits })
    const response = readAnswer(carried)
    log('debug', 'request', {
      method: request.method,
      path: describe(request, origin),
      status: response.status,
      ms: clock.now() - started,
      bytes: response.body.length,
    })
    return response
  }

  const sendAuthorized = async (request: SessionRequest, url: string): Promise<HttpResponse> => {
    const token = await tokens.token({ signal: request.signal })
    const response = await send(request, url, token)
    if (response.status !== 401) return response
    log('info', 'token refused', { path: describe(request, origin) })
    return send(request, url, await tokens.renew(token, { signal: request.signal }))
  }

  return {
    capabilities,
    root,
    headers,
    limits: () => limits,
    close: async () => closing.abort(new D365Error('CANCELLED', 'The connection was closed.')),
    request: async (request) => {
      checkBody(request)
      const url = resolveUrl(request.path, { root, origin, pathname })
      const repeatable = request.repeatable ?? REPEATABLE_METHODS.has(request.method)
      const what = describe(request, origin)
      const signal = untilClosed(request.signal)
      let retries = 0
      let spentMs = 0
      while (true) {
        closing.signal.throwIfAborted()
        await waitForPause(signal)
        const started = clock.now()
        try {
          const response = await sendAuthorized(request, url)
          if (response.status >= 400)
            throw serviceError(response, { what, host, now: clock.now(), faults: capabilities.faults })
          refuseForeignAnswer(response, { what, host })
          return response
        } catch (error) {
          spentMs += clock.now() - started
          const retry = decideRetry(error, { retries, spentMs, repeatable, random }, retryPolicy)
          if (!retry) throw error
          log('warn', 'retry', { path: what, ...reason(error), waitMs: retry.waitMs })
          if (retry.pauseAll) pausedUntil = Math.max(pausedUntil, clock.now() + retry.waitMs)
          if (request.patient === false && isBusy(error)) throw error
          if (!retry.pauseAll) await wait(clock, retry.waitMs, signal)
          retries++
          spentMs += retry.waitMs
        }
      }
    },
  }
}

async function wait(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  try {
    await clock.sleep(ms, signal)
  } catch (cause) {
    throw cause instanceof D365Error ? cause : new D365Error('CANCELLED', 'Cancelled.', { cause })
  }
}

/** A nextLink is followed only below our own root: a token must not be led elsewhere. */
function resolveUrl(path: string, root: { root: string; origin: string; pathname: string }): string {
  if (!/^[a-z][a-z0-9+.-]*:/i.test(path.split(/[?(/]/, 1)[0] ?? '') && !path.startsWith('//'))
    return path.startsWith(root.pathname)
      ? `${root.origin}${path}`
      : `${root.root}${path.replace(/^\/+/, '')}`
  const url = URL.canParse(path) ? new URL(path) : undefined
  if (url && url.origin === root.origin) return path
  throw new D365Error(
    'RESPONSE_INVALID',
    `A link leads to ${url?.host ?? path.slice(0, 100)}, away from ${root.origin}.`,
    {
      hint: 'It was not followed, so that no token goes there. A proxy may be rewriting answers.',
    },
  )
}

/** Programs without types pass objects. */
function checkBody({ body }: SessionRequest): void {
  if (body === undefined || typeof body === 'string' || body instanceof Uint8Array) return
  throw new D365Error('INPUT_INVALID', 'The body of a request must be a text or bytes.', {
    hint: 'Pass JSON.stringify(value).',
  })
}

/** `GET accounts?$select=name`: what people recognise. Long queries are cut, bodies never appear. */
function describe({ method, path }: SessionRequest, origin: string): string {
  const short = path.startsWith(origin) ? path.slice(origin.length) : path
  return `${method} ${short.length > 200 ? `${short.slice(0, 200)}…` : short}`
}

/** Refused, and certainly not carried out. */
function isBusy(error: unknown): boolean {
  return error instanceof ServiceError && (error.status === 429 || error.status === 503)
}

function reason(error: unknown): Readonly<Record<string, unknown>> {
  if (error instanceof ServiceError) return { status: error.status, serviceCode: error.serviceCode }
  return { error: error instanceof D365Error ? error.code : 'unknown' }
}

function lowerCase(headers: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
}

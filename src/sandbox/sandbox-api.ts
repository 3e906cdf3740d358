/**
 * One request to the Web API on its way in and out: faults, sign-in, limits, the operation itself, and the headers
 * the service adds to every answer.
 */
import type { Clock } from '../core/clock.ts'
import { newGuid } from '../core/guid.ts'
import type { Fault, Faults } from './faults.ts'
import type { LimitRefusal, Limits } from './limits.ts'
import { authorityOf } from './sandbox-hosts.ts'
import { type Addressed, authenticate, bearerOf, challenge, readClaims, type SignedIn } from './security.ts'
import type { Affinity } from './server-affinity.ts'
import {
  BodyTooLarge,
  type Incoming,
  MAX_BODY_BYTES,
  MAX_URL_LENGTH,
  type Outgoing,
} from './server-exchange.ts'
import type { Store } from './store/store.ts'
import type { Trace, TraceEntry } from './trace.ts'
import type { Dispatch } from './web-api/dispatch.ts'
import { type ErrorNote, errorResponse } from './web-api/dispatch-errors.ts'
import { ApiError, type ApiRequest, type ApiResponse } from './web-api/operation.ts'

/** A request whose cost is asked for. */
export interface CostedRequest {
  readonly method: string
  /** Below the service root. */
  readonly path: string
  readonly bodyBytes: number
  readonly answerBytes: number
}

export interface ApiServerOptions {
  readonly store: () => Store
  readonly dispatch: Dispatch
  readonly verify: (bearer: string) => unknown
  readonly tenantId: string
  readonly resources: () => readonly string[]
  readonly limits: Limits
  readonly faults: Faults
  readonly trace: Trace
  readonly affinity: Affinity
  readonly clock: Clock
  /** Execution time counted for a request, in ms. Without it: the time it really took. */
  readonly executionCost?: (request: CostedRequest) => number
}

export type ApiServer = (incoming: Incoming) => Promise<Outgoing>

const SERVICE_PATH = /^\/api\/data\/v(?:8\.[0-2]|9\.[0-2])(?:\/(.*))?$/s

export function isServicePath(path: string): boolean {
  return path === '/api/data' || path.startsWith('/api/data/')
}

export function createApiServer(options: ApiServerOptions): ApiServer {
  const { faults, trace, clock } = options
  return async (incoming) => {
    const started = performance.now()
    const strikes = faults.strike(incoming.method, incoming.path)
    const notes: string[] = strikes.map(({ kind }) => `fault: ${kind}`)
    const log: { user?: string; code?: string } = {}
    const outgoing = await exchange({ incoming, strikes, notes, log, started }, options)
    trace.add({
      at: new Date(clock.now()).toISOString(),
      method: incoming.method,
      url: incoming.query === '' ? incoming.path : `${incoming.path}?${incoming.query}`,
      status: outgoing.kind === 'answer' ? outgoing.status : 0,
      durationMs: Math.round((performance.now() - started) * 10) / 10,
      ...log,
      ...(notes.length > 0 ? { note: notes.join('; ') } : {}),
    } satisfies Omit<TraceEntry, 'number'>)
    return outgoing
  }
}

interface Exchange {
  readonly incoming: Incoming
  readonly strikes: readonly Fault[]
  readonly notes: string[]
  readonly log: { user?: string; code?: string }
  readonly started: number
}

async function exchange(current: Exchange, options: ApiServerOptions): Promise<Outgoing> {
  const { incoming, strikes } = current
  if (incoming.method === 'OPTIONS') return preflight(incoming, options)
  if (strikes.some((fault) => fault.kind === 'reset' && fault.when === 'before')) {
    await delay(current, options)
    return { kind: 'reset' }
  }
  const addressed = addressOf(incoming, options)
  const early = instead(strikes, addressed, options)
  if (early) {
    await delay(current, options)
    return finish(early, current, options)
  }
  const response = await answer(current, addressed, options)
  if (strikes.some((fault) => fault.kind === 'reset' && fault.when === 'after')) return { kind: 'reset' }
  return finish(response, current, options)
}

async function delay({ strikes }: Exchange, { clock }: ApiServerOptions): Promise<void> {
  for (const fault of strikes) if (fault.kind === 'latency') await clock.sleep(fault.ms)
}

function addressOf({ origin }: Incoming, { resources }: ApiServerOptions): Addressed {
  return { origin, authority: authorityOf(origin), resources: resources() }
}

/** The answer a fault puts in place of the real one. */
function instead(
  strikes: readonly Fault[],
  addressed: Addressed,
  options: ApiServerOptions,
): ApiResponse | undefined {
  for (const fault of strikes) {
    switch (fault.kind) {
      case 'throttle':
        return throttled(options.limits.refusal(fault.limit ?? 'requests', fault.retryAfterSeconds))
      case 'error':
        return brokenServer(fault.status, fault.retryAfterSeconds)
      case 'html':
        return {
          status: fault.status,
          headers: { 'Content-Type': 'text/html; charset=utf-8' },
          body: GATEWAY_PAGE,
        }
      case 'unauthorized':
        return challenge(addressed, options.tenantId)
      case 'latency':
      case 'reset':
      case 'truncate':
        break
    }
  }
  return undefined
}

const GATEWAY_PAGE =
  '<!DOCTYPE html><html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1><p>The gateway did not get an answer.</p></body></html>'

function brokenServer(status: number, retryAfterSeconds: number | undefined): ApiResponse {
  const unavailable = status !== 500
  const error = unavailable
    ? { code: '0x80060888', message: 'The service is temporarily unavailable. Please try again later.' }
    : { code: '0x80040216', message: 'An unexpected error occurred.' }
  return {
    status,
    headers: {
      'Content-Type': 'application/json; odata.metadata=minimal',
      ...(retryAfterSeconds === undefined ? {} : { 'Retry-After': String(retryAfterSeconds) }),
    },
    body: JSON.stringify({ error }),
  }
}

function throttled({ code, message, retryAfterSeconds }: LimitRefusal): ApiResponse {
  return {
    status: 429,
    headers: {
      'Content-Type': 'application/json; odata.metadata=minimal',
      'OData-Version': '4.0',
      ...(retryAfterSeconds === undefined ? {} : { 'Retry-After': String(retryAfterSeconds) }),
    },
    body: JSON.stringify({ error: { code, message } }),
  }
}

async function answer(
  current: Exchange,
  addressed: Addressed,
  options: ApiServerOptions,
): Promise<ApiResponse> {
  const { incoming, log } = current
  const path = SERVICE_PATH.exec(incoming.path)?.[1] ?? (SERVICE_PATH.test(incoming.path) ? '' : undefined)
  if (path === undefined) return { status: 404, headers: { 'Content-Type': 'text/html' }, body: 'Not Found' }
  if (incoming.path.length + incoming.query.length > MAX_URL_LENGTH) {
    return { status: 414, headers: { 'Content-Type': 'text/html' }, body: 'Request URL Too Long' }
  }
  const bearer = bearerOf(incoming.headers)
  const claims = bearer === undefined ? undefined : readClaims(await options.verify(bearer))
  let user: SignedIn
  try {
    const security = { store: options.store(), tenantId: options.tenantId }
    const authentication = authenticate({ headers: incoming.headers, claims }, addressed, security)
    if (!authentication.ok) return authentication.response
    user = authentication.user
  } catch (error) {
    if (!(error instanceof ApiError)) throw error
    log.code = error.code
    return withVersion(errorResponse(error, incoming.headers))
  }
  log.user = user.caller.userId
  return limited({ current, user, path }, options)
}

interface Admitted {
  readonly current: Exchange
  readonly user: SignedIn
  readonly path: string
}

/** Runs the operation inside the user's limits on the web server it landed on. Latency counts as running. */
async function limited({ current, user, path }: Admitted, options: ApiServerOptions): Promise<ApiResponse> {
  const { incoming, log, notes, started } = current
  const { limits, clock, affinity, executionCost } = options
  const server = affinity.serverOf(incoming.headers, limits.options.servers)
  const key = `${user.caller.actualUserId}@${server}`
  const admission = limits.admit(key)
  const cookie = affinity.cookie(incoming, server)
  if (!admission.admitted) {
    log.code = admission.refusal.code
    const refused = throttled(admission.refusal)
    return { ...refused, headers: { ...refused.headers, ...limits.headers(key), ...cookie } }
  }
  let spent = 0
  try {
    const body = await incoming.body()
    await delay(current, options)
    const version = /^\/api\/data\/(v\d\.\d)/.exec(incoming.path)?.[1] ?? 'v9.2'
    const request: ApiRequest = {
      method: incoming.method === 'HEAD' ? 'GET' : incoming.method,
      path: path.replace(/\/$/, ''),
      query: incoming.query,
      headers: incoming.headers,
      body,
    }
    const context = {
      store: options.store(),
      caller: user.caller,
      root: `${incoming.origin}/api/data/${version}/`,
      now: clock.now(),
      aggregateRows: limits.options.aggregateRows,
      demand: user.demand,
    }
    const response = options.dispatch(request, context, (note) => noteError(note, { log, notes }))
    spent = executionCost
      ? executionCost({
          method: request.method,
          path: request.path,
          bodyBytes: body.length,
          answerBytes: response.body?.length ?? 0,
        })
      : performance.now() - started
    return { ...response, headers: { ...response.headers, ...limits.headers(key), ...cookie } }
  } catch (error) {
    if (!(error instanceof BodyTooLarge)) throw error
    const text = `The request is larger than ${MAX_BODY_BYTES} bytes.`
    return withVersion(errorResponse(new ApiError(413, '0x8004418a', text), incoming.headers))
  } finally {
    admission.finish(spent)
  }
}

interface Notebook {
  readonly log: { code?: string }
  readonly notes: string[]
}

/** Refusals of the sandbox and failures inside it are worth a sentence; ordinary errors only their code. */
function noteError({ code, status, message, error }: ErrorNote, { log, notes }: Notebook): void {
  log.code = code
  if (status === 501) notes.push(message)
  if (status === 500) notes.push(error instanceof Error ? (error.stack ?? error.message) : String(error))
}

function withVersion(response: ApiResponse): ApiResponse {
  return {
    ...response,
    headers: {
      'Content-Type': 'application/json; odata.metadata=minimal',
      'OData-Version': '4.0',
      ...response.headers,
    },
  }
}

function finish(response: ApiResponse, { incoming, strikes }: Exchange, options: ApiServerOptions): Outgoing {
  const headers: (readonly [string, string])[] = [
    ['Cache-Control', 'no-cache'],
    ['Allow', 'OPTIONS,GET,HEAD,POST'],
    ['x-ms-service-request-id', newGuid()],
    ['Date', dateHeader(options)],
    ...crossOrigin(incoming),
    ...Object.entries(response.headers ?? {}),
  ]
  const head = incoming.method === 'HEAD'
  const cut = strikes.find((fault) => fault.kind === 'truncate')
  const body = head ? undefined : response.body
  if (cut?.kind !== 'truncate' || body === undefined)
    return { kind: 'answer', status: response.status, headers, body }
  const cutAt = Math.min(cut.bytes ?? Math.floor(body.length / 2), body.length)
  return { kind: 'answer', status: response.status, headers, body, cutAt }
}

function dateHeader({ clock, faults }: ApiServerOptions): string {
  return new Date(clock.now() + faults.clockSkewMs).toUTCString()
}

/** Pages of other origins may call the Web API: what protects it is the token, not the origin. */
function crossOrigin({ headers }: Incoming): readonly (readonly [string, string])[] {
  if (!headers.has('origin')) return []
  return [
    ['Access-Control-Allow-Origin', '*'],
    [
      'Access-Control-Expose-Headers',
      'Preference-Applied,OData-EntityId,Location,ETag,OData-Version,Content-Encoding,Transfer-Encoding,Content-Length,Retry-After',
    ],
  ]
}

function preflight(incoming: Incoming, options: ApiServerOptions): Outgoing {
  const asked = incoming.headers.get('access-control-request-headers')
  return {
    kind: 'answer',
    status: 200,
    headers: [
      ['Allow', 'OPTIONS,GET,HEAD,POST'],
      ['Date', dateHeader(options)],
      ...crossOrigin(incoming),
      ['Access-Control-Allow-Methods', 'GET, POST, PUT, PATCH, DELETE, OPTIONS'],
      ...(asked === null ? [] : [['Access-Control-Allow-Headers', asked] as const]),
      ['Access-Control-Max-Age', '3600'],
    ],
    body: undefined,
  }
}

import { dataverse } from '../src/capabilities/dataverse.ts'
import type { Clock } from '../src/core/clock.ts'
import type { Http } from '../src/core/http.ts'
import { createLimits, type LimitOptions } from '../src/sandbox/limits.ts'
import { sendBatch } from '../src/service/batch.ts'
import { createSession } from '../src/service/session.ts'
import type { User } from '../src/write/send/lane.ts'

/**
 * A model of the service: it holds the documented limits, works on so many requests at full speed, and slows down all
 * of them where more are on the way. It keeps the keys it was given, so that nothing lost or doubled goes unseen.
 */
export interface ModelOptions {
  readonly limits: LimitOptions
  /** Sends `x-ms-dop-hint`; undefined: it does not. */
  readonly hint: number | undefined
  /** Tells what is left of the budgets. */
  readonly tells: boolean
  /** Answers at once, so that only the client's own work is left. Default false. */
  readonly timeless?: boolean
}

export interface LimitedService {
  /** The service as somebody signed in reaches it, each with budgets of their own. */
  http(name: string): Http
  user(name: string): User
  readonly seen: () => {
    readonly requests: number
    readonly refused: number
    readonly rows: number
    readonly doubled: number
  }
}

/** Requests that run at full speed. */
export const CAPACITY = 16
const ROUND_TRIP_MS = 20
const MS_PER_MESSAGE = 5
const MS_PER_ROW = 6
const MS_PER_ROW_ALONE = 20

export function workMs(kind: 'multiple' | 'batch' | 'single', rows: number): number {
  return kind === 'multiple' ? MS_PER_MESSAGE + MS_PER_ROW * rows : MS_PER_ROW_ALONE * rows
}

export function limitedService(
  clock: Clock,
  { limits: given, hint, tells, timeless = false }: ModelOptions,
): LimitedService {
  const pass = async (ms: number): Promise<void> => {
    if (!timeless) await clock.sleep(ms)
  }
  const limits = createLimits({ ...given, dopHint: hint ?? 0 }, clock)
  const keys = new Set<string>()
  const { headers: names } = dataverse.limits
  let requests = 0
  let refused = 0
  let doubled = 0
  let running = 0

  const http =
    (user: string): Http =>
    async ({ url, body }) => {
      await pass(ROUND_TRIP_MS / 2)
      if (url.includes('sdkmessagefilters')) return answer(200, { value: [{}] })
      const admission = limits.admit(user)
      if (!admission.admitted) {
        refused++
        const { code, message, retryAfterSeconds } = admission.refusal
        await pass(ROUND_TRIP_MS / 2)
        return answer(429, { error: { code, message } }, { 'retry-after': String(retryAfterSeconds) })
      }
      requests++
      running++
      const rows = keysIn(typeof body === 'string' ? body : '')
      const kind = url.endsWith('Multiple') ? 'multiple' : url.endsWith('$batch') ? 'batch' : 'single'
      const tookMs = workMs(kind, rows.length) * Math.max(1, running / CAPACITY)
      await pass(tookMs)
      running--
      admission.finish(tookMs)
      for (const key of rows) {
        if (keys.has(key)) doubled++
        keys.add(key)
      }
      const left = limits.headers(user)
      const headers = {
        ...(tells ? pick(left, [names.remainingRequests, names.remainingExecution]) : {}),
        ...(hint === undefined ? {} : pick(left, [names.recommendedParallelism])),
      }
      await pass(ROUND_TRIP_MS / 2)
      if (kind === 'multiple') return answer(200, { Ids: rows }, headers)
      if (kind === 'batch') return batchAnswer(rows, headers)
      return answer(204, undefined, { ...headers, 'odata-entityid': entityUrl(rows[0] ?? '') })
    }

  return {
    http,
    user(name) {
      const session = createSession({
        http: http(name),
        clock,
        capabilities: dataverseWithin(given),
        root: 'http://model/api/data/v9.2/',
        random: () => 0.5,
        log: () => undefined,
        tokens: { token: async () => TOKEN, renew: async () => TOKEN },
      })
      return { session, sendBatch: (parts, options) => sendBatch(session, parts, options) }
    },
    seen: () => ({ requests, refused, rows: keys.size, doubled }),
  }
}

const TOKEN = { value: 'token', expiresAt: undefined }

/** The client knows the documented limits; scaled down ones are told it as if they were documented. */
function dataverseWithin({ windowMs, requests, executionMs, concurrent }: LimitOptions): typeof dataverse {
  const { limits } = dataverse
  return {
    ...dataverse,
    limits: {
      ...limits,
      windowMs: windowMs ?? limits.windowMs,
      requests: requests ?? limits.requests,
      executionMs: executionMs ?? limits.executionMs,
      concurrent: concurrent ?? limits.concurrent,
    },
  }
}

function pick(headers: Readonly<Record<string, string>>, names: readonly string[]): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => names.includes(name)))
}

function keysIn(body: string): string[] {
  return [...body.matchAll(/"contoso_itemid":"([^"]+)"/g)].map(([, key = '']) => key)
}

function answer(status: number, body: unknown, headers: Readonly<Record<string, string>> = {}) {
  const bytes = new TextEncoder().encode(body === undefined ? '' : JSON.stringify(body))
  return {
    status,
    headers: { 'content-type': 'application/json', 'odata-version': '4.0', ...headers },
    body: bytes,
  }
}

function batchAnswer(keys: readonly string[], headers: Readonly<Record<string, string>>) {
  const parts = keys.map((key) =>
    [
      '--b',
      'Content-Type: application/http',
      'Content-Transfer-Encoding: binary',
      '',
      'HTTP/1.1 204 No Content',
      'OData-Version: 4.0',
      `OData-EntityId: ${entityUrl(key)}`,
      '',
      '',
      '',
    ].join('\r\n'),
  )
  return {
    status: 200,
    headers: { 'content-type': 'multipart/mixed; boundary=b', 'odata-version': '4.0', ...headers },
    body: new TextEncoder().encode(`${parts.join('')}--b--\r\n`),
  }
}

function entityUrl(key: string): string {
  return `http://model/api/data/v9.2/contoso_items(${key})`
}

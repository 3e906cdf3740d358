import { randomUUID } from 'node:crypto'
import type { EntraError } from './errors.ts'

/** Answers in Entra's form. */
export const NO_STORE = { 'Cache-Control': 'no-store, no-cache', Pragma: 'no-cache' } as const

export function jsonAnswer(body: unknown, status = 200): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: {
      'Content-Type': 'application/json; charset=utf-8',
      ...NO_STORE,
      'x-ms-request-id': randomUUID(),
    },
  })
}

export interface Circumstances {
  /** ms since 1970. */
  readonly now: number
  /** `client-request-id` of the caller, which comes back as the correlation id. */
  readonly correlationId: string | undefined
}

/** Numbers whose help page Entra links. */
const WITH_PAGE = new Set([50076, 65001, 65004, 700016, 7000215, 7000222, 7000218, 700027, 50126, 500011])

export function errorAnswer(error: EntraError, circumstances: Circumstances): Response {
  const { status } = error.facts
  return jsonAnswer(errorBody(error, circumstances), status === 302 ? 400 : status)
}

/** A refusal that has no number. */
export function refusalAnswer(refusal: Refusal, circumstances: Circumstances): Response {
  return jsonAnswer(refusalBody(refusal, circumstances), 400)
}

export function errorBody(error: EntraError, circumstances: Circumstances) {
  const { code, message, facts } = error
  return {
    ...refusalBody({ error: facts.error, text: `AADSTS${code}: ${message}`, codes: [code] }, circumstances),
    ...(WITH_PAGE.has(code) ? { error_uri: `https://login.microsoftonline.com/error?code=${code}` } : {}),
    ...(facts.suberror === undefined ? {} : { suberror: facts.suberror }),
  }
}

export interface Refusal {
  readonly error: string
  readonly text: string
  readonly codes?: readonly number[]
}

/** The keys in the order they have on the wire. */
export function refusalBody({ error, text, codes = [] }: Refusal, { now, correlationId }: Circumstances) {
  const trace = randomUUID()
  const correlation = correlationId ?? randomUUID()
  const timestamp = `${new Date(now).toISOString().slice(0, 19).replace('T', ' ')}Z`
  return {
    error,
    error_description: `${text}\r\nTrace ID: ${trace}\r\nCorrelation ID: ${correlation}\r\nTimestamp: ${timestamp}`,
    error_codes: codes,
    timestamp,
    trace_id: trace,
    correlation_id: correlation,
  }
}

/** The correlation id a caller gave, in a header or in the query. */
export function correlationOf(request: Request): string | undefined {
  return (
    request.headers.get('client-request-id') ??
    new URL(request.url).searchParams.get('client-request-id') ??
    undefined
  )
}

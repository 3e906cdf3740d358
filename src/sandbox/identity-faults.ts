import type { Fault } from './faults.ts'
import type { Outgoing } from './server-exchange.ts'

/** What Entra ID, or a proxy before it, answers where a fault strikes: the same kinds as on the Web API's paths. */
export interface StruckSignIn {
  readonly strikes: readonly Fault[]
  /** ms since 1970. */
  readonly now: number
}

/** In place of the real answer; undefined where the sign-in goes its way. `unauthorized` means nothing to Entra ID. */
export function insteadOfSignIn({ strikes, now }: StruckSignIn): Outgoing | undefined {
  for (const fault of strikes) {
    if (fault.kind === 'reset' && fault.when === 'before') return { kind: 'reset' }
    if (fault.kind === 'throttle')
      return busy(
        { status: 429, code: 90055, text: TOO_MANY, retryAfterSeconds: fault.retryAfterSeconds ?? 1 },
        now,
      )
    if (fault.kind === 'error')
      return busy(
        { status: fault.status, code: 90033, text: TRANSIENT, retryAfterSeconds: fault.retryAfterSeconds },
        now,
      )
    if (fault.kind === 'html')
      return {
        kind: 'answer',
        status: fault.status,
        headers: [['Content-Type', 'text/html; charset=utf-8']],
        body: PAGE,
      }
  }
  return undefined
}

/** The real answer, as a fault leaves it: cut off, or lost on the way. */
export function afterSignIn(outgoing: Outgoing, { strikes }: StruckSignIn): Outgoing {
  if (strikes.some((fault) => fault.kind === 'reset' && fault.when === 'after')) return { kind: 'reset' }
  const cut = strikes.find((fault) => fault.kind === 'truncate')
  if (!cut || outgoing.kind === 'reset') return outgoing
  const length = outgoing.body?.length ?? 0
  return { ...outgoing, cutAt: cut.kind === 'truncate' ? (cut.bytes ?? Math.floor(length / 2)) : length }
}

const TOO_MANY = 'The server is busy processing other requests. Please try again.'
const TRANSIENT = 'A transient error has occurred. Please try again.'
const PAGE =
  '<!DOCTYPE html><html><head><title>Proxy</title></head><body><h1>The proxy could not reach the address.</h1></body></html>'

interface Busy {
  readonly status: number
  readonly code: number
  readonly text: string
  readonly retryAfterSeconds: number | undefined
}

function busy({ status, code, text, retryAfterSeconds }: Busy, now: number): Outgoing {
  const error = status === 500 ? 'server_error' : 'temporarily_unavailable'
  return {
    kind: 'answer',
    status,
    headers: [
      ['Content-Type', 'application/json; charset=utf-8'],
      ['Cache-Control', 'no-store, no-cache'],
      ...(retryAfterSeconds === undefined ? [] : [['Retry-After', String(retryAfterSeconds)] as const]),
    ],
    body: JSON.stringify({
      error,
      error_description: `AADSTS${code}: ${text}`,
      error_codes: [code],
      timestamp: `${new Date(now).toISOString().slice(0, 19).replace('T', ' ')}Z`,
    }),
  }
}

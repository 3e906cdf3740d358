/** What the sandbox was asked and what it answered: the last requests, without secrets. */
import { redact } from '../core/redact.ts'

export interface TraceEntry {
  readonly number: number
  /** ISO 8601, UTC. */
  readonly at: string
  readonly method: string
  /** Path and query, redacted. Bodies and headers are never kept. */
  readonly url: string
  /** 0: no answer was sent. */
  readonly status: number
  readonly durationMs: number
  /** systemuserid the request ran as. */
  readonly user?: string
  /** Code of the error that was answered. */
  readonly code?: string
  /** What the sandbox does not emulate, a fault that struck, or an unexpected failure. */
  readonly note?: string
}

export interface Trace {
  add(entry: Omit<TraceEntry, 'number' | 'url'> & { readonly url: string }): void
  /** Oldest first. */
  entries(): readonly TraceEntry[]
  /** How many requests were ever noted. */
  readonly total: number
  clear(): void
}

export interface TraceOptions {
  /** Entries kept. Default 1,000. */
  readonly size?: number
}

/** Longest URL kept, in characters. */
const MAX_URL = 2000

export function createTrace({ size = 1000 }: TraceOptions = {}): Trace {
  const ring: TraceEntry[] = []
  let total = 0
  return {
    add(entry) {
      total++
      const url = redact(entry.url.length > MAX_URL ? `${entry.url.slice(0, MAX_URL)}…` : entry.url)
      ring[(total - 1) % size] = { ...entry, number: total, url }
    },
    entries() {
      const start = total > size ? total % size : 0
      return [...ring.slice(start), ...ring.slice(0, start)]
    },
    get total() {
      return total
    },
    clear() {
      ring.length = 0
      total = 0
    },
  }
}

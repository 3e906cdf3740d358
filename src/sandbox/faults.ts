/**
 * Failures on purpose: rules that say which requests go wrong and how.
 * Deterministic: counts per rule, and a seeded generator where a rule has a probability.
 */
import type { LimitKind } from './limits.ts'

export type Fault =
  /** Waits before answering. */
  | { readonly kind: 'latency'; readonly ms: number }
  /** One of the three service protection refusals. */
  | { readonly kind: 'throttle'; readonly limit?: LimitKind; readonly retryAfterSeconds?: number }
  /** A server error, before anything was done. */
  | { readonly kind: 'error'; readonly status: 500 | 502 | 503 | 504; readonly retryAfterSeconds?: number }
  /** An HTML page of a gateway in place of the answer. */
  | { readonly kind: 'html'; readonly status: number }
  /** The token is not accepted, once more or from now on. */
  | { readonly kind: 'unauthorized' }
  /** The connection breaks: before the request was acted on, or after the commit with the answer lost. */
  | { readonly kind: 'reset'; readonly when: 'before' | 'after' }
  /** The answer stops after so many bytes. Default: half of it. */
  | { readonly kind: 'truncate'; readonly bytes?: number }

export interface FaultRule {
  /** Default: every method. */
  readonly method?: string
  /** Path to match, `*` for anything: `/api/data/v9.2/accounts*`. Default: every path. */
  readonly path?: string
  /** Which matching requests: the 1st, 2nd … Default: all. */
  readonly nth?: readonly number[]
  /** Every so-manyth matching request. */
  readonly every?: number
  /** Chance of each matching request, 0 to 1. */
  readonly probability?: number
  /** How often the rule may strike. Default: without end. */
  readonly times?: number
  readonly fault: Fault
}

export interface ActiveRule {
  readonly id: number
  readonly rule: FaultRule
  readonly matched: number
  readonly struck: number
}

export interface Faults {
  /** Switches a rule on; its id switches it off again. */
  add(rule: FaultRule): number
  remove(id: number): boolean
  rules(): readonly ActiveRule[]
  clear(): void
  /** What strikes this request, in the order of the rules. */
  strike(method: string, path: string): readonly Fault[]
  /** How far this server's clock is off, in ms: the `Date` header and the times in tokens. */
  clockSkewMs: number
}

export function createFaults({ seed = 1 }: { readonly seed?: number } = {}): Faults {
  let random = generator(seed)
  let nextId = 1
  const active: Active[] = []
  return {
    clockSkewMs: 0,
    add(rule) {
      const id = nextId++
      active.push({ id, rule, matches: matcher(rule), matched: 0, struck: 0 })
      return id
    },
    remove(id) {
      const at = active.findIndex((entry) => entry.id === id)
      if (at >= 0) active.splice(at, 1)
      return at >= 0
    },
    rules: () => active.map(({ id, rule, matched, struck }) => ({ id, rule, matched, struck })),
    clear() {
      active.length = 0
      this.clockSkewMs = 0
      random = generator(seed)
    },
    strike(method, path) {
      if (active.length === 0) return NONE
      const faults: Fault[] = []
      for (const entry of active) {
        if (!entry.matches(method, path)) continue
        entry.matched++
        if (!due(entry, random)) continue
        entry.struck++
        faults.push(entry.rule.fault)
      }
      return faults
    },
  }
}

const NONE: readonly Fault[] = []

interface Active {
  readonly id: number
  readonly rule: FaultRule
  readonly matches: (method: string, path: string) => boolean
  matched: number
  struck: number
}

function matcher({ method, path }: FaultRule): (method: string, path: string) => boolean {
  const pattern =
    path === undefined ? undefined : new RegExp(`^${path.split('*').map(escapePattern).join('.*')}$`, 'i')
  const wanted = method?.toUpperCase()
  return (asked, at) => (wanted === undefined || wanted === asked) && (pattern?.test(at) ?? true)
}

function escapePattern(text: string): string {
  return text.replace(/[.+?^${}()|[\]\\]/g, '\\$&')
}

function due({ rule, matched, struck }: Active, random: () => number): boolean {
  if (rule.times !== undefined && struck >= rule.times) return false
  if (rule.nth && !rule.nth.includes(matched)) return false
  if (rule.every !== undefined && matched % rule.every !== 0) return false
  return rule.probability === undefined || random() < rule.probability
}

/** mulberry32: small, seeded, good enough to spread faults. */
function generator(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = state
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

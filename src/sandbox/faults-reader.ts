/** Reads fault rules that came as JSON, naming what is wrong with them. */
import type { Fault, FaultRule } from './faults.ts'
import type { LimitKind } from './limits.ts'

export type RuleReading = { readonly rule: FaultRule } | { readonly problem: string }

export function readFaultRule(value: unknown): RuleReading {
  if (!isRecord(value))
    return {
      problem:
        'A fault rule is an object such as {"path":"/api/data/*","fault":{"kind":"latency","ms":100}}.',
    }
  for (const name of Object.keys(value)) {
    if (!RULE_FIELDS.has(name))
      return { problem: `Unknown field '${name}'; a rule has ${[...RULE_FIELDS].join(', ')}.` }
  }
  const fault = readFault(value.fault)
  if (typeof fault === 'string') return { problem: fault }
  const { method, path, nth, every, probability, times } = value
  if (method !== undefined && typeof method !== 'string')
    return { problem: `method is ${show(method)}; it must be text.` }
  if (path !== undefined && typeof path !== 'string')
    return { problem: `path is ${show(path)}; it must be text.` }
  const list = typeof nth === 'number' ? [nth] : nth
  if (list !== undefined && !isPositions(list))
    return { problem: `nth is ${show(nth)}; it must be whole numbers from 1.` }
  if (every !== undefined && !isPosition(every))
    return { problem: `every is ${show(every)}; it must be a whole number from 1.` }
  if (times !== undefined && !isPosition(times))
    return { problem: `times is ${show(times)}; it must be a whole number from 1.` }
  if (
    probability !== undefined &&
    !(typeof probability === 'number' && probability >= 0 && probability <= 1)
  ) {
    return { problem: `probability is ${show(probability)}; it must be 0 to 1.` }
  }
  return {
    rule: {
      fault,
      ...(method === undefined ? {} : { method }),
      ...(path === undefined ? {} : { path }),
      ...(list === undefined ? {} : { nth: list }),
      ...(every === undefined ? {} : { every }),
      ...(times === undefined ? {} : { times }),
      ...(probability === undefined ? {} : { probability }),
    },
  }
}

const RULE_FIELDS = new Set(['method', 'path', 'nth', 'every', 'probability', 'times', 'fault'])

/** The fault, or what is wrong with it. */
function readFault(value: unknown): Fault | string {
  if (!isRecord(value)) return `fault is ${show(value)}; it must be an object with a kind.`
  const seconds = value.retryAfterSeconds
  if (seconds !== undefined && typeof seconds !== 'number')
    return `retryAfterSeconds is ${show(seconds)}; it must be a number.`
  const retry = seconds === undefined ? {} : { retryAfterSeconds: seconds }
  switch (value.kind) {
    case 'latency':
      return typeof value.ms === 'number' && value.ms >= 0
        ? { kind: 'latency', ms: value.ms }
        : `ms is ${show(value.ms)}; it must be milliseconds from 0.`
    case 'throttle':
      if (value.limit === undefined) return { kind: 'throttle', ...retry }
      return isLimitKind(value.limit)
        ? { kind: 'throttle', limit: value.limit, ...retry }
        : `limit is ${show(value.limit)}; it must be requests, executionTime or concurrency.`
    case 'error': {
      const { status } = value
      return status === 500 || status === 502 || status === 503 || status === 504
        ? { kind: 'error', status, ...retry }
        : `status is ${show(status)}; it must be 500, 502, 503 or 504.`
    }
    case 'html':
      return typeof value.status === 'number' && value.status >= 200 && value.status <= 599
        ? { kind: 'html', status: value.status }
        : `status is ${show(value.status)}; it must be 200 to 599.`
    case 'unauthorized':
      return { kind: 'unauthorized' }
    case 'reset':
      return value.when === 'before' || value.when === 'after'
        ? { kind: 'reset', when: value.when }
        : `when is ${show(value.when)}; it must be before or after.`
    case 'truncate':
      if (value.bytes === undefined) return { kind: 'truncate' }
      return typeof value.bytes === 'number' && value.bytes >= 0
        ? { kind: 'truncate', bytes: value.bytes }
        : `bytes is ${show(value.bytes)}; it must be a number from 0.`
    default:
      return `kind is ${show(value.kind)}; it must be latency, throttle, error, html, unauthorized, reset or truncate.`
  }
}

function isLimitKind(value: unknown): value is LimitKind {
  return value === 'requests' || value === 'executionTime' || value === 'concurrency'
}

function isPosition(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1
}

function isPositions(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every(isPosition)
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function show(value: unknown): string {
  return value === undefined ? 'missing' : JSON.stringify(value)
}

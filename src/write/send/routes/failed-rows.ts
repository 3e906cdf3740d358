import type { BulkCapabilities } from '../../../capabilities/capabilities.ts'
import type { ServiceError } from '../../../core/errors.ts'
import { type Answer, answerOf } from '../answer.ts'

/**
 * Places of the rows that failed in a message whose rows stand alone; the others were written. A row whose list
 * entry says all there is to know (try later) has its answer, one with a reason of its own has none: only the first
 * reason is told. Undefined where the error lists nothing, so that nobody knows which rows are in.
 */
export function failedRows(
  error: ServiceError,
  { failedRows: { annotation } }: Pick<BulkCapabilities, 'failedRows'>,
): ReadonlyMap<number, Answer | undefined> | undefined {
  const entries = listIn(error.annotations[annotation])
  if (!entries || entries.length === 0) return undefined
  const failed = new Map<number, Answer | undefined>()
  for (const entry of entries) {
    const place = field(entry, 'RequestIndex')
    const status = field(entry, 'StatusCode')
    if (place === undefined || status === undefined) return undefined
    failed.set(place, LATER.includes(status) ? { ...answerOf(error), status } : undefined)
  }
  return failed
}

/** Too many requests, and unavailable. */
const LATER: readonly number[] = [429, 503]

function listIn(json: string | undefined): readonly unknown[] | undefined {
  if (json === undefined) return undefined
  try {
    const value: unknown = JSON.parse(json)
    return Array.isArray(value) ? value : undefined
  } catch {
    return undefined
  }
}

function field(entry: unknown, name: 'RequestIndex' | 'StatusCode'): number | undefined {
  if (typeof entry !== 'object' || entry === null) return undefined
  const value = new Map<string, unknown>(Object.entries(entry)).get(name)
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 ? value : undefined
}

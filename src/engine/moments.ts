import type { Condition, ConditionColumn } from '../odata/condition.ts'

/**
 * Rows by the moment in one column: from `from` on and before `to`, in ms since 1970, as whole seconds. An end that is left
 * out is open, so that rows which are added meanwhile belong to a range too; `'never'` are the rows without a moment.
 */
export type Moments = { readonly from?: number; readonly to?: number } | 'never'

export interface Bounds {
  readonly earliest: number
  readonly latest: number
}

const SECOND_MS = 1000

/** Two ranges with the rows of one, by the middle of its time; undefined where it is one second or less. */
export function halves(range: Moments, { earliest, latest }: Bounds): readonly Moments[] | undefined {
  if (range === 'never') return undefined
  const from = wholeSecond(range.from ?? earliest)
  const to = range.to ?? wholeSecond(latest) + SECOND_MS
  const middle = wholeSecond((from + to) / 2)
  if (middle <= from) return undefined
  return [
    { ...range, to: middle },
    { ...range, from: middle },
  ]
}

function wholeSecond(ms: number): number {
  return Math.floor(ms / SECOND_MS) * SECOND_MS
}

/** The rows of a range, as conditions that all hold. */
export function momentsFilter(range: Moments, column: ConditionColumn): readonly Condition[] {
  if (range === 'never') return [{ kind: 'null', column, isNull: true }]
  const { from, to } = range
  const ends: Condition[] = [
    ...(from === undefined ? [] : [compare(column, 'ge', from)]),
    ...(to === undefined ? [] : [compare(column, 'lt', to)]),
  ]
  return ends.length === 0 ? [{ kind: 'null', column, isNull: false }] : ends
}

function compare(column: ConditionColumn, operator: 'ge' | 'lt', ms: number): Condition {
  const text = new Date(ms).toISOString().replace('.000Z', 'Z')
  return { kind: 'compare', column, operator, value: { kind: 'plain', text } }
}

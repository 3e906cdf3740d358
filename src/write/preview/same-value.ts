import { compareDecimals, parseDecimal } from '../../core/decimal.ts'
import type { CheckedValue } from '../check/checked-value.ts'
import type { Cell } from '../check/resolve-lookups.ts'
import type { ColumnChange } from '../outcome.ts'

/** What writing `cells` would change in a row the environment holds (its JSON, numbers as their exact text). */
export function changesOf(
  cells: readonly Cell[],
  existing: Readonly<Record<string, unknown>>,
): readonly ColumnChange[] {
  return cells.flatMap(({ column, value }) => {
    const held = heldText(existing[column.property])
    if (isSame(value, held, column.type)) return []
    return [{ column: column.name, from: held, to: valueText(value) }]
  })
}

/** Equality by type: 1.0 is 1.00, times are the same moment to the second, an empty text is no value. */
function isSame(value: CheckedValue, held: string | null, type: Cell['column']['type']): boolean {
  const wanted = valueText(value)
  if (wanted === null || held === null) return (wanted ?? '') === (held ?? '')
  switch (type) {
    case 'integer':
    case 'bigint':
    case 'decimal':
    case 'double':
    case 'money':
    case 'choice': {
      const number = parseDecimal(held)
      return number !== undefined && compareDecimals(wanted, number) === 0
    }
    case 'datetime':
      return second(wanted) === second(held)
    case 'choices':
      return sorted(wanted) === sorted(held)
    case 'guid':
    case 'lookup':
      return wanted === held.toLowerCase()
    default:
      return wanted === held
  }
}

function heldText(held: unknown): string | null {
  return held === undefined || held === null ? null : String(held)
}

function valueText(value: CheckedValue): string | null {
  switch (value.kind) {
    case 'null':
      return null
    case 'text':
      return value.text
    case 'number':
      return value.digits
    case 'boolean':
      return String(value.value)
    case 'lookup':
      return value.id
  }
}

/** The service keeps whole seconds. */
function second(text: string): number {
  return Math.floor(Date.parse(text) / 1000)
}

function sorted(choices: string): string {
  return choices
    .split(',')
    .map((choice) => choice.trim())
    .sort()
    .join(',')
}

import type { Column } from '../../catalog/table.ts'
import { compareDecimals, parseDecimal, scaleOf } from '../../core/decimal.ts'
import { type CheckedValue, type Fault, fault, shown } from './checked-value.ts'

/** Ranges of the types themselves, where metadata names none. */
const TYPE_RANGE: Partial<Record<Column['type'], readonly [string, string]>> = {
  integer: ['-2147483648', '2147483647'],
  bigint: ['-9223372036854775808', '9223372036854775807'],
}

/** Whole and decimal numbers, exactly: range and digits after the point as metadata says. */
export function checkNumber(value: unknown, column: Column): CheckedValue | Fault {
  const digits = typeof value === 'boolean' ? undefined : parseDecimal(String(value))
  if (digits === undefined)
    return fault(
      `${column.name} is ${shown(value)}; it must be a number such as -1234.50, with a point and no grouping.`,
    )
  const exact = trimZeros(digits)
  const whole = column.type === 'integer' || column.type === 'bigint'
  if (whole && scaleOf(exact) > 0) return fault(`${column.name} is ${digits}; it must be a whole number.`)
  const [least, most] = TYPE_RANGE[column.type] ?? []
  const min = column.min ?? least
  const max = column.max ?? most
  if (
    (min !== undefined && compareDecimals(exact, plain(min)) < 0) ||
    (max !== undefined && compareDecimals(exact, plain(max)) > 0)
  )
    return fault(`${column.name} is ${digits}; it must be from ${min ?? 'any'} to ${max ?? 'any'}.`)
  const scale = keptScale(column)
  if (scale !== undefined && scaleOf(exact) > scale)
    return fault(
      `${column.name} is ${digits}; it keeps ${scale} digits after the point, and the service would round.`,
    )
  return { kind: 'number', digits: whole ? exact : digits }
}

/** Digits after the point that money is stored with. */
const MONEY_SCALE = 4

/**
 * Digits the service keeps for certain. Money's may be those of the row's currency instead of the column's;
 * doubles are approximate anyway, and coordinates commonly come with more digits than the column shows.
 */
function keptScale({ type, precision }: Column): number | undefined {
  if (type === 'money') return MONEY_SCALE
  return type === 'double' ? undefined : precision
}

function trimZeros(digits: string): string {
  return digits.includes('.') ? digits.replace(/\.?0+$/, '') : digits
}

function plain(limit: string): string {
  return parseDecimal(limit) ?? limit
}

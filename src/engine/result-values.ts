import {
  DuckDBBlobValue,
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBListValue,
  DuckDBStructValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  DuckDBUUIDValue,
} from '@duckdb/node-api'

/** A value of a result, as reading a table gives it: decimals are exact text, moments ISO 8601, 64-bit integers bigint. */
export type SqlValue =
  | string
  | number
  | bigint
  | boolean
  | null
  | readonly SqlValue[]
  | { readonly [name: string]: SqlValue }

export function toSqlValue(value: unknown): SqlValue {
  if (value === null || value === undefined) return null
  if (
    typeof value === 'string' ||
    typeof value === 'number' ||
    typeof value === 'boolean' ||
    typeof value === 'bigint'
  )
    return value
  if (value instanceof DuckDBDecimalValue) return trimZeros(value.toString())
  if (value instanceof DuckDBTimestampTZValue) return moment(value.micros)
  if (value instanceof DuckDBTimestampValue) return moment(value.micros)
  if (value instanceof DuckDBDateValue || value instanceof DuckDBUUIDValue) return value.toString()
  if (value instanceof DuckDBListValue) return value.items.map(toSqlValue)
  if (value instanceof DuckDBBlobValue) return Buffer.from(value.bytes).toString('base64')
  if (value instanceof DuckDBStructValue)
    return Object.fromEntries(Object.entries(value.entries).map(([name, entry]) => [name, toSqlValue(entry)]))
  return String(value)
}

/** `2024-02-29T10:00:00Z`, with as many digits of a second as it has. */
function moment(micros: bigint): string {
  const millis = micros / 1000n
  const rest = micros % 1000n
  const floor = rest < 0n ? millis - 1n : millis
  const text = new Date(Number(floor)).toISOString()
  const fraction = String(micros - floor * 1000n + 0n).padStart(3, '0')
  const digits = `${text.slice(20, 23)}${fraction}`.replace(/0+$/, '')
  return `${text.slice(0, 19)}${digits === '' ? '' : `.${digits}`}Z`
}

function trimZeros(digits: string): string {
  return digits.includes('.') ? digits.replace(/\.?0+$/, '') : digits
}

import type { ColumnDefinition } from '../../schema.ts'
import { type Cell, DECIMAL_SCALE, MONEY_SCALE } from '../../store/store.ts'

/** A cell as JSON text. Decimals keep the digits of their scale. */
export function cellWriter({ type }: ColumnDefinition): (cell: Cell) => string {
  switch (type) {
    case 'Decimal':
      return (cell) => scaledText(cell, DECIMAL_SCALE)
    case 'Money':
      return (cell) => scaledText(cell, MONEY_SCALE)
    case 'Uniqueidentifier':
    case 'Lookup':
    case 'Customer':
    case 'Owner':
    case 'DateTime':
    case 'MultiSelectPicklist':
    case 'File':
      // Nothing in these needs escaping.
      return (cell) => `"${cell}"`
    case 'String':
    case 'Memo':
    case 'EntityName':
    case 'Image':
      return textJson
    default:
      return String
  }
}

/** Most texts need no escaping, and to see that is faster than to escape. */
const NEEDS_ESCAPING = /["\\\p{Cc}\p{Cs}]/u

function textJson(cell: Cell): string {
  return typeof cell === 'string' && !NEEDS_ESCAPING.test(cell) ? `"${cell}"` : JSON.stringify(cell)
}

/** Digits of a scaled bigint: 50000000000 at scale 4 is `5000000.0000`. */
export function scaledText(cell: Cell, scale: number): string {
  const value = BigInt(cell)
  const text = (value < 0n ? -value : value).toString().padStart(scale + 1, '0')
  const sign = value < 0n ? '-' : ''
  return scale === 0 ? `${sign}${text}` : `${sign}${text.slice(0, -scale)}.${text.slice(-scale)}`
}

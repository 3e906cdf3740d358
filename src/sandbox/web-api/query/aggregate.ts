import { collationKey } from '../../collation.ts'
import type { ColumnDefinition } from '../../schema.ts'
import { type Cell, DECIMAL_SCALE, MONEY_SCALE, type Store } from '../../store/store.ts'
import { type ApiContext, ApiError } from '../operation.ts'
import { scaledText } from './cell-json.ts'
import { compareCells } from './compare.ts'
import { formatDate, groupDigits, symbolOf, withSymbol } from './format.ts'

/** Sums, averages and counts over the cells of one group; NULLs do not take part. */
export type AggregateMethod = 'sum' | 'average' | 'min' | 'max' | 'count' | 'countdistinct'

/** Rows an aggregate may run over, where nothing else is set. */
const AGGREGATE_LIMIT = 50_000

/** `asked`: a lower limit of the query itself. */
export function checkAggregateLimit(
  rows: number,
  { aggregateRows = AGGREGATE_LIMIT }: ApiContext,
  asked = aggregateRows,
): void {
  if (rows > Math.min(asked, aggregateRows))
    throw new ApiError(
      400,
      '0x8004E023',
      'The maximum record limit is exceeded. Reduce the number of records.',
    )
}

export interface AggregateResult {
  readonly json: string
  /** Formatted value. */
  readonly shown: string
}

/** Undefined is NULL: nothing to sum or compare. */
export function aggregateCells(
  method: AggregateMethod,
  column: ColumnDefinition,
  { cells, store }: { readonly cells: readonly Cell[]; readonly store: Store },
): AggregateResult | undefined {
  if (method === 'count') return countOf(cells.length)
  if (method === 'countdistinct') return countOf(new Set(cells.map(cellIdentity)).size)
  if (cells.length === 0) return undefined
  if (method === 'min' || method === 'max') return extreme(method, column, { cells, store })
  if (column.type === 'Double') {
    const sum = cells.reduce<number>((total, cell) => total + Number(cell), 0)
    return ofFloat(method === 'sum' ? sum : sum / cells.length, column)
  }
  const scale = scaleOf(column)
  if (scale === undefined)
    throw new ApiError(
      400,
      '0x80040203',
      `The aggregate ${method} is not supported for the column ${column.logicalName}.`,
    )
  const sum = cells.reduce<bigint>((total, cell) => total + BigInt(cell), 0n)
  if (method === 'sum') return ofDigits(sum, { column, scale, store })
  // SQL Server averages whole numbers as whole numbers.
  if (scale === 0) return ofDigits(sum / BigInt(cells.length), { column, scale, store })
  const finer = 10n ** BigInt(Math.max(0, RESULT_DIGITS - scale))
  return ofDigits((sum * finer) / BigInt(cells.length), {
    column,
    scale: Math.max(scale, RESULT_DIGITS),
    store,
  })
}

export function countOf(count: number): AggregateResult {
  return { json: String(count), shown: groupDigits(BigInt(count), { scale: 0, precision: 0 }) }
}

/** The same for cells that group together: texts as the collation has it. */
export function cellIdentity(cell: Cell | undefined): string {
  if (cell === undefined) return ''
  return typeof cell === 'string' ? `s${collationKey(cell)}` : `v${cell}`
}

function extreme(
  method: 'min' | 'max',
  column: ColumnDefinition,
  { cells, store }: { readonly cells: readonly Cell[]; readonly store: Store },
): AggregateResult {
  const sign = method === 'min' ? 1 : -1
  const found = cells.reduce((best, cell) => (sign * compareCells(column.type, cell, best) < 0 ? cell : best))
  const scale = scaleOf(column)
  if (scale !== undefined) return ofDigits(BigInt(found), { column, scale, store })
  if (column.type === 'Double') return ofFloat(Number(found), column)
  if (typeof found !== 'string') return { json: String(found), shown: String(found) }
  const shown = column.type === 'DateTime' ? formatDate(column, found) : found
  return { json: JSON.stringify(found), shown }
}

function ofFloat(value: number, { precision = 2 }: ColumnDefinition): AggregateResult {
  const digits = { minimumFractionDigits: precision, maximumFractionDigits: precision }
  return { json: String(value), shown: value.toLocaleString('en-US', digits) }
}

interface Digits {
  readonly column: ColumnDefinition
  readonly scale: number
  readonly store: Store
}

/** Digits after the point of decimal results. */
const RESULT_DIGITS = 9

function ofDigits(value: bigint, { column, scale, store }: Digits): AggregateResult {
  const whole = scale === 0
  const shown = groupDigits(value, { scale, precision: whole ? 0 : (column.precision ?? 2) })
  return {
    json: whole ? String(value) : scaledText(rescale(value, scale), RESULT_DIGITS),
    shown: column.type === 'Money' ? withSymbol(shown, symbolOf(column, {}, store)) : shown,
  }
}

function rescale(value: bigint, scale: number): bigint {
  const shift = RESULT_DIGITS - scale
  return shift >= 0 ? value * 10n ** BigInt(shift) : value / 10n ** BigInt(-shift)
}

function scaleOf({ type }: ColumnDefinition): number | undefined {
  if (type === 'Money') return MONEY_SCALE
  if (type === 'Decimal') return DECIMAL_SCALE
  return ['Integer', 'BigInt'].includes(type) ? 0 : undefined
}

import type { ColumnDefinition } from '../../schema.ts'
import { DECIMAL_SCALE, MONEY_SCALE, type Store, type StoredRow } from '../../store/store.ts'
import { isLookup, requireTable } from './paths.ts'
import { rowsOf } from './rows-of.ts'

/** Formatted values: what a cell looks like to an English user in UTC. Undefined: none is given. */
export function formatted(column: ColumnDefinition, row: StoredRow, store: Store): string | undefined {
  const cell = row[column.logicalName]
  if (cell === undefined) return undefined
  if (isLookup(column)) return nameOfTarget(column, row, store)
  switch (column.type) {
    case 'Picklist':
    case 'State':
    case 'Status':
      return column.options?.find(({ value }) => value === cell)?.label
    case 'MultiSelectPicklist':
      return String(cell)
        .split(',')
        .map((value) => column.options?.find((option) => option.value === Number(value))?.label ?? value)
        .join('; ')
    case 'Boolean':
      return column.options?.find(({ value }) => value === Number(cell))?.label ?? (cell ? 'Yes' : 'No')
    case 'Integer':
    case 'BigInt':
      return typeof cell === 'bigint' || typeof cell === 'number' ? cell.toLocaleString('en-US') : undefined
    case 'Decimal':
      return groupDigits(BigInt(cell), { scale: DECIMAL_SCALE, precision: column.precision ?? 2 })
    case 'Double':
      return Number(cell).toLocaleString('en-US', digits(column.precision ?? 2))
    case 'Money':
      return withSymbol(
        groupDigits(BigInt(cell), { scale: MONEY_SCALE, precision: column.precision ?? 2 }),
        symbolOf(column, row, store),
      )
    case 'DateTime':
      return formatDate(column, String(cell))
    default:
      return undefined
  }
}

/** The primary name of the row a lookup points at. */
export function nameOfTarget(column: ColumnDefinition, row: StoredRow, store: Store): string | undefined {
  const target = targetTable(column, row)
  const id = row[column.logicalName]
  if (target === undefined || typeof id !== 'string') return undefined
  const { primaryName } = requireTable(store.schema, target)
  const found = rowsOf(store, target).get(id)
  const name = primaryName === undefined ? undefined : found?.[primaryName]
  return typeof name === 'string' ? name : undefined
}

/** Logical name of the table a lookup of this row points to. */
export function targetTable(
  { logicalName, targets = [] }: ColumnDefinition,
  row: StoredRow,
): string | undefined {
  const stored = row[`${logicalName}@table`]
  return typeof stored === 'string' ? stored : targets[0]
}

export function formatDate({ dateBehavior, format }: ColumnDefinition, cell: string): string {
  const date = new Date(dateBehavior === 'DateOnly' ? `${cell}T00:00:00Z` : cell)
  const day = `${date.getUTCMonth() + 1}/${date.getUTCDate()}/${date.getUTCFullYear()}`
  if (dateBehavior === 'DateOnly' || format === 'DateOnly') return day
  const hours = date.getUTCHours()
  const minutes = String(date.getUTCMinutes()).padStart(2, '0')
  return `${day} ${hours % 12 || 12}:${minutes} ${hours < 12 ? 'AM' : 'PM'}`
}

export function withSymbol(text: string, symbol: string): string {
  return text.startsWith('-') ? `-${symbol}${text.slice(1)}` : `${symbol}${text}`
}

/** Symbol of the row's currency, or of the organization's own for `_base` columns and rows without one. */
export function symbolOf({ baseOf }: ColumnDefinition, row: StoredRow, store: Store): string {
  const currency = baseOf === undefined ? row.transactioncurrencyid : store.organization.baseCurrencyId
  const symbol = store
    .table('transactioncurrency')
    .get(String(currency ?? store.organization.baseCurrencyId))?.currencysymbol
  return typeof symbol === 'string' ? symbol : '$'
}

/** A scaled number with thousands separated, rounded half away from zero to `precision` digits. */
export function groupDigits(
  value: bigint,
  { scale, precision }: { scale: number; precision: number },
): string {
  const negative = value < 0n
  const unit = 10n ** BigInt(Math.max(0, scale - precision))
  const finer = 10n ** BigInt(Math.max(0, precision - scale))
  const rounded = ((negative ? -value : value) * finer + unit / 2n) / unit
  const text = rounded.toString().padStart(precision + 1, '0')
  const whole = text.slice(0, text.length - precision).replace(/\B(?=(\d{3})+$)/g, ',')
  const fraction = precision > 0 ? `.${text.slice(-precision)}` : ''
  return `${negative ? '-' : ''}${whole}${fraction}`
}

function digits(precision: number) {
  return { minimumFractionDigits: precision, maximumFractionDigits: precision }
}

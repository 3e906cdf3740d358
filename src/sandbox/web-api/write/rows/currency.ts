/** Money lives in the row's currency; `_base` columns hold it in the organization's, at the rate of the last write. */
import type { TableDefinition } from '../../../schema.ts'
import { DECIMAL_SCALE, type StoredRow } from '../../../store/store.ts'
import type { ApiContext } from '../../operation.ts'
import { dividedRounded } from '../payload/number-cells.ts'
import { perTable } from '../per-table.ts'
import { has } from '../writing.ts'

const baseColumns = perTable(({ columns }) => columns.filter(({ baseOf }) => baseOf !== undefined))

const UNIT_RATE = 10n ** BigInt(DECIMAL_SCALE)

/** Currency, rate and `_base` cells that follow from `changes` to a row; `after` is the row with them. */
export function currencyCells(
  { table, after }: { readonly table: TableDefinition; readonly after: StoredRow },
  changes: StoredRow,
  { store }: Pick<ApiContext, 'store'>,
): StoredRow {
  const bases = baseColumns(table)
  const touched =
    'transactioncurrencyid' in changes ||
    bases.some(({ baseOf }) => baseOf !== undefined && baseOf in changes)
  if (!touched || !has(table, 'transactioncurrencyid')) return {}
  const holdsMoney = bases.some(({ baseOf }) => baseOf !== undefined && after[baseOf] !== undefined)
  const own = after.transactioncurrencyid
  const currency = typeof own === 'string' ? own : holdsMoney ? store.organization.baseCurrencyId : undefined
  if (currency === undefined) return {}
  const rate = store.table('transactioncurrency').get(currency)?.exchangerate
  const exchangerate = typeof rate === 'bigint' && rate > 0n ? rate : UNIT_RATE
  const cells: StoredRow = { transactioncurrencyid: currency }
  if (has(table, 'exchangerate')) cells.exchangerate = exchangerate
  for (const { logicalName, baseOf = '' } of bases) {
    const money = after[baseOf]
    cells[logicalName] =
      typeof money === 'bigint' ? dividedRounded(money * UNIT_RATE, exchangerate) : undefined
  }
  return cells
}

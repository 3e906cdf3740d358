/** Changes one row. Values that stay the same still count as a change. The caller holds the transaction. */
import type { TableDefinition } from '../../../schema.ts'
import type { StoredRow } from '../../../store/store.ts'
import { withStoredImages } from '../files/image-cells.ts'
import { lookupCells } from '../links/lookup-cells.ts'
import { readPayload } from '../payload/payload.ts'
import type { JsonObject } from '../payload/request-body.ts'
import { idOf, type Writing } from '../writing.ts'
import { computedCells } from './computed-columns.ts'
import { defaultCells } from './create-row.ts'
import { currencyCells } from './currency.ts'
import { demandNoDuplicate } from './duplicate-detection.ts'
import { changeStamps } from './stamps.ts'
import { stateCells } from './state.ts'
import { demandUniqueKeys } from './unique-keys.ts'

export interface RowChange {
  readonly table: TableDefinition
  readonly row: StoredRow
  readonly body: JsonObject
  /** Columns whose values in the body do not count: the alternate key that named the row. */
  readonly ignored?: readonly string[]
  /** Elastic upsert: columns the body does not name go back to their defaults. */
  readonly replace?: boolean
}

export function updateRow(
  { table, row, body, ignored = [], replace = false }: RowChange,
  writing: Writing,
): void {
  const { store, demand } = writing
  demand('Write', table.logicalName)
  const payload = readPayload(body, { table, mode: 'update', schema: store.schema })
  const given: StoredRow = {
    ...withStoredImages(payload.cells, table, writing),
    ...lookupCells(payload.lookups, table, writing),
  }
  for (const column of ignored) delete given[column]
  changeRow({ table, row }, replace ? { ...blank(table), ...given } : given, writing)
}

/** Writes cells that are already checked, with everything that follows from them. */
export function changeRow(
  { table, row }: { readonly table: TableDefinition; readonly row: StoredRow },
  given: StoredRow,
  writing: Writing,
): void {
  const id = idOf(table, row)
  const changes: StoredRow = { ...given, ...stateCells({ table, id }, given, row) }
  Object.assign(changes, currencyCells({ table, after: { ...row, ...changes } }, changes, writing))
  Object.assign(changes, computedCells(table, { ...row, ...changes }), changeStamps(table, writing))
  const after = { ...row, ...changes }
  demandUniqueKeys(table, after, writing)
  demandNoDuplicate({ table, after }, changes, writing)
  writing.store.table(table.logicalName).update(id, changes)
}

/** Every column that a request can write, at its default. */
function blank(table: TableDefinition): StoredRow {
  const cells: StoredRow = {}
  for (const { logicalName, update, type } of table.columns)
    if (update && type !== 'State' && type !== 'Status' && type !== 'Owner') cells[logicalName] = undefined
  return { ...cells, ...defaultCells(table) }
}

/** PATCH of a row: update, or create where the row is missing, as the conditions of the request allow. */
import type { TableDefinition } from '../../../schema.ts'
import type { StoredRow } from '../../../store/store.ts'
import { findRow, requireRow } from '../../query/index.ts'
import type { RowKey } from '../../resource.ts'
import type { JsonObject } from '../payload/request-body.ts'
import { alreadyThere } from '../write-errors.ts'
import { idOf, type Writing } from '../writing.ts'
import { type Conditions, demandVersion } from './conditions.ts'
import { createRow } from './create-row.ts'
import { updateRow } from './update-row.ts'

export interface Patch {
  readonly table: TableDefinition
  readonly key: RowKey
  readonly body: JsonObject
  readonly conditions: Conditions
}

export interface Patched {
  readonly id: string
  readonly created: boolean
}

export function patchRow({ table, key, body, conditions }: Patch, writing: Writing): Patched {
  const row =
    conditions.ifMatch === undefined ? findRow(table, key, writing) : requireRow(table, key, writing)
  if (!row) return { id: createRow({ table, body, preset: keyCells(table, key) }, writing), created: true }
  if (conditions.onlyCreate) throw alreadyThere()
  demandVersion(table, row, conditions)
  updateRow(
    {
      table,
      row,
      body,
      ignored: key.by === 'key' ? key.columns : [],
      // Cosmos DB knows no partial upsert: without If-Match the row is written anew.
      replace: table.kind === 'Elastic' && conditions.ifMatch === undefined,
    },
    writing,
  )
  return { id: idOf(table, row), created: false }
}

/** Cells of a new row that its URL gives. */
function keyCells(table: TableDefinition, key: RowKey): StoredRow {
  if (key.by === 'id') {
    return {
      [table.primaryKey]: key.id,
      ...(key.partitionId === undefined ? {} : { partitionid: key.partitionId }),
    }
  }
  const cells: StoredRow = {}
  key.columns.forEach((column, index) => {
    cells[column] = key.values[index]
  })
  return cells
}

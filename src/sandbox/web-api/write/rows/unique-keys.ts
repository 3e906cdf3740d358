/** Alternate keys are unique; a key with NULL in any of its columns binds nothing. */
import type { TableDefinition } from '../../../schema.ts'
import type { Cell, StoredRow } from '../../../store/store.ts'
import type { ApiContext } from '../../operation.ts'
import { keyViolated } from '../write-errors.ts'
import { idOf } from '../writing.ts'

/** Throws 412 where another row has the same values in an alternate key. */
export function demandUniqueKeys(
  table: TableDefinition,
  after: StoredRow,
  { store }: Pick<ApiContext, 'store'>,
): void {
  for (const key of table.keys) {
    // The key of an elastic table contains its primary key, which is checked on its own.
    if (key.columns.includes(table.primaryKey)) continue
    const values = key.columns.map((column) => after[column])
    if (!values.every(isCell)) continue
    const other = store.table(table.logicalName).rowByKey(key.columns, values)
    if (other && idOf(table, other) !== idOf(table, after)) throw keyViolated(key, table)
  }
}

function isCell(cell: Cell | undefined): cell is Cell {
  return cell !== undefined
}

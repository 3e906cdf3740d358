/** Deletes one row and does to the rows that point at it what each relationship says. The caller holds the transaction. */
import type { OneToMany, TableDefinition } from '../../../schema.ts'
import type { StoredRow } from '../../../store/store.ts'
import { sidesOf } from '../links/link-member.ts'
import { clearedCells } from '../links/lookup-cells.ts'
import { associated } from '../write-errors.ts'
import { idOf, type Writing } from '../writing.ts'

interface Doomed {
  readonly table: TableDefinition
  readonly row: StoredRow
}

/**
 * Throws 405 where a row that restricts the deletion is left. Bytes of its files stay in the store: an undone
 * transaction has to find them again.
 */
export function deleteRow({ table, row }: Doomed, writing: Writing): void {
  const { store, demand } = writing
  const id = idOf(table, row)
  const own = store.table(table.logicalName)
  // A cascade may come back to a row that is already gone.
  if (!own.get(id)) return
  demand('Delete', table.logicalName)
  const relationships = store.schema.collections(table.logicalName)
  for (const relationship of relationships)
    if (relationship.onDelete === 'Restrict' && pointing(relationship, id, writing).length > 0)
      throw associated()
  own.delete(id)
  for (const relationship of relationships) settle(relationship, id, writing)
  for (const manyToMany of store.schema.manyToManyOf(table.logicalName)) {
    const intersect = store.table(manyToMany.intersectTable)
    for (const link of intersect.rowsByLookup(sidesOf(manyToMany, table).near, id))
      intersect.delete(idOf(intersect.definition, link))
  }
}

function settle(relationship: OneToMany, id: string, writing: Writing): void {
  const { referencingTable, onDelete } = relationship
  if (onDelete !== 'Cascade' && onDelete !== 'RemoveLink') return
  const child = writing.store.table(referencingTable)
  for (const row of pointing(relationship, id, writing)) {
    if (onDelete === 'Cascade') deleteRow({ table: child.definition, row }, writing)
    else child.update(idOf(child.definition, row), clearedCells(relationship))
  }
}

/** Rows whose lookup points at this row, and not at one of another table. */
function pointing(
  { referencingTable, referencingColumn, referencedTable }: OneToMany,
  id: string,
  { store }: Writing,
): readonly StoredRow[] {
  return store
    .table(referencingTable)
    .rowsByLookup(referencingColumn, id)
    .filter((row) => (row[`${referencingColumn}@table`] ?? referencedTable) === referencedTable)
}

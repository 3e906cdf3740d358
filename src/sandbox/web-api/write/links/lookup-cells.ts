/** The cells behind a lookup: its GUID, and where several tables are possible which one it is. */
import type { OneToMany, TableDefinition } from '../../../schema.ts'
import type { StoredRow } from '../../../store/store.ts'
import type { LookupChange } from '../payload/payload.ts'
import { payloadError } from '../write-errors.ts'
import { idOf, type Writing } from '../writing.ts'
import { demandLink } from './link-privileges.ts'
import { type Reference, resolveReference } from './reference.ts'

/** Cells of every lookup that a payload points or clears, in its order. */
export function lookupCells(
  changes: readonly LookupChange[],
  table: TableDefinition,
  writing: Writing,
): StoredRow {
  const cells: StoredRow = {}
  for (const { relationships, reference } of changes) {
    const [first] = relationships
    if (!first) continue
    if (reference === null) Object.assign(cells, clearedCells(first))
    else Object.assign(cells, boundCells(relationships, { reference, table }, writing))
  }
  return cells
}

/** Points the lookup of `relationship` at a row. */
export function pointedCells(
  { referencingTable, referencingColumn, referencedTable }: OneToMany,
  id: string,
  { store }: Writing,
): StoredRow {
  const column = store.schema.column(referencingTable, referencingColumn)
  const several = (column?.targets?.length ?? 0) > 1
  return {
    [referencingColumn]: id,
    ...(several ? { [`${referencingColumn}@table`]: referencedTable } : {}),
    ...(column?.type === 'Owner' ? ownerCells({ referencedTable, id }, { store, referencingTable }) : {}),
  }
}

export function clearedCells({ referencingColumn }: OneToMany): StoredRow {
  return { [referencingColumn]: undefined, [`${referencingColumn}@table`]: undefined }
}

interface Bound {
  readonly reference: string
  readonly table: TableDefinition
}

function boundCells(
  relationships: readonly OneToMany[],
  { reference, table }: Bound,
  writing: Writing,
): StoredRow {
  const target = resolveReference(reference, writing)
  const relationship = relationships.find(({ referencedTable }) => isTable(target, referencedTable))
  if (!relationship) {
    throw payloadError(
      `The URI '${reference}' names a row of '${target.table.logicalName}', which '${relationships[0]?.lookupNavigation}' does not take.`,
    )
  }
  demandLink({ from: table.logicalName, to: target.table.logicalName }, writing)
  return pointedCells(relationship, idOf(target.table, target.row), writing)
}

/** Is it a row of this table, or of one that is derived from it? */
export function isTable({ table }: Reference, logicalName: string): boolean {
  return table.logicalName === logicalName || table.baseTable === logicalName
}

/** What follows from an owner: owning user or team, and the business unit. */
export function ownerCells(
  { referencedTable, id }: { readonly referencedTable: string; readonly id: string },
  { store, referencingTable }: Pick<Writing, 'store'> & { readonly referencingTable: string },
): StoredRow {
  const unit = store.table(referencedTable).get(id)?.businessunitid ?? store.organization.rootBusinessUnitId
  const cells: StoredRow = {
    owninguser: referencedTable === 'systemuser' ? id : undefined,
    owningteam: referencedTable === 'team' ? id : undefined,
    owningbusinessunit: unit,
  }
  return Object.fromEntries(
    Object.entries(cells).filter(([column]) => store.schema.column(referencingTable, column)),
  )
}

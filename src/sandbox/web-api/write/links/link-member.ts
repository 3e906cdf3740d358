/** Puts a row into a collection of another, or takes it out: by its lookup, or by a row of the intersect table. */
import type { ManyToMany, OneToMany, TableDefinition } from '../../../schema.ts'
import type { StoredRow } from '../../../store/store.ts'
import { isOneToMany } from '../payload/payload.ts'
import { newRowId } from '../rows/row-id.ts'
import { changeStamps } from '../rows/stamps.ts'
import { alreadyThere, payloadError } from '../write-errors.ts'
import { idOf, type Writing } from '../writing.ts'
import { demandLink } from './link-privileges.ts'
import { clearedCells, isTable, pointedCells } from './lookup-cells.ts'
import { type Reference, resolveReference } from './reference.ts'

export interface Collection {
  readonly table: TableDefinition
  readonly id: string
  readonly relationship: OneToMany | ManyToMany
}

export function linkMember(
  { table, id, relationship, reference }: Collection & { readonly reference: string },
  writing: Writing,
): void {
  const member = resolveReference(reference, writing)
  if (isOneToMany(relationship)) {
    demandMember(member, relationship.referencingTable, reference)
    demandLink({ from: relationship.referencingTable, to: table.logicalName }, writing)
    updateLookup(member, pointedCells(relationship, id, writing), writing)
    return
  }
  const { near, far, farTable } = sidesOf(relationship, table)
  demandMember(member, farTable, reference)
  demandLink({ from: table.logicalName, to: farTable }, writing)
  if (intersection({ table, id, relationship }, member, writing)) throw alreadyThere()
  const intersect = writing.store.table(relationship.intersectTable)
  intersect.insert({
    [intersect.definition.primaryKey]: newRowId(writing.now),
    [near]: id,
    [far]: idOf(member.table, member.row),
  })
}

/** A row that is not in the collection stays as it is. */
export function unlinkMember(
  { table, id, relationship }: Collection,
  member: Reference,
  writing: Writing,
): void {
  if (isOneToMany(relationship)) {
    demandLink({ from: relationship.referencingTable, to: table.logicalName }, writing)
    if (member.row[relationship.referencingColumn] === id)
      updateLookup(member, clearedCells(relationship), writing)
    return
  }
  demandLink({ from: table.logicalName, to: member.table.logicalName }, writing)
  const row = intersection({ table, id, relationship }, member, writing)
  const intersect = writing.store.table(relationship.intersectTable)
  if (row) intersect.delete(idOf(intersect.definition, row))
}

/** Columns of the intersect table, seen from one side. */
export function sidesOf(
  { table1, table2, column1, column2 }: ManyToMany,
  { logicalName }: TableDefinition,
): { readonly near: string; readonly far: string; readonly farTable: string } {
  return table1 === logicalName
    ? { near: column1, far: column2, farTable: table2 }
    : { near: column2, far: column1, farTable: table1 }
}

/** Changes the lookup of a row, which counts as a change of that row. */
export function updateLookup({ table, row }: Reference, cells: StoredRow, writing: Writing): void {
  writing.store
    .table(table.logicalName)
    .update(idOf(table, row), { ...cells, ...changeStamps(table, writing) })
}

function intersection(
  {
    table,
    id,
    relationship,
  }: { readonly table: TableDefinition; readonly id: string; readonly relationship: ManyToMany },
  member: Reference,
  { store }: Writing,
): StoredRow | undefined {
  const { near, far } = sidesOf(relationship, table)
  const memberId = idOf(member.table, member.row)
  return store
    .table(relationship.intersectTable)
    .rowsByLookup(near, id)
    .find((row) => row[far] === memberId)
}

function demandMember(member: Reference, wanted: string, reference: string): void {
  if (!isTable(member, wanted))
    throw payloadError(`The URI '${reference}' does not name a row of '${wanted}'.`)
}

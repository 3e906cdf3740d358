/**
 * Makes one row with everything that comes with it: rows it points at first (deep insert), then itself, then the
 * rows that point at it. The caller holds the transaction.
 */
import type { ColumnDefinition, TableDefinition } from '../../../schema.ts'
import type { Cell, StoredRow } from '../../../store/store.ts'
import { withStoredImages } from '../files/image-cells.ts'
import { linkMember } from '../links/link-member.ts'
import { demandLink } from '../links/link-privileges.ts'
import { lookupCells, ownerCells, pointedCells } from '../links/lookup-cells.ts'
import { isOneToMany, type NewChildren, type NewParent, readPayload } from '../payload/payload.ts'
import type { JsonObject } from '../payload/request-body.ts'
import { perTable } from '../per-table.ts'
import { alreadyThere, notSupported, requiredMissing } from '../write-errors.ts'
import { idOf, type Writing } from '../writing.ts'
import { autoNumberCells } from './auto-number-cells.ts'
import { computedCells } from './computed-columns.ts'
import { currencyCells } from './currency.ts'
import { demandNoDuplicate } from './duplicate-detection.ts'
import { newRowId } from './row-id.ts'
import { creationStamps } from './stamps.ts'
import { stateCells } from './state.ts'
import { demandUniqueKeys } from './unique-keys.ts'

export interface NewRow {
  readonly table: TableDefinition
  readonly body: JsonObject
  /** Cells from elsewhere, such as the key of an upsert's URL; the body wins over them. */
  readonly preset?: StoredRow
}

/** Returns the primary key of the row. */
export function createRow({ table, body, preset = {} }: NewRow, writing: Writing): string {
  const { store, demand } = writing
  demand('Create', table.logicalName)
  if (table.kind === 'Intersect') throw notSupported()
  const payload = readPayload(body, { table, mode: 'create', schema: store.schema })
  const given: StoredRow = {
    ...preset,
    ...withStoredImages(payload.cells, table, writing),
    ...lookupCells(payload.lookups, table, writing),
    ...parentCells(payload.parents, table, writing),
  }
  const row = completed({ table, given }, writing)
  const id = idOf(table, row)
  if (store.table(table.logicalName).get(id)) throw alreadyThere()
  demandRequired(table, row)
  demandUniqueKeys(table, row, writing)
  demandNoDuplicate({ table, after: row }, row, writing)
  store.table(table.logicalName).insert(row)
  for (const children of payload.children) createChildren(children, { table, id }, writing)
  for (const { relationship, references } of payload.members)
    for (const reference of references) linkMember({ table, id, relationship, reference }, writing)
  return id
}

/** The row with defaults, owner, state, currency and what the platform computes. */
function completed(
  { table, given }: { readonly table: TableDefinition; readonly given: StoredRow },
  writing: Writing,
): StoredRow {
  const id = given[table.primaryKey] ?? newRowId(writing.now)
  const row: StoredRow = {
    ...defaultCells(table),
    ...ownedByCaller(table, given, writing),
    ...(table.baseTable === 'principal'
      ? { ownerid: id, businessunitid: writing.caller.businessUnitId }
      : {}),
    ...autoNumberCells(table, given, writing),
    ...given,
    ...creationStamps(table, given, writing),
    [table.primaryKey]: id,
  }
  if (table.kind === 'Elastic') row.partitionid ??= id
  Object.assign(row, stateCells({ table, id: String(id) }, given))
  Object.assign(row, currencyCells({ table, after: row }, row, writing))
  return { ...row, ...computedCells(table, row) }
}

/** What columns hold where a request says nothing. */
export const defaultCells = perTable(
  ({ columns }): StoredRow =>
    Object.fromEntries(
      columns
        .filter(({ defaultValue }) => defaultValue !== undefined)
        .map(({ logicalName, defaultValue }): [string, Cell | undefined] => [logicalName, defaultValue]),
    ),
)

function ownedByCaller(table: TableDefinition, given: StoredRow, { store, caller }: Writing): StoredRow {
  if (table.ownership !== 'UserOwned' || given.ownerid !== undefined) return {}
  const owner = { referencedTable: 'systemuser', id: caller.userId }
  return {
    ownerid: caller.userId,
    'ownerid@table': 'systemuser',
    ...ownerCells(owner, { store, referencingTable: table.logicalName }),
  }
}

function parentCells(parents: readonly NewParent[], table: TableDefinition, writing: Writing): StoredRow {
  const cells: StoredRow = {}
  for (const { relationship, body } of parents) {
    const parent = writing.store.schema.table(relationship.referencedTable)
    if (!parent) continue
    const id = createRow({ table: parent, body }, writing)
    demandLink({ from: table.logicalName, to: parent.logicalName }, writing)
    Object.assign(cells, pointedCells(relationship, id, writing))
  }
  return cells
}

interface Owner {
  readonly table: TableDefinition
  readonly id: string
}

function createChildren({ relationship, bodies }: NewChildren, parent: Owner, writing: Writing): void {
  const { schema } = writing.store
  if (isOneToMany(relationship)) {
    const child = schema.table(relationship.referencingTable)
    if (!child) return
    demandLink({ from: child.logicalName, to: parent.table.logicalName }, writing)
    const preset = pointedCells(relationship, parent.id, writing)
    for (const body of bodies) createRow({ table: child, body, preset }, writing)
    return
  }
  const { table1, table2 } = relationship
  const other = schema.table(table1 === parent.table.logicalName ? table2 : table1)
  if (!other) return
  for (const body of bodies) {
    const id = createRow({ table: other, body }, writing)
    const reference = `${other.entitySetName}(${id})`
    linkMember({ ...parent, relationship, reference }, writing)
  }
}

/** The platform fills these itself; the name of a user comes from Entra ID. */
const SELF_FILLED = new Set(['ownerid', 'statecode', 'businessunitid', 'domainname'])

const requiredColumns = perTable(({ columns }): readonly ColumnDefinition[] =>
  columns.filter(
    ({ required, create, logicalName }) =>
      required === 'SystemRequired' && create && !SELF_FILLED.has(logicalName),
  ),
)

function demandRequired(table: TableDefinition, row: StoredRow): void {
  const missing = requiredColumns(table).find(({ logicalName }) => row[logicalName] === undefined)
  if (missing) throw requiredMissing({ table, column: missing })
}

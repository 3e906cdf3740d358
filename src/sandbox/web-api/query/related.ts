import type { ManyToMany, OneToMany, TableDefinition } from '../../schema.ts'
import type { Store, StoredRow } from '../../store/store.ts'
import { requireTable } from './paths.ts'
import { rowsOf } from './rows-of.ts'

/** The rows behind a collection-valued navigation property. */
export interface Relation {
  readonly table: TableDefinition
  readonly relationship: OneToMany | ManyToMany
  readonly rows: (row: StoredRow) => readonly StoredRow[]
}

export function relatedRows(store: Store, table: TableDefinition, navigation: string): Relation | undefined {
  const { schema } = store
  const oneToMany = schema
    .collections(table.logicalName)
    .find(({ collectionNavigation }) => collectionNavigation === navigation)
  if (oneToMany)
    return {
      table: requireTable(schema, oneToMany.referencingTable),
      relationship: oneToMany,
      rows: rowsOfMany(store, table, oneToMany),
    }
  const manyToMany = schema
    .manyToManyOf(table.logicalName)
    .find((one) => one.navigation1 === navigation || one.navigation2 === navigation)
  if (!manyToMany) return undefined
  const { own, other, otherTable } = sidesOf(manyToMany, table)
  const related = requireTable(schema, otherTable)
  const rows = rowsOf(store, otherTable)
  const links = store.table(manyToMany.intersectTable)
  return {
    table: related,
    relationship: manyToMany,
    rows: (row) => {
      const found: StoredRow[] = []
      for (const link of links.rowsByLookup(own, String(row[table.primaryKey]))) {
        const one = rows.get(String(link[other]))
        if (one) found.push(one)
      }
      return found
    },
  }
}

function rowsOfMany(
  store: Store,
  table: TableDefinition,
  { referencingTable, referencingColumn }: OneToMany,
) {
  const rows = rowsOf(store, referencingTable)
  const polymorphic = (store.schema.column(referencingTable, referencingColumn)?.targets?.length ?? 0) > 1
  return (row: StoredRow): readonly StoredRow[] => {
    const found = rows.byLookup(referencingColumn, String(row[table.primaryKey]))
    return polymorphic
      ? found.filter((one) => (one[`${referencingColumn}@table`] ?? table.logicalName) === table.logicalName)
      : found
  }
}

export function sidesOf(relationship: ManyToMany, table: TableDefinition) {
  const first = relationship.table1 === table.logicalName
  return first
    ? { own: relationship.column1, other: relationship.column2, otherTable: relationship.table2 }
    : { own: relationship.column2, other: relationship.column1, otherTable: relationship.table1 }
}

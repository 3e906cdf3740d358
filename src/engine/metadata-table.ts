import type { Catalog, Column, ColumnType, Table, TableSummary } from '../catalog/table.ts'

/** A table whose rows are made here, of the metadata of the environment. */
export interface MetadataTable {
  readonly table: Table
  /** Its rows; `only`: of this table of the environment alone. */
  readonly rows: (
    catalog: Catalog,
    only: string | undefined,
    signal: AbortSignal | undefined,
  ) => Promise<readonly MetadataRow[]>
}

export type MetadataRow = Readonly<Record<string, string | number | boolean | null>>

/** A row for each table: no description of any is needed. */
export function ofTables(rowOf: (table: TableSummary) => MetadataRow): MetadataTable['rows'] {
  return async (catalog, only, signal) =>
    (await catalog.tables({ signal })).filter(({ name }) => only === undefined || name === only).map(rowOf)
}

/** Rows for each table, of its description. */
export function ofEach(rowsOf: (table: Table) => readonly MetadataRow[]): MetadataTable['rows'] {
  return async (catalog, only, signal) => {
    const names = only === undefined ? (await catalog.tables({ signal })).map(({ name }) => name) : [only]
    const rows: MetadataRow[] = []
    for (const name of names) rows.push(...rowsOf(await catalog.table(name, { signal })))
    return rows
  }
}

export function describeTable(name: string, columns: Readonly<Record<string, ColumnType>>): Table {
  return {
    name,
    label: name,
    pluralLabel: name,
    entitySet: name,
    primaryKey: Object.keys(columns)[0] ?? '',
    primaryName: undefined,
    kind: 'virtual',
    custom: false,
    columns: Object.entries(columns).map(([column, type]) => plainColumn(column, type)),
    keys: [],
    relationships: [],
    changeTracking: false,
    optimisticConcurrency: false,
  }
}

function plainColumn(name: string, type: ColumnType): Column {
  return {
    name,
    label: name,
    type,
    serviceType: type,
    property: name,
    required: false,
    creatable: false,
    updatable: false,
    readable: true,
  }
}

import type { Catalog, Column, ColumnType, Table } from '../catalog/table.ts'

/** What is known of the environment, as tables: `d365.tables`, `d365.columns` …, and the same as `information_schema`. */
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

/** Names that stand where the name of an external system would. */
export const METADATA_SCHEMAS: readonly string[] = ['d365', 'information_schema']

/** Undefined where there is no such table. */
export function metadataTable(schema: string, name: string): MetadataTable | undefined {
  return TABLES[`${schema}.${name}`.toLowerCase()]
}

export function metadataNames(schema: string): string[] {
  return Object.keys(TABLES).filter((name) => name.startsWith(`${schema.toLowerCase()}.`))
}

const TABLES: Readonly<Record<string, MetadataTable>> = {
  'd365.tables': {
    table: describe('tables', {
      table_name: 'string',
      label: 'string',
      entity_set: 'string',
      primary_key: 'string',
      primary_name: 'string',
      kind: 'string',
      custom: 'boolean',
    }),
    rows: async (catalog, only, signal) =>
      (await catalog.tables({ signal }))
        .filter(({ name }) => only === undefined || name === only)
        .map(({ name, label, entitySet, primaryKey, primaryName = null, kind, custom }) => ({
          table_name: name,
          label,
          entity_set: entitySet,
          primary_key: primaryKey,
          primary_name: primaryName,
          kind,
          custom,
        })),
  },
  'd365.columns': {
    table: describe('columns', {
      table_name: 'string',
      column_name: 'string',
      label: 'string',
      type: 'string',
      required: 'boolean',
      readable: 'boolean',
      creatable: 'boolean',
      updatable: 'boolean',
      max_length: 'integer',
      targets: 'string',
    }),
    rows: ofEach((table) =>
      table.columns.map(
        ({ name, label, type, required, readable, creatable, updatable, maxLength = null, targets }) => ({
          table_name: table.name,
          column_name: name,
          label,
          type,
          required,
          readable,
          creatable,
          updatable,
          max_length: maxLength,
          targets: targets?.map((target) => target.table).join(',') ?? null,
        }),
      ),
    ),
  },
  'd365.choices': {
    table: describe('choices', {
      table_name: 'string',
      column_name: 'string',
      value: 'integer',
      label: 'string',
    }),
    rows: ofEach((table) =>
      table.columns.flatMap(({ name, choices = [] }) =>
        choices.map(({ value, label }) => ({ table_name: table.name, column_name: name, value, label })),
      ),
    ),
  },
  'd365.keys': {
    table: describe('keys', {
      table_name: 'string',
      key_name: 'string',
      column_name: 'string',
      position: 'integer',
    }),
    rows: ofEach((table) =>
      [{ name: 'primary', columns: [table.primaryKey] }, ...table.keys].flatMap(({ name, columns }) =>
        columns.map((column, index) => ({
          table_name: table.name,
          key_name: name,
          column_name: column,
          position: index + 1,
        })),
      ),
    ),
  },
  'd365.relationships': {
    table: describe('relationships', {
      table_name: 'string',
      relationship_name: 'string',
      kind: 'string',
      other_table: 'string',
      navigation: 'string',
      column_name: 'string',
    }),
    rows: ofEach((table) =>
      table.relationships.map(({ name, kind, table: other, navigation, column = null }) => ({
        table_name: table.name,
        relationship_name: name,
        kind,
        other_table: other,
        navigation,
        column_name: column,
      })),
    ),
  },
  'information_schema.tables': {
    table: describe('tables', {
      table_catalog: 'string',
      table_schema: 'string',
      table_name: 'string',
      table_type: 'string',
    }),
    rows: async (catalog, only, signal) =>
      (await catalog.tables({ signal }))
        .filter(({ name }) => only === undefined || name === only)
        .map(({ name }) => ({
          table_catalog: CATALOG,
          table_schema: SCHEMA,
          table_name: name,
          table_type: 'BASE TABLE',
        })),
  },
  'information_schema.columns': {
    table: describe('columns', {
      table_catalog: 'string',
      table_schema: 'string',
      table_name: 'string',
      column_name: 'string',
      ordinal_position: 'integer',
      is_nullable: 'string',
      data_type: 'string',
      character_maximum_length: 'integer',
    }),
    rows: ofEach((table) =>
      table.columns
        .filter(({ readable }) => readable)
        .map((column, index) => ({
          table_catalog: CATALOG,
          table_schema: SCHEMA,
          table_name: table.name,
          column_name: column.name,
          ordinal_position: index + 1,
          is_nullable: column.required ? 'NO' : 'YES',
          data_type: DATA_TYPES[column.type],
          character_maximum_length: column.maxLength ?? null,
        })),
    ),
  },
}

const CATALOG = 'dynamics365'
const SCHEMA = 'dbo'

/** Types as PostgreSQL's information schema names them. */
const DATA_TYPES: Readonly<Record<ColumnType, string>> = {
  string: 'character varying',
  memo: 'text',
  integer: 'integer',
  bigint: 'bigint',
  decimal: 'numeric',
  double: 'double precision',
  money: 'numeric',
  boolean: 'boolean',
  choice: 'integer',
  choices: 'ARRAY',
  datetime: 'timestamp with time zone',
  date: 'date',
  guid: 'uuid',
  lookup: 'uuid',
  partylist: 'text',
  file: 'text',
  image: 'text',
  json: 'json',
}

function ofEach(rowsOf: (table: Table) => readonly MetadataRow[]): MetadataTable['rows'] {
  return async (catalog, only, signal) => {
    const names = only === undefined ? (await catalog.tables({ signal })).map(({ name }) => name) : [only]
    const rows: MetadataRow[] = []
    for (const name of names) rows.push(...rowsOf(await catalog.table(name, { signal })))
    return rows
  }
}

function describe(name: string, columns: Readonly<Record<string, ColumnType>>): Table {
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

import type { ColumnType, Table } from '../catalog/table.ts'
import { describeTable, type MetadataTable, ofEach, ofTables } from './metadata-table.ts'

/** What tools ask of any database, in the words of SQL's own information schema. */
export const INFORMATION_SCHEMA: Readonly<Record<string, MetadataTable>> = {
  'information_schema.schemata': {
    table: describeTable('schemata', {
      catalog_name: 'string',
      schema_name: 'string',
      schema_owner: 'string',
    }),
    rows: async () =>
      ['d365', SCHEMA, 'information_schema'].map((name) => ({
        catalog_name: CATALOG,
        schema_name: name,
        schema_owner: null,
      })),
  },
  'information_schema.tables': {
    table: describeTable('tables', {
      table_catalog: 'string',
      table_schema: 'string',
      table_name: 'string',
      table_type: 'string',
    }),
    rows: ofTables(({ name }) => ({ ...named(name), table_type: 'BASE TABLE' })),
  },
  'information_schema.columns': {
    table: describeTable('columns', {
      table_catalog: 'string',
      table_schema: 'string',
      table_name: 'string',
      column_name: 'string',
      ordinal_position: 'integer',
      column_default: 'string',
      is_nullable: 'string',
      data_type: 'string',
      character_maximum_length: 'integer',
      numeric_precision: 'integer',
      numeric_scale: 'integer',
    }),
    rows: ofEach((table) =>
      table.columns
        .filter(({ readable }) => readable)
        .map((column, index) => ({
          ...named(table.name),
          column_name: column.name,
          ordinal_position: index + 1,
          column_default: null,
          is_nullable: column.required || column.name === table.primaryKey ? 'NO' : 'YES',
          data_type: dataType(column.type, column.timeZoneIndependent),
          character_maximum_length: column.maxLength ?? null,
          numeric_precision: PRECISION[column.type]?.digits(column.precision ?? 10) ?? null,
          numeric_scale: PRECISION[column.type]?.scale(column.precision ?? 10) ?? null,
        })),
    ),
  },
  'information_schema.table_constraints': {
    table: describeTable('table_constraints', {
      constraint_catalog: 'string',
      constraint_schema: 'string',
      constraint_name: 'string',
      table_catalog: 'string',
      table_schema: 'string',
      table_name: 'string',
      constraint_type: 'string',
    }),
    rows: ofEach((table) =>
      constraintsOf(table).map(({ name, type }) => ({
        ...constraint(name),
        ...named(table.name),
        constraint_type: type,
      })),
    ),
  },
  'information_schema.key_column_usage': {
    table: describeTable('key_column_usage', {
      constraint_catalog: 'string',
      constraint_schema: 'string',
      constraint_name: 'string',
      table_catalog: 'string',
      table_schema: 'string',
      table_name: 'string',
      column_name: 'string',
      ordinal_position: 'integer',
      position_in_unique_constraint: 'integer',
    }),
    rows: ofEach((table) =>
      constraintsOf(table).flatMap(({ name, columns, type }) =>
        columns.map((column, index) => ({
          ...constraint(name),
          ...named(table.name),
          column_name: column,
          ordinal_position: index + 1,
          position_in_unique_constraint: type === 'FOREIGN KEY' ? 1 : null,
        })),
      ),
    ),
  },
  'information_schema.referential_constraints': {
    table: describeTable('referential_constraints', {
      constraint_catalog: 'string',
      constraint_schema: 'string',
      constraint_name: 'string',
      unique_constraint_catalog: 'string',
      unique_constraint_schema: 'string',
      unique_constraint_name: 'string',
    }),
    rows: ofEach((table) =>
      constraintsOf(table)
        .filter(({ type }) => type === 'FOREIGN KEY')
        .map(({ name, references = '' }) => ({
          ...constraint(name),
          unique_constraint_catalog: CATALOG,
          unique_constraint_schema: SCHEMA,
          unique_constraint_name: primaryOf(references),
        })),
    ),
  },
}

const CATALOG = 'dynamics365'
const SCHEMA = 'dbo'

function named(table: string) {
  return { table_catalog: CATALOG, table_schema: SCHEMA, table_name: table }
}

function constraint(name: string) {
  return { constraint_catalog: CATALOG, constraint_schema: SCHEMA, constraint_name: name }
}

interface Constraint {
  readonly name: string
  readonly type: 'PRIMARY KEY' | 'UNIQUE' | 'FOREIGN KEY'
  readonly columns: readonly string[]
  /** The table a foreign key points to. */
  readonly references?: string
}

/** The primary key, the alternate keys, and a foreign key for each table a lookup may point to. */
function constraintsOf({ name, primaryKey, keys, relationships }: Table): readonly Constraint[] {
  return [
    { name: primaryOf(name), type: 'PRIMARY KEY', columns: [primaryKey] },
    ...keys.map((key): Constraint => ({ name: key.name, type: 'UNIQUE', columns: key.columns })),
    ...relationships.flatMap(({ kind, name: relationship, table, column }): Constraint[] =>
      kind === 'many-to-one' && column !== undefined
        ? [{ name: relationship, type: 'FOREIGN KEY', columns: [column], references: table }]
        : [],
    ),
  ]
}

function primaryOf(table: string): string {
  return `${table}_pkey`
}

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

function dataType(type: ColumnType, timeZoneIndependent = false): string {
  return type === 'datetime' && timeZoneIndependent ? 'timestamp without time zone' : DATA_TYPES[type]
}

/** Digits in all and after the point, as values of the type are handed out. */
const PRECISION: Readonly<
  Partial<Record<ColumnType, { digits: (scale: number) => number; scale: (scale: number) => number }>>
> = {
  integer: { digits: () => 32, scale: () => 0 },
  choice: { digits: () => 32, scale: () => 0 },
  bigint: { digits: () => 64, scale: () => 0 },
  decimal: { digits: (scale) => 12 + scale, scale: (scale) => scale },
  money: { digits: () => 19, scale: () => 4 },
}

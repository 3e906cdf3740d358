import { INFORMATION_SCHEMA } from './information-schema.ts'
import { describeTable, type MetadataTable, ofEach, ofTables } from './metadata-table.ts'

/** What is known of the environment, as tables: `d365.tables`, `d365.columns` …, and the same as `information_schema`. */
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
    table: describeTable('tables', {
      table_name: 'string',
      label: 'string',
      entity_set: 'string',
      primary_key: 'string',
      primary_name: 'string',
      kind: 'string',
      custom: 'boolean',
    }),
    rows: ofTables(({ name, label, entitySet, primaryKey, primaryName = null, kind, custom }) => ({
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
    table: describeTable('columns', {
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
    table: describeTable('choices', {
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
    table: describeTable('keys', {
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
    table: describeTable('relationships', {
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
  ...INFORMATION_SCHEMA,
}

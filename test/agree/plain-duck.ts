import { DuckDBInstance } from '@duckdb/node-api'
import type { World, WorldColumn, WorldRow, WorldTable, WorldValue } from './world.ts'

/** A DuckDB of the tests' own, with whole tables of a world: what every query has to answer. */
export interface PlainDuck {
  rows(sql: string): Promise<unknown[][]>
  close(): void
}

export async function openPlainDuck(world: World): Promise<PlainDuck> {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1' })
  const connection = await instance.connect()
  for (const setting of [
    "default_collation = 'NOCASE.NOACCENT'",
    "TimeZone = 'UTC'",
    'integer_division = true',
    "default_null_order = 'nulls_last_on_asc_first_on_desc'",
  ])
    await connection.run(`set ${setting}`)
  for (const table of world.tables) {
    const columns = table.columns.flatMap((column) => declared(column))
    await connection.run(`create table ${table.name} (${columns.join(', ')})`)
    const rows = table.rows.map((row) => `(${cellsOf(row, table, world).join(', ')})`)
    await connection.run(`insert into ${table.name} values ${rows.join(', ')}`)
  }
  return {
    rows: async (sql) => (await connection.run(sql)).getRowsJson(),
    close: () => {
      connection.closeSync()
      instance.closeSync()
    },
  }
}

function declared({ name, kind, precision = 0, labels, targets = [] }: WorldColumn): string[] {
  const named = `${name}name varchar`
  const own = (type: string) => `${name} ${type}`
  switch (kind) {
    case 'decimal':
      return [own(`decimal(${12 + precision}, ${precision})`)]
    case 'money':
      return [own('decimal(19, 4)')]
    case 'lookup':
      return [own('uuid'), named, ...(targets.length > 1 ? [`${name}type varchar`] : [])]
    default:
      return [own(TYPES[kind] ?? 'varchar'), ...(labels ? [named] : [])]
  }
}

const TYPES: Readonly<Record<string, string>> = {
  guid: 'uuid',
  integer: 'integer',
  choice: 'integer',
  bigint: 'bigint',
  double: 'double',
  boolean: 'boolean',
  choices: 'integer[]',
  day: 'date',
  moment: 'timestamptz',
  independent: 'timestamp',
}

function cellsOf(row: WorldRow, { columns }: WorldTable, world: World): string[] {
  return columns.flatMap((column) => {
    const value = row[column.name] ?? null
    const { kind, labels = {}, targets = [] } = column
    if (kind === 'lookup') return lookupCells(value, { world, many: targets.length > 1 })
    const own = literalOf(value)
    if (kind === 'choices')
      return [
        own,
        typeof value === 'object' && value !== null
          ? quoted(value.map((one) => labels[one]).join('; '))
          : 'null',
      ]
    if (kind === 'choice') return [own, value === null ? 'null' : quoted(labels[Number(value)] ?? '')]
    if (kind === 'boolean')
      return [own, value === null ? 'null' : quoted(labels[value === true ? 1 : 0] ?? '')]
    return [own]
  })
}

function lookupCells(value: WorldValue, { world, many }: { world: World; many: boolean }): string[] {
  const [name = '', id = ''] = value === null ? [] : String(value).split(':')
  const target = world.tables.find((table) => table.name === name)
  const row = target?.rows.find((one) => one[target.key] === id)
  return [
    value === null ? 'null' : quoted(id),
    literalOf((target && row?.[target.label]) ?? null),
    ...(many ? [value === null ? 'null' : quoted(name)] : []),
  ]
}

function literalOf(value: WorldValue): string {
  if (value === null) return 'null'
  if (typeof value === 'boolean') return String(value)
  return typeof value === 'object' ? `[${value.join(', ')}]` : quoted(String(value))
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

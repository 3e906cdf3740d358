import type { OutputColumn } from '../catalog/output-columns.ts'
import type { Column, Table } from '../catalog/table.ts'
import type { AggregateResult } from '../plan/push-aggregate.ts'
import { identifier, literal } from './duck.ts'

/** How the columns of a scan come out of the JSON of a page: what is read, and what becomes of it. */
export interface ScanColumns {
  /** Properties to ask the service for. */
  readonly select: readonly string[]
  /** `columns = {…}` of read_json. */
  readonly json: string
  /** Expressions of the local table. */
  readonly expressions: readonly string[]
  /** Properties whose numbers must keep every digit. */
  readonly exact: readonly string[]
  /** Does one of them come as an annotation? */
  readonly annotations: readonly string[]
}

export function scanColumns(table: Table, columns: readonly OutputColumn[]): ScanColumns {
  const own = (property: string): Column | undefined =>
    table.columns.find((column) => column.property === property.replace(/@.*$/, ''))
  const properties = [...new Set(columns.map(({ property }) => property))]
  const types = properties.map((property) => {
    const column = own(property)
    const type = property.includes('@') || column === undefined ? 'VARCHAR' : wireType(column)
    return `${literal(property)}: ${literal(type)}`
  })
  return {
    select: [...new Set(properties.map((property) => property.replace(/@.*$/, '')))],
    json: `{${types.join(', ')}}`,
    expressions: columns.map(
      (column) => `${expression(column, own(column.property))} as ${identifier(column.name)}`,
    ),
    exact: properties.filter((property) => EXACT.has(own(property)?.type ?? '')),
    annotations: [...new Set(properties.flatMap((property) => property.split('@')[1] ?? []))],
  }
}

/** The results of a scan that brings groups, beside the columns grouped by. */
export function resultColumns(
  results: readonly AggregateResult[],
): Pick<ScanColumns, 'json' | 'expressions' | 'exact'> {
  return {
    json: results.map((result) => `${literal(result.name)}: ${literal(resultType(result))}`).join(', '),
    expressions: results.map(({ name }) => identifier(name)),
    exact: results.map(({ name }) => name),
  }
}

/** Counts and sums of integers fit 64 bits; sums of decimals keep their digits after the point. */
function resultType({ method, column }: AggregateResult): string {
  if (column === undefined || (method === 'sum' && column.type === 'integer')) return 'BIGINT'
  return method === 'sum' ? `DECIMAL(38, ${column.precision ?? 10})` : wireType(column)
}

const EXACT = new Set<string>(['decimal', 'money', 'bigint'])

/** Digits before the point of the service's decimals, and of its money. */
const DECIMAL_DIGITS = 12
const MONEY = 'DECIMAL(19, 4)'

function wireType({ type, precision = 10, timeZoneIndependent }: Column): string {
  switch (type) {
    case 'integer':
    case 'choice':
      return 'INTEGER'
    case 'bigint':
      return 'BIGINT'
    case 'decimal':
      return `DECIMAL(${DECIMAL_DIGITS + precision}, ${precision})`
    case 'money':
      return MONEY
    case 'double':
      return 'DOUBLE'
    case 'boolean':
      return 'BOOLEAN'
    case 'guid':
    case 'lookup':
      return 'UUID'
    case 'date':
      return 'DATE'
    case 'datetime':
      return timeZoneIndependent ? 'TIMESTAMP' : 'TIMESTAMPTZ'
    default:
      return 'VARCHAR'
  }
}

function expression({ property, read }: OutputColumn, column: Column | undefined): string {
  const name = identifier(property)
  if (read === 'choices') return `string_split(${name}, ',')::INTEGER[]`
  if (!(read instanceof Map)) return name
  const value = column?.type === 'boolean' ? `${name}::INTEGER` : name
  const arms = [...read].map(([number, label]) => ` when ${number} then ${literal(String(label))}`)
  return arms.length === 0 ? 'null::VARCHAR' : `case ${value}${arms.join('')} end`
}

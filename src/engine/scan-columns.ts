import { type LabelOptions, type OutputColumn, outputColumns } from '../catalog/output-columns.ts'
import type { Column, Table } from '../catalog/table.ts'
import type { AggregateGroup } from '../plan/aggregate-groups.ts'
import type { DateUnit } from '../plan/date-units.ts'
import type { RemoteScan } from '../plan/plan.ts'
import type { AggregateResult } from '../plan/push-aggregate.ts'
import { identifier, literal } from './duck.ts'

/** How the columns of a scan come out of the JSON of a page: what is read, and what becomes of it. */
export interface ScanColumns {
  /** Columns to ask the service for. */
  readonly columns: readonly Column[]
  /** What read_json takes as `columns`, without the braces. */
  readonly json: string
  /** Columns of local tables, as expressions over the JSON. */
  readonly outputs: readonly LocalColumn[]
  /** Properties whose numbers must keep every digit. */
  readonly exact: readonly string[]
  /** Does one of them come as an annotation? */
  readonly annotations: readonly string[]
}

export interface LocalColumn {
  /** Id of the scan: the local table. */
  readonly scan: string
  readonly name: string
  readonly expression: string
}

export interface ScanColumnsOptions {
  readonly scan: string
  /** What a column is called in the answer. Default: its property. */
  readonly nameOf?: (column: Column) => string
}

/** `columns`: those of the table that are wanted. */
export function scanColumns(
  { table, columns }: { readonly table: Table; readonly columns: readonly OutputColumn[] },
  { scan, nameOf = ({ property }) => property }: ScanColumnsOptions,
): ScanColumns {
  const known = new Map(table.columns.map((column) => [column.property, column]))
  const read = columns.flatMap((output) => {
    const [property = '', annotation] = output.property.split('@')
    const column = known.get(property)
    if (!column) return []
    const name = nameOf(column)
    return [{ output, column, annotation, key: annotation === undefined ? name : `${name}@${annotation}` }]
  })
  const types = new Map(
    read.map(({ key, column, annotation }) => [key, annotation === undefined ? wireType(column) : 'VARCHAR']),
  )
  return {
    columns: [...new Set(read.map(({ column }) => column))],
    json: [...types].map(([key, type]) => `${literal(key)}: ${literal(type)}`).join(', '),
    outputs: read.map(({ output, column, key }) => ({
      scan,
      name: output.name,
      expression: expression(key, output, column),
    })),
    exact: [
      ...new Set(read.filter(({ column }) => EXACT.has(column.type)).map(({ column }) => nameOf(column))),
    ],
    annotations: [...new Set(read.flatMap(({ annotation }) => annotation ?? []))],
  }
}

/** A table and the columns of it that a scan wants. */
export function wanted(
  { table, columns }: Pick<RemoteScan, 'table' | 'columns'>,
  annotations: LabelOptions['annotations'],
): { readonly table: Table; readonly columns: readonly OutputColumn[] } {
  const readable = table.columns.filter((column) => column.readable)
  const all = outputColumns(readable, { labels: true, annotations })
  return { table, columns: all.filter(({ name }) => columns.includes(name)) }
}

/** Columns of one answer that are told of in parts. */
export function joinColumns(parts: readonly ScanColumns[]): ScanColumns {
  return {
    columns: [...new Set(parts.flatMap(({ columns }) => columns))],
    json: parts
      .map(({ json }) => json)
      .filter((json) => json !== '')
      .join(', '),
    outputs: parts.flatMap(({ outputs }) => outputs),
    exact: parts.flatMap(({ exact }) => exact),
    annotations: [...new Set(parts.flatMap(({ annotations }) => annotations))],
  }
}

/** Dates that are grouped by year, month or day: the parts as the answer has them, and the first day they stand for. */
export function datedColumns(
  groups: readonly AggregateGroup[],
  { scan, nameOf = ({ property }) => property }: ScanColumnsOptions,
): ScanColumns {
  const keys = groups.flatMap(({ column, unit }) => partsOf(unit).map((part) => `${nameOf(column)}_${part}`))
  return {
    columns: [],
    annotations: [],
    json: keys.map((key) => `${literal(key)}: 'BIGINT'`).join(', '),
    outputs: groups.map(({ column, unit }) => {
      const known = partsOf(unit)
      const day = DATE_PARTS.map((part) =>
        known.includes(part) ? identifier(`${nameOf(column)}_${part}`) : '1',
      ).join(', ')
      // Without a zone it is the engine's, which is UTC.
      return { scan, name: column.name, expression: `make_date(${day})::${wireType(column)}` }
    }),
    exact: [],
  }
}

const DATE_PARTS: readonly DateUnit[] = ['year', 'month', 'day']

/** What a unit is told by, itself and all that is coarser. */
export function partsOf(unit: DateUnit | undefined): readonly DateUnit[] {
  return unit === undefined ? [] : DATE_PARTS.slice(0, DATE_PARTS.indexOf(unit) + 1)
}

/** The results of a scan that brings groups, beside the columns grouped by. */
export function resultColumns(
  results: readonly AggregateResult[],
  { scan }: ScanColumnsOptions,
): ScanColumns {
  return {
    columns: [],
    annotations: [],
    json: results.map((result) => `${literal(result.name)}: ${literal(resultType(result))}`).join(', '),
    outputs: results.map(({ name }) => ({ scan, name, expression: identifier(name) })),
    exact: results.map(({ name }) => name),
  }
}

/** Counts and sums of integers fit 64 bits; sums of decimals keep their digits after the point. */
function resultType({ method, column }: AggregateResult): string {
  if (column === undefined || method === 'countcolumn') return 'BIGINT'
  if (method !== 'sum') return wireType(column)
  return column.type === 'integer' ? 'BIGINT' : wireType(column).replace(/\d+,/, '38,')
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

function expression(key: string, { read }: OutputColumn, column: Column): string {
  const name = identifier(key)
  if (read === 'choices') return `string_split(${name}, ',')::INTEGER[]`
  if (!(read instanceof Map)) return name
  const value = column.type === 'boolean' ? `${name}::INTEGER` : name
  const arms = [...read].map(([number, label]) => ` when ${number} then ${literal(String(label))}`)
  if (arms.length === 0) return 'null::VARCHAR'
  return column?.type === 'choices' ? labelsOf(name, arms) : `case ${value}${arms.join('')} end`
}

/** Of several choices the labels as the service shows them: `New; Hot`. */
function labelsOf(name: string, arms: readonly string[]): string {
  const label = `lambda one: case one::INTEGER${arms.join('')} else one end`
  return `array_to_string(list_transform(string_split(${name}, ','), ${label}), '; ')`
}

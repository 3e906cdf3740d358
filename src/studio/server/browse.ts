import { z } from 'zod'
import type { Column, Table } from '../../connect.ts'
import { D365Error } from '../../core/errors.ts'

/** Rows of one table as somebody looks through them: which columns, which rows, in which order; as SQL with parameters. */
export const Browsing = z.object({
  table: z.string().min(1),
  columns: z.array(z.string()),
  filters: z.array(
    z.object({
      column: z.string(),
      operator: z.enum(['contains', 'is', 'is not', 'at least', 'at most', 'is empty', 'is not empty']),
      value: z.string(),
    }),
  ),
  sort: z.object({ column: z.string(), descending: z.boolean() }).exactOptional(),
})

export type Browsing = z.infer<typeof Browsing>
export type BrowsingFilter = Browsing['filters'][number]

export interface BrowseQuery {
  readonly text: string
  readonly parameters: readonly (string | number)[]
}

/** Columns are those of the table and are quoted; values are parameters, never part of the text. */
export function browseQuery(table: Table, { columns, filters, sort }: Browsing): BrowseQuery {
  const parameters: (string | number)[] = []
  const named = (name: string): Column => {
    const column = table.columns.find((one) => one.name === name && one.readable)
    if (column) return column
    throw new D365Error('NOT_FOUND', `${table.name} has no column ${name} that can be read.`)
  }
  const parameter = (value: string | number): string => `$${parameters.push(value)}`
  const wanted = [...new Set([table.primaryKey, ...columns])].map(named)
  const conditions = filters.map((filter) => conditionOf(named(filter.column), filter, parameter))
  const order = sort && named(sort.column)
  const lines = [
    `select ${wanted.flatMap(shownNames).map(quoted).join(', ')}`,
    `from ${quoted(table.name)}`,
    ...(conditions.length === 0 ? [] : [`where ${conditions.join('\n  and ')}`]),
    ...(order ? [`order by ${quoted(sortName(order))} ${sort.descending ? 'desc' : 'asc'}`] : []),
  ]
  return { text: lines.join('\n'), parameters }
}

/** A column with what goes with it: the label of a choice, the name of a lookup's row and, where it may be of several, its table. */
export function shownNames({ name, choices, targets, type }: Column): readonly string[] {
  return [
    name,
    ...(choices || targets || type === 'lookup' ? [`${name}name`] : []),
    ...((targets?.length ?? 0) > 1 ? [`${name}type`] : []),
  ]
}

function conditionOf(
  column: Column,
  { operator, value }: BrowsingFilter,
  parameter: (value: string | number) => string,
): string {
  const { name, choices, targets, type } = column
  if (operator === 'is empty') return `${quoted(name)} is null`
  if (operator === 'is not empty') return `${quoted(name)} is not null`
  const labelled = (choices && type !== 'choices') || targets !== undefined
  const text = quoted(labelled ? `${name}name` : name)
  if (operator === 'contains') return `${text} ilike ${parameter(`%${value.replaceAll(/[\\%_]/g, '\\$&')}%`)}`
  const isNumber = NUMBERS.includes(type)
  const given = isNumber && Number.isSafeInteger(Number(value)) ? Number(value) : value
  if (isNumber && !Number.isFinite(Number(value)))
    throw new D365Error(
      'INPUT_INVALID',
      `${name} is compared with ${JSON.stringify(value)}, which is no number.`,
    )
  const left = labelled && !isGuid(value) ? text : quoted(name)
  return `${left} ${SIGNS[operator]} ${parameter(given)}`
}

const NUMBERS: readonly Column['type'][] = ['integer', 'bigint', 'decimal', 'double', 'money']
const SIGNS = { is: '=', 'is not': '<>', 'at least': '>=', 'at most': '<=' } as const

function isGuid(value: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value)
}

/** By what people see: the label of a choice, the name of a lookup's row. */
function sortName(column: Column): string {
  return column.targets ? `${column.name}name` : column.name
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

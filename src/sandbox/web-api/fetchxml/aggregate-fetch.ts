import type { ColumnDefinition } from '../../schema.ts'
import type { Cell, Store } from '../../store/store.ts'
import type { ApiContext } from '../operation.ts'
import {
  type AggregateMethod,
  type AggregateResult,
  aggregateCells,
  cellIdentity,
  checkAggregateLimit,
  countOf,
} from '../query/aggregate.ts'
import { annotationWriter } from '../query/annotations.ts'
import { cellWriter } from '../query/cell-json.ts'
import { FORMATTED_VALUE } from '../query/options.ts'
import { columnNamed } from './columns.ts'
import { fetchError } from './fetch-error.ts'
import type { FetchAttribute, FetchEntity, FetchOrder, FetchQuery } from './fetch-query.ts'
import { rowOf, type Tables, type Tuple } from './join.ts'
import type { TupleWriterSetting } from './write-tuples.ts'

/** `aggregate="true"`: groups by `groupby` attributes, one JSON row a group, sorted by the aliases of its orders. */
export function aggregateTuples(
  tuples: readonly Tuple[],
  query: FetchQuery,
  setting: TupleWriterSetting,
): string[] {
  checkAggregateLimit(tuples.length, setting.context, query.aggregateLimit)
  const attributes = attributesOf(query.entity, '', setting)
  const keys = attributes.filter(({ attribute }) => attribute.groupBy)
  const measures = attributes.filter(({ attribute }) => attribute.aggregate !== undefined)
  if (keys.length + measures.length < attributes.length)
    throw fetchError('Every attribute of an aggregate query needs a groupby or an aggregate.')
  const groups = groupBy(tuples, keys)
  if (groups.length === 0 && keys.length === 0) groups.push([])
  const rows = groups.map(
    (group): Record<string, Member> => ({
      ...Object.fromEntries(keys.map((key) => [key.alias, keyMember(key, group[0], setting)])),
      ...Object.fromEntries(
        measures.map((measure) => [measure.alias, measureMember(measure, group, setting)]),
      ),
    }),
  )
  return sortByAlias(rows, query).map(
    (row) =>
      `{${Object.entries(row)
        .flatMap(([alias, { text, before }]) =>
          text === undefined ? [] : [`${before}${JSON.stringify(alias)}:${text}`],
        )
        .join(',')}}`,
  )
}

interface BoundAttribute {
  readonly attribute: FetchAttribute
  readonly column: ColumnDefinition
  readonly owner: string
  readonly alias: string
}

interface Member {
  /** JSON text; undefined is NULL and left out. */
  readonly text: string | undefined
  /** Annotations, with their commas. */
  readonly before: string
}

function attributesOf(
  entity: FetchEntity,
  owner: string,
  setting: { tables: Tables; context: ApiContext },
): BoundAttribute[] {
  const table = setting.tables.get(owner)
  const own = entity.attributes.map((attribute): BoundAttribute => {
    if (!table || attribute.alias === undefined)
      throw fetchError(`The attribute ${attribute.name} needs an alias in an aggregate query.`)
    return {
      attribute,
      column: columnNamed(table, attribute.name, setting.context),
      owner,
      alias: attribute.alias,
    }
  })
  return [...own, ...entity.links.flatMap((link) => attributesOf(link, link.alias, setting))]
}

function groupBy(tuples: readonly Tuple[], keys: readonly BoundAttribute[]): Tuple[][] {
  const groups = new Map<string, Tuple[]>()
  for (const tuple of tuples) {
    const identity = keys.map((key) => keyIdentity(key, tuple)).join('\u0000')
    const group = groups.get(identity)
    if (group) group.push(tuple)
    else groups.set(identity, [tuple])
  }
  return [...groups.values()]
}

function keyCell({ column, owner }: BoundAttribute, tuple: Tuple): Cell | undefined {
  return rowOf(tuple, owner)?.[column.logicalName]
}

function keyIdentity(key: BoundAttribute, tuple: Tuple): string {
  const cell = keyCell(key, tuple)
  const { dateGrouping } = key.attribute
  return cell === undefined || dateGrouping === undefined
    ? cellIdentity(cell)
    : datePart(dateGrouping, String(cell)).shown
}

interface DatePart {
  readonly value: number
  /** Formatted value. It tells parts apart: a fiscal period is one of its year. */
  readonly shown: string
}

function datePart(grouping: string, cell: string): DatePart {
  const date = new Date(cell.length === 10 ? `${cell}T00:00:00Z` : cell)
  const month = date.getUTCMonth()
  const year = date.getUTCFullYear()
  const quarter = Math.floor(month / 3) + 1
  switch (grouping) {
    case 'day':
      return plainPart(date.getUTCDate())
    case 'week':
      return plainPart(weekOfYear(date))
    case 'month':
      return plainPart(month + 1)
    case 'quarter':
      return plainPart(quarter)
    case 'year':
      return plainPart(year)
    case 'fiscal-period':
      return { value: quarter, shown: `Quarter ${quarter} FY${year}` }
    case 'fiscal-year':
      return { value: year, shown: `FY${year}` }
    default:
      throw fetchError(`Invalid dategrouping: ${grouping}.`)
  }
}

function plainPart(value: number): DatePart {
  return { value, shown: value.toLocaleString('en-US') }
}

/** Weeks begin on Sunday; the week with January 1st is the first, as SQL Server's DATEPART(week) counts. */
function weekOfYear(date: Date): number {
  const start = Date.UTC(date.getUTCFullYear(), 0, 1)
  const dayOfYear = Math.floor((date.getTime() - start) / 86_400_000)
  return Math.floor((dayOfYear + new Date(start).getUTCDay()) / 7) + 1
}

function keyMember(key: BoundAttribute, tuple: Tuple | undefined, setting: TupleWriterSetting): Member {
  const cell = tuple && keyCell(key, tuple)
  if (!tuple || cell === undefined) return { text: undefined, before: '' }
  const { dateGrouping } = key.attribute
  if (dateGrouping !== undefined) {
    const { value, shown } = datePart(dateGrouping, String(cell))
    return { text: String(value), before: shownAs(key.alias, shown, setting) }
  }
  const annotate = annotationWriter(key.column, key.alias, setting)
  return {
    text: cellWriter(key.column)(cell),
    before: annotate?.(rowOf(tuple, key.owner) ?? {}) ?? '',
  }
}

function shownAs(alias: string, shown: string, { preferences }: TupleWriterSetting): string {
  if (!preferences.annotation(FORMATTED_VALUE)) return ''
  return `${JSON.stringify(`${alias}@${FORMATTED_VALUE}`)}:${JSON.stringify(shown)},`
}

function measureMember(
  { attribute, column, owner, alias }: BoundAttribute,
  group: readonly Tuple[],
  setting: TupleWriterSetting,
): Member {
  const result = measure(attribute, column, {
    cells: group.map((tuple) => rowOf(tuple, owner)?.[column.logicalName]),
    store: setting.context.store,
  })
  return result
    ? { text: result.json, before: shownAs(alias, result.shown, setting) }
    : { text: undefined, before: '' }
}

function measure(
  attribute: FetchAttribute,
  column: ColumnDefinition,
  { cells, store }: { readonly cells: readonly (Cell | undefined)[]; readonly store: Store },
): AggregateResult | undefined {
  if (attribute.aggregate === 'count') return countOf(cells.length)
  const method = METHODS.get(attribute.aggregate ?? '')
  if (!method) throw fetchError(`Invalid aggregate: ${attribute.aggregate}.`)
  const used = attribute.distinct && method === 'count' ? 'countdistinct' : method
  return aggregateCells(used, column, { cells: cells.filter((cell) => cell !== undefined), store })
}

const METHODS: ReadonlyMap<string, AggregateMethod> = new Map([
  ['countcolumn', 'count'],
  ['sum', 'sum'],
  ['avg', 'average'],
  ['min', 'min'],
  ['max', 'max'],
])

function sortByAlias(
  rows: readonly Record<string, Member>[],
  { entity }: FetchQuery,
): readonly Record<string, Member>[] {
  const orders = ordersOf(entity).filter(({ alias }) => alias !== undefined)
  if (orders.length === 0) return rows
  return [...rows].sort((a, b) => {
    for (const { alias = '', descending } of orders) {
      const order = compareTexts(a[alias]?.text, b[alias]?.text)
      if (order !== 0) return descending ? -order : order
    }
    return 0
  })
}

/** Those of links come after those of what they are linked to. */
function ordersOf({ orders, links }: FetchEntity): readonly FetchOrder[] {
  return [...orders, ...links.flatMap(ordersOf)]
}

/** JSON texts: numbers by value, all else as text; NULL first. */
function compareTexts(a: string | undefined, b: string | undefined): number {
  if (a === undefined || b === undefined) return a === b ? 0 : a === undefined ? -1 : 1
  const left = Number(a)
  const right = Number(b)
  return Number.isNaN(left) || Number.isNaN(right) ? a.localeCompare(b) : left - right
}

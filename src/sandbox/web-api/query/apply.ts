import type { ColumnDefinition, TableDefinition } from '../../schema.ts'
import type { Cell, StoredRow } from '../../store/store.ts'
import { type ApiContext, type ApiError, notEmulated } from '../operation.ts'
import {
  type AggregateMethod,
  type AggregateResult,
  aggregateCells,
  cellIdentity,
  checkAggregateLimit,
  countOf,
} from './aggregate.ts'
import { annotationWriter } from './annotations.ts'
import { cellWriter } from './cell-json.ts'
import { compareNullable } from './compare.ts'
import { accessor, compileFilter, NO_VARIABLES } from './compile-filter.ts'
import { FORMATTED_VALUE, type Preferences, type QueryString } from './options.ts'
import { parseFilter } from './parse-filter.ts'
import type { RowSet } from './read-set.ts'
import { rowsOf } from './rows-of.ts'
import { splitTop } from './select-expand.ts'
import { syntaxError } from './tokens.ts'

/**
 * `$apply`: filter, then one grouping or aggregation. NULL keys are left out of their rows. Groups can be sorted by their
 * keys, which are columns; a result is a name that `$orderby` does not know.
 */
export interface ApplyInput {
  readonly options: QueryString
  readonly preferences: Preferences
}

export function applyTransformations(
  set: RowSet,
  { options, preferences }: ApplyInput,
  context: ApiContext,
): string {
  const { table } = set
  const setting: Setting = { table, context, preferences, orderby: options.orderby }
  const keep = (text: string) => compileFilter(parseFilter(text, options.aliases), table, context)
  const all = set.rows ?? rowsOf(context.store, table.logicalName).all()
  let rows = options.filter === undefined ? all : all.filter(keep(options.filter))
  let result: readonly string[] | undefined
  for (const step of splitTop(options.apply ?? '', '/')) {
    const [, name = '', text = ''] = /^(\w+)\(([\s\S]*)\)$/.exec(step) ?? []
    if (result) throw notEmulated(`${name} after a grouping in $apply`)
    if (name === 'filter') rows = rows.filter(keep(text))
    else if (name === 'groupby') result = groupBy(rows, text, setting)
    else if (name === 'aggregate' && options.orderby !== undefined) throw unsortable()
    else if (name === 'aggregate') result = [`{${aggregatesOf(text, setting)(rows).join(',')}}`]
    else throw syntaxError(`'${step}' is not a transformation that $apply supports here.`)
  }
  if (!result) throw notEmulated('$apply without groupby or aggregate')
  checkAggregateLimit(rows.length, context)
  const about = JSON.stringify(`${context.root}$metadata#${set.context}`)
  return `{"@odata.context":${about},"value":[${result.slice(0, options.top).join(',')}]}`
}

interface Setting {
  readonly table: TableDefinition
  readonly context: ApiContext
  readonly preferences: Preferences
  readonly orderby: string | undefined
}

function unsortable(): ApiError {
  return syntaxError('The query node SingleValueOpenPropertyAccess is not supported')
}

function groupBy(rows: readonly StoredRow[], text: string, setting: Setting): string[] {
  const [list = '', aggregation] = splitTop(text, ',')
  if (!list.startsWith('(')) throw syntaxError(`'(' expected at position 8 in 'groupby(${text})'.`)
  const keys = splitTop(list.replace(/^\(|\)$/g, ''), ',').map((name) => groupKey(name, setting))
  const compareGroups = groupOrder(keys, setting.orderby)
  const [, inner] = /^aggregate\(([\s\S]*)\)$/.exec(aggregation ?? '') ?? []
  if (aggregation !== undefined && inner === undefined)
    throw syntaxError(`'${aggregation}' is not an aggregation.`)
  const compute = inner === undefined ? () => [] : aggregatesOf(inner, setting)
  const groups = new Map<string, Group>()
  for (const row of rows) {
    const cells = keys.map(({ read }) => read(row))
    const identity = cells.map(cellIdentity).join('\u0000')
    const group = groups.get(identity)
    if (group) group.rows.push(row)
    else groups.set(identity, { cells, rows: [row] })
  }
  return [...groups.values()].sort(compareGroups).map(({ cells, rows: members }) => {
    const shown = keys.flatMap(({ show }, index) => show(cells[index]) ?? [])
    return `{${[...shown, ...compute(members)].join(',')}}`
  })
}

interface Group {
  readonly cells: readonly (Cell | undefined)[]
  readonly rows: StoredRow[]
}

/** As `$orderby` says, then by the keys as they stand. */
function groupOrder(keys: readonly GroupKey[], orderby = ''): (a: Group, b: Group) => number {
  const asked = splitTop(orderby, ',').map((item) => {
    const [, name, direction] = /^(\S+)(?:\s+(asc|desc))?$/.exec(item) ?? []
    const at = keys.findIndex((key) => key.name === name)
    if (at < 0) throw unsortable()
    return { at, sign: direction === 'desc' ? -1 : 1 }
  })
  const order = [...asked, ...keys.map((_, at) => ({ at, sign: 1 }))]
  return (a, b) => {
    for (const { at, sign } of order) {
      const compared = compareNullable(keys[at]?.column.type ?? 'String', a.cells[at], b.cells[at])
      if (compared !== 0) return sign * compared
    }
    return 0
  }
}

interface GroupKey {
  /** As it stands in `groupby`. */
  readonly name: string
  readonly column: ColumnDefinition
  readonly read: (row: StoredRow) => Cell | undefined
  /** The key as a member of the answer's row, annotated; undefined leaves it out. */
  readonly show: (cell: Cell | undefined) => string | undefined
}

function groupKey(name: string, setting: Setting): GroupKey {
  const segments = name.split('/')
  const { column, table, read } = accessor(
    { kind: 'path', segments },
    { ...setting, variables: NO_VARIABLES },
  )
  if (column.type === 'DateTime') throw syntaxError('Grouping by a date and time column is not supported.')
  const output = segments.length > 1 ? `${table.logicalName}_${column.logicalName}` : name
  const write = cellWriter(column)
  const annotate = annotationWriter(column, output, setting)
  return {
    name,
    column,
    read: (row) => read(row, {}),
    show: (cell) => {
      if (cell === undefined) return undefined
      const before = annotate?.({ [column.logicalName]: cell }) ?? ''
      return `${before}${JSON.stringify(output)}:${write(cell)}`
    },
  }
}

/** Members of the answer's row for a group, compiled once. */
function aggregatesOf(text: string, setting: Setting): (rows: readonly StoredRow[]) => string[] {
  const makers = splitTop(text, ',').map((item) => aggregateOf(item, setting))
  const annotated = setting.preferences.annotation(FORMATTED_VALUE)
  return (rows) =>
    makers.flatMap(({ alias, compute }) => {
      const result = compute(rows)
      if (!result) return []
      const before = annotated
        ? `${JSON.stringify(`${alias}@${FORMATTED_VALUE}`)}:${JSON.stringify(result.shown)},`
        : ''
      return [`${before}${JSON.stringify(alias)}:${result.json}`]
    })
}

interface Aggregate {
  readonly alias: string
  readonly compute: (rows: readonly StoredRow[]) => AggregateResult | undefined
}

function aggregateOf(item: string, setting: Setting): Aggregate {
  const [, count] = /^\$count\s+as\s+(\w+)$/.exec(item) ?? []
  if (count !== undefined) return { alias: count, compute: (rows) => countOf(rows.length) }
  const [, property = '', method = '', alias = ''] = /^([\w/]+)\s+with\s+(\w+)\s+as\s+(\w+)$/.exec(item) ?? []
  if (!isMethod(method)) throw syntaxError(`'${item}' is not an aggregation.`)
  const { column, read } = accessor(
    { kind: 'path', segments: property.split('/') },
    { ...setting, variables: NO_VARIABLES },
  )
  const { store } = setting.context
  return {
    alias,
    compute: (rows) => {
      const cells = rows.map((row) => read(row, {})).filter((cell) => cell !== undefined)
      return aggregateCells(method, column, { cells, store })
    },
  }
}

function isMethod(name: string): name is AggregateMethod {
  return ['sum', 'average', 'min', 'max', 'countdistinct'].includes(name)
}

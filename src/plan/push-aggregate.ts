import type { Column, ColumnType } from '../catalog/table.ts'
import { isPrintable } from '../odata/print-fetch.ts'
import { type AggregateGroup, findGroups } from './aggregate-groups.ts'
import {
  call,
  cast,
  columnRef,
  type Fields,
  functionName,
  isFields,
  listOf,
  nodeOf,
  replaceNodes,
  walk,
} from './ast.ts'
import { average } from './average.ts'
import type { Bound } from './bind.ts'
import { literalOf } from './literal.ts'
import { sentConditions, whyNotExact } from './push-filters.ts'
import type { Scan } from './scan.ts'

/**
 * Groups counted and summed by the service: the scan then brings one row a group, and the statement reads its results in
 * place of its aggregates. Everything around them (GROUP BY, HAVING, ORDER BY, windows, expressions) stays as it is, so
 * the service's groups may be finer than the statement's: they are put together here.
 */
export interface RemoteAggregate {
  readonly groups: readonly AggregateGroup[]
  readonly results: readonly AggregateResult[]
  /** The statement over the results. */
  readonly tree: Fields
}

export interface AggregateResult {
  /** Name in the answer and in the local table. */
  readonly name: string
  /** `countcolumn`: rows where the column is not NULL. */
  readonly method: 'count' | 'countcolumn' | 'sum' | 'min' | 'max'
  /** Undefined: rows are counted. */
  readonly column: Column | undefined
}

export type AggregateDecision = RemoteAggregate | { readonly refused: string }

export interface AggregateOptions {
  /** Of a column of a table that is joined by its key: that key, which tells the column's value. */
  readonly keyOf?: (column: string) => string | undefined
}

/** Undefined where the statement aggregates nothing. */
export function pushAggregate(
  tree: Fields,
  bound: Bound,
  { keyOf = () => undefined }: AggregateOptions = {},
): AggregateDecision | undefined {
  const select = nodeOf(tree, 'SelectStmt')
  if (!select || !aggregates(select)) return undefined
  const [scan, more] = bound.scans
  if (!scan || more) return { refused: 'several tables are read' }
  const obstacle = obstacleOf(select) ?? whyNotExact(select, scan, bound)
  if (obstacle !== undefined) return { refused: obstacle }
  if (!isPrintable(sentConditions(select, scan, bound)))
    return { refused: 'a text of a condition cannot stand in XML' }
  return replaceAggregates(select, { scan, bound, keyOf })
}

/** Is a row of the answer made of many rows? */
function aggregates(select: Fields): boolean {
  return isGrouped(select) || isDistinct(select)
}

function isGrouped(select: Fields): boolean {
  let found = select.groupClause !== undefined
  walk([select.targetList, select.havingClause, select.sortClause], (kind, fields) => {
    if (kind === 'FuncCall' && METHODS.has(functionName(fields)) && fields.over === undefined) found = true
    return kind !== 'SubLink'
  })
  return found
}

/** `select distinct`, not `distinct on (…)`. */
function isDistinct({ distinctClause }: Fields): boolean {
  return Array.isArray(distinctClause) && distinctClause.every((item) => !isFields(item) || isEmpty(item))
}

const isEmpty = (fields: Fields): boolean => Object.keys(fields).length === 0

const METHODS = new Set(['count', 'sum', 'min', 'max', 'avg'])

function obstacleOf(select: Fields): string | undefined {
  if (select.op !== undefined && select.op !== 'SETOP_NONE') return 'results are combined'
  const [only, another] = listOf(select.fromClause)
  if (another !== undefined || !nodeOf(only, 'RangeVar')) return 'the table is not read alone'
  if (select.withClause !== undefined) return 'it has a with clause'
  const grouped = isGrouped(select)
  let found: string | undefined
  walk(partsOf(select), (kind, fields) => {
    if (kind === 'SubLink') found ??= 'it has a sub-query'
    // Over rows, which there are none of then.
    if (kind === 'FuncCall' && fields.over !== undefined && !grouped) found ??= 'it uses a window'
    return found === undefined
  })
  return found
}

/** The clauses over groups. WHERE is about rows; LIMIT has constants. */
function partsOf(select: Fields): readonly unknown[] {
  const { targetList, groupClause, havingClause, sortClause, windowClause, distinctClause } = select
  return [targetList, groupClause, havingClause, sortClause, windowClause, distinctClause]
}

interface Reading extends Required<AggregateOptions> {
  readonly scan: Scan
  readonly bound: Bound
}

function replaceAggregates(select: Fields, reading: Reading): AggregateDecision {
  const results: AggregateResult[] = []
  let refused: string | undefined
  const result = (method: AggregateResult['method'], column: Column | undefined): Fields => {
    const known = results.find((one) => one.method === method && one.column === column)
    const name = known?.name ?? `_a${results.length + 1}`
    if (!known) results.push({ name, method, column })
    return columnRef(name)
  }
  /** Calls whose results the service brings: what is within them is no column of a group. */
  const pushed = new Set<Fields>()
  const tree = replaceNodes({ SelectStmt: withoutWhere(select) }, (kind, fields, original) => {
    const name = kind === 'FuncCall' ? functionName(fields) : ''
    if (!METHODS.has(name) || fields.over !== undefined) return undefined
    const taken = takeOver(fields, reading)
    if (taken === 'grouped by') return undefined
    if ('refused' in taken) {
      refused ??= taken.refused
      return undefined
    }
    pushed.add(original)
    const { column } = taken
    const sumOf = (method: AggregateResult['method']): Fields => again('sum', result(method, column), fields)
    switch (name) {
      case 'count':
        return cast({ CoalesceExpr: { args: [sumOf(column ? 'countcolumn' : 'count'), ZERO] } }, 'int8')
      case 'avg':
        return column && average(column, { sum: sumOf('sum'), count: sumOf('countcolumn') })
      default:
        return again(name, result(name === 'min' ? 'min' : name === 'max' ? 'max' : 'sum', column), fields)
    }
  })
  if (refused !== undefined) return { refused }
  const found = findGroups(partsOf(select), { ...reading, select, pushed })
  if ('refused' in found) return found
  if (found.groups.length === 0 && results.length === 0) return { refused: 'it asks for no column' }
  return { groups: found.groups, results, tree: isFields(tree) ? tree : {} }
}

const ZERO = { A_Const: { ival: {} } }

/** The same aggregate of something else, for the same of its rows. */
function again(name: string, argument: Fields, { agg_filter }: Fields): Fields {
  const { FuncCall } = call(name, argument)
  return { FuncCall: { ...(isFields(FuncCall) ? FuncCall : {}), ...(agg_filter ? { agg_filter } : {}) } }
}

/** The rows are groups now: their conditions were applied where the groups were made. */
function withoutWhere({ whereClause: _applied, ...select }: Fields): Fields {
  return select
}

type Taken = { readonly column: Column | undefined } | { readonly refused: string } | 'grouped by'

/** What the service has to aggregate for a call; or its columns are grouped by, and it stays as it is. */
function takeOver(fields: Fields, reading: Reading): Taken {
  const name = functionName(fields)
  if (fields.agg_order !== undefined || fields.agg_within_group === true)
    return { refused: `${name} has an order` }
  if (name === 'count' && countsRows(fields, reading)) return { column: undefined }
  // Each value matters once: those of finer groups are as good.
  if (fields.agg_distinct === true) return 'grouped by'
  const column = argumentOf(fields, reading)
  if (column && isTaken(name, column, reading.scan)) return { column }
  if (name === 'min' || name === 'max') return 'grouped by'
  return {
    refused:
      column === undefined
        ? `${name} of an expression needs the rows`
        : `${name} of ${column.type} may differ at the service`,
  }
}

const SUMMED: readonly ColumnType[] = ['integer', 'decimal']
const COMPARED: readonly ColumnType[] = [...SUMMED, 'date', 'datetime']
const COUNTED: readonly ColumnType[] = [
  ...COMPARED,
  'string',
  'bigint',
  'double',
  'money',
  'boolean',
  'choice',
  'guid',
  'lookup',
]

function isTaken(name: string, column: Column, scan: Scan): boolean {
  if (name === 'count') return COUNTED.includes(column.type)
  const types = name === 'sum' || name === 'avg' ? SUMMED : COMPARED
  return types.includes(column.type) || isBaseAmount(column, scan)
}

/** The service adds amounts up in the base currency; those of `x_base` are in it already. */
function isBaseAmount({ name, type }: Column, { table }: Scan): boolean {
  const of = name.endsWith('_base') ? name.slice(0, -'_base'.length) : undefined
  return type === 'money' && table.columns.some((column) => column.name === of && column.type === 'money')
}

function countsRows(fields: Fields, { scan, bound }: Reading): boolean {
  if (fields.agg_star === true) return true
  const [arg, more] = listOf(fields.args)
  const reference = nodeOf(arg, 'ColumnRef')
  if (more === undefined && reference && bound.uses.get(reference)?.column === scan.table.primaryKey)
    return true
  if (fields.agg_distinct === true) return false
  const literal = literalOf(arg)
  return literal !== undefined && literal.kind !== 'null'
}

function argumentOf(fields: Fields, { scan, bound }: Reading): Column | undefined {
  const [arg, more] = listOf(fields.args)
  const reference = nodeOf(arg, 'ColumnRef')
  const use = more === undefined && reference ? bound.uses.get(reference) : undefined
  return use && scan.table.columns.find(({ name }) => name === use.column)
}

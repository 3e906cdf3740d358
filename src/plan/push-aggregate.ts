import type { Column, ColumnType } from '../catalog/table.ts'
import {
  call,
  cast,
  columnRef,
  type Fields,
  functionName,
  isFields,
  kindOf,
  listOf,
  namesOf,
  nodeOf,
  replaceNodes,
  walk,
} from './ast.ts'
import type { Bound } from './bind.ts'
import { literalOf } from './literal.ts'
import { whyNotExact } from './push-filters.ts'
import type { Scan } from './scan.ts'

/**
 * Groups counted and summed by the service: the scan then brings one row a group, and the statement reads its results in
 * place of its aggregates. Everything around them (HAVING, ORDER BY, expressions) stays as it is.
 */
export interface RemoteAggregate {
  /** Columns grouped by, by name. */
  readonly groups: readonly string[]
  readonly results: readonly AggregateResult[]
  /** The statement over the results. */
  readonly tree: Fields
}

export interface AggregateResult {
  /** Name in the answer and in the local table. */
  readonly name: string
  readonly method: 'count' | 'sum' | 'min' | 'max'
  /** Undefined: rows are counted. */
  readonly column: Column | undefined
}

export type AggregateDecision = RemoteAggregate | { readonly refused: string }

/** Types both sides put into the same groups. Texts differ in trailing blanks, moments cannot be grouped by. */
const GROUPED: readonly ColumnType[] = ['choice', 'boolean', 'integer', 'lookup', 'guid', 'date']
/** Sums of money are in the base currency at the service, in whichever currency here. */
const SUMMED: readonly ColumnType[] = ['integer', 'decimal']
const COMPARED: readonly ColumnType[] = ['integer', 'decimal', 'date', 'datetime']

/** Undefined where the statement aggregates nothing. */
export function pushAggregate(tree: Fields, bound: Bound): AggregateDecision | undefined {
  const select = nodeOf(tree, 'SelectStmt')
  if (!select || !aggregates(select)) return undefined
  const [scan, more] = bound.scans
  if (!scan || more) return { refused: 'several tables are read' }
  const obstacle = obstacleOf(select) ?? whyNotExact(select, scan, bound)
  if (obstacle !== undefined) return { refused: obstacle }
  const groups = groupsOf(select, scan, bound)
  if ('refused' in groups) return groups
  return replaceAggregates(tree, { scan, bound, groups: groups.columns })
}

function aggregates(select: Fields): boolean {
  let found = select.groupClause !== undefined
  walk([select.targetList, select.havingClause], (kind, fields) => {
    if (kind === 'FuncCall' && METHODS.has(functionName(fields)) && fields.over === undefined) found = true
    return kind !== 'SubLink'
  })
  return found
}

const ZERO = { A_Const: { ival: {} } }

const METHODS = new Set(['count', 'sum', 'min', 'max', 'avg'])

function obstacleOf(select: Fields): string | undefined {
  if (select.op !== undefined && select.op !== 'SETOP_NONE') return 'results are combined'
  const [only, another] = listOf(select.fromClause)
  if (another !== undefined || !nodeOf(only, 'RangeVar')) return 'the table is not read alone'
  for (const part of ['distinctClause', 'windowClause', 'withClause'] as const)
    if (select[part] !== undefined) return `it has a ${part.replace('Clause', ' clause')}`
  let found: string | undefined
  walk([select.targetList, select.havingClause, select.sortClause], (kind, fields) => {
    if (kind === 'SubLink') found ??= 'it has a sub-query'
    if (kind === 'FuncCall' && fields.over !== undefined) found ??= 'it uses a window'
    return found === undefined
  })
  return found
}

function groupsOf(
  select: Fields,
  scan: Scan,
  bound: Bound,
): { readonly columns: ReadonlySet<string> } | { readonly refused: string } {
  const columns = new Set<string>()
  for (const item of listOf(select.groupClause)) {
    const column = groupColumn(targetOf(item, select), scan, bound)
    if (column === undefined) return { refused: 'it groups by what is no column of the table' }
    if (!GROUPED.includes(column.type))
      return { refused: `groups of ${column.type} columns differ at the service` }
    columns.add(column.name)
  }
  return { columns }
}

/** `group by 1` means the first target. */
function targetOf(item: unknown, select: Fields): unknown {
  const literal = literalOf(item)
  if (literal?.kind !== 'number') return item
  return nodeOf(listOf(select.targetList)[Number(literal.digits) - 1], 'ResTarget')?.val
}

/** The column of the table that is grouped by; for the label of a choice its choice, whose groups are finer. */
function groupColumn(node: unknown, scan: Scan, { uses }: Bound): Column | undefined {
  const reference = nodeOf(node, 'ColumnRef')
  const use = reference && uses.get(reference)
  const output = use && scan.columns.get(use.column)
  if (!output || (output.read !== 'as-is' && !(output.read instanceof Map) && output.read !== 'decimal'))
    return undefined
  return scan.table.columns.find(({ property }) => property === output.property)
}

interface Replacing {
  readonly scan: Scan
  readonly bound: Bound
  readonly groups: ReadonlySet<string>
}

function replaceAggregates(tree: Fields, { scan, bound, groups }: Replacing): AggregateDecision {
  const results: AggregateResult[] = []
  let refused: string | undefined
  const result = (method: AggregateResult['method'], column: Column | undefined): string => {
    const known = results.find((one) => one.method === method && one.column === column)
    if (known) return known.name
    const name = `_a${results.length + 1}`
    results.push({ name, method, column })
    return name
  }
  const replaced = replaceNodes(tree, (kind, fields) => {
    if (kind !== 'FuncCall' || !METHODS.has(functionName(fields))) return undefined
    const name = functionName(fields)
    if (fields.agg_distinct === true || fields.agg_filter !== undefined || fields.agg_order !== undefined) {
      refused ??= `${name} has more to it than a column`
      return undefined
    }
    if (name === 'count' && isCountOfRows(fields, scan, bound))
      return cast(
        { CoalesceExpr: { args: [call('sum', columnRef(result('count', undefined))), ZERO] } },
        'int8',
      )
    const column = argumentOf(fields, scan, bound)
    const types = name === 'sum' ? SUMMED : name === 'min' || name === 'max' ? COMPARED : []
    if (!column || !types.includes(column.type)) {
      refused ??= `${name} of ${column?.type ?? 'an expression'} may differ at the service`
      return undefined
    }
    const method = name === 'sum' ? 'sum' : name === 'min' ? 'min' : 'max'
    return call(method, columnRef(result(method, column)))
  })
  const used = new Set(groups)
  walk(outside(tree), (kind, fields) => {
    if (kind === 'FuncCall' && METHODS.has(functionName(fields))) return false
    const use = kind === 'ColumnRef' ? bound.uses.get(fields) : undefined
    const column = use && groupColumn({ ColumnRef: fields }, scan, bound)
    if (use && (column === undefined || !groups.has(column.name)))
      refused ??= `${use.column} is neither grouped by nor aggregated`
    return true
  })
  if (refused !== undefined) return { refused }
  return { groups: [...used], results, tree: isFields(replaced) ? withoutWhere(replaced) : tree }
}

/** The clauses whose columns are those of groups. */
function outside(tree: Fields): readonly unknown[] {
  const select = nodeOf(tree, 'SelectStmt') ?? {}
  return [select.targetList, select.havingClause, select.sortClause]
}

/** The rows are groups now: their conditions were applied where the groups were made. */
function withoutWhere(tree: Fields): Fields {
  const { whereClause: _applied, ...select } = nodeOf(tree, 'SelectStmt') ?? {}
  return { SelectStmt: select }
}

function isCountOfRows(fields: Fields, scan: Scan, { uses }: Bound): boolean {
  if (fields.agg_star === true) return true
  const [arg] = listOf(fields.args)
  const reference = nodeOf(arg, 'ColumnRef')
  const use = reference && uses.get(reference)
  if (use?.column === scan.table.primaryKey) return true
  const literal = literalOf(arg)
  return literal !== undefined && literal.kind !== 'null'
}

function argumentOf(fields: Fields, scan: Scan, { uses }: Bound): Column | undefined {
  const [arg] = listOf(fields.args)
  const reference = kindOf(arg) === 'ColumnRef' ? nodeOf(arg, 'ColumnRef') : undefined
  const use = reference && namesOf(reference.fields).length > 0 ? uses.get(reference) : undefined
  return use && scan.table.columns.find(({ name }) => name === use.column)
}

import type { ColumnType } from '../catalog/table.ts'
import type { ConditionColumn } from '../odata/condition.ts'
import { type Fields, listOf, nodeOf, textOf, walk } from './ast.ts'
import type { Bound } from './bind.ts'
import { literalOf } from './literal.ts'
import { conjunctsOf, whyNotExact } from './push-filters.ts'
import { isRefused, translate } from './remote-filter.ts'
import { whyNotRowOfRow } from './row-by-row.ts'
import type { Scan } from './scan.ts'

/** The first rows in an order, asked of the service. Only where it would choose the very rows the engine would. */
export interface RemoteTop {
  readonly rows: number
  /** Empty: any rows will do. */
  readonly order: readonly RemoteOrder[]
}

export interface RemoteOrder {
  readonly column: ConditionColumn
  readonly descending: boolean
}

export type TopDecision = RemoteTop | { readonly refused: string }

/** Columns the service always fills, beside the primary key. */
const NEVER_NULL = new Set(['createdon', 'modifiedon', 'versionnumber'])

/** Types both sides put in the same order. Texts are sorted by other rules, choices and lookups by label, GUIDs by other bytes. */
const SAME_ORDER: readonly ColumnType[] = ['integer', 'bigint', 'decimal', 'money', 'date', 'datetime']

/** Undefined where the statement has no limit at all. */
export function pushTop(tree: Fields, bound: Bound): TopDecision | undefined {
  const select = nodeOf(tree, 'SelectStmt')
  if (!select || select.limitCount === undefined) return undefined
  const [scan, more] = bound.scans
  if (!scan || more) return { refused: 'several tables are read' }
  if (listOf(select.fromClause).length !== 1 || !nodeOf(listOf(select.fromClause)[0], 'RangeVar'))
    return { refused: 'the table is not read alone' }
  const inexact = whyNotExact(select, scan, bound)
  return inexact === undefined ? topOf(select, scan, bound) : { refused: inexact }
}

/** The first rows of a SELECT whose rows are those of one scan, the conditions being exact. */
export function topOf(select: Fields, scan: Scan, bound: Bound): TopDecision {
  const obstacle = whyNotRowOfRow(select)
  if (obstacle !== undefined) return { refused: obstacle }
  const [limit, offset] = [wholeNumber(select.limitCount), wholeNumber(select.limitOffset ?? ZERO)]
  if (limit === undefined || offset === undefined) return { refused: 'the limit is not a constant' }
  const order: RemoteOrder[] = []
  for (const item of listOf(select.sortClause)) {
    const key = orderKey(item, scan, { select, bound })
    if ('refused' in key) return key
    // A column sorted by again changes nothing, and the service refuses it.
    if (!order.some(({ column }) => column.name === key.column.name)) order.push(key)
  }
  if (limit + offset === 0) return { refused: 'no row is asked for' }
  return { rows: limit + offset, order }
}

const ZERO = { A_Const: { ival: {} } }

function wholeNumber(node: unknown): number | undefined {
  const literal = literalOf(node)
  return literal?.kind === 'number' && /^\d{1,9}$/.test(literal.digits) ? Number(literal.digits) : undefined
}

function orderKey(
  item: unknown,
  scan: Scan,
  { select, bound }: { select: Fields; bound: Bound },
): RemoteOrder | { readonly refused: string } {
  const key = nodeOf(item, 'SortBy') ?? {}
  const reference = nodeOf(key.node, 'ColumnRef')
  const use = reference && bound.uses.get(reference)
  const column = use?.scan === scan ? scan.table.columns.find(({ name }) => name === use.column) : undefined
  if (!reference || !column) return { refused: 'it is sorted by what is no column of the table' }
  if (isRenamed(column.name, { select, bound }))
    return { refused: 'the sorted column has a name of its own in the result' }
  if (!SAME_ORDER.includes(column.type))
    return { refused: `${column.type} columns are sorted differently at the service` }
  const descending = key.sortby_dir === 'SORTBY_DESC'
  // The service puts NULL first when it sorts upwards, PostgreSQL last.
  const asService = descending ? 'SORTBY_NULLS_LAST' : 'SORTBY_NULLS_FIRST'
  const neverNull = NEVER_NULL.has(column.name) || rejectsNull(select, column.name, { scan, bound })
  if (!neverNull && textOf(key.sortby_nulls) !== asService)
    return {
      refused: `NULL stands elsewhere at the service; write ${asService.replace('SORTBY_', '').replace('_', ' ').toLowerCase()}`,
    }
  return { column: { name: column.name, property: column.property }, descending }
}

/** In ORDER BY a name of the target list comes before a column of the table. */
function isRenamed(column: string, { select, bound }: { select: Fields; bound: Bound }): boolean {
  return listOf(select.targetList).some((item) => {
    const target = nodeOf(item, 'ResTarget')
    if (textOf(target?.name)?.toLowerCase() !== column) return false
    const reference = nodeOf(target?.val, 'ColumnRef')
    return reference === undefined || bound.uses.get(reference)?.column !== column
  })
}

/** Does a condition of the statement keep rows out whose column is NULL? */
export function rejectsNull(
  select: Fields,
  column: string,
  { scan, bound }: { scan: Scan; bound: Bound },
): boolean {
  return conjunctsOf(select.whereClause).some((conjunct) => {
    const translation = translate(conjunct, { scan, uses: bound.uses })
    if (isRefused(translation) || !translation.rejectsNull || nodeOf(conjunct, 'BoolExpr')) return false
    let names = false
    walk(conjunct, (kind, fields) => {
      if (kind === 'ColumnRef') names ||= bound.uses.get(fields)?.column === column
      return true
    })
    return names
  })
}

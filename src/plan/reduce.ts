import type { ColumnType } from '../catalog/table.ts'
import { type Fields, isFields, listOf, namesOf, nodeOf } from './ast.ts'
import type { Bound } from './bind.ts'
import { conjunctsOf } from './push-filters.ts'
import { isScalarOnly } from './scalar-functions.ts'
import type { Scan } from './scan.ts'
import type { ColumnUse } from './scope.ts'

/**
 * Rows of one scan that can matter are those whose column is among the values another scan brings: of a join, of IN, of
 * EXISTS. With few values they are asked for by these, instead of the whole table.
 */
export interface Reduction {
  readonly target: Scan
  readonly targetColumn: string
  readonly source: Scan
  readonly sourceColumn: string
}

/** Types that are equal here exactly where they are equal at the service. */
const KEYS: readonly ColumnType[] = ['guid', 'lookup', 'integer']

export function findReductions(bound: Bound): readonly Reduction[] {
  const found: Reduction[] = []
  for (const [select] of bound.scopeOf) {
    const all = new Set<Scan>()
    for (const item of listOf(select.fromClause))
      for (const scan of reduceJoin(item, bound, found)) all.add(scan)
    for (const conjunct of conjunctsOf(select.whereClause)) {
      reduceEqual(conjunct, { bound, found, targets: all, sources: all })
      reduceCorrelated(conjunct, { bound, found, own: all })
      reduceSubLink(conjunct, { bound, found, targets: all })
    }
  }
  return found
}

interface Reducing {
  readonly bound: Bound
  readonly found: Reduction[]
}

/** Scans below a FROM item; conditions of its joins are looked at on the way. */
function reduceJoin(item: unknown, bound: Bound, found: Reduction[]): ReadonlySet<Scan> {
  const rangeVar = nodeOf(item, 'RangeVar')
  const scan = rangeVar && bound.scanOf.get(rangeVar)
  if (scan) return new Set([scan])
  const join = nodeOf(item, 'JoinExpr')
  if (!join) return new Set()
  const left = reduceJoin(join.larg, bound, found)
  const right = reduceJoin(join.rarg, bound, found)
  const both = new Set([...left, ...right])
  // Rows of the side that an outer join keeps matter whether they find a partner or not.
  const targets = { JOIN_INNER: both, JOIN_LEFT: right, JOIN_RIGHT: left }[
    String(join.jointype ?? 'JOIN_INNER')
  ]
  if (targets)
    for (const conjunct of conjunctsOf(join.quals))
      reduceEqual(conjunct, { bound, found, targets, sources: both })
  return both
}

/** `a.x = b.y`, both ways where both sides may be targets. */
function reduceEqual(
  conjunct: Fields,
  {
    bound,
    found,
    targets,
    sources,
  }: Reducing & { readonly targets: ReadonlySet<Scan>; readonly sources: ReadonlySet<Scan> },
): void {
  const [a, b] = equalColumns(conjunct, bound)
  if (!a || !b || a.scan === b.scan || !sources.has(a.scan) || !sources.has(b.scan)) return
  if (targets.has(a.scan)) add(found, a, b)
  if (targets.has(b.scan)) add(found, b, a)
}

/** In a sub-query: a column of its own equal to one of a query around it. Only rows that match some row outside matter. */
function reduceCorrelated(
  conjunct: Fields,
  { bound, found, own }: Reducing & { readonly own: ReadonlySet<Scan> },
): void {
  const [a, b] = equalColumns(conjunct, bound)
  if (!a || !b) return
  if (own.has(a.scan) && !own.has(b.scan)) add(found, a, b)
  if (own.has(b.scan) && !own.has(a.scan)) add(found, b, a)
}

/** `x in (select y …)` and `exists (… y = x …)` as conditions every row has to meet. */
function reduceSubLink(
  conjunct: Fields,
  { bound, found, targets }: Reducing & { readonly targets: ReadonlySet<Scan> },
): void {
  const link = nodeOf(conjunct, 'SubLink')
  const select = nodeOf(link?.subselect, 'SelectStmt')
  if (!link || !select || (select.op !== undefined && select.op !== 'SETOP_NONE')) return
  if (link.subLinkType === 'ANY_SUBLINK' && link.operName === undefined) {
    const outer = useOf(link.testexpr, bound)
    const [only, more] = listOf(select.targetList)
    const inner = useOf(nodeOf(only, 'ResTarget')?.val, bound)
    if (outer && inner && more === undefined && targets.has(outer.scan) && inner.scan !== outer.scan)
      add(found, outer, inner)
  }
  if (
    link.subLinkType !== 'EXISTS_SUBLINK' ||
    select.groupClause !== undefined ||
    select.havingClause !== undefined ||
    // Of an aggregate there is a row whatever it aggregates.
    !isScalarOnly(select.targetList)
  )
    return
  for (const condition of conjunctsOf(select.whereClause)) {
    const [a, b] = equalColumns(condition, bound)
    if (!a || !b) continue
    if (targets.has(a.scan) && !targets.has(b.scan)) add(found, a, b)
    if (targets.has(b.scan) && !targets.has(a.scan)) add(found, b, a)
  }
}

/** The two columns of `a.x = b.y`. */
export function equalColumns(conjunct: Fields, bound: Bound): readonly (ColumnUse | undefined)[] {
  const expression = nodeOf(conjunct, 'A_Expr')
  if (expression?.kind !== 'AEXPR_OP' || namesOf(expression.name).at(-1) !== '=') return []
  return [useOf(expression.lexpr, bound), useOf(expression.rexpr, bound)]
}

export function useOf(node: unknown, { uses }: Bound): ColumnUse | undefined {
  const reference = isFields(node) ? nodeOf(node, 'ColumnRef') : undefined
  const use = reference && uses.get(reference)
  const type = use?.scan.table.columns.find(({ name }) => name === use.column)?.type
  return use && type !== undefined && KEYS.includes(type) ? use : undefined
}

function add(found: Reduction[], target: ColumnUse, source: ColumnUse): void {
  found.push({
    target: target.scan,
    targetColumn: target.column,
    source: source.scan,
    sourceColumn: source.column,
  })
}

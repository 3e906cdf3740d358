import { type Fields, functionName, isFields, listOf, namesOf, nodeOf, walk } from './ast.ts'
import type { Bound } from './bind.ts'
import type { RemoteScan } from './plan.ts'
import { printExpression } from './print-expression.ts'
import { conjunctsOf } from './push-filters.ts'
import type { Scan } from './scan.ts'

/**
 * The parts of a statement that are about no one scan and so are done here, each with its rule and the reason: joins,
 * conditions on several tables, windows, DISTINCT, combined results. For people who ask what is not sent.
 */
export function leftHere(tree: Fields, bound: Bound, scans: readonly RemoteScan[]): readonly string[] {
  const apart = new Set(scans.map(({ id }) => id))
  const found = new Set<string>()
  walk(tree, (kind, fields) => {
    if (kind === 'SelectStmt') for (const part of partsOf(fields, { bound, apart })) found.add(part)
    if (kind === 'FuncCall' && fields.over !== undefined)
      found.add(`window: ${functionName(fields)} over (…): the service has no windows`)
    return true
  })
  return [...found]
}

interface Read {
  readonly bound: Bound
  /** Ids of the scans that are read by requests of their own. */
  readonly apart: ReadonlySet<string>
}

function partsOf(select: Fields, read: Read): readonly string[] {
  const { bound } = read
  const operator = SET_OPERATORS[String(select.op)]
  if (operator !== undefined)
    return [
      `${operator}: the service does not combine results`,
      ...[select.larg, select.rarg].filter(isFields).flatMap((side) => partsOf(side, read)),
    ]
  const parts = [...joinsOf(select, read), ...conditionsOf(select, bound)]
  if (select.distinctClause !== undefined && bound.scopeOf.has(select))
    parts.push('distinct: equal rows are put together here')
  return parts
}

const SET_OPERATORS: Readonly<Record<string, string>> = {
  SETOP_UNION: 'union',
  SETOP_INTERSECT: 'intersect',
  SETOP_EXCEPT: 'except',
}

function joinsOf(select: Fields, { bound: { scanOf }, apart }: Read): readonly string[] {
  const scans = listOf(select.fromClause)
    .flatMap((item) => scansBelow(item, scanOf))
    .filter(({ id }) => apart.has(id))
  const [first, ...others] = scans
  return first === undefined
    ? []
    : others.map((scan) => `join: ${nameOf(first)} with ${nameOf(scan)}: each is read by requests of its own`)
}

function scansBelow(item: unknown, scanOf: Bound['scanOf']): readonly Scan[] {
  const join = nodeOf(item, 'JoinExpr')
  if (join) return [...scansBelow(join.larg, scanOf), ...scansBelow(join.rarg, scanOf)]
  const rangeVar = nodeOf(item, 'RangeVar')
  const scan = rangeVar && scanOf.get(rangeVar)
  return scan ? [scan] : []
}

function nameOf({ id, table }: Scan): string {
  return `${id} (${table.name})`
}

/** Conditions that were offered to no scan: what is about one of them alone is told there. */
function conditionsOf(select: Fields, bound: Bound): readonly string[] {
  const conditions = [
    ...conjunctsOf(select.whereClause),
    ...listOf(select.fromClause).flatMap(joinConditions),
  ]
  return conditions.flatMap((condition) => {
    const why = whyNotOffered(condition, bound)
    return why === undefined ? [] : [`filter: ${printExpression(condition)}: ${why}`]
  })
}

function joinConditions(item: unknown): readonly Fields[] {
  const join = nodeOf(item, 'JoinExpr')
  return join ? [...joinConditions(join.larg), ...joinConditions(join.rarg), ...conjunctsOf(join.quals)] : []
}

function whyNotOffered(condition: Fields, bound: Bound): string | undefined {
  const scans = new Set<Scan | undefined>()
  let hasQuery = false
  walk(condition, (kind, fields) => {
    hasQuery ||= kind === 'SubLink'
    if (kind === 'ColumnRef') scans.add(bound.uses.get(fields)?.scan)
    return kind !== 'SubLink'
  })
  if (hasQuery) return 'it has a sub-query, which is answered here'
  if (scans.has(undefined)) return 'it is about what is computed here'
  if (scans.size < 2 || isJoin(condition)) return undefined
  return 'it is about several tables'
}

/** `a.x = b.y` is what the join itself is. */
function isJoin(condition: Fields): boolean {
  const expression = nodeOf(condition, 'A_Expr')
  return (
    expression !== undefined &&
    namesOf(expression.name).at(-1) === '=' &&
    [expression.lexpr, expression.rexpr].every((side) => isFields(side) && nodeOf(side, 'ColumnRef'))
  )
}

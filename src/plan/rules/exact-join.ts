import type { FetchXmlLimits } from '../../capabilities/capabilities.ts'
import { type Fields, listOf, nodeOf } from '../ast.ts'
import type { Bound } from '../bind.ts'
import { conjunctsOf } from '../push-filters.ts'
import { isRefused, translate } from '../remote-filter.ts'
import type { Scan } from '../scan.ts'
import { type JoinEdge, joinEdges } from './join-edges.ts'

interface Setting {
  readonly bound: Bound
  readonly limits: FetchXmlLimits
}

/**
 * Why the service would not choose the very rows of a FROM and its conditions, its tables being linked along lookups.
 * Every condition has to be the join itself or exact on one table, and none may look at what an outer join makes NULL.
 */
export function whyNotExactJoin(select: Fields, { bound, limits }: Setting): string | undefined {
  const edges = new Map(joinEdges(bound, limits).map((edge) => [edge.condition, edge]))
  const joined: JoinEdge[] = []
  const check = (conditions: readonly Fields[], scans: ReadonlySet<Scan>): string | undefined => {
    for (const condition of conditions) {
      const edge = edges.get(condition)
      const known = edge && joined.some(({ parent }) => parent.scan === edge.parent.scan)
      if (edge && !known) {
        joined.push(edge)
        continue
      }
      const why = whyNotOn(condition, { scans, bound })
      if (why !== undefined) return why
    }
    return undefined
  }
  const from = listOf(select.fromClause).map((item) => kept(item, { bound, check }))
  for (const one of from) if (typeof one === 'string') return one
  const scans = new Set(from.flatMap((one) => (typeof one === 'string' ? [] : [...one])))
  const why = check(conjunctsOf(select.whereClause), scans)
  if (why !== undefined) return why
  const nullable = new Set(joined.filter(({ outer }) => outer).map(({ parent }) => parent.scan))
  // An inner join to what an outer one brought drops rows: within a link that is not documented.
  if (joined.some(({ outer, child }) => !outer && nullable.has(child.scan))) return IN_OUTER
  return joined.length === bound.scans.length - 1 ? undefined : 'tables are joined by more than lookups'
}

const IN_OUTER = 'an inner join is made to the side that an outer join may make NULL'

type Check = (conditions: readonly Fields[], scans: ReadonlySet<Scan>) => string | undefined

/** Scans of a FROM item whose rows an outer join leaves, or why it is not exact. */
function kept(
  item: unknown,
  setting: { readonly bound: Bound; readonly check: Check },
): ReadonlySet<Scan> | string {
  const rangeVar = nodeOf(item, 'RangeVar')
  const scan = rangeVar && setting.bound.scanOf.get(rangeVar)
  if (scan) return new Set([scan])
  const join = nodeOf(item, 'JoinExpr')
  if (!join) return 'it reads what is no table'
  if (join.isNatural === true || listOf(join.usingClause).length > 0) return 'it joins by USING'
  if (join.jointype === 'JOIN_FULL') return 'it has a full join'
  const left = kept(join.larg, setting)
  const right = kept(join.rarg, setting)
  if (typeof left === 'string') return left
  if (typeof right === 'string') return right
  const isOuter = join.jointype === 'JOIN_LEFT' || join.jointype === 'JOIN_RIGHT'
  const [stays, nullable, optional] =
    join.jointype === 'JOIN_RIGHT' ? [right, left, join.larg] : [left, right, join.rarg]
  if (isOuter && !nodeOf(optional, 'RangeVar')) return 'an outer join is made to a join'
  const conditions = conjunctsOf(join.quals)
  const why = setting.check(conditions, isOuter ? nullable : new Set([...left, ...right]))
  return why ?? (isOuter ? stays : new Set([...left, ...right]))
}

function whyNotOn(
  condition: Fields,
  { scans, bound }: { readonly scans: ReadonlySet<Scan>; readonly bound: Bound },
): string | undefined {
  for (const scan of scans) {
    const translation = translate(condition, { scan, uses: bound.uses })
    if (isRefused(translation)) continue
    return translation.exact ? undefined : 'a condition lets more rows through at the service'
  }
  return 'a condition stays here'
}

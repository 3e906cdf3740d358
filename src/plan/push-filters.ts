import type { Condition } from '../odata/condition.ts'
import { type Fields, isFields, listOf, nodeOf, walk } from './ast.ts'
import type { Bound } from './bind.ts'
import {
  conditionsIn,
  isRefused,
  MAX_CONDITIONS,
  type RemoteFilter,
  type Translation,
  translate,
} from './remote-filter.ts'
import type { Scan } from './scan.ts'

/** Which conditions of a statement each scan can take along. The engine applies all of them again. */
export interface ScanFilters {
  readonly filters: readonly RemoteFilter[]
  /** Conditions on this scan that stay here, and why. */
  readonly refused: readonly { readonly condition: Fields; readonly why: string }[]
  /** Do the filters keep exactly the rows that every condition on this scan keeps? */
  readonly exact: boolean
}

interface Collected {
  readonly filters: RemoteFilter[]
  readonly refused: { condition: Fields; why: string }[]
}

export function pushFilters(bound: Bound): ReadonlyMap<Scan, ScanFilters> {
  const found = new Map<Scan, Collected>(bound.scans.map((scan) => [scan, { filters: [], refused: [] }]))
  for (const [select] of bound.scopeOf) pushSelect(select, bound, found)
  return new Map(
    [...found].map(([scan, { filters, refused }]) => [
      scan,
      { filters, refused, exact: refused.length === 0 && filters.every(({ exact }) => exact) },
    ]),
  )
}

/** What an outer join may make of a scan's rows: they may be replaced by NULLs. */
interface Side {
  readonly scans: ReadonlyMap<Scan, { readonly nullable: boolean }>
}

function pushSelect(select: Fields, bound: Bound, found: Map<Scan, Collected>): void {
  const sides = listOf(select.fromClause).map((item) => pushJoin(item, bound, found))
  const scans = new Map(sides.flatMap((side) => [...side.scans]))
  for (const conjunct of conjunctsOf(select.whereClause)) offer(conjunct, { bound, found, scans })
}

/** Offers the conditions of joins to the scans they may narrow; tells which scans are below, and which may turn NULL. */
function pushJoin(item: unknown, bound: Bound, found: Map<Scan, Collected>): Side {
  const rangeVar = nodeOf(item, 'RangeVar')
  const scan = rangeVar && bound.scanOf.get(rangeVar)
  if (scan) return { scans: new Map([[scan, { nullable: false }]]) }
  const join = nodeOf(item, 'JoinExpr')
  if (!join) return { scans: new Map() }
  const left = pushJoin(join.larg, bound, found)
  const right = pushJoin(join.rarg, bound, found)
  const both = new Map([...left.scans, ...right.scans])
  const conjuncts = conjunctsOf(join.quals)
  switch (join.jointype) {
    case 'JOIN_LEFT':
      for (const conjunct of conjuncts) offer(conjunct, { bound, found, scans: right.scans })
      return { scans: new Map([...left.scans, ...nullable(right)]) }
    case 'JOIN_RIGHT':
      for (const conjunct of conjuncts) offer(conjunct, { bound, found, scans: left.scans })
      return { scans: new Map([...nullable(left), ...right.scans]) }
    case 'JOIN_FULL':
      return { scans: new Map([...nullable(left), ...nullable(right)]) }
    default:
      for (const conjunct of conjuncts) offer(conjunct, { bound, found, scans: both })
      return { scans: both }
  }
}

function nullable({ scans }: Side): ReadonlyMap<Scan, { readonly nullable: boolean }> {
  return new Map([...scans.keys()].map((scan) => [scan, { nullable: true }]))
}

interface Offer {
  readonly bound: Bound
  readonly found: Map<Scan, Collected>
  readonly scans: Side['scans']
}

/** Gives a condition to the scan it is about, if it is about one of these alone. */
function offer(conjunct: Fields, { bound, found, scans }: Offer): void {
  const scan = onlyScan(conjunct, bound)
  const place = scan && scans.get(scan)
  const collected = scan && found.get(scan)
  if (!scan || !place || !collected) return
  const translation = translate(conjunct, { scan, uses: bound.uses })
  const why = whyNot(translation, place.nullable)
  if (isRefused(translation) || why !== undefined)
    collected.refused.push({
      condition: conjunct,
      why: isRefused(translation) ? translation.refused : (why ?? ''),
    })
  else if (conditionsIn(translation) + sum(collected.filters.map(conditionsIn)) > MAX_CONDITIONS)
    collected.refused.push({
      condition: conjunct,
      why: `with the others it has more than ${MAX_CONDITIONS} conditions`,
    })
  else collected.filters.push(translation)
}

function whyNot(translation: Translation, isNullable: boolean): string | undefined {
  if (isRefused(translation)) return translation.refused
  return isNullable && !translation.rejectsNull ? 'the outer join makes NULLs it has to see' : undefined
}

/** The one scan a condition refers to; undefined where it refers to others, to sub-queries, or to what only the engine knows. */
function onlyScan(condition: Fields, { uses }: Bound): Scan | undefined {
  const scans = new Set<Scan | undefined>()
  walk(condition, (kind, fields) => {
    if (kind === 'SubLink' || kind === 'SelectStmt') scans.add(undefined)
    if (kind === 'ColumnRef') scans.add(uses.get(fields)?.scan)
    return kind !== 'SubLink'
  })
  const [scan, more] = scans
  return more === undefined && scans.size === 1 ? scan : undefined
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0)
}

/** Conditions of a WHERE that are all exact at the service, or why they are not all. */
export function whyNotExact(select: Fields, scan: Scan, { uses }: Bound): string | undefined {
  let conditions = 0
  for (const conjunct of conjunctsOf(select.whereClause)) {
    const translation = translate(conjunct, { scan, uses })
    if (isRefused(translation)) return `a condition stays here: ${translation.refused}`
    if (!translation.exact) return 'a condition lets more rows through at the service'
    conditions += conditionsIn(translation)
  }
  return conditions > MAX_CONDITIONS ? `it has more than ${MAX_CONDITIONS} conditions` : undefined
}

/** Those of a WHERE that can be sent. */
export function sentConditions(select: Fields, scan: Scan, { uses }: Bound): readonly Condition[] {
  return conjunctsOf(select.whereClause).flatMap((conjunct) => {
    const translation = translate(conjunct, { scan, uses })
    return isRefused(translation) ? [] : [translation.condition]
  })
}

export function conjunctsOf(condition: unknown): Fields[] {
  if (!isFields(condition)) return []
  const bool = nodeOf(condition, 'BoolExpr')
  if (bool?.boolop === 'AND_EXPR') return listOf(bool.args).flatMap(conjunctsOf)
  return [condition]
}

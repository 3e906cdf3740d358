import type { FetchXmlLimits } from '../../capabilities/capabilities.ts'
import { type Fields, listOf, nodeOf } from '../ast.ts'
import type { Bound } from '../bind.ts'
import { conjunctsOf } from '../push-filters.ts'
import { equalColumns } from '../reduce.ts'
import type { Scan } from '../scan.ts'
import { type Relation, relationOf } from './relation.ts'

/** A join along a relation, from the side with many rows to the side that has one for each of them, if any. */
export interface JoinEdge extends Relation {
  /** Do rows of the many side stay that have no partner? */
  readonly outer: boolean
  /** The condition that says so. */
  readonly condition: Fields
}

/** Joins along relations, in the order of the statement. */
export function joinEdges(bound: Bound, limits: FetchXmlLimits): readonly JoinEdge[] {
  const found: JoinEdge[] = []
  const add = (condition: Fields, { many, one, outer }: Sides): void => {
    const relation = relationOf(equalColumns(condition, bound), limits)
    if (relation && many.has(relation.child.scan) && one.has(relation.parent.scan))
      found.push({ ...relation, outer, condition })
  }
  const below = (item: unknown): ReadonlySet<Scan> => {
    const rangeVar = nodeOf(item, 'RangeVar')
    const scan = rangeVar && bound.scanOf.get(rangeVar)
    if (scan) return new Set([scan])
    const join = nodeOf(item, 'JoinExpr')
    if (!join) return new Set()
    const [left, right] = [below(join.larg), below(join.rarg)]
    const all = new Set([...left, ...right])
    for (const condition of conjunctsOf(join.quals))
      if ((join.jointype ?? 'JOIN_INNER') === 'JOIN_INNER')
        add(condition, { many: all, one: all, outer: false })
      else if (join.jointype === 'JOIN_LEFT') add(condition, { many: left, one: right, outer: true })
      else if (join.jointype === 'JOIN_RIGHT') add(condition, { many: right, one: left, outer: true })
    return all
  }
  for (const [select] of bound.scopeOf) {
    const all = new Set(listOf(select.fromClause).flatMap((item) => [...below(item)]))
    for (const condition of conjunctsOf(select.whereClause))
      add(condition, { many: all, one: all, outer: false })
  }
  return found
}

interface Sides {
  readonly many: ReadonlySet<Scan>
  readonly one: ReadonlySet<Scan>
  readonly outer: boolean
}

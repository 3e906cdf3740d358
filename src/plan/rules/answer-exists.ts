import type { FetchXmlLimits } from '../../capabilities/capabilities.ts'
import { type Condition, countConditions, type RelatedCondition } from '../../odata/condition.ts'
import { isPrintable } from '../../odata/print-fetch.ts'
import { type Fields, isFields, listOf, nodeOf, replaceNodes, walk } from '../ast.ts'
import type { Bound } from '../bind.ts'
import { linksIn } from '../links.ts'
import { conjunctsOf } from '../push-filters.ts'
import { rejectsNull } from '../push-top.ts'
import { equalColumns, useOf } from '../reduce.ts'
import { isRefused, MAX_CONDITIONS, translate } from '../remote-filter.ts'
import type { Scan } from '../scan.ts'
import type { ColumnUse } from '../scope.ts'
import { relationOf } from './relation.ts'

/**
 * `[NOT] EXISTS` and `[NOT] IN` of a sub-query along a relation, where the service keeps exactly the rows the engine
 * would: the condition is left to the service, and the sub-query's table is not read at all.
 */
export interface AnsweredExists {
  /** The statement without these conditions. */
  readonly tree: Fields
  /** What the service is asked in their place, by the inside of the RangeVar of the table. */
  readonly related: ReadonlyMap<Fields, readonly Condition[]>
}

export function answerExists(tree: Fields, bound: Bound, limits: FetchXmlLimits): AnsweredExists {
  const related = new Map<Fields, readonly Condition[]>()
  const answered = new Set<unknown>()
  const rangeVarOf = new Map([...bound.scanOf].map(([rangeVar, scan]) => [scan, rangeVar]))
  for (const [select] of bound.scopeOf) {
    const kept = keptScans(select, bound)
    for (const conjunct of conjunctsOf(select.whereClause)) {
      const found = relatedOf(conjunct, { select, bound, limits })
      const rangeVar = found && kept.has(found.outer.scan) ? rangeVarOf.get(found.outer.scan) : undefined
      if (!found || !rangeVar) continue
      const all = [...(related.get(rangeVar) ?? []), found.condition]
      if (linksIn(all) > limits.maxLinks || countConditions(all) > MAX_CONDITIONS) continue
      related.set(rangeVar, all)
      answered.add(conjunct)
    }
  }
  return answered.size === 0 ? { tree, related } : { tree: withoutConditions(tree, answered), related }
}

/** Scans of a FROM whose rows no outer join replaces by NULLs: to drop a row of theirs is to drop what it is joined to. */
function keptScans(select: Fields, bound: Bound): ReadonlySet<Scan> {
  const below = (item: unknown): readonly Scan[] => {
    const rangeVar = nodeOf(item, 'RangeVar')
    const scan = rangeVar && bound.scanOf.get(rangeVar)
    if (scan) return [scan]
    const join = nodeOf(item, 'JoinExpr')
    if (!join || join.jointype === 'JOIN_FULL') return []
    return [
      ...(join.jointype === 'JOIN_RIGHT' ? [] : below(join.larg)),
      ...(join.jointype === 'JOIN_LEFT' ? [] : below(join.rarg)),
    ]
  }
  return new Set(listOf(select.fromClause).flatMap(below))
}

interface Setting {
  /** The query whose condition it is. */
  readonly select: Fields
  readonly bound: Bound
  readonly limits: FetchXmlLimits
}

interface Related {
  readonly condition: RelatedCondition
  /** The column of the query around it. */
  readonly outer: ColumnUse
}

/** Undefined where it is no such condition, or not exactly answered by the service. */
function relatedOf(conjunct: Fields, setting: Setting): Related | undefined {
  const bool = nodeOf(conjunct, 'BoolExpr')
  const exists = bool?.boolop !== 'NOT_EXPR'
  const link = nodeOf(exists ? conjunct : listOf(bool?.args)[0], 'SubLink')
  const inner = nodeOf(link?.subselect, 'SelectStmt')
  const scan = inner && onlyScan(inner, setting.bound)
  if (!link || !inner || !scan) return undefined
  const conditions = conjunctsOf(inner.whereClause)
  if (link.subLinkType === 'EXISTS_SUBLINK') {
    const joins = conditions.filter((condition) => joinOf(condition, scan, setting) !== undefined)
    const [join, more] = joins
    const along = join && joinOf(join, scan, setting)
    if (!along || more) return undefined
    return related(along, {
      ...setting,
      inner,
      exists,
      rest: conditions.filter((condition) => condition !== join),
    })
  }
  if (link.subLinkType !== 'ANY_SUBLINK' || link.operName !== undefined) return undefined
  const [target, another] = listOf(inner.targetList)
  const outer = useOf(link.testexpr, setting.bound)
  const own = useOf(nodeOf(target, 'ResTarget')?.val, setting.bound)
  if (!outer || another !== undefined || own?.scan !== scan || outer.scan === scan) return undefined
  // NOT IN is NULL, not true, where either side is.
  if (!exists && !(isFilled(outer, setting.select, setting) && isFilled(own, inner, setting)))
    return undefined
  return related({ outer, own }, { ...setting, inner, exists, rest: conditions })
}

/** Parts of a SELECT without which it is a table and its conditions. */
const PLAIN = new Set(['targetList', 'fromClause', 'whereClause', 'limitOption', 'op', 'sortClause'])

/** The one table a query reads, where it does nothing but to choose rows of it. */
function onlyScan(select: Fields, { scanOf }: Bound): Scan | undefined {
  const [from, another] = listOf(select.fromClause)
  const rangeVar = nodeOf(from, 'RangeVar')
  const others = Object.entries(select).filter(([part, value]) => !PLAIN.has(part) && isSaid(value))
  if (!rangeVar || another !== undefined || others.length > 0) return undefined
  if (select.op !== undefined && select.op !== 'SETOP_NONE') return undefined
  // An aggregate makes a row of none.
  let computes = false
  walk([select.targetList, select.sortClause], (kind) => {
    computes ||= kind === 'FuncCall' || kind === 'SubLink'
    return !computes
  })
  return computes ? undefined : scanOf.get(rangeVar)
}

function isSaid(value: unknown): boolean {
  return value !== undefined && value !== false && !(Array.isArray(value) && value.length === 0)
}

interface Along {
  readonly outer: ColumnUse
  readonly own: ColumnUse
}

/** `own.column = outer.column`. */
function joinOf(condition: Fields, scan: Scan, { bound }: Setting): Along | undefined {
  const [a, b] = equalColumns(condition, bound)
  if (!a || !b || a.scan === b.scan) return undefined
  if (a.scan === scan) return { own: a, outer: b }
  return b.scan === scan ? { own: b, outer: a } : undefined
}

interface Relating extends Setting {
  readonly inner: Fields
  readonly exists: boolean
  /** Conditions of the sub-query but the one that relates it. */
  readonly rest: readonly Fields[]
}

function related(
  { outer, own }: Along,
  { inner, exists, rest, bound, limits }: Relating,
): Related | undefined {
  if (!relationOf([outer, own], limits)) return undefined
  const filter: Condition[] = []
  for (const condition of rest) {
    const nested = relatedOf(condition, { select: inner, bound, limits })
    if (nested?.outer.scan === own.scan) {
      filter.push(nested.condition)
      continue
    }
    const translation = translate(condition, { scan: own.scan, uses: bound.uses })
    if (isRefused(translation) || !translation.exact || !isPrintable([translation.condition]))
      return undefined
    filter.push(translation.condition)
  }
  const { name: table } = own.scan.table
  return { outer, condition: { kind: 'related', exists, table, from: own.column, to: outer.column, filter } }
}

function isFilled({ scan, column }: ColumnUse, select: Fields, { bound }: Setting): boolean {
  return column === scan.table.primaryKey || rejectsNull(select, column, { scan, bound })
}

function withoutConditions(tree: Fields, answered: ReadonlySet<unknown>): Fields {
  const select = (fields: Fields, original: Fields): Fields => {
    if (isFields(fields.larg) && isFields(original.larg) && isFields(fields.rarg) && isFields(original.rarg))
      return {
        ...fields,
        larg: select(fields.larg, original.larg),
        rarg: select(fields.rarg, original.rarg),
      }
    const left = without(original.whereClause, fields.whereClause)
    if (left === fields.whereClause) return fields
    const { whereClause: _answered, ...rest } = fields
    return left === undefined ? rest : { ...rest, whereClause: left }
  }
  const without = (original: unknown, current: unknown): unknown => {
    if (answered.has(original)) return undefined
    const bool = isFields(original) ? nodeOf(original, 'BoolExpr') : undefined
    const now = isFields(current) ? nodeOf(current, 'BoolExpr') : undefined
    if (bool?.boolop !== 'AND_EXPR' || !now) return current
    const args = listOf(bool.args).flatMap((arg, at) => without(arg, listOf(now.args)[at]) ?? [])
    if (args.length === listOf(bool.args).length) return current
    return args.length > 1 ? { BoolExpr: { ...now, args } } : args[0]
  }
  const replaced = replaceNodes(tree, (kind, fields, original) =>
    kind === 'SelectStmt' ? { SelectStmt: select(fields, original) } : undefined,
  )
  return isFields(replaced) ? replaced : tree
}

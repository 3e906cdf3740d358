import {
  call,
  columnRef,
  type Fields,
  functionName,
  isFields,
  listOf,
  namesOf,
  nodeOf,
  replaceNodes,
  starRef,
  stringNode,
} from './ast.ts'
import { average, hasExactSum } from './average.ts'
import { type Bound, starOf, tableNameOf } from './bind.ts'
import { isPlainPattern, likePattern } from './like.ts'
import type { Scan } from './scan.ts'
import type { Relation } from './scope.ts'

/**
 * The statement as the engine runs it: scans in place of tables, and texts compared as the service compares them where
 * the engine would not (LIKE, DISTINCT within aggregates).
 */
export function rewrite(tree: Fields, bound: Bound): Fields {
  const rewritten = replaceNodes(tree, (kind, fields, original) => {
    switch (kind) {
      case 'RangeVar':
        return scanTable(fields, bound.scanOf.get(original))
      case 'SelectStmt':
        return { SelectStmt: selectStmt(fields, original, bound) }
      case 'A_Expr':
        return likeExpression(fields)
      case 'FuncCall':
        return distinctAggregate(fields, bound) ?? exactAverage(fields, bound)
      default:
        return undefined
    }
  })
  return isFields(rewritten) ? rewritten : tree
}

function scanTable(fields: Fields, scan: Scan | undefined): Fields | undefined {
  if (!scan) return undefined
  const { schemaname: _schema, catalogname: _catalog, ...rest } = fields
  const alias = isFields(fields.alias) ? fields.alias : { aliasname: tableNameOf(fields).table }
  return { RangeVar: { ...rest, relname: scan.id, alias } }
}

/** Stars that would show labels which are only there because the statement names them are written out. */
function selectStmt(fields: Fields, original: Fields, bound: Bound): Fields {
  if (isFields(fields.larg) && isFields(original.larg) && isFields(fields.rarg) && isFields(original.rarg))
    return {
      ...fields,
      larg: selectStmt(fields.larg, original.larg, bound),
      rarg: selectStmt(fields.rarg, original.rarg, bound),
    }
  const relations = bound.scopeOf.get(original)?.relations ?? []
  const targets = listOf(fields.targetList)
  const starred = targets.some((target) => starOf(nodeOf(target, 'ResTarget') ?? {}) !== undefined)
  if (!starred || !relations.some(hasHidden)) return fields
  const targetList = targets.flatMap((target) => {
    const star = starOf(nodeOf(target, 'ResTarget') ?? {})
    if (star === undefined) return [target]
    return (star === '' ? relations : relations.filter(({ alias }) => alias === star)).flatMap(starTargets)
  })
  return { ...fields, targetList }
}

function hasHidden({ scan }: Relation): boolean {
  if (!scan) return false
  const own = new Set(scan.table.columns.map(({ name }) => name))
  return [...scan.used].some((name) => !own.has(name))
}

function starTargets({ alias, scan }: Relation): Fields[] {
  const names = scan
    ? scan.table.columns.filter(({ readable }) => readable).map(({ name }) => columnRef(alias, name))
    : [starRef(alias)]
  return names.map((val) => ({ ResTarget: { val } }))
}

function likeExpression(fields: Fields): Fields | undefined {
  if (fields.kind !== 'AEXPR_LIKE' && fields.kind !== 'AEXPR_ILIKE') return undefined
  const negated = namesOf(fields.name)[0]?.startsWith('!') === true
  const like = likePattern(fields.rexpr)
  const [text, pattern] = [plain(fields.lexpr), plain(like.pattern)]
  // The engine escapes by nothing unless it is told to.
  if (!isPlainPattern(like))
    return call(negated ? 'not_like_escape' : 'like_escape', text, pattern, call('lower', like.escapedBy))
  return {
    A_Expr: {
      ...fields,
      kind: 'AEXPR_LIKE',
      name: [stringNode(negated ? '!~~' : '~~')],
      lexpr: text,
      rexpr: pattern,
    },
  }
}

function distinctAggregate(fields: Fields, { uses }: Bound): Fields | undefined {
  if (fields.agg_distinct !== true || functionName(fields) !== 'count') return undefined
  const args = listOf(fields.args).map((arg) => {
    const reference = nodeOf(arg, 'ColumnRef')
    const use = reference && uses.get(reference)
    const type = use?.scan.columns.get(use.column)?.type
    return type === 'string' || type === 'memo' ? plain(arg) : arg
  })
  return { FuncCall: { ...fields, args } }
}

/** Without case and accents. */
function plain(text: unknown): Fields {
  return call('lower', call('strip_accents', text))
}

/** As the service's sums and counts would have it: the same digits, wherever rows are added up. */
function exactAverage(fields: Fields, { uses }: Bound): Fields | undefined {
  if (functionName(fields) !== 'avg' || fields.over !== undefined || fields.agg_distinct === true)
    return undefined
  if (fields.agg_order !== undefined) return undefined
  const [arg, more] = listOf(fields.args)
  const reference = nodeOf(arg, 'ColumnRef')
  const use = more === undefined && reference ? uses.get(reference) : undefined
  const column = use?.scan.table.columns.find(({ name }) => name === use.column)
  if (!column || !hasExactSum(column)) return undefined
  const named = (name: string): Fields => ({ FuncCall: { ...fields, funcname: [stringNode(name)] } })
  return average(column, { sum: named('sum'), count: named('count') })
}

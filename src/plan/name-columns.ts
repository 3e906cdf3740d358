import { type Fields, functionName, isFields, listOf, namesOf, nodeOf } from './ast.ts'

/** Columns without a name get the one PostgreSQL gives them, in the result alone. */
export function nameColumns(tree: Fields): Fields {
  const select = nodeOf(tree, 'SelectStmt')
  return select ? { SelectStmt: named(select) } : tree
}

function named(select: Fields): Fields {
  if (isFields(select.larg)) return { ...select, larg: named(select.larg) }
  const targetList = listOf(select.targetList).map((item) => {
    const target = nodeOf(item, 'ResTarget') ?? {}
    if (target.name !== undefined || nodeOf(target.val, 'ColumnRef')) return item
    return { ResTarget: { ...target, name: impliedName(target.val) } }
  })
  return targetList.length === 0 ? select : { ...select, targetList }
}

function impliedName(value: unknown): string {
  const called = nodeOf(value, 'FuncCall')
  if (called) return functionName(called)
  const cast = nodeOf(value, 'TypeCast')
  const column = nodeOf(cast?.arg, 'ColumnRef')
  if (column) return namesOf(column.fields).at(-1) ?? UNNAMED
  if (nodeOf(value, 'A_Expr')?.kind === 'AEXPR_NULLIF') return 'nullif'
  const extreme = nodeOf(value, 'MinMaxExpr')
  if (extreme) return extreme.op === 'IS_LEAST' ? 'least' : 'greatest'
  const named = nodeOf(value, 'SQLValueFunction')
  if (named) return String(named.op).replace('SVFOP_', '').toLowerCase()
  if (nodeOf(value, 'GroupingFunc')) return 'grouping'
  if (nodeOf(value, 'CoalesceExpr')) return 'coalesce'
  if (nodeOf(value, 'CaseExpr')) return 'case'
  return nodeOf(value, 'SubLink')?.subLinkType === 'EXISTS_SUBLINK' ? 'exists' : UNNAMED
}

const UNNAMED = '?column?'

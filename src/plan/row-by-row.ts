import { type Fields, functionName, listOf, nodeOf, walk } from './ast.ts'
import { isScalar } from './scalar-functions.ts'

/** Is the answer to each part of the rows a part of the answer? Then it can be given while rows still arrive. */
export function isRowByRow(tree: Fields): boolean {
  const select = nodeOf(tree, 'SelectStmt')
  if (!select || select.sortClause !== undefined || select.limitCount !== undefined) return false
  return select.limitOffset === undefined && whyNotRowByRow(select) === undefined
}

/**
 * Why the rows of a statement do not follow each from one row of one table; undefined where they do, so that the answer
 * to a part of the rows is a part of the answer. Its order and its limit are not looked at.
 */
export function whyNotRowByRow(select: Fields): string | undefined {
  const [only, another] = listOf(select.fromClause)
  if (another !== undefined || !nodeOf(only, 'RangeVar')) return 'the table is not read alone'
  return whyNotRowOfRow(select)
}

/** The same of the rows that its FROM and its conditions give, whatever tables they are of. */
export function whyNotRowOfRow(select: Fields): string | undefined {
  if (select.op !== undefined && select.op !== 'SETOP_NONE') return 'results are combined'
  for (const part of ['distinctClause', 'groupClause', 'havingClause', 'windowClause', 'withClause'] as const)
    if (select[part] !== undefined) return `it has a ${part.replace('Clause', ' clause')}`
  let found: string | undefined
  walk([select.targetList, select.sortClause, select.whereClause], (kind, fields) => {
    if (kind === 'SubLink') found ??= 'it has a sub-query'
    if (kind === 'FuncCall' && (fields.over !== undefined || !isScalar(functionName(fields))))
      found ??= `it uses ${functionName(fields)}`
    return found === undefined
  })
  return found
}

import { type Fields, functionName, listOf, nodeOf, walk } from './ast.ts'
import type { Statement } from './parse.ts'

/** Is the answer to each part of the rows a part of the answer? Then it can be given while rows still arrive. */
export function isRowByRow({ tree }: Statement): boolean {
  const select = nodeOf(tree, 'SelectStmt')
  if (!select || select.sortClause !== undefined || select.limitCount !== undefined) return false
  return select.limitOffset === undefined && whyNotRowByRow(select) === undefined
}

/**
 * Why the rows of a statement do not follow each from one row of one table; undefined where they do, so that the answer
 * to a part of the rows is a part of the answer. Its order and its limit are not looked at.
 */
export function whyNotRowByRow(select: Fields): string | undefined {
  if (select.op !== undefined && select.op !== 'SETOP_NONE') return 'results are combined'
  const [only, another] = listOf(select.fromClause)
  if (another !== undefined || !nodeOf(only, 'RangeVar')) return 'the table is not read alone'
  for (const part of ['distinctClause', 'groupClause', 'havingClause', 'windowClause', 'withClause'] as const)
    if (select[part] !== undefined) return `it has a ${part.replace('Clause', ' clause')}`
  let found: string | undefined
  walk([select.targetList, select.sortClause, select.whereClause], (kind, fields) => {
    if (kind === 'SubLink') found ??= 'it has a sub-query'
    if (kind === 'FuncCall' && (fields.over !== undefined || isManyRows(functionName(fields))))
      found ??= `it uses ${functionName(fields)}`
    return found === undefined
  })
  return found
}

/** Functions that make one row of many, or many of one. */
function isManyRows(name: string): boolean {
  return (
    MANY.has(name) ||
    /^(regr_|list_|array_agg|string_agg|generate_|unnest|quantile|approx_|arg_|bit_|bool_|stddev|var|covar)/.test(
      name,
    )
  )
}

const MANY = new Set(
  'count sum min max avg mean median mode any_value first last every corr product group_concat listagg histogram entropy kurtosis skewness mad fsum favg sem range json_agg json_group_array regexp_split_to_table max_by min_by'.split(
    ' ',
  ),
)

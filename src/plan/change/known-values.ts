import { type Fields, isFields, kindOf, listOf, namesOf, nodeOf, stringNode, textOf } from '../ast.ts'
import { literalOf } from '../literal.ts'
import { conjunctsOf } from '../push-filters.ts'

/** More values than this are not asked for by name. */
const MAX_VALUES = 200

export interface Meeting {
  /** Name of the table that is changed. */
  readonly alias: string
  /** What it meets. */
  readonly source: unknown
}

/**
 * Where a table meets VALUES by `t.x = s.x`, only its rows with one of these values can meet any. Said in so many
 * words, `t.x in (…)`, it is a condition that can be sent, and the table is not read whole for a few rows.
 */
export function narrowed(condition: unknown, meeting: Meeting): unknown {
  const known = conjunctsOf(condition).flatMap((conjunct) => knownValues(conjunct, meeting))
  return known.length === 0 ? condition : { BoolExpr: { boolop: 'AND_EXPR', args: [condition, ...known] } }
}

function knownValues(conjunct: Fields, { alias, source }: Meeting): readonly Fields[] {
  const equality = nodeOf(conjunct, 'A_Expr')
  if (equality?.kind !== 'AEXPR_OP' || namesOf(equality.name).at(-1) !== '=') return []
  const sides = [equality.lexpr, equality.rexpr]
  const own = sides.find((side) => qualified(side)?.table === alias.toLowerCase())
  const other = sides.find((side) => side !== own)
  const values = own === undefined ? undefined : valuesOf(qualified(other), source)
  if (!values || values.length === 0 || values.length > MAX_VALUES) return []
  return [
    {
      A_Expr: {
        kind: 'AEXPR_IN',
        name: [stringNode('=')],
        lexpr: structuredClone(own),
        rexpr: { List: { items: structuredClone(values) } },
      },
    },
  ]
}

interface Qualified {
  readonly table: string
  readonly column: string
}

function qualified(side: unknown): Qualified | undefined {
  const [table, column, more] = namesOf(nodeOf(side, 'ColumnRef')?.fields)
  if (table === undefined || column === undefined || more !== undefined) return undefined
  return { table: table.toLowerCase(), column: column.toLowerCase() }
}

/** The values of a column of VALUES; undefined where one of them has to be computed. */
function valuesOf(wanted: Qualified | undefined, source: unknown): readonly unknown[] | undefined {
  const subselect = nodeOf(source, 'RangeSubselect')
  const alias = isFields(subselect?.alias) ? subselect.alias : {}
  const select = nodeOf(subselect?.subquery, 'SelectStmt')
  const at = namesOf(alias.colnames).findIndex((name) => name.toLowerCase() === wanted?.column)
  if (!select || textOf(alias.aliasname)?.toLowerCase() !== wanted?.table || at < 0) return undefined
  const lists = listOf(select.valuesLists)
  const items = lists.map((list) => listOf(nodeOf(list, 'List')?.items)[at])
  if (lists.length === 0 || !items.every(isKnown)) return undefined
  return items.filter((item) => literalOf(item)?.kind !== 'null')
}

function isKnown(item: unknown): boolean {
  return kindOf(item) === 'ParamRef' || literalOf(item) !== undefined
}

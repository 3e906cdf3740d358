import type { Table } from '../../catalog/table.ts'
import { nearNames } from '../../core/near.ts'
import {
  call,
  cast,
  type Fields,
  isFields,
  kindOf,
  listOf,
  namesOf,
  nodeOf,
  positionOf,
  textOf,
} from '../ast.ts'
import { sqlError } from '../parse.ts'
import type { Reading } from './change.ts'

/** A column that is given a value: `name`, or `parentaccountid.accountnumber`, a lookup by a column of its row. */
export interface Assignment {
  readonly column: string
  readonly value: unknown
}

/** SET of an UPDATE: `a = 1`, `(a, b) = (1, 2)`, `(a, b) = (select …)`. */
export function assignments(targets: readonly unknown[], reading: Reading): readonly Assignment[] {
  return targets.map((item) => assignment(nodeOf(item, 'ResTarget') ?? {}, reading))
}

function assignment(target: Fields, { statement: { text }, table }: Reading): Assignment {
  const column = writtenColumn(target, { text, table })
  if (column === table.primaryKey)
    throw sqlError(`${column} is the primary key and cannot be changed`, {
      text,
      position: positionOf(target),
    })
  const value = ownValue(target.val)
  if (value === undefined || nodeOf(value, 'SetToDefault'))
    throw sqlError(`${column} has to be given a value of its own`, {
      text,
      position: positionOf(target),
      hint: 'Write SET a = …, b = … or SET (a, b) = (…, …); NULL empties a column.',
    })
  return { column, value: rowReference(value) }
}

/** The part of `(a, b) = …` that is this column's; undefined where there is none. */
function ownValue(value: unknown): unknown {
  const several = nodeOf(value, 'MultiAssignRef')
  if (!several) return value
  const at = Number(several.colno) - 1
  const row = nodeOf(several.source, 'RowExpr')
  if (row) return listOf(row.args).length === several.ncolumns ? listOf(row.args)[at] : undefined
  const link = nodeOf(several.source, 'SubLink')
  const select = nodeOf(link?.subselect, 'SelectStmt')
  const targets = listOf(select?.targetList)
  if (!link || !select || targets.length !== several.ncolumns) return undefined
  // Each column asks for itself: a copy, for the planner tells the tables of a statement apart by their nodes.
  const own = structuredClone({ ...select, targetList: [targets[at]] })
  return { SubLink: { ...link, subselect: { SelectStmt: own } } }
}

/** Name of a column that is written; refuses what the table does not have. */
export function writtenColumn(
  target: Fields,
  { text, table }: { readonly text: string; readonly table: Table },
): string {
  const name = (textOf(target.name) ?? '').toLowerCase()
  const [by] = namesOf(target.indirection)
  const column = table.columns.find((candidate) => candidate.name === name)
  if (by !== undefined && column?.targets) return `${name}.${by.toLowerCase()}`
  if (by !== undefined && column)
    throw sqlError(`${name} is no lookup, so there is no ${name}.${by}`, {
      text,
      position: positionOf(target),
    })
  const known = table.columns.flatMap((each) =>
    each.type === 'lookup' ? [each.name, `${each.name}type`] : [each.name],
  )
  if (known.includes(name)) return name
  const near = nearNames(name, known)
  throw sqlError(`${table.name} has no column ${name}`, {
    text,
    position: positionOf(target),
    hint: near.length > 0 ? `Did you mean ${near.join(' or ')}?` : undefined,
  })
}

/** Rows of VALUES or of a SELECT with references to rows, `('account', 'A-1')`, in the form in which they are written. */
export function withRowReferences(select: Fields): Fields {
  if (isFields(select.larg) && isFields(select.rarg))
    return { ...select, larg: withRowReferences(select.larg), rarg: withRowReferences(select.rarg) }
  const valuesLists = listOf(select.valuesLists).map((list) => ({
    List: { items: listOf(nodeOf(list, 'List')?.items).map(rowReference) },
  }))
  if (valuesLists.length > 0) return { ...select, valuesLists }
  const targetList = listOf(select.targetList).map((item) => {
    const target = nodeOf(item, 'ResTarget')
    return target ? { ResTarget: { ...target, val: rowReference(target.val) } } : item
  })
  return { ...select, targetList }
}

/** `('account', 'A-1')` as the JSON list that a lookup takes; any other value as it is. */
function rowReference(value: unknown): unknown {
  const row = nodeOf(value, 'RowExpr')
  if (!row) return value
  const elements = listOf(row.args).map((part) => cast(part, 'text'))
  return cast(call('to_json', { A_ArrayExpr: { elements } }), 'text')
}

/** Cannot fail, and costs nothing to ask for twice. */
export function isSimple(value: unknown): boolean {
  return ['ColumnRef', 'A_Const', 'ParamRef'].includes(kindOf(value) ?? '')
}

import { columnRef, type Fields, isFields, listOf, textOf } from '../ast.ts'
import { tableNameOf } from '../bind.ts'
import { assignments } from './assignments.ts'
import type { Change, Reading } from './change.ts'
import { readReturning } from './returning.ts'

/** UPDATE and DELETE: the primary key of the rows, and the values assigned. */
export function readKeyed(
  change: Fields,
  { assigned, ...reading }: Reading & { readonly assigned: readonly unknown[] | undefined },
): Change {
  const { statement, table } = reading
  const relation = isFields(change.relation) ? change.relation : {}
  const alias = aliasOf(relation)
  const targets = assignments(assigned ?? [], reading)
  const others = listOf(assigned ? change.fromClause : change.usingClause)
  const kind = assigned ? 'update' : 'delete'
  const returning = readReturning(change.returningClause, {
    ...reading,
    relation,
    hasOthers: others.length > 0,
    modes: [kind],
    from: 1 + targets.length,
  })
  return {
    kind,
    table: tableNameOf(relation),
    actions: [
      {
        mode: kind,
        columns: [table.primaryKey, ...targets.map(({ column }) => column)],
        from: 0,
        key: undefined,
        skipExisting: false,
      },
    ],
    conditional: change.whereClause !== undefined,
    returning: returning?.returning,
    select: {
      text: statement.text,
      tree: {
        SelectStmt: {
          targetList: [
            { ResTarget: { name: '_key', val: columnRef(alias, table.primaryKey) } },
            ...targets.map(({ value }, index) => ({ ResTarget: { name: `_v${index + 1}`, val: value } })),
            ...(returning?.selected ?? []),
          ],
          fromClause: [{ RangeVar: relation }, ...others],
          ...(change.whereClause === undefined ? {} : { whereClause: change.whereClause }),
          ...(change.withClause === undefined ? {} : { withClause: change.withClause }),
          limitOption: 'LIMIT_OPTION_DEFAULT',
          op: 'SETOP_NONE',
        },
      },
    },
  }
}

/** The name a statement calls a table by. */
export function aliasOf(relation: Fields): string {
  const named = isFields(relation.alias) ? textOf(relation.alias.aliasname) : undefined
  return named ?? tableNameOf(relation).table
}

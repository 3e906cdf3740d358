import type { Table } from '../../catalog/table.ts'
import {
  columnRef,
  type Fields,
  isFields,
  listOf,
  namesOf,
  nodeOf,
  positionOf,
  stringNode,
  textOf,
} from '../ast.ts'
import { tableNameOf } from '../bind.ts'
import { sqlError } from '../parse.ts'
import { withRowReferences, writtenColumn } from './assignments.ts'
import type { Change, ChangeAction, Reading } from './change.ts'
import { mergeChange } from './merge.ts'
import { asksForOld, readReturning } from './returning.ts'

/** INSERT of VALUES or of a SELECT, with any ON CONFLICT. */
export function readInsert(insert: Fields, reading: Reading): Change {
  const { statement, table } = reading
  const { text } = statement
  const relation = isFields(insert.relation) ? insert.relation : {}
  const given = nodeOf(insert.selectStmt, 'SelectStmt')
  const columns = listOf(insert.cols).map((item) =>
    writtenColumn(nodeOf(item, 'ResTarget') ?? {}, { text, table }),
  )
  if (!given) throw sqlError('INSERT … DEFAULT VALUES is not understood', { text, position: 0 })
  if (columns.length === 0)
    throw sqlError('INSERT has to name its columns', {
      text,
      position: positionOf(relation),
      hint: `For example: insert into ${table.name} (${table.primaryName ?? 'name'}) values ('…').`,
    })
  const select = withRowReferences(given)
  const conflict = isFields(insert.onConflictClause) ? insert.onConflictClause : undefined
  const key = conflict && conflictKey(conflict, columns, reading)
  if (conflict?.action === 'ONCONFLICT_UPDATE' && key && !isPlainUpsert(conflict, { columns, key, insert }))
    return updateOnConflict(insert, { ...reading, conflict, columns, key, select })
  const isUpsert = conflict?.action === 'ONCONFLICT_UPDATE'
  const action: ChangeAction = {
    mode: isUpsert ? 'upsert' : 'insert',
    columns,
    from: 0,
    key,
    skipExisting: conflict !== undefined && !isUpsert,
  }
  const returning = readReturning(insert.returningClause, {
    ...reading,
    relation,
    hasOthers: false,
    modes: [action.mode],
    from: columns.length,
  })
  return {
    kind: 'insert',
    table: tableNameOf(relation),
    actions: [action],
    conditional: true,
    returning: returning?.returning,
    select: {
      text,
      tree: {
        SelectStmt: insert.withClause === undefined ? select : { ...select, withClause: insert.withClause },
      },
    },
  }
}

/** The columns of ON CONFLICT (…), which have to be among those inserted. Without any: the one key that is. */
function conflictKey(
  conflict: Fields,
  columns: readonly string[],
  { statement: { text }, table }: Reading,
): readonly string[] {
  const infer = isFields(conflict.infer) ? conflict.infer : undefined
  const position = positionOf(infer ?? conflict)
  const key = listOf(infer?.indexElems).map((item) =>
    (textOf(nodeOf(item, 'IndexElem')?.name) ?? '').toLowerCase(),
  )
  if (key.length === 0) return impliedKey(columns, { text, table, position })
  const missing = key.find((column) => !columns.includes(column))
  if (missing !== undefined)
    throw sqlError(`${missing} is in ON CONFLICT and not among the columns inserted`, { text, position })
  if (!keysOf(table).some((known) => isSame(known, key)))
    throw sqlError(`${key.join(', ')} is no key of ${table.name}`, { text, position, hint: keyHint(table) })
  return key
}

function impliedKey(
  columns: readonly string[],
  {
    text,
    table,
    position,
  }: { readonly text: string; readonly table: Table; readonly position: number | undefined },
): readonly string[] {
  const [only, more] = keysOf(table).filter((key) => key.every((column) => columns.includes(column)))
  if (only && !more) return only
  throw sqlError('ON CONFLICT has to say by which key', {
    text,
    position,
    hint: `Write ON CONFLICT (…) with the columns of a key. ${keyHint(table)}`,
  })
}

function keysOf({ primaryKey, keys }: Table): readonly (readonly string[])[] {
  return [[primaryKey], ...keys.map(({ columns }) => columns)]
}

function keyHint(table: Table): string {
  return `Keys of ${table.name}: ${keysOf(table)
    .map((columns) => columns.join(' + '))
    .join('; ')}.`
}

function isSame(some: readonly string[], others: readonly string[]): boolean {
  return some.length === others.length && some.every((column) => others.includes(column))
}

interface Conflict {
  readonly columns: readonly string[]
  readonly key: readonly string[]
}

/** Does it set every column to the value of the new row, whatever the row held? Then the service does it by itself. */
function isPlainUpsert(
  conflict: Fields,
  { columns, key, insert }: Conflict & { readonly insert: Fields },
): boolean {
  const set = new Map(
    listOf(conflict.targetList).map((item) => {
      const target = nodeOf(item, 'ResTarget') ?? {}
      return [(textOf(target.name) ?? '').toLowerCase(), namesOf(nodeOf(target.val, 'ColumnRef')?.fields)]
    }),
  )
  return (
    conflict.whereClause === undefined &&
    !asksForOld(insert.returningClause) &&
    columns.every((column) => key.includes(column) || isExcluded(set.get(column), column)) &&
    [...set].every(([column, value]) => columns.includes(column) && isExcluded(value, column))
  )
}

function isExcluded(names: readonly string[] | undefined, column: string): boolean {
  return names?.length === 2 && names[0]?.toLowerCase() === 'excluded' && names[1]?.toLowerCase() === column
}

interface UpdateOnConflict extends Conflict, Reading {
  readonly conflict: Fields
  readonly select: Fields
}

/** Any other DO UPDATE looks at the row that is there, so the rows are found first: it is a MERGE by the key. */
function updateOnConflict(
  insert: Fields,
  { conflict, columns, key, select, ...reading }: UpdateOnConflict,
): Change {
  const relation = isFields(insert.relation) ? insert.relation : {}
  const alias = isFields(relation.alias) ? relation.alias : { aliasname: textOf(relation.relname) }
  const conditions = key.map((column) => ({
    A_Expr: {
      kind: 'AEXPR_OP',
      name: [stringNode('=')],
      lexpr: columnRef(textOf(alias.aliasname) ?? '', column),
      rexpr: columnRef('excluded', column),
    },
  }))
  const [only] = conditions
  const change = mergeChange(
    {
      relation: { ...relation, alias },
      sourceRelation: {
        RangeSubselect: {
          subquery: { SelectStmt: select },
          alias: { aliasname: 'excluded', colnames: columns.map(stringNode) },
        },
      },
      joinCondition: conditions.length === 1 ? only : { BoolExpr: { boolop: 'AND_EXPR', args: conditions } },
      withClause: insert.withClause,
      returningClause: insert.returningClause,
      whens: [
        {
          matchKind: 'MERGE_WHEN_MATCHED',
          commandType: 'CMD_UPDATE',
          condition: conflict.whereClause,
          targetList: conflict.targetList,
        },
        {
          matchKind: 'MERGE_WHEN_NOT_MATCHED_BY_TARGET',
          commandType: 'CMD_INSERT',
          targetList: insert.cols,
          values: columns.map((column) => columnRef('excluded', column)),
        },
      ],
    },
    reading,
  )
  return { ...change, kind: 'insert' }
}

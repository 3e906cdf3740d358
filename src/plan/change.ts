import type { Table } from '../catalog/table.ts'
import { nearNames } from '../core/near.ts'
import { columnRef, type Fields, isFields, listOf, namesOf, nodeOf, positionOf, textOf } from './ast.ts'
import { type TableName, tableNameOf } from './bind.ts'
import { type Statement, sqlError } from './parse.ts'

/** INSERT, UPDATE and DELETE as a SELECT of the rows to write, so that any WHERE, FROM and USING works. */
export interface Change {
  readonly kind: 'insert' | 'update' | 'delete'
  /** How the rows are written: an INSERT with ON CONFLICT is an upsert. */
  readonly mode: 'insert' | 'update' | 'upsert' | 'delete'
  readonly table: TableName
  /** Columns of the rows, in the order of the SELECT; for updates and deletes the primary key comes first. */
  readonly columns: readonly string[]
  /** Columns that name a row, of an upsert. */
  readonly key: readonly string[] | undefined
  /** Has it a WHERE? */
  readonly conditional: boolean
  readonly select: Statement
}

/** The table a statement changes; undefined for a statement that only reads. */
export function changedTable(tree: Fields): TableName | undefined {
  const relation = ['InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt']
    .map((kind) => nodeOf(tree, kind)?.relation)
    .find(isFields)
  return relation && tableNameOf(relation)
}

/** Undefined for a statement that only reads. */
export function readChange(statement: Statement, table: Table): Change | undefined {
  const { tree, text } = statement
  if (nodeOf(tree, 'MergeStmt'))
    throw sqlError('MERGE is not understood', {
      text,
      position: 0,
      hint: 'Use INSERT … ON CONFLICT (key) DO UPDATE SET …, or UPDATE … FROM and INSERT … SELECT.',
    })
  const [insert, update, remove] = ['InsertStmt', 'UpdateStmt', 'DeleteStmt'].map((kind) =>
    nodeOf(tree, kind),
  )
  const change = insert ?? update ?? remove
  if (!change) return undefined
  if (change.returningClause !== undefined)
    throw sqlError('RETURNING is not understood', { text, position: 0, hint: 'Select the rows afterwards.' })
  if (insert) return readInsert(insert, { statement, table })
  return readKeyed(change, { statement, table, assigned: update ? listOf(update.targetList) : undefined })
}

interface Reading {
  readonly statement: Statement
  readonly table: Table
}

/** UPDATE and DELETE: the primary key of the rows, and the values assigned. */
function readKeyed(
  change: Fields,
  { statement, table, assigned }: Reading & { readonly assigned: readonly unknown[] | undefined },
): Change {
  const relation = isFields(change.relation) ? change.relation : {}
  const name = tableNameOf(relation)
  const alias = isFields(relation.alias) ? (textOf(relation.alias.aliasname) ?? name.table) : name.table
  const targets = (assigned ?? []).map((item) =>
    assignment(nodeOf(item, 'ResTarget') ?? {}, { statement, table }),
  )
  return {
    kind: assigned ? 'update' : 'delete',
    mode: assigned ? 'update' : 'delete',
    table: name,
    columns: [table.primaryKey, ...targets.map(({ column }) => column)],
    key: undefined,
    conditional: change.whereClause !== undefined,
    select: {
      text: statement.text,
      tree: {
        SelectStmt: {
          targetList: [
            { ResTarget: { name: '_key', val: columnRef(alias, table.primaryKey) } },
            ...targets.map(({ value }, index) => ({ ResTarget: { name: `_v${index + 1}`, val: value } })),
          ],
          fromClause: [{ RangeVar: relation }, ...listOf(assigned ? change.fromClause : change.usingClause)],
          ...(change.whereClause === undefined ? {} : { whereClause: change.whereClause }),
          ...(change.withClause === undefined ? {} : { withClause: change.withClause }),
          limitOption: 'LIMIT_OPTION_DEFAULT',
          op: 'SETOP_NONE',
        },
      },
    },
  }
}

function assignment(
  target: Fields,
  { statement: { text }, table }: Reading,
): { column: string; value: unknown } {
  const column = (textOf(target.name) ?? '').toLowerCase()
  if (column === table.primaryKey)
    throw sqlError(`${column} is the primary key and cannot be changed`, {
      text,
      position: positionOf(target),
    })
  checkColumn(target, { text, table })
  if (nodeOf(target.val, 'MultiAssignRef') || nodeOf(target.val, 'SetToDefault'))
    throw sqlError(`${column} has to be given a value of its own`, {
      text,
      position: positionOf(target),
      hint: 'Write SET a = …, b = …; NULL empties a column.',
    })
  return { column, value: target.val }
}

function readInsert(insert: Fields, { statement, table }: Reading): Change {
  const { text } = statement
  const select = nodeOf(insert.selectStmt, 'SelectStmt')
  const columns = listOf(insert.cols).map((item) =>
    (textOf(nodeOf(item, 'ResTarget')?.name) ?? '').toLowerCase(),
  )
  const relation = isFields(insert.relation) ? insert.relation : {}
  for (const item of listOf(insert.cols)) checkColumn(nodeOf(item, 'ResTarget') ?? {}, { text, table })
  if (!select) throw sqlError('INSERT … DEFAULT VALUES is not understood', { text, position: 0 })
  if (columns.length === 0)
    throw sqlError('INSERT has to name its columns', {
      text,
      position: positionOf(relation),
      hint: `For example: insert into ${table.name} (${table.primaryName ?? 'name'}) values ('…').`,
    })
  const key = conflictKey(insert, columns, text)
  return {
    kind: 'insert',
    mode: key ? 'upsert' : 'insert',
    table: tableNameOf(relation),
    columns,
    key,
    conditional: true,
    select: {
      text,
      tree: {
        SelectStmt: insert.withClause === undefined ? select : { ...select, withClause: insert.withClause },
      },
    },
  }
}

/** A column of the table, or the one that says which table a lookup points to. */
function checkColumn(
  target: Fields,
  { text, table }: { readonly text: string; readonly table: Table },
): void {
  const name = (textOf(target.name) ?? '').toLowerCase()
  const known = table.columns.flatMap((column) =>
    column.type === 'lookup' ? [column.name, `${column.name}type`] : [column.name],
  )
  if (known.includes(name)) return
  const near = nearNames(name, known)
  throw sqlError(`${table.name} has no column ${name}`, {
    text,
    position: positionOf(target),
    hint: near.length > 0 ? `Did you mean ${near.join(' or ')}?` : undefined,
  })
}

/** The columns of ON CONFLICT (…) DO UPDATE, which has to set every other column to the value of the new row. */
function conflictKey(insert: Fields, columns: readonly string[], text: string): string[] | undefined {
  const conflict = isFields(insert.onConflictClause) ? insert.onConflictClause : undefined
  if (!conflict) return undefined
  const position = positionOf(conflict)
  if (conflict.action !== 'ONCONFLICT_UPDATE')
    throw sqlError('ON CONFLICT DO NOTHING is not understood', {
      text,
      position,
      hint: 'Add: where not exists (select 1 from the_table where its key = the value).',
    })
  const infer = isFields(conflict.infer) ? conflict.infer : {}
  const key = listOf(infer.indexElems).map((item) =>
    (textOf(nodeOf(item, 'IndexElem')?.name) ?? '').toLowerCase(),
  )
  const set = new Map(
    listOf(conflict.targetList).map((item) => {
      const target = nodeOf(item, 'ResTarget') ?? {}
      return [(textOf(target.name) ?? '').toLowerCase(), namesOf(nodeOf(target.val, 'ColumnRef')?.fields)]
    }),
  )
  const missing = key.find((column) => !columns.includes(column))
  if (missing !== undefined)
    throw sqlError(`${missing} is in ON CONFLICT and not among the columns inserted`, { text, position })
  const whole =
    columns.every((column) => key.includes(column) || isExcluded(set.get(column), column)) &&
    [...set].every(([column, value]) => columns.includes(column) && isExcluded(value, column))
  if (!whole || conflict.whereClause !== undefined)
    throw sqlError('ON CONFLICT DO UPDATE has to set every inserted column to its new value', {
      text,
      position,
      hint: `Write: do update set ${columns
        .filter((column) => !key.includes(column))
        .map((column) => `${column} = excluded.${column}`)
        .join(', ')}.`,
    })
  return key
}

function isExcluded(names: readonly string[] | undefined, column: string): boolean {
  return names?.length === 2 && names[0]?.toLowerCase() === 'excluded' && names[1]?.toLowerCase() === column
}

import type { Table } from '../../catalog/table.ts'
import { type Fields, isFields, listOf, nodeOf } from '../ast.ts'
import { type TableName, tableNameOf } from '../bind.ts'
import type { Statement } from '../parse.ts'
import { readInsert } from './insert.ts'
import { readKeyed } from './keyed.ts'
import { readMerge } from './merge.ts'
import type { Returning } from './returning.ts'

/** INSERT, UPDATE, DELETE and MERGE as a SELECT of the rows to write, so that any WHERE, FROM and USING works. */
export interface Change {
  readonly kind: 'insert' | 'update' | 'delete' | 'merge'
  readonly table: TableName
  /** Ways in which rows are written. Where there are several, a row of the SELECT says by its first value which is its own, from 0. */
  readonly actions: readonly ChangeAction[]
  /** Has it a WHERE, or something else that chooses rows? */
  readonly conditional: boolean
  readonly select: Statement
  /** What it gives back of the rows it wrote. */
  readonly returning: Returning | undefined
}

export interface ChangeAction {
  /** An INSERT with ON CONFLICT … DO UPDATE is an upsert. */
  readonly mode: 'insert' | 'update' | 'upsert' | 'delete'
  /** Columns of a row; for updates and deletes the primary key comes first. */
  readonly columns: readonly string[]
  /** Place of the first column's value in a row of the SELECT, from 0; the others follow it. */
  readonly from: number
  /** Columns that name a row, of an upsert and of ON CONFLICT DO NOTHING. */
  readonly key: readonly string[] | undefined
  /** Rows whose key exists are left as they are. */
  readonly skipExisting: boolean
}

/** A statement that changes a table, and what is known of the tables it names. */
export interface Reading {
  readonly statement: Statement
  /** The table that is changed. */
  readonly table: Table
  /** A table in FROM by its RangeVar; undefined for a CTE. */
  readonly tableOf: (rangeVar: Fields) => Table | undefined
}

const STATEMENTS = ['InsertStmt', 'UpdateStmt', 'DeleteStmt', 'MergeStmt'] as const

/** The table a statement changes; undefined for a statement that only reads. */
export function changedTable(tree: Fields): TableName | undefined {
  const relation = STATEMENTS.map((kind) => nodeOf(tree, kind)?.relation).find(isFields)
  return relation && tableNameOf(relation)
}

/** Undefined for a statement that only reads. */
export function readChange(reading: Reading): Change | undefined {
  const [insert, update, remove, merge] = STATEMENTS.map((kind) => nodeOf(reading.statement.tree, kind))
  if (insert) return readInsert(insert, reading)
  if (update) return readKeyed(update, { ...reading, assigned: listOf(update.targetList) })
  if (remove) return readKeyed(remove, { ...reading, assigned: undefined })
  return merge && readMerge(merge, reading)
}

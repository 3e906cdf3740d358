import type { Table } from '../../catalog/table.ts'
import type { ReadyRow } from '../check/resolve-lookups.ts'
import { alternateRowKey } from '../check/row-key.ts'
import type { RowKeyColumns } from '../options.ts'
import type { UnchangedRow } from '../outcome.ts'
import type { FetchMany } from '../send/fetch-many.ts'
import type { Rejection } from '../send/judge.ts'

export interface ExistingRows {
  /** Rows that are there before anything is sent. */
  before(rows: readonly ReadyRow[]): Promise<readonly UnchangedRow[]>
  /** Rows that were refused because somebody was faster: another program, or an earlier row of the same input. */
  after(refused: readonly RefusedRow[]): Promise<readonly UnchangedRow[]>
}

export interface RefusedRow {
  readonly ready: ReadyRow
  readonly verdict: Rejection
}

/** Tells rows that need no insert, because a row with their key is there. A row without a whole key is always new. */
export function existingRows(
  table: Table,
  { kind, columns }: RowKeyColumns,
  { fetchMany, duplicateKey }: { readonly fetchMany: FetchMany; readonly duplicateKey: readonly string[] },
): ExistingRows {
  const keyOf = ({ key, cells }: ReadyRow): string | undefined => {
    if (kind === 'primary') return key?.path
    const parts = columns.flatMap(({ name }) => cells.filter((cell) => cell.column.name === name))
    const whole = parts.length === columns.length ? alternateRowKey(parts) : undefined
    return whole && 'path' in whole ? whole.path : undefined
  }
  const found = async (rows: readonly ReadyRow[]): Promise<readonly UnchangedRow[]> => {
    const keyed = rows.flatMap((ready) => {
      const key = keyOf(ready)
      return key === undefined
        ? []
        : [{ ready, path: `${table.entitySet}${key}?$select=${table.primaryKey}` }]
    })
    const answers = await fetchMany(keyed.map(({ path }) => path))
    return keyed.flatMap(({ ready: { row, input } }, at): UnchangedRow[] => {
      const answer = answers[at]
      if (answer?.kind !== 'found') return []
      const id = answer.body[table.primaryKey]
      return [{ kind: 'unchanged', row, input, id: typeof id === 'string' ? id : undefined }]
    })
  }
  return {
    before: found,
    after: (refused) =>
      found(refused.filter(({ verdict }) => duplicateKey.includes(verdict.code)).map(({ ready }) => ready)),
  }
}

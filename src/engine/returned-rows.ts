import type { Change } from '../plan/change/change.ts'
import type { Returning, WrittenRow } from '../plan/change/returning.ts'
import type { SqlValue } from './result-values.ts'
import type { QueryResult, ResultColumn, ResultRows } from './run-query.ts'

/** What a RETURNING list says of the rows that were written, in the order in which they were found. */
export interface ReturnedRows {
  readonly columns: readonly ResultColumn[]
  readonly rows: ResultRows
}

/** A found row that was written. */
export interface WrittenPlace extends Pick<WrittenRow, 'action'> {
  /** Primary key; undefined where the service did not say. */
  readonly id: string | undefined
  /** Its place among the rows that were found, from 0. */
  readonly at: number
}

interface Found extends Pick<Change, 'returning'> {
  readonly columns: readonly ResultColumn[]
  readonly rows: ResultRows
}

/** Rows asked for at once: about 8,000 characters of URL. */
const ROWS_AT_ONCE = 100

/** Rows that were deleted said all there is to say when they were found; others are asked for, for they may have changed. */
export async function returnedRows(
  { returning, columns, rows }: Found,
  written: readonly WrittenPlace[],
  ask: (
    returning: Returning,
    written: readonly WrittenRow[],
  ) => Promise<Pick<QueryResult, 'columns' | 'rows'>>,
): Promise<ReturnedRows> {
  if (!returning) return { columns: [], rows: [] }
  const { found, removedFrom } = returning
  const types = columns.slice(found.from, found.from + found.count).map(({ type }) => type)
  const known = (at: number): readonly SqlValue[] => rows[at] ?? []
  const removed = written.filter(({ action }) => action === 'delete')
  const said = new Map<number, readonly SqlValue[]>(
    removed.map(({ at }) => [at, known(at).slice(removedFrom)]),
  )
  let named = removedFrom === undefined ? undefined : columns.slice(removedFrom)
  const others = written.flatMap(({ action, at, id }) =>
    action === 'delete' || id === undefined ? [] : [{ action, at, id }],
  )
  // Without any row the list is asked of one that cannot be there: that names its columns.
  const asked =
    others.length === 0 && named === undefined ? [{ action: 'update', id: NO_ID, at: -1 } as const] : others
  for (let from = 0; from < asked.length; from += ROWS_AT_ONCE) {
    const some = asked.slice(from, from + ROWS_AT_ONCE)
    const answer = await ask(
      returning,
      some.map(({ action, id, at }) => ({
        action,
        id,
        found: types.map((type, index) => asSql(known(at)[found.from + index] ?? null, type)),
      })),
    )
    named = answer.columns.slice(0, -1)
    for (const row of answer.rows) {
      const at = some[Number(row.at(-1))]?.at
      if (at !== undefined) said.set(at, row.slice(0, -1))
    }
  }
  const inOrder = [...said].sort(([a], [b]) => a - b)
  return { columns: named ?? [], rows: inOrder.map(([, row]) => row) }
}

const NO_ID = '00000000-0000-0000-0000-000000000000'

/** A value as a constant of its type. */
function asSql(value: SqlValue, type: string): string {
  if (value === null) return `null::${type}`
  if (Array.isArray(value))
    return `array[${value.map((item) => asSql(item, type.replace(/\[\]$/, ''))).join(', ')}]::${type}`
  return `'${String(value).replaceAll("'", "''")}'::${type}`
}

import type { Table } from '../../catalog/table.ts'
import type { ReadyRow } from '../check/resolve-lookups.ts'
import type { WriteMode } from '../options.ts'
import { REJECT_CODES, type RejectedRow, type RowOutcome } from '../outcome.ts'
import type { Fetched, FetchMany } from '../send/fetch-many.ts'
import { changesOf } from './same-value.ts'

export type PreviewRows = (rows: readonly ReadyRow[]) => Promise<readonly RowOutcome[]>

/**
 * Says what writing would do, by reading the rows that exist; sends nothing that changes anything.
 * Remembers what earlier rows of the input would have made of a key.
 */
export function previewer(table: Table, mode: WriteMode, fetchMany: FetchMany): PreviewRows {
  const earlier = new Map<string, 'there' | 'gone'>()
  return async (rows) => {
    const keyed = rows.filter((row) => row.key !== undefined)
    const answers = await fetchMany(keyed.map((row) => readPath(row, table)))
    const held = new Map(keyed.map((row, at) => [row.row, answers[at]]))
    return rows.map((row) => {
      const outcome = outcomeOf(row, { mode, held: held.get(row.row), earlier })
      const identity = row.key?.identity
      if (identity !== undefined && outcome.kind === 'accepted')
        earlier.set(identity, outcome.action === 'deleted' ? 'gone' : 'there')
      return outcome
    })
  }
}

/** Reads what a row would change. */
export function readPath({ key, cells }: ReadyRow, { entitySet, primaryKey }: Table): string {
  const properties = cells.filter(({ column }) => column.readable).map(({ column }) => column.property)
  return `${entitySet}${key?.path ?? ''}?$select=${[...new Set([primaryKey, ...properties])].join(',')}`
}

interface PreviewFacts {
  readonly mode: WriteMode
  readonly held: Fetched | undefined
  readonly earlier: ReadonlyMap<string, 'there' | 'gone'>
}

function outcomeOf(ready: ReadyRow, { mode, held, earlier }: PreviewFacts): RowOutcome {
  const { row, input, key, cells } = ready
  if (held?.kind === 'refused')
    return { kind: 'rejected', row, input, code: held.code, message: held.message }
  const before = key && earlier.get(key.identity)
  const exists = before === undefined ? held?.kind === 'found' : before === 'there'
  const accepted = { kind: 'accepted', row, input, id: key?.id } as const
  if (!exists) {
    if (mode === 'insert' || mode === 'upsert') return { ...accepted, action: 'created' }
    return rejected(ready, REJECT_CODES.rowMissing, `There is no row to ${mode}.`)
  }
  if (mode === 'insert')
    return rejected(ready, REJECT_CODES.rowExists, `A row with the id ${key?.id} exists.`)
  if (mode === 'delete') return { ...accepted, action: 'deleted' }
  if (held?.kind !== 'found') return { ...accepted, action: 'updated' }
  const changes = changesOf(cells, held.body)
  return changes.length > 0
    ? { ...accepted, action: 'updated', changes }
    : { kind: 'unchanged', row, input, id: key?.id }
}

function rejected({ row, input }: ReadyRow, code: string, message: string): RejectedRow {
  return { kind: 'rejected', row, input, code, message }
}

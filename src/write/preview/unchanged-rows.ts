import type { Table } from '../../catalog/table.ts'
import type { ReadyRow } from '../check/resolve-lookups.ts'
import type { UnchangedRow } from '../outcome.ts'
import type { FetchMany } from '../send/fetch-many.ts'
import { keyFilter } from './key-filter.ts'
import { readPath } from './preview-rows.ts'
import { changesOf } from './same-value.ts'

/**
 * Rows the environment already holds exactly as they are. A key the run has sent a row for is never compared again:
 * that row may still be on its way, and the comparison would be with what it is about to replace.
 */
export function unchangedRows(
  table: Table,
  fetchMany: FetchMany,
): (rows: readonly ReadyRow[]) => Promise<readonly UnchangedRow[]> {
  const sent = keyFilter()
  return async (rows) => {
    const compared = rows.filter(({ key }) => key !== undefined && !sent.mayHold(key.identity))
    const answers = await fetchMany(compared.map((row) => readPath(row, table)))
    const held = new Map(compared.map((row, at) => [row.row, answers[at]]))
    const unchanged: UnchangedRow[] = []
    for (const { row, input, key, cells } of rows) {
      const answer = held.get(row)
      if (key === undefined) continue
      if (
        answer?.kind === 'found' &&
        !sent.mayHold(key.identity) &&
        changesOf(cells, answer.body).length === 0
      )
        unchanged.push({ kind: 'unchanged', row, input, id: key.id ?? idIn(answer.body, table) })
      else sent.add(key.identity)
    }
    return unchanged
  }
}

function idIn(body: Readonly<Record<string, unknown>>, { primaryKey }: Table): string | undefined {
  const id = body[primaryKey]
  return typeof id === 'string' ? id : undefined
}

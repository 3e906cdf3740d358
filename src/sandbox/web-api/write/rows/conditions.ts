/** `If-Match` and `If-None-Match` on writes. The text `null` is what samples send to defeat caches: it means nothing. */
import type { TableDefinition } from '../../../schema.ts'
import type { StoredRow } from '../../../store/store.ts'
import { noConcurrency, versionMismatch } from '../write-errors.ts'
import { etagOf } from '../writing.ts'

export interface Conditions {
  /** `*` or an etag: the row has to be there. */
  readonly ifMatch: string | undefined
  /** `If-None-Match: *`: the row must not be there. */
  readonly onlyCreate: boolean
}

export function conditionsOf(headers: Headers): Conditions {
  const ifMatch = headers.get('if-match')?.trim()
  return {
    ifMatch: ifMatch === undefined || ifMatch === '' || ifMatch === 'null' ? undefined : ifMatch,
    onlyCreate: headers.get('if-none-match')?.trim() === '*',
  }
}

/** Throws 412 for another version; 400 where the table does not compare versions. */
export function demandVersion(
  table: TableDefinition,
  row: StoredRow,
  { ifMatch }: Pick<Conditions, 'ifMatch'>,
): void {
  if (ifMatch === undefined || ifMatch === '*') return
  if (!table.optimisticConcurrency) throw noConcurrency(table)
  if (ifMatch !== etagOf(row)) throw versionMismatch()
}

/** Duplicate detection of a write: checked only where the request asks. */
import type { TableDefinition } from '../../../schema.ts'
import type { StoredRow } from '../../../store/store.ts'
import { duplicatesOf } from '../../duplicates.ts'
import { duplicateFound } from '../write-errors.ts'
import type { Writing } from '../writing.ts'

/** Throws 412 for a duplicate. An update is checked against the rules whose columns it touches. */
export function demandNoDuplicate(
  { table, after }: { readonly table: TableDefinition; readonly after: StoredRow },
  changed: StoredRow,
  { store, detectDuplicates }: Writing,
): void {
  if (!detectDuplicates || !table.duplicateDetection) return
  if (!duplicatesOf({ table, row: after, changed }, store).next().done) throw duplicateFound()
}

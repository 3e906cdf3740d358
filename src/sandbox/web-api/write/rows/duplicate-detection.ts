/** Duplicate detection: rules as an environment has them from the start, checked only where the request asks. */
import { equalText } from '../../../collation.ts'
import type { TableDefinition } from '../../../schema.ts'
import type { StoredRow } from '../../../store/store.ts'
import { duplicateFound } from '../write-errors.ts'
import { idOf, type Writing } from '../writing.ts'

/** Published rules: two rows of the table are duplicates when all these columns are equal and filled. */
const RULES: Readonly<Record<string, readonly (readonly string[])[]>> = {
  account: [['name']],
  contact: [['emailaddress1'], ['firstname', 'lastname']],
  lead: [['emailaddress1']],
  sample_everything: [['sample_email']],
}

/** Throws 412 for a duplicate. An update is checked against the rules whose columns it touches. */
export function demandNoDuplicate(
  { table, after }: { readonly table: TableDefinition; readonly after: StoredRow },
  changes: StoredRow,
  { store, detectDuplicates }: Writing,
): void {
  if (!detectDuplicates || !table.duplicateDetection) return
  const rules = (RULES[table.logicalName] ?? []).filter((columns) =>
    columns.some((column) => column in changes),
  )
  if (rules.length === 0) return
  const own = idOf(table, after)
  for (const row of store.table(table.logicalName).rowsByKey()) {
    if (idOf(table, row) === own) continue
    if (rules.some((columns) => columns.every((column) => sameText(row[column], after[column]))))
      throw duplicateFound()
  }
}

function sameText(a: unknown, b: unknown): boolean {
  return typeof a === 'string' && typeof b === 'string' && equalText(a, b)
}

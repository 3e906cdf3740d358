/** Which rows are duplicates: the published rules of an environment as it is from the start. */
import { equalText } from '../collation.ts'
import type { TableDefinition } from '../schema.ts'
import type { Store, StoredRow } from '../store/store.ts'

/** Two rows of the table are duplicates when all columns of a rule are equal and filled. */
const RULES: Readonly<Record<string, readonly (readonly string[])[]>> = {
  account: [['name']],
  contact: [['emailaddress1'], ['firstname', 'lastname']],
  lead: [['emailaddress1']],
  sample_everything: [['sample_email']],
}

/** The other rows of the table that a rule takes for the same. `changed`: only rules with one of these columns count. */
export function* duplicatesOf(
  {
    table,
    row,
    changed,
  }: { readonly table: TableDefinition; readonly row: StoredRow; readonly changed?: StoredRow },
  store: Store,
): Generator<StoredRow> {
  const rules = (RULES[table.logicalName] ?? []).filter(
    (columns) => !changed || columns.some((column) => column in changed),
  )
  if (rules.length === 0) return
  for (const other of store.table(table.logicalName).rowsByKey())
    if (
      other[table.primaryKey] !== row[table.primaryKey] &&
      rules.some((columns) => columns.every((column) => sameText(other[column], row[column])))
    )
      yield other
}

function sameText(a: unknown, b: unknown): boolean {
  return typeof a === 'string' && typeof b === 'string' && equalText(a, b)
}

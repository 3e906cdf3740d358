import type { Column } from '../../catalog/table.ts'
import type { TargetTable } from './checked-value.ts'

/** What one column of the input means for the table. */
export type Binding =
  /** The column's value; for choices a number or a label. */
  | { readonly kind: 'value'; readonly column: Column }
  /** A lookup by the id of its row. */
  | (LookupBinding & { readonly kind: 'lookup-id' })
  /** A lookup by another column of its row, e.g. `primarycontactid.accountnumber`. */
  | (LookupBinding & { readonly kind: 'lookup-key'; readonly by: Column; readonly unique: boolean })
  /** Part of the key that says which row is meant; never in a body. */
  | { readonly kind: 'key'; readonly column: Column }

interface LookupBinding {
  readonly column: Column
  readonly targets: readonly TargetTable[]
  /** Input column that names the table, e.g. `customeridtype`. */
  readonly typeInput: string | undefined
}

export interface BoundInput {
  /** Name as written in the input. */
  readonly input: string
  readonly binding: Binding
}

export interface BoundColumns {
  readonly bound: readonly BoundInput[]
  /** Columns left out, each with the reason. */
  readonly notices: readonly string[]
}

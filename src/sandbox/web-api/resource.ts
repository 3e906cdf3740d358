import type { ColumnDefinition, ManyToMany, OneToMany, TableDefinition } from '../schema.ts'
import type { Cell } from '../store/store.ts'

/** How a row is named in a URL: by primary key, or by the columns of an alternate key. */
export type RowKey =
  | { readonly by: 'id'; readonly id: string; readonly partitionId?: string }
  | { readonly by: 'key'; readonly columns: readonly string[]; readonly values: readonly Cell[] }

/** What a path below the service root means. */
export type Resource =
  | { readonly kind: 'set'; readonly table: TableDefinition; readonly count: boolean }
  | { readonly kind: 'row'; readonly table: TableDefinition; readonly key: RowKey }
  /** `accounts(…)/name`, and with `raw` `accounts(…)/name/$value`. */
  | {
      readonly kind: 'column'
      readonly table: TableDefinition
      readonly key: RowKey
      readonly column: ColumnDefinition
      readonly raw: boolean
    }
  /** `accounts(…)/primarycontactid`, and with `ref` `…/$ref`. */
  | {
      readonly kind: 'lookup'
      readonly table: TableDefinition
      readonly key: RowKey
      readonly relationship: OneToMany
      readonly ref: boolean
    }
  /** `accounts(…)/Account_Tasks`, `…/$ref`, `…/$count`, `…(member)/$ref`. */
  | {
      readonly kind: 'collection'
      readonly table: TableDefinition
      readonly key: RowKey
      readonly relationship: OneToMany | ManyToMany
      readonly related: TableDefinition
      readonly member?: RowKey
      readonly ref: boolean
      readonly count: boolean
    }
  /** An action or function bound to a set or a row: `accounts/Microsoft.Dynamics.CRM.CreateMultiple`. */
  | {
      readonly kind: 'bound'
      readonly table: TableDefinition
      readonly key?: RowKey
      /** Without its namespace. */
      readonly name: string
      /** Inline parameters as they came, decoded: the text between the parentheses. */
      readonly parameters: string
    }
  /** Anything whose first segment is not an entity set: `WhoAmI`, `$batch`, `EntityDefinitions(…)`, … */
  | { readonly kind: 'unbound'; readonly name: string; readonly parameters: string; readonly rest: string }

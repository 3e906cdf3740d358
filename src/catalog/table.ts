/** Tables, columns and relations of one environment, as metadata describes them. Plain data, frozen. */

/** SQL-like type of a column's values. Says how a value is read, checked and written. */
export type ColumnType =
  | 'string'
  | 'memo'
  | 'integer'
  | 'bigint'
  | 'decimal'
  | 'double'
  | 'money'
  | 'boolean'
  | 'choice'
  | 'choices'
  | 'datetime'
  | 'date'
  | 'guid'
  | 'lookup'
  | 'partylist'
  | 'file'
  | 'image'
  | 'json'

export interface Choice {
  readonly value: number
  readonly label: string
  /** Of a status: the state it belongs to. */
  readonly state?: number
}

/** One way a lookup can point: a table and the navigation property that binds to it (case-sensitive). */
export interface LookupTarget {
  readonly table: string
  readonly navigation: string
}

export interface Column {
  readonly name: string
  readonly label: string
  readonly type: ColumnType
  /** The service's own type name, e.g. `PicklistType`. */
  readonly serviceType: string
  /** Property on the wire: `name`, or `_primarycontactid_value` for lookups. */
  readonly property: string
  readonly required: boolean
  readonly creatable: boolean
  readonly updatable: boolean
  readonly readable: boolean
  /** Characters, for strings and memos. */
  readonly maxLength?: number
  /** Inclusive range as decimal text, for numbers. */
  readonly min?: string
  readonly max?: string
  /** Digits after the point, for decimals, doubles and money. */
  readonly precision?: number
  /** Choices, and the two labels of a boolean (values 0 and 1). */
  readonly choices?: readonly Choice[]
  /** For datetimes: is the value converted to the reader's time zone (UserLocal) or never (TimeZoneIndependent)? */
  readonly timeZoneIndependent?: boolean
  /** For lookups. More than one: the value must say which table it means. */
  readonly targets?: readonly LookupTarget[]
}

export interface AlternateKey {
  readonly name: string
  readonly columns: readonly string[]
}

export interface Relationship {
  readonly name: string
  readonly kind: 'many-to-one' | 'one-to-many' | 'many-to-many'
  /** The other table. */
  readonly table: string
  /** Navigation property of this table, case-sensitive. */
  readonly navigation: string
  /** The lookup column that carries it; on this table for many-to-one, on the other for one-to-many. */
  readonly column?: string
}

export interface TableSummary {
  readonly name: string
  readonly label: string
  readonly pluralLabel: string
  readonly entitySet: string
  readonly primaryKey: string
  /** Column whose value names a row; undefined for tables without one. */
  readonly primaryName: string | undefined
  readonly kind: 'standard' | 'elastic' | 'activity' | 'intersect' | 'virtual'
  readonly custom: boolean
}

export interface Table extends TableSummary {
  readonly columns: readonly Column[]
  readonly keys: readonly AlternateKey[]
  readonly relationships: readonly Relationship[]
  readonly changeTracking: boolean
  readonly optimisticConcurrency: boolean
}

export interface Catalog {
  /** All tables, by name. Lists thousands without their columns. */
  tables(options?: { readonly signal?: AbortSignal | undefined }): Promise<readonly TableSummary[]>
  /**
   * One table with its columns, by logical name or entity set name, any case.
   * Throws NOT_FOUND naming near tables.
   */
  table(name: string, options?: { readonly signal?: AbortSignal | undefined }): Promise<Table>
}

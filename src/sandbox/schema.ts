/** Shapes of the sandbox's tables: what the seed declares, the store keeps and the metadata endpoints print. */

/** `AttributeTypeName.Value` without its `Type` suffix. */
export type ColumnType =
  | 'String'
  | 'Memo'
  | 'Integer'
  | 'BigInt'
  | 'Decimal'
  | 'Double'
  | 'Money'
  | 'Boolean'
  | 'Picklist'
  | 'State'
  | 'Status'
  | 'MultiSelectPicklist'
  | 'DateTime'
  | 'Uniqueidentifier'
  | 'Lookup'
  | 'Customer'
  | 'Owner'
  | 'PartyList'
  | 'File'
  | 'Image'
  | 'EntityName'
  | 'ManagedProperty'
  | 'Virtual'

export interface Option {
  readonly value: number
  readonly label: string
  /** Status options: the state they belong to. */
  readonly state?: number
  /** State options: the status a row gets when only the state is set. */
  readonly defaultStatus?: number
}

export type RequiredLevel = 'None' | 'SystemRequired' | 'ApplicationRequired' | 'Recommended'

export interface ColumnDefinition {
  readonly logicalName: string
  readonly schemaName: string
  readonly type: ColumnType
  readonly label: string
  readonly description?: string
  readonly required: RequiredLevel
  readonly create: boolean
  readonly read: boolean
  readonly update: boolean
  /** String, Memo: characters. */
  readonly maxLength?: number
  /** String: Text, Email, Url, Phone, TextArea, TickerSymbol. DateTime: DateOnly, DateAndTime. */
  readonly format?: string
  /** Numbers: inclusive range. */
  readonly min?: number
  readonly max?: number
  /** Decimal 0-10, Double 0-5, Money 0-4. */
  readonly precision?: number
  /** Money: the `_base` column is computed from this column. */
  readonly baseOf?: string
  /** DateTime. */
  readonly dateBehavior?: 'UserLocal' | 'DateOnly' | 'TimeZoneIndependent'
  /** Picklist, State, Status, MultiSelectPicklist; Boolean has exactly values 0 and 1. */
  readonly options?: readonly Option[]
  readonly optionSetName?: string
  readonly globalOptionSet?: boolean
  /** Lookup, Customer, Owner: logical names of the tables it may point to. */
  readonly targets?: readonly string[]
  /** Value on create where the request gives none. */
  readonly defaultValue?: string | number | boolean
  /** String: the platform numbers new rows, from `seed` on. */
  readonly autoNumber?: { readonly format: string; readonly seed: number } | undefined
  /** Virtual companions (`statuscodename`) and computed ones: the column they belong to. */
  readonly attributeOf?: string
  readonly custom?: boolean
}

/** One-to-many: one row of `referenced` has many rows of `referencing`. */
export interface OneToMany {
  readonly schemaName: string
  readonly referencedTable: string
  readonly referencingTable: string
  /** The lookup column on the referencing table. */
  readonly referencingColumn: string
  /** Single-valued navigation property on the referencing table (case-sensitive), e.g. `customerid_account`. */
  readonly lookupNavigation: string
  /** Collection-valued navigation property on the referenced table (case-sensitive), e.g. `Account_Tasks`. */
  readonly collectionNavigation: string
  readonly onDelete: 'Cascade' | 'RemoveLink' | 'Restrict' | 'NoCascade'
  /** A table's own hierarchy (parentaccountid): what Above and Under follow. */
  readonly hierarchical?: boolean
}

export interface ManyToMany {
  readonly schemaName: string
  readonly intersectTable: string
  readonly table1: string
  readonly column1: string
  readonly navigation1: string
  readonly table2: string
  readonly column2: string
  readonly navigation2: string
}

export interface KeyDefinition {
  readonly logicalName: string
  readonly schemaName: string
  readonly label: string
  readonly columns: readonly string[]
}

export interface TableDefinition {
  readonly logicalName: string
  readonly schemaName: string
  readonly entitySetName: string
  readonly label: string
  readonly pluralLabel: string
  readonly description?: string
  readonly objectTypeCode: number
  readonly primaryKey: string
  /** Column whose value names a row; undefined for intersect and party tables. */
  readonly primaryName: string | undefined
  readonly primaryImage?: string
  readonly ownership: 'UserOwned' | 'OrganizationOwned' | 'BusinessOwned' | 'TeamOwned' | 'None'
  readonly kind: 'Standard' | 'Elastic' | 'Intersect'
  /** `activitypointer` for activities, `principal` for systemuser and team. */
  readonly baseTable?: 'activitypointer' | 'principal'
  readonly activity?: boolean
  readonly changeTracking: boolean
  readonly optimisticConcurrency: boolean
  readonly duplicateDetection: boolean
  /** Bulk messages it takes: CreateMultiple, UpdateMultiple, UpsertMultiple; DeleteMultiple for elastic ones. */
  readonly multiple: boolean
  readonly custom: boolean
  readonly columns: readonly ColumnDefinition[]
  readonly keys: readonly KeyDefinition[]
}

export interface SchemaDefinition {
  readonly tables: readonly TableDefinition[]
  readonly oneToMany: readonly OneToMany[]
  readonly manyToMany: readonly ManyToMany[]
}

import type { ColumnDefinition, ManyToMany, OneToMany, SchemaDefinition, TableDefinition } from '../schema.ts'

/**
 * What a cell holds, by column type. Absent (undefined) means NULL; an empty string is stored as absent.
 * String, Memo, EntityName: string · Integer, Double, Picklist, State, Status: number · Boolean: boolean ·
 * BigInt: bigint · Decimal: bigint scaled by 10^10 · Money: bigint scaled by 10^4 ·
 * MultiSelectPicklist: `"2,3,8"` ascending without spaces · DateTime: `2023-04-07T21:59:01Z`, DateOnly: `2024-02-29` ·
 * Uniqueidentifier, Lookup, Customer, Owner: lower-case GUID · File, Image: GUID of the stored file ·
 * A lookup with several targets keeps the logical name of its target under `<column>@table`.
 */
export type Cell = string | number | boolean | bigint
/** `versionnumber` is a bigint cell like any other; the store sets it on every write. */
export interface StoredRow {
  [column: string]: Cell | undefined
}

export const DECIMAL_SCALE = 10
export const MONEY_SCALE = 4

export interface Deletion {
  readonly id: string
  readonly version: bigint
}

/** One table. Reading is synchronous; writing happens inside `Store.transaction`. Rows handed out are not to be changed. */
export interface TableStore {
  readonly definition: TableDefinition
  readonly size: number
  get(id: string): StoredRow | undefined
  /** Rows in primary key order, as SQL Server orders GUIDs. Kept sorted lazily; do not hold across writes. */
  rowsByKey(): readonly StoredRow[]
  /** Position in `rowsByKey` of the first row whose primary key comes after `id`. O(log n). */
  positionAfter(id: string): number
  /** Rows whose lookup `column` points at `id`. Indexed on first use. */
  rowsByLookup(column: string, id: string): readonly StoredRow[]
  /** Row with these values in the columns of an alternate key (same order), compared as the service compares. Indexed. */
  rowByKey(columns: readonly string[], values: readonly Cell[]): StoredRow | undefined
  /** Adds a row whose primary key is set; throws when the key exists. Sets `versionnumber`. */
  insert(row: StoredRow): void
  /** Replaces the named cells (undefined clears); sets a new `versionnumber`. */
  update(id: string, changes: StoredRow): void
  delete(id: string): void
  /** Deletions after `version`, oldest first. */
  deletionsSince(version: bigint): readonly Deletion[]
}

export interface Store {
  readonly schema: Schema
  /** Throws for a name that is not a table: callers resolve names through `schema` first. */
  table(logicalName: string): TableStore
  /** Highest version given out so far. */
  readonly version: bigint
  /** Runs `work`; every write in it happens, or none when it throws. Nests: an inner failure undoes only the inner part. */
  transaction<T>(work: () => T): T
  /** Bytes of file and image columns, by the GUID kept in the cell. */
  readonly files: Map<string, StoredFile>
  /** The organization's settings that matter on the wire. */
  readonly organization: Organization
}

export interface StoredFile {
  readonly name: string
  readonly mimeType: string
  readonly bytes: Uint8Array
}

export interface Organization {
  readonly id: string
  readonly name: string
  readonly baseCurrencyId: string
  readonly rootBusinessUnitId: string
  /** `RetrieveVersion`. */
  readonly version: string
  /** Days a delta token lives. */
  readonly changeTrackingDays: number
}

/** The schema with its look-ups. Names of tables and columns are lower case; navigation names keep their case. */
export interface Schema extends SchemaDefinition {
  table(logicalName: string): TableDefinition | undefined
  tableBySet(entitySetName: string): TableDefinition | undefined
  column(table: string, column: string): ColumnDefinition | undefined
  /** Single-valued navigation properties of a table, its inherited ones included. */
  lookups(table: string): readonly OneToMany[]
  /** Collection-valued navigation properties of a table from one-to-many relationships. */
  collections(table: string): readonly OneToMany[]
  manyToManyOf(table: string): readonly ManyToMany[]
}

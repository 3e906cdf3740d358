import { compareGuids } from '../../collation.ts'
import type { Store, StoredRow } from '../../store/store.ts'

/**
 * Rows of a table as queries see them. `activitypointer` keeps none of its own: its rows are those of every kind of
 * activity, and with `principal` it is the same with users and teams.
 */
export interface RowReader {
  get(id: string): StoredRow | undefined
  /** In primary key order. */
  all(): readonly StoredRow[]
  /** Position in `all` of the first row whose primary key comes after `id`. */
  positionAfter(id: string): number
  /** Rows whose lookup `column` points at `id`. */
  byLookup(column: string, id: string): readonly StoredRow[]
}

export function rowsOf(store: Store, table: string): RowReader {
  const kinds = store.schema.tables.filter(({ baseTable }) => baseTable === table)
  return kinds.length === 0 ? ofTable(store, table) : ofKinds(store, table)
}

function ofTable(store: Store, table: string): RowReader {
  const rows = store.table(table)
  return {
    get: (id) => rows.get(id),
    all: () => rows.rowsByKey(),
    positionAfter: (id) => rows.positionAfter(id),
    byLookup: (column, id) => rows.rowsByLookup(column, id),
  }
}

function ofKinds(store: Store, base: string): RowReader {
  const kinds = store.schema.tables
    .filter(({ baseTable }) => baseTable === base)
    .map(({ logicalName }) => store.table(logicalName))
  const key = base === 'principal' ? 'ownerid' : 'activityid'
  const all = (): readonly StoredRow[] => sortedUnion(store, base, key)
  return {
    get: (id) => {
      for (const rows of kinds) {
        const row = rows.get(id)
        if (row) return row
      }
      return undefined
    },
    all,
    positionAfter: (id) => {
      const at = all().findIndex((row) => compareGuids(String(row[key]), id) > 0)
      return at < 0 ? all().length : at
    },
    byLookup: (column, id) => kinds.flatMap((rows) => rows.rowsByLookup(column, id)),
  }
}

interface Union {
  readonly version: bigint
  readonly rows: readonly StoredRow[]
}

/** Sorted unions by base table, good until the next write. */
const unions = new WeakMap<Store, Map<string, Union>>()

function sortedUnion(store: Store, base: string, key: string): readonly StoredRow[] {
  const known = unions.get(store) ?? new Map<string, Union>()
  unions.set(store, known)
  const union = known.get(base)
  if (union?.version === store.version) return union.rows
  const rows = store.schema.tables
    .filter(({ baseTable }) => baseTable === base)
    .flatMap(({ logicalName }) => store.table(logicalName).rowsByKey())
    .sort((a, b) => compareGuids(String(a[key]), String(b[key])))
  known.set(base, { version: store.version, rows })
  return rows
}

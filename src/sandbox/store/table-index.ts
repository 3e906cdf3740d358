import { collationKey } from '../collation.ts'
import type { Cell, StoredRow } from './store.ts'

/** Finds rows by the value of some columns; built on first use, kept up to date by the table. */
export interface TableIndex {
  add(row: StoredRow): void
  remove(row: StoredRow): void
  find(values: readonly Cell[]): ReadonlySet<StoredRow>
}

const EMPTY: ReadonlySet<StoredRow> = new Set()

/** Rows with NULL in any of the columns are not in the index: a key does not bind them. */
export function createIndex(columns: readonly string[], rows: Iterable<StoredRow>): TableIndex {
  const buckets = new Map<string, Set<StoredRow>>()
  const keyOf = (row: StoredRow): string | undefined => {
    const cells = columns.map((column) => row[column])
    return cells.every(isCell) ? indexKey(cells) : undefined
  }
  const index: TableIndex = {
    add: (row) => {
      const key = keyOf(row)
      if (key === undefined) return
      const bucket = buckets.get(key)
      if (bucket) bucket.add(row)
      else buckets.set(key, new Set([row]))
    },
    remove: (row) => {
      const key = keyOf(row)
      if (key === undefined) return
      const bucket = buckets.get(key)
      bucket?.delete(row)
      if (bucket?.size === 0) buckets.delete(key)
    },
    find: (values) => buckets.get(indexKey(values)) ?? EMPTY,
  }
  for (const row of rows) index.add(row)
  return index
}

function isCell(cell: Cell | undefined): cell is Cell {
  return cell !== undefined
}

/** With lengths, so that no text of one cell reads as the end of another. */
function indexKey(cells: readonly Cell[]): string {
  return cells.map(cellKey).join('')
}

function cellKey(cell: Cell): string {
  if (typeof cell !== 'string') return `v${cell};`
  const key = collationKey(cell)
  return `s${key.length}:${key}`
}

import type { TableDefinition } from '../schema.ts'
import { createKeyOrder } from './key-order.ts'
import type { Cell, Deletion, StoredRow, TableStore } from './store.ts'
import { createIndex, type TableIndex } from './table-index.ts'

/** What a table needs from its store: versions, and a place to say how a write is undone. */
export interface TableHost {
  nextVersion(): bigint
  undoable(undo: () => void): void
}

export interface MemoryTable extends TableStore {
  /** Puts a row in as it is, version included: loading and seeding, not writing. */
  load(row: StoredRow): void
  loadDeletion(deletion: Deletion): void
  readonly deletions: readonly Deletion[]
}

export function createMemoryTable(definition: TableDefinition, host: TableHost): MemoryTable {
  const { primaryKey, logicalName } = definition
  const rows = new Map<string, StoredRow>()
  const indexes = new Map<string, TableIndex>()
  const deletions: Deletion[] = []
  const idOf = (row: StoredRow): string => String(row[primaryKey])
  const order = createKeyOrder(idOf)

  const put = (row: StoredRow): void => {
    rows.set(idOf(row), row)
    order.add(row)
    for (const index of indexes.values()) index.add(row)
  }

  const take = (row: StoredRow): void => {
    rows.delete(idOf(row))
    order.remove(idOf(row))
    for (const index of indexes.values()) index.remove(row)
  }

  const swap = (before: StoredRow, after: StoredRow): void => {
    rows.set(idOf(after), after)
    order.replace(after)
    for (const index of indexes.values()) {
      index.remove(before)
      index.add(after)
    }
  }

  const indexOn = (columns: readonly string[]): TableIndex => {
    const name = columns.join(',')
    const known = indexes.get(name)
    if (known) return known
    const index = createIndex(columns, rows.values())
    indexes.set(name, index)
    return index
  }

  return {
    definition,
    get size() {
      return rows.size
    },
    get deletions() {
      return deletions
    },
    get: (id) => rows.get(id),
    rowsByKey: order.rows,
    positionAfter: order.positionAfter,
    rowsByLookup: (column, id) => [...indexOn([column]).find([id])],
    rowByKey: (columns, values: readonly Cell[]) => {
      for (const row of indexOn(columns).find(values)) return row
      return undefined
    },
    insert: (row) => {
      const id = idOf(row)
      if (rows.has(id)) throw new Error(`${logicalName} ${id} exists already.`)
      const stored: StoredRow = { ...row, versionnumber: host.nextVersion() }
      put(stored)
      host.undoable(() => take(stored))
    },
    update: (id, changes) => {
      const before = rows.get(id)
      if (!before) throw new Error(`${logicalName} ${id} does not exist.`)
      const after: StoredRow = { ...before, ...changes, versionnumber: host.nextVersion() }
      swap(before, after)
      host.undoable(() => swap(after, before))
    },
    delete: (id) => {
      const row = rows.get(id)
      if (!row) throw new Error(`${logicalName} ${id} does not exist.`)
      take(row)
      deletions.push({ id, version: host.nextVersion() })
      host.undoable(() => {
        deletions.pop()
        put(row)
      })
    },
    deletionsSince: (version) => deletions.filter((deletion) => deletion.version > version),
    load: put,
    loadDeletion: (deletion) => {
      deletions.push(deletion)
    },
  }
}

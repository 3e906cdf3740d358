import { createMemoryTable, type MemoryTable } from './memory-table.ts'
import type { Deletion, Organization, Schema, Store, StoredFile, StoredRow } from './store.ts'

/** All tables in memory. Writing is synchronous, so a transaction is an undo log. */
export interface MemoryStore extends Store {
  /** Puts rows in without a transaction or a new version; for seeds and saved environments. */
  load(table: string, rows: Iterable<StoredRow>): void
  loadDeletions(table: string, deletions: Iterable<Deletion>): void
  setVersion(version: bigint): void
  readonly tables: ReadonlyMap<string, MemoryTable>
}

export function createStore(schema: Schema, organization: Organization): MemoryStore {
  let version = 0n
  let log: (() => void)[] | undefined
  const files = new Map<string, StoredFile>()
  const tables = new Map<string, MemoryTable>()
  const host = {
    nextVersion: () => {
      version++
      return version
    },
    undoable: (undo: () => void) => {
      log?.push(undo)
    },
  }
  const tableOf = (name: string): MemoryTable => {
    const known = tables.get(name)
    if (known) return known
    const definition = schema.table(name)
    if (!definition) throw new Error(`The sandbox has no table ${name}.`)
    const table = createMemoryTable(definition, host)
    tables.set(name, table)
    return table
  }
  return {
    schema,
    organization,
    files,
    tables,
    get version() {
      return version
    },
    table: tableOf,
    transaction: (work) => {
      const outer = log
      const own: (() => void)[] = []
      log = own
      try {
        const result = work()
        // One by one: as arguments of one call, some hundred thousand overflow the stack.
        if (outer) for (const undo of own) outer.push(undo)
        return result
      } catch (error) {
        log = undefined
        for (const undo of own.reverse()) undo()
        throw error
      } finally {
        log = outer
      }
    },
    load: (name, rows) => {
      const table = tableOf(name)
      for (const row of rows) {
        version++
        table.load(row.versionnumber === undefined ? { ...row, versionnumber: version } : row)
      }
    },
    loadDeletions: (name, deletions) => {
      for (const deletion of deletions) tableOf(name).loadDeletion(deletion)
    },
    setVersion: (to) => {
      version = to
    },
  }
}

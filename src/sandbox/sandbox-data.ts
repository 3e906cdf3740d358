/** The data behind a sandbox: seeded, or kept in a folder between starts; remembered and brought back by name. */
import { createSeededStore, type SeedOptions } from './seed/index.ts'
import { schemaRows } from './seed/schema-rows.ts'
import { createStore, type MemoryStore } from './store/memory-store.ts'
import type { Schema } from './store/store.ts'

export interface SandboxDataOptions extends SeedOptions {
  /** Folder that keeps the data between starts. Default: the data ends with the process. */
  readonly dir?: string
}

export interface SandboxData {
  /** Another object after `reset`, `restore` and `open`. */
  readonly current: MemoryStore
  /** Reads the folder once, where there is one with data in it. */
  open(): Promise<void>
  /** Writes the folder, where there is one and something has changed since. One save at a time. */
  save(): Promise<void>
  /** Freshly seeded; the folder is written when the sandbox closes. */
  reset(): void
  snapshot(name: string): void
  /** Puts the rows under another schema; rows of tables it no longer has are dropped. */
  changeSchema(schema: Schema): void
  /** False where there is no such snapshot. */
  restore(name: string): boolean
}

/** How a store goes to a folder and comes back. */
export interface StorePersistence {
  /** Undefined: nothing saved there yet. */
  load(dir: string): Promise<MemoryStore | undefined>
  save(store: MemoryStore, dir: string): Promise<void>
}

export function createSandboxData(options: SandboxDataOptions, persistence: StorePersistence): SandboxData {
  const { dir } = options
  let current = createSeededStore(options)
  let opened: Promise<void> | undefined
  const snapshots = new Map<string, MemoryStore>()
  let saved: { readonly store: MemoryStore; readonly version: bigint } | undefined
  let saving: Promise<void> = Promise.resolve()
  const read = async (from: string): Promise<void> => {
    const kept = await persistence.load(from)
    if (!kept) return
    current = kept
    saved = { store: kept, version: kept.version }
  }
  const write = async (to: string): Promise<void> => {
    const taken = { store: current, version: current.version }
    if (saved?.store === taken.store && saved.version === taken.version) return
    await persistence.save(current, to)
    saved = taken
  }
  return {
    get current() {
      return current
    },
    async open() {
      if (dir === undefined) return
      opened ??= read(dir)
      await opened
    },
    async save() {
      if (dir === undefined) return
      saving = saving.catch(() => undefined).then(() => write(dir))
      await saving
    },
    reset() {
      current = createSeededStore(options)
    },
    changeSchema(schema) {
      current = withSchema(current, schema)
    },
    snapshot(name) {
      snapshots.set(name, copyOf(current))
    },
    restore(name) {
      const kept = snapshots.get(name)
      if (kept) current = copyOf(kept)
      return kept !== undefined
    },
  }
}

/** A store of its own with the same rows: a write replaces a row, it never changes one, so rows can be shared. */
function copyOf(store: MemoryStore): MemoryStore {
  return copied(store, store.schema, () => true)
}

function withSchema(store: MemoryStore, schema: Schema): MemoryStore {
  const told = schemaRows(schema)
  const copy = copied(store, schema, (name) => schema.table(name) !== undefined && !(name in told))
  for (const [name, rows] of Object.entries(told)) copy.load(name, rows)
  copy.setVersion(store.version)
  return copy
}

function copied(store: MemoryStore, schema: Schema, wanted: (table: string) => boolean): MemoryStore {
  const copy = createStore(schema, store.organization)
  for (const [name, table] of store.tables) {
    if (!wanted(name)) continue
    copy.load(name, table.rowsByKey())
    copy.loadDeletions(name, table.deletions)
  }
  for (const [id, file] of store.files) copy.files.set(id, file)
  copy.setVersion(store.version)
  return copy
}

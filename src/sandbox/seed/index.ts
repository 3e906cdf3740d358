import { createStore, type MemoryStore } from '../store/memory-store.ts'
import { createSchema } from '../store/schema-index.ts'
import type { Schema } from '../store/store.ts'
import { bulkRows } from './bulk.ts'
import { customerRows } from './customers.ts'
import { ORGANIZATION_ID, ORGANIZATION_NAME } from './directory.ts'
import { environmentRows, ROOT_BUSINESS_UNIT, US_DOLLAR } from './people.ts'
import { createChance } from './random.ts'
import { sandboxSchema } from './schema.ts'
import { schemaRows } from './schema-rows.ts'
import { viewRows } from './views.ts'

/** A store with everything a new environment has. */
export interface SeedOptions {
  /** Fills `table` to this many rows, 0 to 1,000,000. Default: what the small environment has. */
  readonly rows?: number
  /** Table that `rows` fills. Default account. */
  readonly table?: string
  /** When the environment was made, in ms since 1970. Default 2026-01-15T09:00:00Z. */
  readonly now?: number
  /** Start of the chance that everything is drawn from. Default 365. */
  readonly seed?: number
  /** Only users, roles and currencies; no customers. Default false. */
  readonly empty?: boolean
}

export const SEED_TIME = Date.UTC(2026, 0, 15, 9)

/** Version of Dataverse the sandbox presents itself as. */
export const PLATFORM_VERSION = '9.2.25111.00153'

export function createSeededStore(options: SeedOptions = {}): MemoryStore {
  const store = createStore(createSchema(sandboxSchema), {
    id: ORGANIZATION_ID,
    name: ORGANIZATION_NAME,
    baseCurrencyId: US_DOLLAR,
    rootBusinessUnitId: ROOT_BUSINESS_UNIT,
    version: PLATFORM_VERSION,
    changeTrackingDays: 7,
  })
  seedStore(store, options)
  return store
}

export function seedStore(store: MemoryStore, options: SeedOptions = {}): void {
  const { now = SEED_TIME, seed = 365, rows, table = 'account', empty = false } = options
  const made = isoSeconds(now)
  for (const [name, list] of Object.entries(environmentRows(made))) store.load(name, list)
  for (const [name, list] of Object.entries(schemaRows(store.schema))) store.load(name, list)
  store.load('savedquery', viewRows(made))
  if (!empty)
    for (const [name, list] of Object.entries(customerRows(createChance(seed), now))) store.load(name, list)
  if (rows !== undefined)
    store.load(
      table,
      bulkRows(definitionOf(store.schema, table), { rows: rows - store.table(table).size, seed, now }),
    )
}

function definitionOf(schema: Schema, table: string) {
  const definition = schema.table(table)
  if (definition) return definition
  throw new Error(
    `The sandbox has no table ${table}; it has ${schema.tables.map(({ logicalName }) => logicalName).join(', ')}.`,
  )
}

/** As the service prints moments: UTC, whole seconds. */
export function isoSeconds(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`
}

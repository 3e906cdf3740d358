/**
 * Versions of the schema: a number that grows with every change, which tables changed when, and what was deleted.
 * `globalmetadataversion` and the stamps of `RetrieveMetadataChanges` are made from it.
 */
import type { SchemaDefinition } from '../../schema.ts'

/** What was deleted, as `DeletedMetadataFilters` names it. */
export type DeletedKind = 'Entity' | 'Attribute' | 'Relationship'

export interface Deleted {
  readonly kind: DeletedKind
  /** MetadataId. */
  readonly id: string
  readonly version: number
}

export interface SchemaHistory {
  readonly version: number
  /** Version of the last change of a table, by logical name. */
  readonly changed: ReadonlyMap<string, number>
  readonly deleted: readonly Deleted[]
}

/** As large as in real environments, so that nobody takes the number for a small one. */
const FIRST_VERSION = 74_812_162

const histories = new WeakMap<SchemaDefinition, SchemaHistory>()

export function historyOf(schema: SchemaDefinition): SchemaHistory {
  return histories.get(schema) ?? { version: FIRST_VERSION, changed: new Map(), deleted: [] }
}

export interface SchemaStep {
  /** Tables that are new or different. */
  readonly changed: readonly string[]
  readonly deleted?: readonly { readonly kind: DeletedKind; readonly id: string }[]
}

/** `to` follows on `from`. */
export function continueHistory(
  from: SchemaDefinition,
  to: SchemaDefinition,
  { changed, deleted = [] }: SchemaStep,
): void {
  const before = historyOf(from)
  const version = before.version + 1
  histories.set(to, {
    version,
    changed: new Map([...before.changed, ...changed.map((name) => [name, version] as const)]),
    deleted: [...before.deleted, ...deleted.map((entry) => ({ ...entry, version }))],
  })
}

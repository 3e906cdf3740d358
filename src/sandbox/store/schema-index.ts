import type { ManyToMany, OneToMany, SchemaDefinition } from '../schema.ts'
import type { Schema } from './store.ts'

/** A schema with its look-ups built once. */
export function createSchema(definition: SchemaDefinition): Schema {
  const tables = new Map(definition.tables.map((table) => [table.logicalName, table]))
  const sets = new Map(definition.tables.map((table) => [table.entitySetName, table]))
  const columns = new Map(
    definition.tables.map((table) => [
      table.logicalName,
      new Map(table.columns.map((column) => [column.logicalName, column])),
    ]),
  )
  const lookups = groupBy(definition.oneToMany, ({ referencingTable }) => [referencingTable])
  const collections = groupBy(definition.oneToMany, ({ referencedTable }) => [referencedTable])
  const manyToMany = groupBy(definition.manyToMany, ({ table1, table2 }) => [...new Set([table1, table2])])
  return {
    ...definition,
    table: (name) => tables.get(name),
    tableBySet: (set) => sets.get(set),
    column: (table, column) => columns.get(table)?.get(column),
    lookups: (table) => lookups.get(table) ?? NONE,
    collections: (table) => collections.get(table) ?? NONE,
    manyToManyOf: (table) => manyToMany.get(table) ?? NO_PAIRS,
  }
}

const NONE: readonly OneToMany[] = []
const NO_PAIRS: readonly ManyToMany[] = []

function groupBy<T>(items: readonly T[], keysOf: (item: T) => readonly string[]): Map<string, T[]> {
  const groups = new Map<string, T[]>()
  for (const item of items)
    for (const key of keysOf(item)) {
      const group = groups.get(key)
      if (group) group.push(item)
      else groups.set(key, [item])
    }
  return groups
}

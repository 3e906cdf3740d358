import type { TableDefinition } from '../../schema.ts'

/** Facts about a table's columns are asked for with every row: computed once for each definition. */
export function perTable<T>(compute: (table: TableDefinition) => T): (table: TableDefinition) => T {
  const known = new WeakMap<TableDefinition, { readonly fact: T }>()
  return (table) => {
    const found = known.get(table)
    if (found) return found.fact
    const fact = compute(table)
    known.set(table, { fact })
    return fact
  }
}

import { linksBelow } from '../plan/links.ts'
import type { RemoteScan } from '../plan/plan.ts'
import { identifier } from './duck.ts'
import type { LocalColumn } from './scan-columns.ts'

/**
 * An answer with joined tables goes to one wide table first, and from it to a local table for each, every row once. The
 * statement joins them again, as it would have joined tables that were read apart.
 */
export function wideTable({ id, links }: RemoteScan): string {
  return links.length === 0 ? id : `${id} and its links`
}

/** `expression as "name"`, the name that of the wide table where there is one. */
export function wideColumn({ links }: RemoteScan, { scan, name, expression }: LocalColumn): string {
  return `${expression} as ${identifier(links.length === 0 ? name : nameIn(scan, name))}`
}

/** Statements that make a local table of each linked one; none where nothing is linked. */
export function localTables(scan: RemoteScan): readonly string[] {
  if (scan.links.length === 0) return []
  const wide = identifier(wideTable(scan))
  return [...[scan, ...linksBelow(scan.links)].map((one) => localTable(one, wide)), `drop table ${wide}`]
}

/** An outer join without a match has no key. */
function localTable(
  { id, table, columns }: Pick<RemoteScan, 'id' | 'table' | 'columns'>,
  wide: string,
): string {
  const key = identifier(nameIn(id, table.primaryKey))
  const named = columns.map((name) => `${identifier(nameIn(id, name))} as ${identifier(name)}`)
  return `create temp table ${identifier(id)} as select distinct on (${key}) ${named.join(', ')} from ${wide} where ${key} is not null`
}

function nameIn(scan: string, column: string): string {
  return `${scan}.${column}`
}

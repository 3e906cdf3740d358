import { linksBelow } from '../plan/links.ts'
import type { RemoteScan } from '../plan/plan.ts'
import { identifier } from './duck.ts'
import type { LocalColumn } from './scan-columns.ts'

/**
 * An answer with joined tables goes to one wide table first, and from it to a local table for each, every row once. The
 * statement joins them again, as it would have joined tables that were read apart.
 */
export function wideTable(scan: RemoteScan): string {
  return isSplit(scan) ? `${scan.id} and its links` : scan.id
}

/** A join that is read as one table stays one. */
function isSplit({ links, joined }: RemoteScan): boolean {
  return links.length > 0 && joined === undefined
}

/** `expression as "name"`, the name that of the wide table where there is one. */
export function wideColumn(whole: RemoteScan, { scan, name, expression }: LocalColumn): string {
  return `${expression} as ${identifier(isSplit(whole) ? nameIn(scan, name) : name)}`
}

/** Statements that make a local table of each linked one; none where nothing is linked. */
export function localTables(scan: RemoteScan): readonly string[] {
  if (!isSplit(scan)) return []
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

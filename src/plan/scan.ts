import type { Capabilities } from '../capabilities/capabilities.ts'
import { type OutputColumn, outputColumns } from '../catalog/output-columns.ts'
import type { Table } from '../catalog/table.ts'

/** One reading of a remote table in a statement. The same table named twice is two scans. */
export interface Scan {
  /** Name of the local table its rows go to: `_s1`. */
  readonly id: string
  /** Name of the external system; undefined: the one of the connection. */
  readonly system: string | undefined
  readonly table: Table
  /** Every column that can be asked for, labels and tables of lookups among them, by name. */
  readonly columns: ReadonlyMap<string, OutputColumn>
  /** Names of the columns the statement uses. */
  readonly used: Set<string>
}

export interface ScanOptions {
  readonly number: number
  readonly system: string | undefined
  readonly annotations: Capabilities['read']['annotations']
}

export function createScan(table: Table, { number, system, annotations }: ScanOptions): Scan {
  const readable = table.columns.filter((column) => column.readable)
  const columns = outputColumns(readable, { labels: true, annotations })
  return {
    id: `_s${number}`,
    system,
    table,
    columns: new Map(columns.map((column) => [column.name, column])),
    used: new Set(),
  }
}

/** Columns a star stands for: those of the table, without labels. */
export function starColumns({ table }: Scan): string[] {
  return table.columns.filter(({ readable }) => readable).map(({ name }) => name)
}

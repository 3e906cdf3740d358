import type { FetchXmlLimits } from '../../capabilities/capabilities.ts'
import type { Table } from '../../catalog/table.ts'
import type { Scan } from '../scan.ts'
import type { ColumnUse } from '../scope.ts'

/** A column of a scan. */
export type ScanColumn = Pick<ColumnUse, 'scan' | 'column'>

/** A lookup and the primary key it holds: what a link of FetchXML follows, either way. */
export interface Relation {
  /** The column that is the lookup, of the side with many rows. */
  readonly child: ScanColumn
  /** The column that is the primary key. */
  readonly parent: ScanColumn
}

/** The relation that `a = b` follows. Undefined where it is none of the table's, or the tables cannot be linked. */
export function relationOf(
  [a, b]: readonly (ScanColumn | undefined)[],
  { linkedKinds }: FetchXmlLimits,
): Relation | undefined {
  if (!a || !b || a.scan === b.scan || a.scan.system !== b.scan.system) return undefined
  if (![a, b].every(({ scan }) => linkedKinds.includes(scan.table.kind))) return undefined
  if (pointsTo(a, b.scan) && isKey(b)) return { child: a, parent: b }
  return pointsTo(b, a.scan) && isKey(a) ? { child: b, parent: a } : undefined
}

function isKey({ scan, column }: ScanColumn): boolean {
  return scan.table.primaryKey === column
}

/** A lookup that may hold rows of several tables is one of each. */
function pointsTo({ scan, column }: ScanColumn, { table }: Scan): boolean {
  return holdsKeysOf(scan.table, column, table.name)
}

function holdsKeysOf({ columns }: Table, name: string, target: string): boolean {
  const column = columns.find((one) => one.name === name)
  return column?.type === 'lookup' && (column.targets ?? []).some(({ table }) => table === target)
}

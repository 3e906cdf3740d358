/** Cells of columns that the platform numbers, where a new row brings no value of its own. */
import { autoNumber, sequenceIn } from '../../../auto-number.ts'
import type { TableDefinition } from '../../../schema.ts'
import type { StoredRow, TableStore } from '../../../store/store.ts'
import { perTable } from '../per-table.ts'
import type { Writing } from '../writing.ts'

const numbered = perTable(({ columns }) =>
  columns.flatMap(({ logicalName, autoNumber: how }) => (how ? [{ logicalName, ...how }] : [])),
)

export function autoNumberCells(
  table: TableDefinition,
  given: StoredRow,
  { store, now }: Writing,
): StoredRow {
  const cells: StoredRow = {}
  for (const { logicalName, format, seed } of numbered(table)) {
    if (given[logicalName] !== undefined) continue
    const rows = store.table(table.logicalName)
    cells[logicalName] = autoNumber(format, { number: nextNumber(rows, { logicalName, format, seed }), now })
  }
  return cells
}

/** Numbers given out, by column; a row that is not made after all, or is deleted, leaves a gap. */
const given = new WeakMap<TableStore, Map<string, number>>()

interface Numbered {
  readonly logicalName: string
  readonly format: string
  readonly seed: number
}

function nextNumber(rows: TableStore, { logicalName, format, seed }: Numbered): number {
  const numbers = given.get(rows) ?? new Map<string, number>()
  given.set(rows, numbers)
  const last = numbers.get(logicalName) ?? highest(rows, { logicalName, format })
  const next = Math.max(seed, last + 1)
  numbers.set(logicalName, next)
  return next
}

function highest(
  rows: TableStore,
  { logicalName, format }: Pick<Numbered, 'logicalName' | 'format'>,
): number {
  let last = -1
  for (const { [logicalName]: text } of rows.rowsByKey())
    if (typeof text === 'string') last = Math.max(last, sequenceIn(format, text) ?? -1)
  return last
}

/**
 * A row as one line of JSON: its cells in the order of a list of columns, null where there is none. JSON has no big
 * integers, so those are texts in a list of one, `["12"]`; every other cell is a JSON value already.
 */
import { blankRow } from './row-shape.ts'
import type { Cell, Deletion, StoredRow } from './store.ts'

/** Every column that one of the rows has, in order of first appearance. */
export function columnsOf(rows: Iterable<StoredRow>): string[] {
  const columns = new Set<string>()
  for (const row of rows) for (const column in row) columns.add(column)
  return [...columns]
}

export function printRow(row: StoredRow, columns: readonly string[]): string {
  return JSON.stringify(
    columns.map((column) => {
      const cell = row[column]
      return typeof cell === 'bigint' ? [String(cell)] : cell
    }),
  )
}

/**
 * Reads lines with the cells of `columns`; gives undefined for any other. `share` gives equal texts one object, which
 * a million rows need.
 */
export function rowParser(
  columns: readonly string[],
  share: (text: string) => string,
): (line: string) => StoredRow | undefined {
  const blank = blankRow(columns)
  return (line) => {
    const cells = parsed(line)
    if (!Array.isArray(cells) || cells.length !== columns.length) return undefined
    const row = { ...blank }
    let index = 0
    for (const column of columns) {
      const read: unknown = cells[index++]
      const cell = cellOf(read)
      if (cell === undefined && read !== null) return undefined
      row[column] = typeof cell === 'string' ? share(cell) : cell
    }
    return row
  }
}

export function printDeletion({ id, version }: Deletion): string {
  return JSON.stringify({ id, version: [String(version)] })
}

export function parseDeletion(line: string): Deletion | undefined {
  const read = parsed(line)
  if (!isObject(read) || typeof read.id !== 'string') return undefined
  const version = cellOf(read.version)
  return typeof version === 'bigint' ? { id: read.id, version } : undefined
}

/** Remembers the first texts it sees, up to `limit`: what repeats is met early. */
export function textSharing(limit = 50_000): (text: string) => string {
  const known = new Map<string, string>()
  return (text) => {
    const first = known.get(text)
    if (first !== undefined) return first
    if (known.size < limit) known.set(text, text)
    return text
  }
}

/** Undefined where the line is not JSON. */
export function parsed(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function cellOf(value: unknown): Cell | undefined {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value
  const [digits] = Array.isArray(value) ? value : []
  return typeof digits === 'string' && /^-?\d+$/.test(digits) ? BigInt(digits) : undefined
}

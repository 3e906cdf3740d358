import type { StoredRow } from '../../store/store.ts'
import type { RowWriter } from './write-rows.ts'

/** Few enough for their text to stay a young object of V8 (below 128 KB), measured with `npm run bench:sandbox`. */
const ROWS_AT_ONCE = 32

/**
 * A list of rows between the texts before and after it. Long lists are encoded a few rows at a time: the text of a
 * whole page would go to the old generation at once, which is collected so late that a million rows take gigabytes.
 */
export function printPage(
  rows: readonly StoredRow[],
  write: RowWriter,
  { before, after }: { readonly before: string; readonly after: string },
): string | Uint8Array {
  if (rows.length <= ROWS_AT_ONCE) return `${before}${rows.map(write).join(',')}${after}`
  const parts = [Buffer.from(before)]
  for (let from = 0; from < rows.length; from += ROWS_AT_ONCE) {
    const text = rows
      .slice(from, from + ROWS_AT_ONCE)
      .map(write)
      .join(',')
    parts.push(Buffer.from(from === 0 ? text : `,${text}`))
  }
  parts.push(Buffer.from(after))
  return Buffer.concat(parts)
}

import { type RowRange, readRanges, toRanges } from '../journal/row-ranges.ts'
import type { RowOutcome } from '../outcome.ts'

/** How each row of one table ended, a byte a row. A later pass can only turn an end into a rejection. */
export interface RowFates {
  end(row: number, fate: EndedAs): void
  of(row: number): EndedAs | undefined
  /** What a file keeps of it. */
  toJSON(): Readonly<Record<string, readonly RowRange[]>>
}

const FATES = ['created', 'updated', 'deleted', 'unchanged', 'rejected'] as const
export type EndedAs = (typeof FATES)[number]

export function endedAs(outcome: RowOutcome): EndedAs {
  return outcome.kind === 'accepted' ? outcome.action : outcome.kind
}

/** Also of what a file kept; throws where it is not of this shape. */
export function rowFates(kept: Readonly<Record<string, unknown>> = {}): RowFates {
  let bytes = new Uint8Array(1024)
  const end = (row: number, fate: EndedAs): void => {
    if (row >= bytes.length) {
      const larger = new Uint8Array(Math.max(bytes.length * 2, row + 1))
      larger.set(bytes)
      bytes = larger
    }
    bytes[row] = FATES.indexOf(fate) + 1
  }
  for (const fate of FATES)
    for (const [from, to] of readRanges(kept[fate] ?? []) ?? [])
      for (let row = from; row <= to; row++) end(row, fate)
  return {
    end,
    of: (row) => FATES[(bytes[row] ?? 0) - 1],
    toJSON: () => Object.fromEntries(FATES.map((fate, at) => [fate, toRanges(rowsWith(bytes, at + 1))])),
  }
}

function rowsWith(bytes: Uint8Array, value: number): number[] {
  const rows: number[] = []
  for (let row = bytes.indexOf(value); row >= 0; row = bytes.indexOf(value, row + 1)) rows.push(row)
  return rows
}

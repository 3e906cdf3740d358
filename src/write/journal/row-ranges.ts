/** Row numbers as inclusive ranges, which is how people and journals write them. */
export type RowRange = readonly [from: number, to: number]

export function toRanges(rows: readonly number[]): RowRange[] {
  const ranges: [number, number][] = []
  for (const row of [...rows].sort((a, b) => a - b)) {
    const last = ranges.at(-1)
    if (last && row === last[1] + 1) last[1] = row
    else ranges.push([row, row])
  }
  return ranges
}

/** The ranges in a journal's value, or undefined where it holds something else. */
export function readRanges(value: unknown): readonly RowRange[] | undefined {
  if (!Array.isArray(value)) return undefined
  const ranges: RowRange[] = []
  for (const item of value) {
    if (!Array.isArray(item) || item.length !== 2) return undefined
    const [from, to]: unknown[] = item
    if (!isRow(from) || !isRow(to) || to < from) return undefined
    ranges.push([from, to])
  }
  return ranges
}

function isRow(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0
}

/** Repeatable chance: the same seed gives the same environment on every machine. */
export interface Chance {
  /** Uniform in [0, 1). */
  next(): number
  /** Whole number from `from` to `to`, both included. */
  whole(from: number, to: number): number
  pick<const L extends readonly [unknown, ...unknown[]]>(items: L): L[number]
  /** True in `share` of all cases. */
  happens(share: number): boolean
}

export function createChance(seed: number): Chance {
  let state = seed >>> 0
  // Mulberry32, a 32-bit generator in the public domain.
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
  const whole = (from: number, to: number): number => from + Math.floor(next() * (to - from + 1))
  return {
    next,
    whole,
    pick: (items) => items[whole(0, items.length - 1)] ?? items[0],
    happens: (share) => next() < share,
  }
}

/** Ids that ascend as SQL Server orders GUIDs, so that a table filled with them needs no sorting. */
export function ascendingId(prefix: string, number: number): string {
  return `${prefix}-0000-4000-8000-${number.toString(16).padStart(12, '0')}`
}

export type NonEmpty<T> = readonly [T, ...T[]]

/** What `pick` takes. */
export function nonEmpty<T>(items: readonly T[]): NonEmpty<T> {
  const [first, ...rest] = items
  if (first === undefined) throw new Error('The seed needs at least one item here.')
  return [first, ...rest]
}

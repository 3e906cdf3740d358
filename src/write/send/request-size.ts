/**
 * How many rows leave together, so that a request takes 0.25 to 0.5 s: shorter ones run into the limit on the number
 * of requests, longer ones cost more when they are lost and fill the budget of execution time in coarse steps.
 */
export interface RequestSize {
  current(): number
  /** What a request that was carried out took. */
  took(ms: number, rows: number): void
}

export interface RequestSizeOptions {
  readonly start: number
  readonly most: number
}

const SHORTEST_MS = 250
const LONGEST_MS = 500
const WANTED_MS = 350
/** Shorter than any network: nothing was measured. */
const UNMEASURED_MS = 1
const FEWEST_ROWS = 5
const MOST_GROWTH = 2
/** Requests with a smaller part of the rows are the last ones of an input, or halves of a refused one. */
const REPRESENTATIVE = 0.5

export function adaptiveSize({ start, most }: RequestSizeOptions): RequestSize {
  let size = Math.min(start, most)
  return {
    current: () => size,
    took(ms, rows) {
      if (rows < REPRESENTATIVE * size || ms < UNMEASURED_MS) return
      if (ms >= SHORTEST_MS && ms <= LONGEST_MS) return
      const fitting = Math.min(MOST_GROWTH * size, (rows * WANTED_MS) / ms)
      size = Math.round(Math.min(most, Math.max(Math.min(FEWEST_ROWS, most), fitting)))
    },
  }
}

export function fixedSize(rows: number): RequestSize {
  return { current: () => rows, took: () => undefined }
}

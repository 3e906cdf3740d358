import { createHash } from 'node:crypto'

/**
 * The primary key of row number `row` (from 1) of a run: the same at every attempt, on every machine, so that a
 * lost answer is settled by sending the row again. A version 8 UUID (RFC 9562) over SHA-256.
 */
export function rowId(runId: string, row: number): string {
  const hex = createHash('sha256').update(`${runId}:${row}`).digest('hex')
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 0x3) | 0x8).toString(16)
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-')
}

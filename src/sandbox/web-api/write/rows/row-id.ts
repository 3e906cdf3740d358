/**
 * Primary keys for new rows: made like SQL Server's sequential GUIDs, so that each sorts after the one before it and
 * a table in key order only ever grows at its end.
 */

/** 100 ns ticks between the calendar of GUIDs (1582-10-15) and 1970. */
const EPOCH_TICKS = 122_192_928_000_000_000n
const TICKS_PER_MS = 10_000n
const NODE = '000d3a9933c9'
const CLOCK_SEQUENCE = 'aad1'

let lastTicks = 0n

/** `now` in ms since 1970. Never gives the same GUID twice in a process. */
export function newRowId(now: number): string {
  const ticks = EPOCH_TICKS + BigInt(Math.floor(now)) * TICKS_PER_MS
  lastTicks = ticks > lastTicks ? ticks : lastTicks + 1n
  const hex = lastTicks.toString(16).padStart(15, '0')
  const [high, middle, low] = [`1${hex.slice(0, 3)}`, hex.slice(3, 7), hex.slice(7)]
  return [swapped(low), swapped(middle), swapped(high), CLOCK_SEQUENCE, NODE].join('-')
}

/** The first three groups hold their low byte first. */
function swapped(hex: string): string {
  return (hex.match(/../g) ?? []).reverse().join('')
}

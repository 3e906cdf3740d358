const FORMATS = new Map<string, Intl.DateTimeFormat>()

/**
 * How far the wall clock of `zone` is ahead of UTC, in ms, when it shows what `wallMs` shows as if it were UTC.
 * Where the clock is set back and shows a time twice, the earlier one is meant; a time it skips is moved past the gap.
 */
export function zoneOffsetMs(wallMs: number, zone: string): number {
  const before = offsetAt(wallMs - DAY_MS, zone)
  const after = offsetAt(wallMs + DAY_MS, zone)
  return [before, after].find((offset) => offsetAt(wallMs - offset, zone) === offset) ?? before
}

const DAY_MS = 86_400_000

function offsetAt(utcMs: number, zone: string): number {
  const parts = new Map(
    formatOf(zone)
      .formatToParts(utcMs)
      .map(({ type, value }) => [type, Number(value)]),
  )
  const part = (name: Intl.DateTimeFormatPartTypes): number => parts.get(name) ?? 0
  const wall = Date.UTC(
    part('year'),
    part('month') - 1,
    part('day'),
    part('hour'),
    part('minute'),
    part('second'),
  )
  return wall - Math.floor(utcMs / 1000) * 1000
}

/** One for each zone: making it costs a thousand times what asking it costs. */
function formatOf(zone: string): Intl.DateTimeFormat {
  const known = FORMATS.get(zone)
  if (known) return known
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  })
  FORMATS.set(zone, format)
  return format
}

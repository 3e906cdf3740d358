const DATE_TIME = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' })
const RELATIVE = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' })

const UNITS: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
  ['second', 1000],
]

/** `24 Nov 2026, 03:50 (in 57 minutes)`. */
export function momentText(at: number, now = Date.now()): string {
  return `${DATE_TIME.format(at)} (${agoText(at, now)})`
}

/** `57 minutes ago`, `in 2 days`. */
export function agoText(at: number, now = Date.now()): string {
  const away = at - now
  const [unit, size] = UNITS.find(([, ms]) => Math.abs(away) >= ms) ?? ['second', 1000]
  return RELATIVE.format(Math.trunc(away / size), unit)
}

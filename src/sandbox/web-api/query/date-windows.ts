import { syntaxError } from './tokens.ts'

/**
 * The stretches of time that query functions mean, in ms since 1970: `from` belongs to them, `to` does not.
 * Days, weeks (from Sunday), months and years are those of UTC; fiscal years are calendar years of four quarters.
 */
export interface Window {
  readonly from?: number
  readonly to?: number
}

const HOUR = 3_600_000
const DAY = 24 * HOUR

/** Undefined where `name` is not a function of time. `values` are its numbers and dates as text. */
export function dateWindow(name: string, values: readonly string[], now: number): Window | undefined {
  const fixed = FIXED.get(name)
  if (fixed) return fixed(now)
  const counted = COUNTED.get(name)
  if (counted) return counted(now, countOf(name, values[0]))
  const [first = '', second = ''] = values
  switch (name) {
    case 'On':
      return { from: dayOf(first), to: dayOf(first) + DAY }
    case 'OnOrAfter':
      return { from: dayOf(first) }
    case 'OnOrBefore':
      return { to: dayOf(first) + DAY }
    case 'InFiscalYear':
      return years(countOf(name, first), 1)
    case 'InFiscalPeriodAndYear':
      return quarter(countOf(name, second), countOf(name, first))
    case 'InOrAfterFiscalPeriodAndYear':
      return openEnd(quarter(countOf(name, second), countOf(name, first)))
    case 'InOrBeforeFiscalPeriodAndYear':
      return openStart(quarter(countOf(name, second), countOf(name, first)))
    default:
      return undefined
  }
}

/** Number of the fiscal period (quarter, 1 to 4) a moment lies in: InFiscalPeriod asks for it in any year. */
export function fiscalPeriod(ms: number): number {
  return Math.floor(new Date(ms).getUTCMonth() / 3) + 1
}

const FIXED: ReadonlyMap<string, (now: number) => Window> = new Map(
  Object.entries<(now: number) => Window>({
    Today: (now) => days(now, 0, 1),
    Tomorrow: (now) => days(now, 1, 2),
    Yesterday: (now) => days(now, -1, 0),
    Last7Days: (now) => days(now, -7, 1),
    Next7Days: (now) => days(now, 0, 8),
    ThisWeek: (now) => weeks(now, 0),
    LastWeek: (now) => weeks(now, -1),
    NextWeek: (now) => weeks(now, 1),
    ThisMonth: (now) => months(now, 0),
    LastMonth: (now) => months(now, -1),
    NextMonth: (now) => months(now, 1),
    ThisYear: (now) => years(yearOf(now), 1),
    LastYear: (now) => years(yearOf(now) - 1, 1),
    NextYear: (now) => years(yearOf(now) + 1, 1),
    ThisFiscalYear: (now) => years(yearOf(now), 1),
    LastFiscalYear: (now) => years(yearOf(now) - 1, 1),
    NextFiscalYear: (now) => years(yearOf(now) + 1, 1),
    ThisFiscalPeriod: (now) => quarters(now, 0, 1),
    LastFiscalPeriod: (now) => quarters(now, -1, 1),
    NextFiscalPeriod: (now) => quarters(now, 1, 1),
  }),
)

const COUNTED: ReadonlyMap<string, (now: number, count: number) => Window> = new Map(
  Object.entries<(now: number, count: number) => Window>({
    LastXHours: (now, count) => ({ from: now - count * HOUR, to: now + 1 }),
    NextXHours: (now, count) => ({ from: now, to: now + count * HOUR + 1 }),
    LastXDays: (now, count) => ({ from: startOfDay(now) - count * DAY, to: now + 1 }),
    NextXDays: (now, count) => ({ from: now, to: startOfDay(now) + (count + 1) * DAY }),
    LastXWeeks: (now, count) => ({ from: startOfDay(now) - 7 * count * DAY, to: now + 1 }),
    NextXWeeks: (now, count) => ({ from: now, to: startOfDay(now) + (7 * count + 1) * DAY }),
    LastXMonths: (now, count) => ({ from: addMonths(startOfDay(now), -count), to: now + 1 }),
    NextXMonths: (now, count) => ({ from: now, to: addMonths(startOfDay(now), count) + DAY }),
    LastXYears: (now, count) => ({ from: addMonths(startOfDay(now), -12 * count), to: now + 1 }),
    NextXYears: (now, count) => ({ from: now, to: addMonths(startOfDay(now), 12 * count) + DAY }),
    LastXFiscalYears: (now, count) => years(yearOf(now) - count, count),
    NextXFiscalYears: (now, count) => years(yearOf(now) + 1, count),
    LastXFiscalPeriods: (now, count) => quarters(now, -count, count),
    NextXFiscalPeriods: (now, count) => quarters(now, 1, count),
    OlderThanXMinutes: (now, count) => ({ to: now - count * 60_000 }),
    OlderThanXHours: (now, count) => ({ to: now - count * HOUR }),
    OlderThanXDays: (now, count) => ({ to: startOfDay(now) - count * DAY }),
    OlderThanXWeeks: (now, count) => ({ to: startOfDay(now) - 7 * count * DAY }),
    OlderThanXMonths: (now, count) => ({ to: addMonths(startOfDay(now), -count) }),
    OlderThanXYears: (now, count) => ({ to: addMonths(startOfDay(now), -12 * count) }),
  }),
)

function startOfDay(ms: number): number {
  return Math.floor(ms / DAY) * DAY
}

function dayOf(text: string): number {
  const ms = Date.parse(text)
  if (Number.isNaN(ms)) throw syntaxError(`'${text}' is not a date.`)
  return startOfDay(ms)
}

export function countOf(name: string, text = ''): number {
  if (!/^\d+$/.test(text)) throw syntaxError(`${name} needs a whole number, not '${text}'.`)
  return Number(text)
}

function days(now: number, from: number, to: number): Window {
  const today = startOfDay(now)
  return { from: today + from * DAY, to: today + to * DAY }
}

function weeks(now: number, offset: number): Window {
  const sunday = startOfDay(now) - new Date(now).getUTCDay() * DAY
  return { from: sunday + offset * 7 * DAY, to: sunday + (offset + 1) * 7 * DAY }
}

function months(now: number, offset: number): Window {
  const date = new Date(now)
  const at = (month: number) => Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + month)
  return { from: at(offset), to: at(offset + 1) }
}

function quarters(now: number, offset: number, count: number): Window {
  const date = new Date(now)
  const first = Math.floor(date.getUTCMonth() / 3) + offset
  return {
    from: Date.UTC(date.getUTCFullYear(), first * 3),
    to: Date.UTC(date.getUTCFullYear(), (first + count) * 3),
  }
}

function quarter(year: number, period: number): Window {
  return { from: Date.UTC(year, (period - 1) * 3), to: Date.UTC(year, period * 3) }
}

function years(year: number, count: number): Window {
  return { from: Date.UTC(year, 0), to: Date.UTC(year + count, 0) }
}

function openEnd({ from }: Window): Window {
  return from === undefined ? {} : { from }
}

function openStart({ to }: Window): Window {
  return to === undefined ? {} : { to }
}

function yearOf(ms: number): number {
  return new Date(ms).getUTCFullYear()
}

function addMonths(ms: number, count: number): number {
  const date = new Date(ms)
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + count, date.getUTCDate())
}

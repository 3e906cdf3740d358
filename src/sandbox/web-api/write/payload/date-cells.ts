/** Dates and moments from their text to cells. A text that names no real day is refused. */
import { badLiteral, dateOutOfRange } from '../write-errors.ts'

const DAY = /^(\d{4})-(\d{2})-(\d{2})$/
const MOMENT =
  /^(\d{4})-(\d{2})-(\d{2})(?:T(\d{2}):(\d{2})(?::(\d{2})(?:\.\d{1,12})?)?(?:Z|([+-])(\d{2}):(\d{2}))?)?$/i

/** SQL Server's datetime begins here. */
const FIRST_DAY = '1753-01-01'
const MINUTE_MS = 60_000

/** `2024-02-29` */
export function dayCell(text: string): string {
  const [, year = '', month = '', day = ''] = DAY.exec(text) ?? []
  if (year === '' || !isDay(Number(year), Number(month), Number(day))) throw badLiteral(text, 'Edm.Date')
  if (text < FIRST_DAY) throw dateOutOfRange()
  return text
}

/** `2023-04-07T21:59:01Z`: UTC, whole seconds. Text without an offset is taken as UTC. */
export function momentCell(text: string): string {
  const match = MOMENT.exec(text)
  if (!match) throw badLiteral(text, 'Edm.DateTimeOffset')
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = match
    .slice(1, 7)
    .map((part) => Number(part ?? 0))
  if (!isDay(year, month, day) || hour > 23 || minute > 59 || second > 59)
    throw badLiteral(text, 'Edm.DateTimeOffset')
  const [offsetHours, offsetMinutes] = [Number(match[8] ?? 0), Number(match[9] ?? 0)]
  if (offsetHours > 14 || offsetMinutes > 59) throw badLiteral(text, 'Edm.DateTimeOffset')
  const offset = (offsetHours * 60 + offsetMinutes) * (match[7] === '-' ? -1 : 1)
  const at = utc(year, month, day).setUTCHours(hour, minute, second)
  const iso = `${new Date(at - offset * MINUTE_MS).toISOString().slice(0, 19)}Z`
  if (iso < FIRST_DAY) throw dateOutOfRange()
  return iso
}

function isDay(year: number, month: number, day: number): boolean {
  const date = utc(year, month, day)
  return year > 0 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day
}

/** `Date.UTC` reads years below 100 as 19xx. */
function utc(year: number, month: number, day: number): Date {
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  return date
}

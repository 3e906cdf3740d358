import type { Column } from '../../catalog/table.ts'
import { type CheckedValue, type Fault, fault, shown } from './checked-value.ts'
import type { ZoneOffset } from './text-form.ts'

/** First year SQL Server's datetime holds. */
const FIRST_YEAR = 1753

const DATE = /^(\d{4})-(\d{2})-(\d{2})(?:[T ]00:00(?::00(?:\.0+)?)?(?:Z|\+00:00)?)?$/i
const DATETIME =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{2}):(\d{2})(?::(\d{2})(\.\d+)?)?\s*(Z|[+-]\d{2}:?\d{2})?)?$/i

/** A calendar day, `2024-02-29`. Midnight behind it is tolerated, any other time is not. */
export function checkDate(value: unknown, column: Column): CheckedValue | Fault {
  const match = DATE.exec(dateText(value))
  if (!match) return fault(`${column.name} is ${shown(value)}; it must be a date such as 2024-02-29.`)
  const [, year = '', month = '', day = ''] = match
  const wrong = checkDay(column, { year, month, day })
  return wrong ?? { kind: 'text', text: `${year}-${month}-${day}` }
}

/** A moment in ISO 8601. Without an offset it is in `zone`, by default UTC, as the service takes it. */
export function checkDateTime(value: unknown, column: Column, zone?: ZoneOffset): CheckedValue | Fault {
  const match = DATETIME.exec(dateText(value))
  if (!match)
    return fault(`${column.name} is ${shown(value)}; it must be a time such as 2024-02-29T13:45:00Z.`)
  const [, year = '', month = '', day = '', hour = '00', minute = '00', second = '00', fraction, said] = match
  const wrong = checkDay(column, { year, month, day })
  if (wrong) return wrong
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59)
    return fault(`${column.name} is ${shown(value)}; ${hour}:${minute}:${second} is not a time of day.`)
  const offset = said === undefined ? 0 : offsetOf(said)
  if (offset === undefined)
    return fault(`${column.name} is ${shown(value)}; ${said} is not an offset from UTC.`)
  if (column.timeZoneIndependent && offset !== 0)
    return fault(
      `${column.name} is ${shown(value)}; the column keeps the time of the wall clock, so it must have no offset (or Z).`,
    )
  const at = Date.UTC(
    Number(year),
    Number(month) - 1,
    Number(day),
    Number(hour),
    Number(minute),
    Number(second),
  )
  const local = said === undefined && zone !== undefined && !column.timeZoneIndependent
  const minutes = local ? zone(new Date(at).toISOString().slice(0, 19)) : offset
  const text = new Date(at - minutes * 60_000).toISOString().slice(0, 19)
  const kept = fraction === undefined ? '' : fraction.slice(0, 4).replace(/\.?0*$/, '')
  return { kind: 'text', text: `${text}${kept}Z` }
}

function dateText(value: unknown): string {
  if (value instanceof Date && !Number.isNaN(value.getTime())) return value.toISOString()
  return String(value).trim()
}

function checkDay(
  column: Column,
  { year, month, day }: { year: string; month: string; day: string },
): Fault | undefined {
  const text = `${year}-${month}-${day}`
  const date = new Date(`${text}T00:00:00Z`)
  if (Number.isNaN(date.getTime()) || date.toISOString().slice(0, 10) !== text)
    return fault(`${column.name} is ${text}, a day that does not exist.`)
  if (Number(year) < FIRST_YEAR)
    return fault(`${column.name} is ${text}; the first day that can be kept is ${FIRST_YEAR}-01-01.`)
  return undefined
}

/** Minutes east of UTC. */
function offsetOf(zone: string): number | undefined {
  if (zone.toUpperCase() === 'Z') return 0
  const sign = zone.startsWith('-') ? -1 : 1
  const hours = Number(zone.slice(1, 3))
  const minutes = Number(zone.slice(-2))
  return hours <= 14 && minutes <= 59 ? sign * (hours * 60 + minutes) : undefined
}

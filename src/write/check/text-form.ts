import { D365Error } from '../../core/errors.ts'
import { zoneOffsetMs } from './time-zone.ts'

/** How numbers and dates are spelled in a text file, where that is not as JSON and ISO 8601 spell them. */
export interface TextForm {
  /** `1.234,5` to `1234.5`; undefined where the text is no number of this locale. */
  readonly number: (text: string) => string | undefined
  /** `31.12.2024 18:05` to `2024-12-31T18:05`; undefined where it is no date of this locale. */
  readonly date: (text: string) => string | undefined
  /** A number and a date as this locale writes them, for messages. */
  readonly example: { readonly number: string; readonly date: string }
}

/** Minutes east of UTC that a time without an offset has. */
export type ZoneOffset = (isoText: string) => number

/** The spelling of a locale such as `de-DE`, from what the runtime knows of it. */
export function textForm(locale: string): TextForm {
  const known = supported(locale)
  const numbers = new Intl.NumberFormat(known, {
    useGrouping: true,
    minimumFractionDigits: 1,
    numberingSystem: 'latn',
  })
  const dates = new Intl.DateTimeFormat(known, {
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    timeZone: 'UTC',
    calendar: 'gregory',
    numberingSystem: 'latn',
  })
  const parts = numbers.formatToParts(-1234567.8)
  const decimal = parts.find(({ type }) => type === 'decimal')?.value ?? '.'
  const group = parts.find(({ type }) => type === 'group')?.value ?? ''
  const order = dates.formatToParts(0).flatMap(({ type }) => (isDayPart(type) ? [type] : []))
  return {
    number: numberReader(decimal, group),
    date: dateReader(order),
    example: { number: numbers.format(1234.5), date: dates.format(Date.UTC(2024, 11, 31)) },
  }
}

/** The offset of times that say none, e.g. in `Europe/Berlin`. A time that occurs twice is the earlier one. */
export function zoneOffset(zone: string): ZoneOffset {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone })
  } catch (cause) {
    throw new D365Error('CONFIG_INVALID', `timeZone is ${zone}, which is no time zone.`, {
      hint: 'Give a name such as Europe/Berlin or America/New_York.',
      cause,
    })
  }
  return (isoText) => zoneOffsetMs(Date.parse(`${isoText}Z`), zone) / 60_000
}

function supported(locale: string): string {
  try {
    const [known] = Intl.NumberFormat.supportedLocalesOf(locale)
    if (known !== undefined) return known
  } catch {
    // Not even the form of a locale: told below.
  }
  throw new D365Error('CONFIG_INVALID', `locale is ${locale}, which is no locale.`, {
    hint: 'Give one such as de-DE, fr-CH or en-GB.',
  })
}

const APOSTROPHES = /['’]/g
const BLANKS = /[\s\u00a0\u202f]/g

/** Groups of three digits (of two in India), in front of the decimal sign only; any blank or apostrophe stands for its kind. */
function numberReader(decimal: string, group: string): TextForm['number'] {
  const plainGroup = group.replace(BLANKS, ' ').replace(APOSTROPHES, "'")
  const [g, d] = [plainGroup, decimal].map((sign) => sign.replace(/[.^$*+?()[\]{}|\\]/g, '\\$&'))
  const grouped = group === '' ? '' : `|\\d{1,3}(?:${g}\\d{2,3})*${g}\\d{3}`
  const shape = new RegExp(`^[+-]?(?:\\d+${grouped})(?:${d}\\d+)?$`)
  return (text) => {
    const plain = text.trim().replace(BLANKS, ' ').replace(APOSTROPHES, "'").replace(/^[−–]/, '-')
    if (!shape.test(plain)) return undefined
    const digits = plainGroup === '' ? plain : plain.replaceAll(plainGroup, '')
    return digits.replace(decimal, '.').replace(/^\+/, '')
  }
}

type DayPart = 'year' | 'month' | 'day'

function isDayPart(type: string): type is DayPart {
  return type === 'year' || type === 'month' || type === 'day'
}

const LOCAL_DATE =
  /^(\d{1,4})[./\- ]+(\d{1,2})[./\- ]+(\d{1,4})\.?(?:[T,\s]+(\d{1,2})[:.](\d{2})(?:[:.](\d{2}))?\s*([ap])?\.?(?:m\.?)?)?$/i

/** Years have four digits: of two nobody knows the century. ISO dates are no question of a locale and pass. */
function dateReader(order: readonly DayPart[]): TextForm['date'] {
  return (text) => {
    const trimmed = text.trim().replace(BLANKS, ' ')
    if (/^\d{4}-\d{2}-\d{2}(?:$|[T ])/i.test(trimmed)) return trimmed
    const match = LOCAL_DATE.exec(trimmed)
    if (!match) return undefined
    const part = (wanted: DayPart): string => match[order.indexOf(wanted) + 1] ?? ''
    const [year, month, day] = [part('year'), part('month'), part('day')]
    if (year.length !== 4 || month.length > 2 || day.length > 2) return undefined
    const date = `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`
    const [, , , , hour, minute, second, half] = match
    if (hour === undefined || minute === undefined) return date
    return `${date}T${hourOf(hour, half)}:${minute}${second === undefined ? '' : `:${second}`}`
  }
}

function hourOf(hour: string, half: string | undefined): string {
  if (half === undefined) return hour.padStart(2, '0')
  const twelve = Number(hour) % 12
  return String(half.toLowerCase() === 'p' ? twelve + 12 : twelve).padStart(2, '0')
}

/**
 * Numbers for new rows by a format such as `WID-{SEQNUM:5}-{RANDSTRING:6}-{DATETIMEUTC:yyyyMMddhhmmss}`.
 * https://learn.microsoft.com/power-apps/developer/data-platform/create-auto-number-attributes
 */
import { createChance } from './seed/random.ts'

const PLACEHOLDER = /\{(SEQNUM):(\d{1,2})\}|\{(RANDSTRING):([1-6])\}|\{(DATETIMEUTC):([^{}]+)\}/g

/** Text with known placeholders, of which at most one is the sequence. */
export function isAutoNumberFormat(format: string): boolean {
  const sequences = format.match(/\{SEQNUM:/g)?.length ?? 0
  return sequences <= 1 && !/[{}]/.test(format.replace(PLACEHOLDER, ''))
}

/** `number` is the place in the sequence, `now` in ms since 1970. The same input gives the same text. */
export function autoNumber(
  format: string,
  { number, now }: { readonly number: number; readonly now: number },
): string {
  return format.replace(PLACEHOLDER, (...groups: readonly string[]) => {
    const [, sequence, digits, random, length, , pattern = ''] = groups
    if (sequence) return String(number).padStart(Number(digits), '0')
    return random ? randomText(number, Number(length)) : momentText(now, pattern)
  })
}

/** The number that stands for the sequence in a text of this format. */
export function sequenceIn(format: string, text: string): number | undefined {
  const pattern = format
    .split(/(\{[^{}]+\})/)
    .map((part) => {
      if (part.startsWith('{SEQNUM')) return '(\\d+)'
      return part.startsWith('{') ? '.+' : part.replace(/[^\w\s]/g, '\\$&')
    })
    .join('')
  const digits = new RegExp(`^${pattern}$`).exec(text)?.[1]
  return digits === undefined ? undefined : Number(digits)
}

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'

function randomText(number: number, length: number): string {
  const chance = createChance(number)
  return Array.from({ length }, () => LETTERS[chance.whole(0, LETTERS.length - 1)]).join('')
}

/** The numeric parts of a .NET date format. */
function momentText(now: number, pattern: string): string {
  const date = new Date(now)
  const hour = date.getUTCHours()
  const values: Readonly<Record<string, number>> = {
    y: date.getUTCFullYear(),
    M: date.getUTCMonth() + 1,
    d: date.getUTCDate(),
    H: hour,
    h: hour % 12 || 12,
    m: date.getUTCMinutes(),
    s: date.getUTCSeconds(),
    f: date.getUTCMilliseconds(),
  }
  return pattern.replace(/y+|M+|d+|H+|h+|m+|s+|f+/g, (run) => {
    const text = String(values[run.charAt(0)])
    if (run.startsWith('f')) return text.padStart(3, '0').padEnd(run.length, '0').slice(0, run.length)
    return (run === 'yy' ? text.slice(-2) : text).padStart(run.length, '0')
  })
}

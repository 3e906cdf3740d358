import { isAscii } from 'node:buffer'
import { parseDecimal } from '../core/decimal.ts'
import { D365Error } from '../core/errors.ts'

/** One page of an OData answer: its rows, and whether another page follows. */
export interface Page {
  readonly rows: readonly Readonly<Record<string, unknown>>[]
  /** Absolute and already encoded: to be used as it is. */
  readonly nextLink: string | undefined
  /** Annotations beside the rows: count, cookies, versions. */
  readonly facts: Readonly<Record<string, unknown>>
}

export interface NumberReading {
  /** Properties that must keep every digit: decimals, money, 64-bit integers. */
  readonly exact?: readonly string[]
  /**
   * Given where there are other properties too, of related rows or aliases: their numbers come as text where they are
   * too long for a float. Default: the page has none.
   */
  readonly known?: ReadonlySet<string> | undefined
}

/**
 * Reads a page. Numbers of the properties in `exact` come as strings of their digits where one does not fit a float,
 * else as numbers: `exactDecimal` and `exactInteger` read both.
 * A body that is cut off or has no list of rows is an error, never a shorter answer.
 */
export function parsePage(page: Uint8Array | string, numbers: NumberReading = {}): Page {
  const body = parseExact(typeof page === 'string' ? page : decodeText(page), numbers)
  if (typeof body !== 'object' || body === null || !('value' in body) || !isRows(body.value))
    throw incomplete('it has no list of rows (value)')
  const { value, ...facts } = body
  const next = '@odata.nextLink' in facts ? facts['@odata.nextLink'] : undefined
  if (next !== undefined && typeof next !== 'string') throw incomplete('its nextLink is not a text')
  return { rows: value, nextLink: next, facts }
}

/** Rows alone, as a JSON list. */
export function parseRows(text: string, numbers: NumberReading): Page['rows'] {
  const rows = parseExact(text, numbers)
  if (isRows(rows)) return rows
  throw incomplete('its rows are not a list')
}

/** UTF-8 to text; plain ASCII takes a path five times as fast. */
export function decodeText(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (isAscii(buffer)) return buffer.toString('latin1')
  return buffer.toString('utf8')
}

/** How far from the end the link is looked for, in bytes: no link is longer than the longest URL. */
const TAIL_BYTES = 80_000

const NEXT_LINK = '"@odata.nextLink":"'

/**
 * The nextLink of a page before the page is parsed, so that the next request can leave at once.
 * Undefined where it is not plain to see at the end; the parsed page decides.
 */
export function peekNextLink(bytes: Uint8Array): string | undefined {
  const from = Math.max(0, bytes.byteLength - TAIL_BYTES)
  const tail = Buffer.from(bytes.buffer, bytes.byteOffset + from, bytes.byteLength - from)
  const at = tail.lastIndexOf(NEXT_LINK)
  if (at < 0) return undefined
  const rest = tail.subarray(at + NEXT_LINK.length).toString('utf8')
  const literal = /^((?:[^"\\]|\\.)*)"\s*\}\s*$/.exec(rest)?.[1]
  if (literal === undefined) return undefined
  const link = parseJson(`"${literal}"`)
  return typeof link === 'string' ? link : undefined
}

function parseExact(text: string, { exact = [], known }: NumberReading): unknown {
  const kept = keepDigits(text, exact)
  return parseJson(known === undefined ? kept : keepLongNumbers(kept, known))
}

/** Digits a float surely keeps. */
const FLOAT_DIGITS = 15

/**
 * Quotes the numbers of some properties in the text where one of them is too long for a float: then all of them come
 * as text. Safe on any JSON: an unescaped quote before the name and `":` after it are found at a property name only,
 * because quotes inside strings are escaped.
 */
export function keepDigits(text: string, properties: readonly string[]): string {
  if (properties.length === 0) return text
  const { long, any } = patternsOf(properties)
  return long.test(text) ? text.replace(any, '"$1":"$2"') : text
}

interface NumberPatterns {
  readonly long: RegExp
  readonly any: RegExp
}

/** By the list itself: a read asks for the same one again and again. */
const PATTERNS = new WeakMap<readonly string[], NumberPatterns>()

function patternsOf(properties: readonly string[]): NumberPatterns {
  const known = PATTERNS.get(properties)
  if (known) return known
  const names = properties.map((name) => name.replace(/[^\w]/g, '\\$&')).join('|')
  const patterns = {
    long: new RegExp(`"(?:${names})":\\s*-?[\\d.]{${FLOAT_DIGITS + 1}}`),
    any: new RegExp(`"(${names})":\\s*(-?\\d[\\d.eE+-]*)`, 'g'),
  }
  PATTERNS.set(properties, patterns)
  return patterns
}

/**
 * Quotes long numbers of properties of unknown type. Only names of letters, digits, `_` and `.` are looked at: such a
 * name between two quotes and before a colon is never the gap between two strings.
 */
export function keepLongNumbers(text: string, known: ReadonlySet<string>): string {
  return text.replace(LONG_NUMBER, (whole: string, name: string, number: string) =>
    known.has(name) || number.replace(/\D/g, '').length <= FLOAT_DIGITS ? whole : `"${name}":"${number}"`,
  )
}

const LONG_NUMBER = /(?<!\\)"([\w.]+)":\s*(-?\d[\d.]{15,})(?![\deE.+-])/g

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    throw incomplete('it is not complete JSON', cause)
  }
}

function isRows(value: unknown): value is readonly Readonly<Record<string, unknown>>[] {
  return Array.isArray(value)
}

function incomplete(why: string, cause?: unknown): D365Error {
  return new D365Error('RESPONSE_INVALID', `A page of rows cannot be used: ${why}.`, {
    hint: 'The answer was cut off or changed on its way. Read again; nothing of this page was used.',
    cause,
  })
}

/** A decimal of an exact property as its digits, without zeros that say nothing: the same text for the same value. */
export function exactDecimal(value: string | number): string {
  if (typeof value === 'number') return fewDecimals(value) ?? anyNumber(value)
  const digits = /e/i.test(value) ? (parseDecimal(value) ?? value) : value
  return digits.includes('.') ? digits.replace(/\.?0+$/, '') : digits
}

/**
 * Numbers of at most four decimals, which money has, five times as fast as `String`. The same text: of all numbers of
 * up to 15 digits only one is read as this float.
 */
function fewDecimals(value: number): string | undefined {
  if (value < 0 || value >= MAX_WHOLE) return undefined
  const whole = value | 0
  const part = Math.round((value - whole) * FRACTIONS.length)
  if ((whole * FRACTIONS.length + part) / FRACTIONS.length !== value) return undefined
  return `${whole}${FRACTIONS[part] ?? ''}`
}

/** Above it `| 0` turns over. */
const MAX_WHOLE = 2 ** 31

/** `''`, `.0001`, `.0002`, … `.9999`. */
const FRACTIONS: readonly string[] = Array.from({ length: 10_000 }, (_, part) =>
  part === 0 ? '' : `.${String(part).padStart(4, '0').replace(/0+$/, '')}`,
)

function anyNumber(value: number): string {
  const text = String(value)
  return text.includes('e') ? (parseDecimal(text) ?? text) : text
}

/** A 64-bit integer of an exact property. */
export function exactInteger(value: string | number): bigint {
  return BigInt(value)
}

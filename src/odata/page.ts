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

/**
 * Reads a page. Numbers of the properties in `exact` come as strings of their digits where one does not fit a float,
 * else as numbers: `exactDecimal` and `exactInteger` read both.
 * A body that is cut off or has no list of rows is an error, never a shorter answer.
 */
export function parsePage(bytes: Uint8Array, exact: readonly string[] = []): Page {
  const text = keepDigits(decodeText(bytes), exact)
  const body = parseJson(text)
  if (typeof body !== 'object' || body === null || !('value' in body) || !isRows(body.value))
    throw incomplete('it has no list of rows (value)')
  const { value, ...facts } = body
  const next = '@odata.nextLink' in facts ? facts['@odata.nextLink'] : undefined
  if (next !== undefined && typeof next !== 'string') throw incomplete('its nextLink is not a text')
  return { rows: value, nextLink: next, facts }
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

/** Digits a float surely keeps. */
const FLOAT_DIGITS = 15

/**
 * Quotes the numbers of some properties in the text where one of them is too long for a float: then all of them come
 * as text. Safe on any JSON: an unescaped quote before the name and `":` after it are found at a property name only,
 * because quotes inside strings are escaped.
 */
export function keepDigits(text: string, properties: readonly string[]): string {
  if (properties.length === 0) return text
  const names = properties.map((name) => name.replace(/[^\w]/g, '\\$&')).join('|')
  const long = new RegExp(`"(?:${names})":\\s*-?[\\d.]{${FLOAT_DIGITS + 1}}`)
  if (!long.test(text)) return text
  return text.replace(new RegExp(`"(${names})":\\s*(-?\\d[\\d.eE+-]*)`, 'g'), '"$1":"$2"')
}

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
  const text = typeof value === 'number' ? String(value) : value
  const digits = /e/i.test(text) ? (parseDecimal(text) ?? text) : text
  return digits.includes('.') ? digits.replace(/\.?0+$/, '') : digits
}

/** A 64-bit integer of an exact property. */
export function exactInteger(value: string | number): bigint {
  return BigInt(value)
}

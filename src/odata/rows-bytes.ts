import { D365Error } from '../core/errors.ts'
import { decodeText, keepDigits, type NumberReading, parsePage, peekNextLink } from './page.ts'

/** A page for a reader that parses JSON by itself: the bytes of its list of rows, cut out of the answer. */
export interface RowsBytes {
  /** A JSON list of objects in UTF-8: part of the answer's own memory where nothing in it had to change. */
  readonly rows: Uint8Array
  readonly nextLink: string | undefined
  /** What is told beside the rows: cookies, whether there are more. */
  readonly facts: () => Readonly<Record<string, unknown>>
}

const LIST = Buffer.from('"value":[')
const LINK = Buffer.from('"@odata.nextLink":"')
const [CLOSED_LIST, CLOSED_OBJECT] = [Buffer.from(']'), Buffer.from('}')]

/**
 * The marks it looks for cannot stand within a text of the answer, because quotes are escaped there. Numbers of the
 * properties in `exact` are quoted where one of them is too long for a float.
 */
export function cutRows(body: Uint8Array, { exact = [] }: NumberReading): RowsBytes {
  const page = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  const start = page.indexOf(LIST)
  const link = page.lastIndexOf(LINK)
  const end = page.lastIndexOf(CLOSED_LIST, link < 0 ? page.length : link)
  if (start < 0 || end < start || !isClosed(page))
    throw new D365Error(
      'RESPONSE_INVALID',
      'A page of rows cannot be used: it has no list of rows (value).',
      {
        hint: 'The answer was cut off or changed on its way. Run the query again.',
      },
    )
  return {
    rows: readable(page.subarray(start + LIST.length - 1, end + 1), exact),
    nextLink: peekNextLink(body),
    facts: () => {
      const [head, tail] = [page.subarray(0, start + LIST.length), page.subarray(end)]
      return parsePage(Buffer.concat([head, tail])).facts
    },
  }
}

function isClosed(page: Buffer): boolean {
  const at = page.lastIndexOf(CLOSED_OBJECT)
  return (
    at >= 0 &&
    page
      .subarray(at + 1)
      .toString('latin1')
      .trim() === ''
  )
}

function readable(rows: Buffer, exact: readonly string[]): Uint8Array {
  // One character a byte: names and digits are ASCII, and nothing is decoded that need not be.
  const text = rows.toString('latin1')
  const kept = keepDigits(text, exact)
  const bytes = kept === text ? rows : Buffer.from(kept, 'latin1')
  return ESCAPES.some((begin) => bytes.includes(begin)) ? wellFormed(bytes) : bytes
}

/** Of characters from beyond the first 65,536, halves and whole ones, and of some others: those come to no harm. */
const ESCAPES = [Buffer.from('\\ud'), Buffer.from('\\uD')]

/** Half characters, which no database takes, become replacement characters. */
function wellFormed(rows: Uint8Array): Uint8Array {
  const parsed: unknown = JSON.parse(decodeText(rows), (_name, value: unknown) =>
    typeof value === 'string' ? value.toWellFormed() : value,
  )
  return Buffer.from(JSON.stringify(parsed))
}

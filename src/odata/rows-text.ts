import { D365Error } from '../core/errors.ts'
import { decodeText, keepDigits, type NumberReading, parsePage, peekNextLink } from './page.ts'

/** A page for a reader that parses JSON by itself: the text of its list of rows, cut out of the answer. */
export interface RowsText {
  /** A JSON list of objects. */
  readonly text: string
  readonly nextLink: string | undefined
  /** What is told beside the rows: cookies, whether there are more. */
  readonly facts: () => Readonly<Record<string, unknown>>
}

const LIST = '"value":['
const LINK = '"@odata.nextLink":"'

/**
 * The marks it looks for cannot stand within a text of the answer, because quotes are escaped there. Numbers of the
 * properties in `exact` are quoted where one of them is too long for a float.
 */
export function cutRows(body: Uint8Array, { exact = [] }: NumberReading): RowsText {
  const page = decodeText(body)
  const start = page.indexOf(LIST)
  const link = page.lastIndexOf(LINK)
  const end = page.lastIndexOf(']', link < 0 ? page.length : link)
  if (start < 0 || end < start || !page.trimEnd().endsWith('}'))
    throw new D365Error(
      'RESPONSE_INVALID',
      'A page of rows cannot be used: it has no list of rows (value).',
      {
        hint: 'The answer was cut off or changed on its way. Run the query again.',
      },
    )
  return {
    text: keepDigits(page.slice(start + LIST.length - 1, end + 1), exact),
    nextLink: peekNextLink(body),
    facts: () => factsOf(`${page.slice(0, start + LIST.length)}${page.slice(end)}`),
  }
}

/** `text`: an answer whose list of rows was emptied. */
function factsOf(text: string): Readonly<Record<string, unknown>> {
  const { facts } = parsePage(text)
  return facts
}

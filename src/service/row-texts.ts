import { setImmediate as nextTurn } from 'node:timers/promises'
import { D365Error } from '../core/errors.ts'
import { readPagingCookie } from '../odata/fetch-xml.ts'
import { cutRows } from '../odata/rows-text.ts'
import { giveBack } from './give-back.ts'
import type { PageRequest } from './paging.ts'
import { readAhead } from './read-ahead.ts'
import type { Session, SessionResponse } from './session.ts'

/** Pages of a read as JSON lists, for an engine that parses them; the next page travels while one is in hand. */
export async function* readRowTexts(
  session: Session,
  { path: first, headers, numbers, signal, mostPages }: RowTextRequest,
): AsyncGenerator<RowText> {
  const stop = new AbortController()
  const stopping = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal
  const ahead = readAhead({
    fetch: async (path) => (await session.request({ method: 'GET', path, headers, signal: stopping })).body,
    mostPages,
  })
  const seen = new Set<string>()
  try {
    for (let path: string | undefined = first; path !== undefined; ) {
      seen.add(path)
      const body = await ahead.take(path)
      const bytes = body.byteLength
      const page = cutRows(body, numbers)
      if (page.nextLink !== undefined && seen.has(page.nextLink))
        throw new D365Error('RESPONSE_INVALID', 'The pages of a read go in a circle.', {
          hint: 'Run the query again; nothing of the answer was used.',
        })
      giveBack(body)
      await nextTurn()
      yield { text: page.text, bytes }
      path = page.nextLink
    }
  } finally {
    stop.abort(new D365Error('CANCELLED', 'The rest of the rows was not wanted.'))
  }
}

export interface RowTextRequest extends Pick<PageRequest, 'path' | 'headers' | 'numbers' | 'signal'> {
  /** None is fetched in advance after so many pages. */
  readonly mostPages: number
}

/** Rows of one answer. */
export interface RowText {
  /** A JSON list. */
  readonly text: string
  /** Of the whole answer. */
  readonly bytes: number
}

export interface FetchTextRequest extends Omit<RowTextRequest, 'path'> {
  /** Path of a page, given its number and the cookie of the one before. */
  readonly print: (page: { readonly page: number; readonly cookie: string | undefined }) => string
}

/** The same of FetchXML: the cookie of a page goes into the query for the next one, the page number is our own count. */
export async function* readFetchTexts(
  session: Session,
  { print, headers, numbers, signal, mostPages }: FetchTextRequest,
): AsyncGenerator<RowText> {
  const { moreRows, fetchCookie } = session.capabilities.read.annotations
  const stop = new AbortController()
  const stopping = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal
  const ask = (page: number, cookie: string | undefined): Promise<SessionResponse> =>
    session.request({ method: 'GET', path: print({ page, cookie }), headers, signal: stopping })
  try {
    let waiting: Promise<SessionResponse> | undefined = ask(1, undefined)
    for (let page = 1; waiting; page++) {
      const { body } = await waiting
      const bytes = body.byteLength
      const rows = cutRows(body, numbers)
      const facts = rows.facts()
      const more = ['true', true].some((yes) => facts[`@${moreRows}`] === yes)
      if (more && rows.text === '[]')
        throw new D365Error('RESPONSE_INVALID', `Page ${page} has no rows, and the service tells of more.`, {
          hint: 'Run the query again; nothing of the answer was used.',
        })
      giveBack(body)
      const next = (): Promise<SessionResponse> => ask(page + 1, readPagingCookie(facts[`@${fetchCookie}`]))
      waiting = more && page < mostPages ? next() : undefined
      // A failure is told to whoever takes the page.
      waiting?.catch(() => undefined)
      await nextTurn()
      yield { text: rows.text, bytes }
    }
  } finally {
    stop.abort(new D365Error('CANCELLED', 'The rest of the rows was not wanted.'))
  }
}

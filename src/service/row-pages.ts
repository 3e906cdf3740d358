import { setImmediate as nextTurn } from 'node:timers/promises'
import { D365Error } from '../core/errors.ts'
import { readPagingCookie } from '../odata/fetch-xml.ts'
import { cutRows } from '../odata/rows-bytes.ts'
import { giveBack } from './give-back.ts'
import type { PageRequest } from './paging.ts'
import { readAhead } from './read-ahead.ts'
import type { Session, SessionResponse } from './session.ts'

/** A page of a read as a JSON list, for an engine that parses it. */
export interface RowPage {
  /** UTF-8. Only until the next page is asked for: then its memory is gone. */
  readonly rows: Uint8Array
  /** Of the whole answer, unpacked. */
  readonly bytes: number
  /** Does another one follow? */
  readonly more: boolean
}

/** Pages of a read, one after the other; the next one travels while one is in hand. */
export async function* readRowPages(
  session: Session,
  { path: first, headers, numbers, signal, mostPages }: RowPagesRequest,
): AsyncGenerator<RowPage> {
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
      const { rows, nextLink } = cutRows(body, numbers)
      if (nextLink !== undefined && seen.has(nextLink))
        throw new D365Error('RESPONSE_INVALID', 'The pages of a read go in a circle.', {
          hint: 'Run the query again; nothing of the answer was used.',
        })
      await nextTurn()
      yield { rows, bytes: body.byteLength, more: nextLink !== undefined }
      giveBack(body)
      path = nextLink
    }
  } finally {
    stop.abort(new D365Error('CANCELLED', 'The rest of the rows was not wanted.'))
  }
}

export interface RowPagesRequest extends Pick<PageRequest, 'path' | 'headers' | 'numbers' | 'signal'> {
  /** None is fetched in advance after so many pages. */
  readonly mostPages: number
}

export interface FetchPagesRequest extends Omit<RowPagesRequest, 'path'> {
  /** Path of a page, given its number and the cookie of the one before. */
  readonly print: (page: { readonly page: number; readonly cookie: string | undefined }) => string
}

/** The same of FetchXML: the cookie of a page goes into the query for the next one, the page number is our own count. */
export async function* readFetchRowPages(
  session: Session,
  { print, headers, numbers, signal, mostPages }: FetchPagesRequest,
): AsyncGenerator<RowPage> {
  const { moreRows, fetchCookie } = session.capabilities.read.annotations
  const stop = new AbortController()
  const stopping = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal
  const ask = (page: number, cookie: string | undefined): Promise<SessionResponse> =>
    session.request({ method: 'GET', path: print({ page, cookie }), headers, signal: stopping })
  try {
    let waiting: Promise<SessionResponse> | undefined = ask(1, undefined)
    for (let page = 1; waiting; page++) {
      const { body } = await waiting
      const { rows, facts: told } = cutRows(body, numbers)
      const facts = told()
      const more = ['true', true].some((yes) => facts[`@${moreRows}`] === yes)
      if (more && rows.byteLength === EMPTY_LIST_BYTES)
        throw new D365Error('RESPONSE_INVALID', `Page ${page} has no rows, and the service tells of more.`, {
          hint: 'Run the query again; nothing of the answer was used.',
        })
      const next = (): Promise<SessionResponse> => ask(page + 1, readPagingCookie(facts[`@${fetchCookie}`]))
      waiting = more && page < mostPages ? next() : undefined
      // A failure is told to whoever takes the page.
      waiting?.catch(() => undefined)
      await nextTurn()
      yield { rows, bytes: body.byteLength, more: waiting !== undefined }
      giveBack(body)
    }
  } finally {
    stop.abort(new D365Error('CANCELLED', 'The rest of the rows was not wanted.'))
  }
}

/** `[]` */
const EMPTY_LIST_BYTES = 2

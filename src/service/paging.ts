import { setImmediate as nextTurn } from 'node:timers/promises'
import { D365Error } from '../core/errors.ts'
import { type FetchQuery, readPagingCookie } from '../odata/fetch-xml.ts'
import { type NumberReading, type Page, parsePage } from '../odata/page.ts'
import { printQuery } from '../odata/query.ts'
import { openPage } from '../odata/sliced-page.ts'
import { giveBack } from './give-back.ts'
import { readAhead } from './read-ahead.ts'
import type { Session, SessionResponse } from './session.ts'

/** Rows of a read, a part of a page at a time; pages are asked for in advance. The last one is known for certain. */
export interface PageRequest {
  /** First URL, relative to the service root. */
  readonly path: string
  /** Repeated on every page: the service keeps no memory of it. */
  readonly headers: Readonly<Record<string, string>>
  readonly numbers: NumberReading
  /** Have the rows no related rows within? */
  readonly flat: boolean
  /** Stop after this many rows; Infinity reads to the end. */
  readonly top: number
  readonly signal?: AbortSignal | undefined
}

export async function* readPages(session: Session, request: PageRequest): AsyncGenerator<Page['rows']> {
  const { headers, numbers, signal, top, flat } = request
  const stop = new AbortController()
  const stopping = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal
  const ahead = readAhead({
    fetch: async (path) => (await session.request({ method: 'GET', path, headers, signal: stopping })).body,
    mostPages: Math.ceil(top / pageSizeOf(headers)),
  })
  const seen = new Set<string>()
  let remaining = top
  let path: string | undefined = request.path
  try {
    while (path !== undefined) {
      seen.add(path)
      const body = await ahead.take(path)
      const { nextLink, slices } = openPage(body, numbers, { flat })
      if (nextLink !== undefined && seen.has(nextLink)) throw circle(nextLink)
      for (const rows of slices) {
        remaining -= rows.length
        await nextTurn()
        yield remaining < 0 ? rows.slice(0, remaining) : rows
        if (remaining <= 0) return
      }
      giveBack(body)
      path = nextLink
    }
  } finally {
    // A page asked for in advance and not wanted any more is not waited for.
    stop.abort(new D365Error('CANCELLED', 'The rest of the rows was not wanted.'))
  }
}

/** Rows of a full page, going by what was asked for: no request in advance that `top` makes useless. */
function pageSizeOf(headers: Readonly<Record<string, string>>): number {
  return Number(/maxpagesize=(\d+)/.exec(headers.Prefer ?? '')?.[1] ?? 1)
}

export interface FetchPageRequest {
  readonly entitySet: string
  readonly query: FetchQuery
  readonly pageSize: number
  readonly headers: Readonly<Record<string, string>>
  readonly numbers: NumberReading
  readonly signal?: AbortSignal | undefined
}

/**
 * FetchXML pages: the cookie goes into the query, the page number is our own count. The next page travels while the
 * caller is busy with the one in hand.
 */
export async function* readFetchPages(
  session: Session,
  request: FetchPageRequest,
): AsyncGenerator<Page['rows']> {
  const { entitySet, query, pageSize, headers, numbers, signal } = request
  const { moreRows, fetchCookie } = session.capabilities.read.annotations
  const stop = new AbortController()
  const stopping = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal
  const ask = (page: number, cookie?: string): Promise<SessionResponse> => {
    const fetchXml = query.withPage({ page, count: pageSize, cookie })
    return session.request({
      method: 'GET',
      path: printQuery(entitySet, { fetchXml }),
      headers,
      signal: stopping,
    })
  }
  let waiting: Promise<SessionResponse> | undefined = ask(query.page)
  try {
    for (let page = query.page; waiting; page++) {
      const parsed: Page = parsePage((await waiting).body, numbers)
      const more = ['true', true].some((yes) => parsed.facts[`@${moreRows}`] === yes)
      if (more && parsed.rows.length === 0) throw circle(`page ${page}`)
      waiting = more ? ask(page + 1, readPagingCookie(parsed.facts[`@${fetchCookie}`])) : undefined
      waiting?.catch(() => undefined)
      yield parsed.rows
    }
  } finally {
    stop.abort(new D365Error('CANCELLED', 'The rest of the rows was not wanted.'))
  }
}

function circle(where: string): D365Error {
  return new D365Error('RESPONSE_INVALID', `The pages go in a circle: ${where.slice(0, 200)} came twice.`, {
    hint: 'The rows read so far may be incomplete. Add --orderby with the primary key, or report the query to Microsoft.',
  })
}

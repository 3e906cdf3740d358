import { setImmediate as nextTurn } from 'node:timers/promises'
import { D365Error } from '../core/errors.ts'
import { type FetchQuery, readPagingCookie } from '../odata/fetch-xml.ts'
import { type Page, parsePage, peekNextLink } from '../odata/page.ts'
import { FETCH_COOKIE, MORE_ROWS, printQuery } from '../odata/query.ts'
import { get } from './batch.ts'
import type { Session, SessionResponse } from './session.ts'

/** Pages of a read, each asked for before the one in hand is parsed. The last one is known for certain. */
export interface PageRequest {
  /** First URL, relative to the service root. */
  readonly path: string
  /** Repeated on every page: the service keeps no memory of it. */
  readonly headers: Readonly<Record<string, string>>
  /** Properties whose numbers are read as text. */
  readonly exact: readonly string[]
  /** Stop after this many rows; Infinity reads to the end. */
  readonly top: number
  readonly signal?: AbortSignal | undefined
}

export async function* readPages(session: Session, request: PageRequest): AsyncGenerator<Page> {
  const { headers, exact, signal } = request
  const stop = new AbortController()
  const stopping = signal ? AbortSignal.any([signal, stop.signal]) : stop.signal
  const ask = (path: string) => get(session, { path, headers, signal: stopping })
  const seen = new Set<string>()
  let remaining = request.top
  let waiting: Promise<SessionResponse> | undefined = ask(request.path)
  try {
    while (waiting) {
      const { body } = await waiting
      const peeked = peekNextLink(body)
      waiting = peeked === undefined || remaining <= smallestPage(headers) ? undefined : ask(peeked)
      waiting?.catch(() => undefined)
      if (waiting) await onTheWire()
      const page = parsePage(body, exact)
      if (page.nextLink !== undefined && seen.has(page.nextLink)) throw circle(page.nextLink)
      if (page.nextLink !== undefined) seen.add(page.nextLink)
      remaining -= page.rows.length
      const last = remaining <= 0 || page.nextLink === undefined
      if (!last && (waiting === undefined || peeked !== page.nextLink)) waiting = ask(page.nextLink ?? '')
      if (last) waiting = undefined
      yield remaining < 0 ? { ...page, rows: page.rows.slice(0, remaining) } : page
      if (last) return
    }
  } finally {
    // A page asked for in advance and not wanted any more is not waited for.
    stop.abort(new D365Error('CANCELLED', 'The rest of the rows was not wanted.'))
  }
}

/**
 * Parsing blocks: the request in advance has to be on the wire before it begins. The transport frees its connection
 * one turn of the event loop after an answer, and writes in the next.
 */
async function onTheWire(): Promise<void> {
  await nextTurn()
  await nextTurn()
}

/** Rows the page in hand surely has, going by what was asked for: no request in advance that `top` makes useless. */
function smallestPage(headers: Readonly<Record<string, string>>): number {
  return Number(/maxpagesize=(\d+)/.exec(headers.Prefer ?? '')?.[1] ?? 0)
}

export interface FetchPageRequest {
  readonly entitySet: string
  readonly query: FetchQuery
  readonly pageSize: number
  readonly headers: Readonly<Record<string, string>>
  readonly exact: readonly string[]
  readonly signal?: AbortSignal | undefined
}

/** FetchXML pages: the cookie goes into the query, the page number is our own count. */
export async function* readFetchPages(session: Session, request: FetchPageRequest): AsyncGenerator<Page> {
  const { entitySet, query, pageSize, headers, exact, signal } = request
  let cookie: string | undefined
  for (let page = query.page; ; page++) {
    const fetchXml = query.withPage({ page, count: pageSize, cookie })
    const { body } = await get(session, { path: printQuery(entitySet, { fetchXml }), headers, signal })
    const parsed = parsePage(body, exact)
    yield parsed
    const more = parsed.facts[`@${MORE_ROWS}`]
    if (more !== true && more !== 'true') return
    cookie = readPagingCookie(parsed.facts[`@${FETCH_COOKIE}`])
    if (parsed.rows.length === 0) throw circle(`page ${page}`)
  }
}

function circle(where: string): D365Error {
  return new D365Error('RESPONSE_INVALID', `The pages go in a circle: ${where.slice(0, 200)} came twice.`, {
    hint: 'The rows read so far may be incomplete. Add --orderby with the primary key, or report the query to Microsoft.',
  })
}

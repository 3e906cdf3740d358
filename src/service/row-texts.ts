import { setImmediate as nextTurn } from 'node:timers/promises'
import { D365Error } from '../core/errors.ts'
import { cutRows } from '../odata/rows-text.ts'
import { giveBack } from './give-back.ts'
import type { PageRequest } from './paging.ts'
import { readAhead } from './read-ahead.ts'
import type { Session } from './session.ts'

/** Pages of a read as JSON lists, for an engine that parses them; the next page travels while one is in hand. */
export async function* readRowTexts(
  session: Session,
  { path: first, headers, numbers, signal, mostPages }: RowTextRequest,
): AsyncGenerator<{ readonly text: string; readonly bytes: number }> {
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

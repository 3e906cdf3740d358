import { setImmediate as nextTurn } from 'node:timers/promises'
import { peekNextLink } from '../odata/page.ts'

/**
 * Bodies of a chain of pages, each naming the next one: while one is read, the next one travels and is unpacked.
 * The link is seen in the bytes; whether it was the right one shows when the parsed page is followed.
 */
export interface ReadAhead {
  /** The body at `path`: the one fetched in advance, where the guess was right. */
  take(path: string): Promise<Uint8Array>
}

export interface ReadAheadOptions {
  readonly fetch: (path: string) => Promise<Uint8Array>
  /** After so many pages none is fetched in advance any more; those taken always are. */
  readonly mostPages: number
}

interface Fetched {
  readonly path: string
  readonly body: Uint8Array
}

export function readAhead({ fetch, mostPages }: ReadAheadOptions): ReadAhead {
  let coming: Promise<Fetched> | undefined
  let asked = 0

  const start = async (path: string): Promise<Fetched> => {
    asked++
    return { path, body: await fetch(path) }
  }

  const follow = ({ body }: Fetched): Promise<Fetched> | undefined => {
    const link = asked < mostPages ? peekNextLink(body) : undefined
    const next = link === undefined ? undefined : start(link)
    // A failure is told to whoever takes the page.
    next?.catch(() => undefined)
    return next
  }

  return {
    take: async (path) => {
      const guessed = await coming
      const taken = guessed?.path === path ? guessed : await start(path)
      coming = follow(taken)
      if (coming) await onTheWire()
      return taken.body
    },
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

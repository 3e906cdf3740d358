import { D365Error } from '../core/errors.ts'

/**
 * Items of several sources as they come, of at most `width` sources at a time. An item is good until the next is asked for.
 * The first failure is thrown. It ends all sources, whose signal then aborts.
 */
export async function* interleave<T>(
  sources: readonly ((signal: AbortSignal) => AsyncGenerator<T>)[],
  width: number,
): AsyncGenerator<T> {
  const waiting = [...sources]
  const stop = new AbortController()
  const running = new Map<AsyncGenerator<T>, Promise<Come<T>>>()
  const ask = (source: AsyncGenerator<T>): void => {
    const coming = source.next().then((result) => ({ source, result }))
    // A failure is told when it is its turn.
    coming.catch(() => undefined)
    running.set(source, coming)
  }
  const fill = (): void => {
    while (running.size < width) {
      const next = waiting.shift()
      if (!next) return
      ask(next(stop.signal))
    }
  }
  try {
    for (fill(); running.size > 0; fill()) {
      const { source, result } = await Promise.race(running.values())
      if (result.done) {
        running.delete(source)
        continue
      }
      yield result.value
      ask(source)
    }
  } finally {
    stop.abort(new D365Error('CANCELLED', 'The rest of the rows was not wanted.'))
    await Promise.allSettled([...running.keys()].map((source) => source.return(undefined)))
  }
}

interface Come<T> {
  readonly source: AsyncGenerator<T>
  readonly result: IteratorResult<T>
}

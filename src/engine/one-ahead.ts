/** The items of a source, the next of which is already under way while one is in hand. Ends the source when it is left. */
export async function* oneAhead<T>(source: AsyncGenerator<T>): AsyncGenerator<T> {
  const next = (): Promise<IteratorResult<T>> => {
    const coming = source.next()
    // A failure is told to whoever takes the item.
    coming.catch(() => undefined)
    return coming
  }
  try {
    for (let item = await next(); !item.done; ) {
      const coming = next()
      yield item.value
      item = await coming
    }
  } finally {
    await source.return(undefined)
  }
}

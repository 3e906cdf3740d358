/**
 * What a piece of work tells while it runs, as events, and what it comes to as the return value. Events wait in line
 * for a slow reader; the failure of the work comes after them. Who stops reading aborts the work.
 */
export async function* during<E, T>(
  work: (emit: (event: E) => void, signal: AbortSignal) => Promise<T>,
  outer?: AbortSignal,
): AsyncGenerator<E, T, undefined> {
  const left = new AbortController()
  const signal = outer ? AbortSignal.any([left.signal, outer]) : left.signal
  const line: E[] = []
  let wake = () => {}
  let over = false
  const emit = (event: E): void => {
    line.push(event)
    wake()
  }
  const done = work(emit, signal).finally(() => {
    over = true
    wake()
  })
  // Its failure is thrown below, or nobody is there to hear of it.
  done.catch(() => {})
  try {
    for (;;) {
      const next = line.shift()
      if (next !== undefined) yield next
      else if (over) return await done
      else
        await new Promise<void>((resolve) => {
          wake = resolve
        })
    }
  } finally {
    left.abort(new DOMException('Nobody waits for it any more.', 'AbortError'))
  }
}

/**
 * One run of `work` for all who ask at the same time. A caller that aborts leaves alone;
 * the work itself is aborted only when the last caller has left.
 */
export interface Flight<T> {
  /** Every caller left: nobody may join any more. */
  readonly abandoned: boolean
  join(signal?: AbortSignal): Promise<T>
}

export function startFlight<T>(work: (signal: AbortSignal) => Promise<T>): Flight<T> {
  const controller = new AbortController()
  const result = work(controller.signal)
  result.catch(() => {})
  let waiting = 0
  return {
    get abandoned() {
      return controller.signal.aborted
    },
    join: async (signal) => {
      signal?.throwIfAborted()
      waiting++
      try {
        return await (signal ? Promise.race([result, aborted(signal)]) : result)
      } finally {
        waiting--
        if (waiting === 0) controller.abort(signal?.reason)
      }
    },
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}

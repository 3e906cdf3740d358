import type { Http } from '../../src/core/http.ts'

/** Ends the world at the so-manyth moment: each request has one before it leaves, and one when its answer is there. */
export function axe(moment: number, onFall: () => void) {
  let seen = 0
  const fallen = new AbortController()
  const pass = async (): Promise<void> => {
    if (++seen === moment) {
      onFall()
      fallen.abort(new Error('killed'))
    }
    // Whatever else is on the way ends with the process.
    fallen.signal.throwIfAborted()
  }
  const around =
    (http: Http): Http =>
    async (request) => {
      await pass()
      const response = await http(request)
      await pass()
      return response
    }
  return { around, signal: fallen.signal, seen: () => seen }
}

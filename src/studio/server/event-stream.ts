import { printJson } from './json.ts'
import { problemOf } from './problem.ts'

/**
 * Events as they happen, as server-sent events. The last one is always `end` or `problem`: a stream that stops
 * without either was cut, and is not taken for a finished one.
 */
export function eventStream<E>(start: (signal: AbortSignal) => AsyncIterable<E>): Response {
  const left = new AbortController()
  const encoder = new TextEncoder()
  const print = (event: string, content: unknown) =>
    encoder.encode(`event: ${event}\ndata: ${printJson(content)}\n\n`)
  let source: AsyncIterator<E> | undefined
  const body = new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      try {
        source ??= start(left.signal)[Symbol.asyncIterator]()
        const next = await source.next()
        if (left.signal.aborted) return
        if (!next.done) {
          controller.enqueue(print('event', next.value))
          return
        }
        controller.enqueue(print('end', {}))
      } catch (error) {
        if (left.signal.aborted) return
        controller.enqueue(print('problem', problemOf(error)))
      }
      controller.close()
    },
    cancel: async () => {
      left.abort(new DOMException('The page went away.', 'AbortError'))
      await source?.return?.().catch(() => undefined)
    },
  })
  return new Response(body, {
    headers: { 'content-type': 'text/event-stream', 'cache-control': 'no-store' },
  })
}

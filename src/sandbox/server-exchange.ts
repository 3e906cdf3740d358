/** One exchange with a client, independent of what carries it: a socket, or a `Request` in the same process. */

export interface Incoming {
  readonly method: string
  /** Percent-encoded as it came, with its leading slash. */
  readonly path: string
  /** Without `?`. */
  readonly query: string
  readonly headers: Headers
  /** Scheme, host and port the client used. */
  readonly origin: string
  /** The other end is on this machine. */
  readonly fromLoopback: boolean
  readonly body: () => Promise<Uint8Array>
}

export type Outgoing =
  | {
      readonly kind: 'answer'
      readonly status: number
      readonly headers: readonly (readonly [name: string, value: string])[]
      readonly body: string | Uint8Array | undefined
      /** Break the connection after so many bytes of the body. */
      readonly cutAt?: number
    }
  /** Break the connection without an answer. */
  | { readonly kind: 'reset' }

/** Larger bodies are refused with 413. */
export const MAX_BODY_BYTES = 160 * 1024 * 1024

/** A body over the limit. */
export class BodyTooLarge extends Error {
  override readonly name = 'BodyTooLarge'
}

/** Longest URL outside a batch, in characters. */
export const MAX_URL_LENGTH = 32_768

export async function incomingFrom(request: Request): Promise<Incoming> {
  const { method, url, headers } = request
  const { origin, pathname } = new URL(url)
  const mark = url.indexOf('?')
  return {
    method,
    path: pathname,
    query: mark < 0 ? '' : url.slice(mark + 1).replace(/#.*$/, ''),
    headers,
    origin,
    fromLoopback: true,
    body: async () => new Uint8Array(await request.arrayBuffer()),
  }
}

export function requestFrom({ method, path, query, headers, origin }: Incoming, body: Uint8Array): Request {
  const url = `${origin}${path}${query === '' ? '' : `?${query}`}`
  const bodiless = method === 'GET' || method === 'HEAD'
  return new Request(url, { method, headers, ...(bodiless ? {} : { body: new Uint8Array(body) }) })
}

export async function outgoingFrom(response: Response): Promise<Outgoing> {
  const headers: (readonly [string, string])[] = []
  for (const [name, value] of response.headers) headers.push([name, value])
  const body = response.body === null ? undefined : new Uint8Array(await response.arrayBuffer())
  return { kind: 'answer', status: response.status, headers, body }
}

/** Throws what `fetch` throws when the connection breaks. */
export function responseFrom(outgoing: Outgoing): Response {
  if (outgoing.kind === 'reset') throw connectionReset()
  const { status, headers, body, cutAt } = outgoing
  const bodiless = status === 204 || status === 304
  const init = { status, headers: headers.map(([name, value]): [string, string] => [name, value]) }
  if (cutAt !== undefined) return new Response(cutBody(bytesOf(body), cutAt), init)
  if (bodiless || body === undefined) return new Response(null, init)
  return new Response(typeof body === 'string' ? body : new Uint8Array(body), init)
}

export function bytesOf(body: string | Uint8Array | undefined): Uint8Array {
  return typeof body === 'string' ? Buffer.from(body, 'utf8') : (body ?? new Uint8Array())
}

function cutBody(bytes: Uint8Array, cutAt: number): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      controller.enqueue(bytes.slice(0, cutAt))
      controller.error(connectionReset())
    },
  })
}

function connectionReset(): TypeError {
  const cause = Object.assign(new Error('The sandbox broke the connection on purpose.'), {
    code: 'ECONNRESET',
  })
  return new TypeError('fetch failed', { cause })
}

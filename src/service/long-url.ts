import type { Capabilities } from '../capabilities/capabilities.ts'
import { D365Error } from '../core/errors.ts'
import { newGuid } from '../core/guid.ts'
import { type HttpRequest, type HttpResponse, NetworkCause } from '../core/http.ts'
import { parseBatch, printBatch } from '../odata/multipart.ts'

/**
 * A GET whose URL is longer than the service takes travels as a batch of one. Its answer reads as that of a direct
 * GET, so that tokens, limits and retries need not know.
 */
export interface Carriage {
  readonly outgoing: HttpRequest
  readonly readAnswer: (response: HttpResponse) => HttpResponse
}

/** `request` with its headers in lower case. Throws REQUEST_REFUSED where the URL is too long for a batch as well. */
export function fitUrl(
  request: HttpRequest,
  { root, capabilities }: { readonly root: string; readonly capabilities: Capabilities },
): Carriage {
  const { maxUrlBytes, maxBatchUrlBytes } = capabilities.read
  const { pathname, search, href } = new URL(request.url)
  if (request.method !== 'GET' || href.length <= maxUrlBytes)
    return { outgoing: request, readAnswer: (response) => response }
  if (href.length > maxBatchUrlBytes)
    throw new D365Error(
      'REQUEST_REFUSED',
      `The query makes a URL of ${href.length} bytes; the service takes ${maxBatchUrlBytes}.`,
      { hint: 'Select fewer columns, or split the filter into several reads.' },
    )
  const { authorization = '', prefer, ...headers } = request.headers ?? {}
  const boundary = `batch_${newGuid()}`
  const part = {
    method: 'GET',
    path: `${pathname}${search}`,
    headers: { ...headers, ...(prefer && { prefer }) },
  }
  return {
    outgoing: {
      ...request,
      method: 'POST',
      url: `${root}$batch`,
      headers: {
        ...headers,
        ...lowerCase(capabilities.batch.continueOnError),
        authorization,
        'content-type': `multipart/mixed; boundary="${boundary}"`,
      },
      body: printBatch([part], boundary),
    },
    readAnswer: unpack,
  }
}

/** An error of the batch itself is the answer: its status is what matters. */
function unpack(response: HttpResponse): HttpResponse {
  const contentType = response.headers['content-type'] ?? ''
  if (response.status >= 300 || /^text\/html/i.test(contentType)) return response
  const [answer, ...more] = parseBatch(new TextDecoder().decode(response.body), contentType)
  if (answer && more.length === 0) return { ...answer, body: new TextEncoder().encode(answer.body) }
  throw new D365Error(
    'RESPONSE_INVALID',
    `A batch of one request was answered ${more.length + (answer ? 1 : 0)} times.`,
    {
      cause: new NetworkCause('parts are missing', { sent: true }),
    },
  )
}

function lowerCase(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
}

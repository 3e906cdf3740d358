/** One HTTP request written out inside a part of a batch. */
import type { ApiRequest } from '../../operation.ts'
import { unknownContentId, unknownSegment } from '../write-errors.ts'
import { batchError } from './batch-errors.ts'
import { linesOf, readHeaders, splitHead } from './multipart.ts'

export interface InnerRequest {
  readonly method: string
  /** As it came: absolute, from the root, relative to the service, or `$1/…`. */
  readonly url: string
  readonly headers: Headers
  readonly body: Uint8Array
}

const REQUEST_LINE = /^([A-Z]+) +(\S.*?) +HTTP\/1\.[01]$/

export function readInnerRequest(content: string): InnerRequest {
  const { head, rest } = splitHead(content.replace(/^(?:\r?\n)+/, ''))
  if (rest === undefined && !/\n$/.test(head))
    throw batchError('A request in the batch does not end with a blank line.')
  const [first = '', ...lines] = linesOf(head)
  const [, method, url] = REQUEST_LINE.exec(first.trim()) ?? []
  if (method === undefined || url === undefined)
    throw batchError(`Invalid request line '${first.slice(0, 200)}' in the batch.`)
  return {
    method,
    url: Buffer.from(url, 'latin1').toString('utf8'),
    headers: readHeaders(lines),
    body: new Uint8Array(Buffer.from(rest ?? '', 'latin1')),
  }
}

/** The request as operations take it; `$1` becomes the URL of what the request with that Content-ID made. */
export function apiRequestOf(
  { method, url, headers, body }: InnerRequest,
  contentIds: ReadonlyMap<string, string>,
): ApiRequest {
  const [path = '', ...query] = relative(resolved(url, contentIds)).split('?')
  return { method, path, query: query.join('?'), headers, body }
}

function resolved(url: string, contentIds: ReadonlyMap<string, string>): string {
  const reference = /^\/?(\$[^/?$()]+)(?=[/?]|$)/.exec(url)
  const name = reference?.[1]
  if (!reference || name === undefined || RESERVED.has(name)) return url
  const target = contentIds.get(name)
  if (target === undefined) throw unknownContentId(name)
  return target + url.slice(reference[0].length)
}

const RESERVED = new Set(['$metadata', '$batch'])

function relative(url: string): string {
  const match = /^(?:https?:\/\/[^/]+)?\/api\/data\/v\d\.\d\/(.*)$/is.exec(url)
  if (match?.[1] !== undefined) return match[1]
  if (/^(?:https?:\/)?\//i.test(url)) throw unknownSegment(url.slice(0, 200))
  return url
}

/** A `$batch` body as the list of what to run: single requests, and change sets of several. */
import type { ApiRequest } from '../../operation.ts'
import { batchError } from './batch-errors.ts'
import { type InnerRequest, readInnerRequest } from './inner-request.ts'
import { boundaryOf, type Part, readParts } from './multipart.ts'

export interface ChangeRequest {
  readonly contentId: string
  readonly request: InnerRequest
}

export type BatchItem =
  | { readonly kind: 'request'; readonly request: InnerRequest; readonly contentId: string | undefined }
  | { readonly kind: 'changeSet'; readonly requests: readonly ChangeRequest[] }

/** Requests in one batch, those in change sets counted. */
export const MAX_BATCH_REQUESTS = 1000

/** Throws 400 for what is no batch, has a batch inside, or is too large. */
export function readBatch({ headers, body }: ApiRequest): readonly BatchItem[] {
  const text = Buffer.from(body).toString('latin1')
  const parts = partsOf(text, boundaryOf(headers.get('content-type')))
  const items = parts.map(readItem)
  const count = items.reduce((sum, item) => sum + (item.kind === 'request' ? 1 : item.requests.length), 0)
  if (count > MAX_BATCH_REQUESTS) {
    throw batchError(
      `The current batch message contains too many parts. Only batch messages with a maximum number of '${MAX_BATCH_REQUESTS}' query operations, including changeset operations, are allowed.`,
    )
  }
  return items
}

function partsOf(text: string, boundary: string | undefined): readonly Part[] {
  if (boundary === undefined)
    throw batchError("The media type of a batch must be 'multipart/mixed' and name its boundary.")
  const parts = readParts(text, boundary)
  if (!parts) throw batchError(`The batch does not end with its closing boundary '--${boundary}--'.`)
  if (parts.length === 0) throw batchError('The batch has no requests.')
  return parts
}

function readItem({ headers, content }: Part): BatchItem {
  const boundary = boundaryOf(headers.get('content-type'))
  if (boundary !== undefined) {
    const requests = partsOf(content, boundary).map(readChange)
    demandUniqueIds(requests)
    return { kind: 'changeSet', requests }
  }
  demandHttp(headers)
  const request = readInnerRequest(content)
  if (/(?:^|\/)\$batch(?:$|\?)/i.test(request.url)) throw batchError('A batch cannot contain another batch.')
  return { kind: 'request', request, contentId: contentIdOf(headers, request) }
}

function readChange({ headers, content }: Part): ChangeRequest {
  demandHttp(headers)
  const request = readInnerRequest(content)
  if (!['POST', 'PUT', 'PATCH', 'DELETE'].includes(request.method)) {
    throw batchError(
      `An invalid HTTP method '${request.method}' was detected for a request in a change set. Requests in change sets only support the HTTP methods 'POST', 'PUT', 'DELETE', and 'PATCH'.`,
    )
  }
  const contentId = contentIdOf(headers, request)
  if (contentId === undefined)
    throw batchError('Content-ID header not present. Every request of a change set must have one.')
  return { contentId, request }
}

/** Some clients write it among the headers of the request instead of those of the part. */
function contentIdOf(headers: Headers, request: InnerRequest): string | undefined {
  return headers.get('content-id') ?? request.headers.get('content-id') ?? undefined
}

function demandHttp(headers: Headers): void {
  const type = headers.get('content-type')
  if (type === null || !/^\s*application\/http\b/i.test(type))
    throw batchError(`A part of the batch is of type '${type ?? ''}'; it must be 'application/http'.`)
}

function demandUniqueIds(requests: readonly ChangeRequest[]): void {
  const seen = new Set<string>()
  for (const { contentId } of requests) {
    if (seen.has(contentId)) {
      throw batchError(
        `The content ID '${contentId}' was found more than once in the same change set or same batch. Content IDs have to be unique across all operations of a change set.`,
      )
    }
    seen.add(contentId)
  }
}

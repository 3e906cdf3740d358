/** Prints the answers of a batch as the service does, line ends included. */
import { STATUS_CODES } from 'node:http'
import { newGuid } from '../../../../core/guid.ts'
import type { ApiResponse } from '../../operation.ts'

export interface PartAnswer {
  readonly response: ApiResponse
  readonly contentId?: string
}

export type ItemAnswer = PartAnswer | { readonly changeSet: readonly PartAnswer[] }

const CRLF = '\r\n'

export function batchAnswer(status: number, items: readonly ItemAnswer[]): ApiResponse {
  const boundary = `batchresponse_${newGuid()}`
  const chunks: Chunk[] = []
  for (const item of items) {
    chunks.push(`--${boundary}${CRLF}`)
    if ('changeSet' in item) chunks.push(...changeSetChunks(item.changeSet))
    else chunks.push(...partChunks(item))
  }
  chunks.push(`--${boundary}--${CRLF}`)
  return {
    status,
    headers: { 'Content-Type': `multipart/mixed; boundary=${boundary}` },
    body: joined(chunks),
  }
}

type Chunk = string | Uint8Array

function changeSetChunks(parts: readonly PartAnswer[]): readonly Chunk[] {
  const boundary = `changesetresponse_${newGuid()}`
  return [
    `Content-Type: multipart/mixed; boundary=${boundary}${CRLF}${CRLF}`,
    ...parts.flatMap((part): Chunk[] => [`--${boundary}${CRLF}`, ...partChunks(part)]),
    `--${boundary}--${CRLF}`,
  ]
}

function partChunks({ response, contentId }: PartAnswer): readonly Chunk[] {
  const { status, headers = {}, body } = response
  const location = headers['OData-EntityId']
  const lines = [
    'Content-Type: application/http',
    'Content-Transfer-Encoding: binary',
    ...(contentId === undefined ? [] : [`Content-ID: ${contentId}`]),
    '',
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    ...(status >= 400 ? [`REQ_ID: ${newGuid()}`] : []),
    ...Object.entries(headers)
      .filter(([name]) => name !== 'OData-EntityId')
      .map(([name, value]) => `${name}: ${value}`),
    ...(location === undefined ? [] : [`Location: ${location}`, `OData-EntityId: ${location}`]),
    '',
    '',
  ]
  return [lines.join(CRLF), ...(body === undefined ? [] : [body]), CRLF]
}

/** Text stays text; only a batch that reads files is bytes. */
function joined(chunks: readonly Chunk[]): string | Uint8Array {
  return chunks.every((chunk) => typeof chunk === 'string')
    ? chunks.join('')
    : new Uint8Array(Buffer.concat(chunks.map((chunk) => Buffer.from(chunk))))
}

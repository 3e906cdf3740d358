/**
 * Files by way of the column's own URL: one PATCH with all bytes, or a session of chunks that ends with the last
 * byte. DELETE empties the column.
 */
import type { ApiRequest, ApiResponse } from '../../operation.ts'
import { ApiError } from '../../operation.ts'
import { requireRow } from '../../query/index.ts'
import type { Resource } from '../../resource.ts'
import { NO_CONTENT } from '../answers.ts'
import { invalidArgument, notSupported } from '../write-errors.ts'
import { idOf, type Writing } from '../writing.ts'
import { type FilePlace, removeFile, storeFile } from './file-cell.ts'
import { CHUNK_BYTES, demandSize, MAX_SINGLE_UPLOAD_BYTES } from './file-limits.ts'
import { mimeTypeOf } from './mime-types.ts'
import { beginTransfer, endTransfer, requireTransfer } from './transfers.ts'

type Column = Extract<Resource, { kind: 'column' }>

/** An image may be written as JSON too: that is the business of plain columns. */
export function isFileColumn({ column }: Column, { method, headers }: ApiRequest): boolean {
  if (column.type === 'File') return true
  const json = /^\s*application\/json\b/i.test(headers.get('content-type') ?? '')
  return column.type === 'Image' && method !== 'DELETE' && !json
}

export function writeFileColumn(
  { table, key, column }: Column,
  request: ApiRequest,
  writing: Writing,
): ApiResponse {
  const place = { table, row: requireRow(table, key, writing), column }
  if (request.method === 'DELETE') {
    removeFile(place, writing)
    return NO_CONTENT
  }
  if (request.method !== 'PATCH' && request.method !== 'PUT') throw notSupported()
  const options = new URLSearchParams(request.query)
  // `FileContinuationToken` is its name in v9.1.
  const token = options.get('sessiontoken') ?? options.get('FileContinuationToken') ?? ''
  if (token !== '') return takeChunk(token, { place, request }, writing)
  const fileName = request.headers.get('x-ms-file-name') ?? options.get('x-ms-file-name')
  if (fileName === null || fileName === '')
    throw invalidArgument('The name of the file is missing: send it in the header x-ms-file-name.')
  if (request.headers.get('x-ms-transfer-mode')?.toLowerCase() === 'chunked')
    return beginChunks({ place, request, fileName }, writing)
  if (request.body.length >= MAX_SINGLE_UPLOAD_BYTES)
    throw new ApiError(413, '0x80044a02', 'Attachment file size is too big.')
  storeFile(place, { name: fileName, mimeType: mimeTypeOf(fileName), bytes: request.body }, writing)
  return NO_CONTENT
}

interface Upload {
  readonly place: FilePlace
  readonly request: ApiRequest
}

function beginChunks(
  { place: { table, row, column }, request, fileName }: Upload & { readonly fileName: string },
  writing: Writing,
): ApiResponse {
  writing.demand('Write', table.logicalName)
  const token = beginTransfer(writing.store, {
    table: table.logicalName,
    id: idOf(table, row),
    column: column.logicalName,
    fileName,
  })
  return {
    status: 200,
    headers: {
      Location: `${writing.root}${request.path}?sessiontoken=${encodeURIComponent(token)}`,
      'x-ms-chunk-size': String(CHUNK_BYTES),
      'Accept-Ranges': 'bytes',
      'Access-Control-Expose-Headers': 'x-ms-chunk-size; Accept-Ranges; Location',
    },
  }
}

function takeChunk(token: string, { place, request }: Upload, writing: Writing): ApiResponse {
  const transfer = requireTransfer(writing.store, token)
  const { start, end, total } = rangeOf(request)
  demandSize(total, place.column)
  const received = [...transfer.blocks.values()].reduce((sum, { length }) => sum + length, 0)
  if (start !== received)
    throw invalidArgument(`The chunk begins at byte ${start}; the next one expected begins at ${received}.`)
  transfer.blocks.set(String(start), request.body)
  if (end + 1 < total) return { status: 206 }
  const bytes = new Uint8Array(Buffer.concat([...transfer.blocks.values()]))
  const name = request.headers.get('x-ms-file-name') ?? transfer.fileName
  storeFile(place, { name, mimeType: mimeTypeOf(name), bytes }, writing)
  endTransfer(writing.store, token)
  return NO_CONTENT
}

/** `bytes 0-4194303/25870370` */
function rangeOf({ headers, body }: ApiRequest): Readonly<Record<'start' | 'end' | 'total', number>> {
  const text = headers.get('content-range') ?? ''
  const [, start, end, total] = (/^(?:bytes )?(\d+)-(\d+)\/(\d+)$/i.exec(text.trim()) ?? []).map(Number)
  if (start === undefined || end === undefined || total === undefined || end >= total)
    throw invalidArgument(
      `The header Content-Range is '${text}'; it must be like 'bytes 0-4194303/25870370'.`,
    )
  if (end - start + 1 !== body.length || body.length > CHUNK_BYTES)
    throw invalidArgument(
      `The chunk has ${body.length} bytes and says '${text}'; at most ${CHUNK_BYTES} are allowed and both must agree.`,
    )
  return { start, end, total }
}

/** GET `…/column/$value`: the bytes of a file, whole or one range of them. */
import type { ColumnDefinition, TableDefinition } from '../../../schema.ts'
import type { Store, StoredRow } from '../../../store/store.ts'
import { ApiError, type ApiRequest, type ApiResponse } from '../../operation.ts'
import { CHUNK_BYTES } from './file-limits.ts'

export interface Download {
  readonly table: TableDefinition
  readonly row: StoredRow
  /** A File or Image column. */
  readonly column: ColumnDefinition
}

/** 204 where the column is empty; 416 for a range outside the file. */
export function fileDownload(
  { row, column }: Download,
  { headers }: Pick<ApiRequest, 'headers'>,
  { store }: { readonly store: Store },
): ApiResponse {
  const id = row[column.logicalName]
  const file = typeof id === 'string' ? store.files.get(id) : undefined
  if (!file) return { status: 204 }
  const { name, mimeType, bytes } = file
  const range = rangeOf(headers, bytes.length)
  const exposed = ['x-ms-file-size', 'x-ms-file-name', ...(range ? ['x-ms-chunk-size'] : []), 'mimetype']
  return {
    status: range ? 206 : 200,
    headers: {
      'Content-Type': 'application/octet-stream',
      'x-ms-file-size': String(bytes.length),
      'x-ms-file-name': name,
      ...(range
        ? {
            'x-ms-chunk-size': String(CHUNK_BYTES),
            'Content-Range': `bytes ${range.start}-${range.end}/${bytes.length}`,
          }
        : {}),
      mimetype: mimeType,
      'Access-Control-Expose-Headers': exposed.join('; '),
    },
    body: range ? bytes.subarray(range.start, range.end + 1) : bytes,
  }
}

/** `bytes=0-4194303`, or `0-4194303/25870370` as older clients send; never more than a chunk. Else as if absent. */
function rangeOf(
  headers: Headers,
  size: number,
): { readonly start: number; readonly end: number } | undefined {
  const match = /^(?:bytes=)?(\d+)-(\d*)(?:\/\d+)?$/i.exec(headers.get('range')?.trim() ?? '')
  if (!match) return undefined
  const start = Number(match[1])
  const end = Math.min(match[2] ? Number(match[2]) : size - 1, size - 1, start + CHUNK_BYTES - 1)
  if (start > end) throw new ApiError(416, '0x80040203', `The range begins at ${start} of ${size} bytes.`)
  return { start, end }
}

/** Sizes of files and images, in bytes. */
import type { ColumnDefinition } from '../../../schema.ts'
import { ApiError } from '../../operation.ts'

/** Largest part of a chunked transfer, and what the service asks clients to send. */
export const CHUNK_BYTES = 4_194_304
/** One request may carry a file smaller than this; larger ones go in chunks. */
export const MAX_SINGLE_UPLOAD_BYTES = 134_217_728
/** Raw length of a block's id. */
export const MAX_BLOCK_ID_BYTES = 64

const KB = 1024

/** Throws where a file is larger than its column takes (`max`, in KB). */
export function demandSize(bytes: number, { max }: ColumnDefinition): void {
  if (max !== undefined && bytes > max * KB)
    throw new ApiError(400, '0x80044a02', 'Attachment file size is too big.')
}

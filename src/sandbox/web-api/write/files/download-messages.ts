/** Downloads by messages: ask for the size, then for blocks of it. */
import { isLosslessNumber } from 'lossless-json'
import { ApiError, type ApiResponse } from '../../operation.ts'
import { messageAnswer } from '../answers.ts'
import { entityParameter } from '../entity-parameter.ts'
import { type JsonObject, textMember } from '../payload/request-body.ts'
import { invalidArgument, missingRow } from '../write-errors.ts'
import { idOf, type Writing } from '../writing.ts'
import { type FilePlace, fileColumn, fileOf } from './file-cell.ts'
import { CHUNK_BYTES } from './file-limits.ts'
import { beginTransfer, requireTransfer } from './transfers.ts'

export function initializeDownload(parameters: JsonObject, writing: Writing): ApiResponse {
  const { table, row } = entityParameter(parameters, 'Target', writing)
  writing.demand('Read', table.logicalName)
  const column = fileColumn(table, textMember(parameters, 'FileAttributeName'))
  const { name, bytes } = requireFile({ table, row, column }, writing)
  const token = beginTransfer(writing.store, {
    table: table.logicalName,
    id: idOf(table, row),
    column: column.logicalName,
    fileName: name,
  })
  const members = {
    FileSizeInBytes: bytes.length,
    FileName: name,
    FileContinuationToken: token,
    IsChunkingSupported: true,
  }
  return messageAnswer('InitializeFileBlocksDownload', members, writing)
}

export function downloadBlock(parameters: JsonObject, writing: Writing): ApiResponse {
  const { store } = writing
  const transfer = requireTransfer(store, textMember(parameters, 'FileContinuationToken'))
  const table = store.table(transfer.table)
  const row = table.get(transfer.id)
  if (!row) throw missingRow(table.definition, transfer.id)
  writing.demand('Read', transfer.table)
  const place = { table: table.definition, row, column: fileColumn(table.definition, transfer.column) }
  const { bytes } = requireFile(place, writing)
  const offset = count(parameters, 'Offset')
  const length = Math.min(count(parameters, 'BlockLength'), CHUNK_BYTES)
  const block = bytes.subarray(offset, offset + length)
  return messageAnswer('DownloadBlock', { Data: Buffer.from(block).toString('base64') }, writing)
}

function requireFile(place: FilePlace, writing: Writing) {
  const file = fileOf(place, writing)
  if (file) return file
  throw new ApiError(
    404,
    '0x80040217',
    `No file attachment found for attribute: ${place.column.logicalName} EntityId: ${idOf(place.table, place.row)}.`,
  )
}

function count(parameters: JsonObject, name: string): number {
  const value = parameters[name]
  const number = isLosslessNumber(value) ? Number(value.value) : Number.NaN
  if (!Number.isSafeInteger(number) || number < 0)
    throw invalidArgument(`The parameter '${name}' must be a whole number from 0.`)
  return number
}

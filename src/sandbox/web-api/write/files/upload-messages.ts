/** Uploads by messages: begin, send blocks in any order, then say in which order they make the file. */
import type { ApiResponse } from '../../operation.ts'
import { messageAnswer, NO_CONTENT } from '../answers.ts'
import { entityParameter } from '../entity-parameter.ts'
import { isList, type JsonObject, textMember } from '../payload/request-body.ts'
import { invalidArgument, missingRow, payloadError } from '../write-errors.ts'
import { idOf, type Writing } from '../writing.ts'
import { fileColumn, storeFile } from './file-cell.ts'
import { CHUNK_BYTES, MAX_BLOCK_ID_BYTES } from './file-limits.ts'
import { beginTransfer, endTransfer, requireTransfer, type Transfer } from './transfers.ts'

export function initializeUpload(parameters: JsonObject, writing: Writing): ApiResponse {
  const { table, row } = entityParameter(parameters, 'Target', writing)
  const column = fileColumn(table, textMember(parameters, 'FileAttributeName'))
  writing.demand('Write', table.logicalName)
  const token = beginTransfer(writing.store, {
    table: table.logicalName,
    id: idOf(table, row),
    column: column.logicalName,
    fileName: textMember(parameters, 'FileName'),
  })
  return messageAnswer('InitializeFileBlocksUpload', { FileContinuationToken: token }, writing)
}

export function uploadBlock(parameters: JsonObject, { store }: Writing): ApiResponse {
  const { blocks } = requireTransfer(store, textMember(parameters, 'FileContinuationToken'))
  const id = textMember(parameters, 'BlockId')
  const bytes = new Uint8Array(Buffer.from(textMember(parameters, 'BlockData'), 'base64'))
  const idBytes = Buffer.byteLength(id, 'base64')
  if (idBytes === 0 || idBytes > MAX_BLOCK_ID_BYTES)
    throw invalidArgument(
      `A block id has ${idBytes} bytes before its base64 encoding; 1 to ${MAX_BLOCK_ID_BYTES} are allowed.`,
    )
  const [other] = blocks.keys()
  if (other !== undefined && Buffer.byteLength(other, 'base64') !== idBytes)
    throw invalidArgument('The ids of all blocks of a file must have the same length.')
  if (bytes.length > CHUNK_BYTES)
    throw invalidArgument(`A block has ${bytes.length} bytes; at most ${CHUNK_BYTES} are allowed.`)
  blocks.set(id, bytes)
  return NO_CONTENT
}

export function commitUpload(parameters: JsonObject, writing: Writing): ApiResponse {
  const { store } = writing
  const token = textMember(parameters, 'FileContinuationToken')
  const transfer = requireTransfer(store, token)
  const { definition } = store.table(transfer.table)
  const row = store.table(transfer.table).get(transfer.id)
  if (!row) throw missingRow(definition, transfer.id)
  const file = {
    name: textMember(parameters, 'FileName'),
    mimeType: textMember(parameters, 'MimeType'),
    bytes: joined(parameters, transfer),
  }
  const place = { table: definition, row, column: fileColumn(definition, transfer.column) }
  const id = storeFile(place, file, writing)
  endTransfer(store, token)
  return messageAnswer('CommitFileBlocksUpload', { FileId: id, FileSizeInBytes: file.bytes.length }, writing)
}

function joined({ BlockList: list }: JsonObject, { blocks }: Transfer): Uint8Array {
  if (!isList(list)) throw payloadError("The parameter 'BlockList' must be a list of block ids.")
  const parts = list.map((id) => {
    const block = typeof id === 'string' ? blocks.get(id) : undefined
    if (!block) throw invalidArgument('The block list names a block that was not uploaded.')
    return block
  })
  return new Uint8Array(Buffer.concat(parts))
}

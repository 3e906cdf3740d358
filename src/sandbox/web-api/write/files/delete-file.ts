/** DeleteFile: takes the file away from whichever row holds it. */
import { parseGuid } from '../../../../core/guid.ts'
import { ApiError, type ApiResponse } from '../../operation.ts'
import { NO_CONTENT } from '../answers.ts'
import { type JsonObject, textMember } from '../payload/request-body.ts'
import type { Writing } from '../writing.ts'
import { type FilePlace, removeFile } from './file-cell.ts'

export function deleteFile(parameters: JsonObject, writing: Writing): ApiResponse {
  const text = textMember(parameters, 'FileId')
  const id = parseGuid(text)
  const place = id === undefined ? undefined : holderOf(id, writing)
  if (!place) throw new ApiError(404, '0x80040217', `fileattachment With Id = ${text} Does Not Exist`)
  removeFile(place, writing)
  return NO_CONTENT
}

function holderOf(id: string, { store }: Writing): FilePlace | undefined {
  for (const table of store.schema.tables)
    for (const column of table.columns) {
      if (column.type !== 'File' && column.type !== 'Image') continue
      const [row] = store.table(table.logicalName).rowsByLookup(column.logicalName, id)
      if (row) return { table, row, column }
    }
  return undefined
}

/** Images arrive as base64 inside a row; their bytes go to the file store and the cell keeps their GUID. */
import type { TableDefinition } from '../../../schema.ts'
import type { StoredRow } from '../../../store/store.ts'
import { ApiError } from '../../operation.ts'
import { perTable } from '../per-table.ts'
import { newRowId } from '../rows/row-id.ts'
import type { Writing } from '../writing.ts'
import { demandSize } from './file-limits.ts'
import { mimeTypeOf } from './mime-types.ts'

/** The same cells with every image's base64 replaced by the GUID of its stored bytes. */
export function withStoredImages(cells: StoredRow, table: TableDefinition, writing: Writing): StoredRow {
  const images = imageColumns(table).filter(({ logicalName }) => cells[logicalName] !== undefined)
  if (images.length === 0) return cells
  const stored = { ...cells }
  for (const column of images) {
    const bytes = decoded(String(cells[column.logicalName]))
    demandSize(bytes.length, column)
    const id = newRowId(writing.now)
    const name = `${column.logicalName}.${extensionOf(bytes)}`
    writing.store.files.set(id, { name, mimeType: mimeTypeOf(name), bytes })
    stored[column.logicalName] = id
  }
  return stored
}

const imageColumns = perTable(({ columns }) => columns.filter(({ type }) => type === 'Image'))

function decoded(base64: string): Uint8Array {
  const valid = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(base64)
  if (!valid) throw new ApiError(400, '0x80072553', 'The image is not valid base64 text.')
  return new Uint8Array(Buffer.from(base64, 'base64'))
}

function extensionOf([first, second]: Uint8Array): string {
  if (first === 0xff && second === 0xd8) return 'jpg'
  if (first === 0x47 && second === 0x49) return 'gif'
  if (first === 0x42 && second === 0x4d) return 'bmp'
  return 'png'
}

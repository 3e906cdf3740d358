/** Which file a row's column holds, and putting another one there. */
import type { ColumnDefinition, TableDefinition } from '../../../schema.ts'
import type { StoredFile, StoredRow } from '../../../store/store.ts'
import { newRowId } from '../rows/row-id.ts'
import { changeStamps } from '../rows/stamps.ts'
import { payloadError } from '../write-errors.ts'
import { idOf, type Writing } from '../writing.ts'
import { demandSize } from './file-limits.ts'

export interface FilePlace {
  readonly table: TableDefinition
  readonly row: StoredRow
  readonly column: ColumnDefinition
}

/** Returns the GUID of the stored file. */
export function storeFile({ table, row, column }: FilePlace, file: StoredFile, writing: Writing): string {
  writing.demand('Write', table.logicalName)
  demandSize(file.bytes.length, column)
  const id = newRowId(writing.now)
  writing.store.files.set(id, file)
  setCell({ table, row, column }, id, writing)
  return id
}

/** Empties the column. The bytes stay: an undone transaction has to find them again. */
export function removeFile({ table, row, column }: FilePlace, writing: Writing): void {
  writing.demand('Write', table.logicalName)
  setCell({ table, row, column }, undefined, writing)
}

export function fileOf(
  { row, column }: FilePlace,
  { store }: Pick<Writing, 'store'>,
): StoredFile | undefined {
  const id = row[column.logicalName]
  return typeof id === 'string' ? store.files.get(id) : undefined
}

/** The File or Image column of this name. */
export function fileColumn({ columns, logicalName: table }: TableDefinition, name: string): ColumnDefinition {
  const column = columns.find(({ logicalName }) => logicalName === name.toLowerCase())
  if (column?.type !== 'File' && column?.type !== 'Image')
    throw payloadError(`'${name}' is no file or image column of '${table}'.`)
  return column
}

function setCell({ table, row, column }: FilePlace, id: string | undefined, writing: Writing): void {
  writing.store
    .table(table.logicalName)
    .update(idOf(table, row), { [column.logicalName]: id, ...changeStamps(table, writing) })
}

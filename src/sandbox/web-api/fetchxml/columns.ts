import type { ColumnDefinition, TableDefinition } from '../../schema.ts'
import { type ApiContext, notEmulated } from '../operation.ts'
import { fetchError } from './fetch-error.ts'

/** A column by its logical name, as FetchXML spells it. */
export function columnNamed(table: TableDefinition, name: string, { store }: ApiContext): ColumnDefinition {
  const column = store.schema.column(table.logicalName, name.toLowerCase())
  if (column && column.type !== 'Virtual') return column
  if (column?.attributeOf !== undefined)
    throw notEmulated(`the column ${name} of FetchXML outside of conditions`)
  throw fetchError(
    `'${table.logicalName}' entity doesn't contain attribute with Name = '${name}' and NameMapping = 'Logical'.`,
    '0x80041103',
  )
}

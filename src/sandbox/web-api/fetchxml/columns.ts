import type { ColumnDefinition, TableDefinition } from '../../schema.ts'
import type { ApiContext } from '../operation.ts'
import { fetchError } from './fetch-query.ts'

/** A column by its logical name, as FetchXML spells it. */
export function columnNamed(table: TableDefinition, name: string, { store }: ApiContext): ColumnDefinition {
  const column = store.schema.column(table.logicalName, name.toLowerCase())
  if (column && column.type !== 'Virtual') return column
  throw fetchError(
    `'${table.logicalName}' entity doesn't contain attribute with Name = '${name}' and NameMapping = 'Logical'.`,
    '0x80041103',
  )
}

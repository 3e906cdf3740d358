import type { ColumnDefinition, TableDefinition } from '../../schema.ts'
import type { Cell, Store, StoredRow } from '../../store/store.ts'

/**
 * Properties that rows show beside a file or image column: a file's name, an image's id, moment and address. They are
 * computed from the stored file, and so is the image itself, which the wire carries as base64.
 */
export interface DerivedColumn extends ColumnDefinition {
  readonly attributeOf: string
  readonly from: 'fileName' | 'imageId' | 'imageTimestamp' | 'imageUrl'
}

export function derivedColumns(table: TableDefinition): readonly DerivedColumn[] {
  const known = derivedByTable.get(table)
  if (known) return known
  const derived = table.columns.flatMap((column): DerivedColumn[] => {
    const of = (suffix: string, from: DerivedColumn['from'], type: ColumnDefinition['type']) =>
      derive(column, { suffix, from, type })
    if (column.type === 'File') return [of('_name', 'fileName', 'String')]
    if (column.type !== 'Image') return []
    return [
      of('_timestamp', 'imageTimestamp', 'BigInt'),
      of('_url', 'imageUrl', 'String'),
      of('id', 'imageId', 'Uniqueidentifier'),
    ]
  })
  derivedByTable.set(table, derived)
  return derived
}

const derivedByTable = new WeakMap<TableDefinition, readonly DerivedColumn[]>()

interface Derivation {
  readonly suffix: string
  readonly from: DerivedColumn['from']
  readonly type: ColumnDefinition['type']
}

function derive(column: ColumnDefinition, { suffix, from, type }: Derivation): DerivedColumn {
  const { logicalName, schemaName, label } = column
  return {
    logicalName: `${logicalName}${suffix}`,
    schemaName: `${schemaName}${suffix}`,
    label,
    type,
    required: 'None',
    create: false,
    read: true,
    update: false,
    attributeOf: logicalName,
    from,
  }
}

/** Reads cells that are not in the row as the wire shows them; undefined for all other columns. */
export function derivedReader(
  column: ColumnDefinition,
  table: TableDefinition,
  store: Store,
): ((row: StoredRow) => Cell | undefined) | undefined {
  const fileOf = (id: Cell | undefined) => (typeof id === 'string' ? store.files.get(id) : undefined)
  if (column.type === 'Image')
    return (row) => {
      const file = fileOf(row[column.logicalName])
      return file && Buffer.from(file.bytes).toString('base64')
    }
  // By name: a schema may declare such a column itself.
  const derived = derivedColumns(table).find(({ logicalName }) => logicalName === column.logicalName)
  if (!derived) return undefined
  const { attributeOf, from } = derived
  switch (from) {
    case 'fileName':
      return (row) => fileOf(row[attributeOf])?.name
    case 'imageId':
      return (row) => row[attributeOf]
    case 'imageTimestamp':
      return (row) => (row[attributeOf] === undefined ? undefined : row.versionnumber)
    case 'imageUrl':
      return (row) =>
        row[attributeOf] === undefined
          ? undefined
          : `/Image/download.aspx?Entity=${table.logicalName}&Attribute=${attributeOf}&Id=${row[table.primaryKey]}&Timestamp=${row.versionnumber}`
  }
}

import type { TableDefinition } from '../schema.ts'
import type { Schema, StoredRow } from '../store/store.ts'
import { ascendingId } from './random.ts'

/** Rows by table: those that say what the schema is, and follow it when it changes. */
export function schemaRows(schema: Schema): Readonly<Record<string, readonly StoredRow[]>> {
  return { ...messageRows(schema), ...imageRows(schema) }
}

/** Which messages the environment knows for which table: how clients learn that bulk messages are there. */
const MESSAGES = [
  'Create',
  'Update',
  'Delete',
  'CreateMultiple',
  'UpdateMultiple',
  'UpsertMultiple',
  'DeleteMultiple',
]

function messageRows(schema: Schema) {
  const messages = MESSAGES.map((name, index) => ({ sdkmessageid: ascendingId('5d000000', index + 1), name }))
  const offers = schema.tables.flatMap((table) =>
    messages
      .filter(({ name }) => offered(name, table))
      .map(({ sdkmessageid }) => ({
        sdkmessageid,
        primaryobjecttypecode: table.logicalName,
      })),
  )
  return { sdkmessage: messages, sdkmessagefilter: numbered(offers, 'sdkmessagefilterid', '5f000000') }
}

function offered(message: string, { kind, multiple }: TableDefinition): boolean {
  if (!message.endsWith('Multiple')) return kind !== 'Intersect'
  return multiple && (message !== 'DeleteMultiple' || kind === 'Elastic')
}

/** The primary image of each table that has one, and all image columns. */
function imageRows({ tables }: Schema) {
  const primary = tables.flatMap(({ logicalName, primaryImage }) =>
    primaryImage === undefined
      ? []
      : [{ parententitylogicalname: logicalName, primaryimageattribute: primaryImage }],
  )
  const all = tables.flatMap(({ logicalName, columns }) =>
    columns
      .filter(({ type }) => type === 'Image')
      .map((column) => ({
        parententitylogicalname: logicalName,
        attributelogicalname: column.logicalName,
        canstorefullimage: true,
      })),
  )
  return {
    entityimageconfig: numbered(primary, 'entityimageconfigid', '5a000000'),
    attributeimageconfig: numbered(all, 'attributeimageconfigid', '5b000000'),
  }
}

function numbered(rows: readonly StoredRow[], key: string, prefix: string): readonly StoredRow[] {
  return rows.map((row, index) => ({ ...row, [key]: ascendingId(prefix, index + 1) }))
}

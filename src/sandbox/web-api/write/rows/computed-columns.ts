/** Columns the platform fills from other columns of the same row. */
import type { TableDefinition } from '../../../schema.ts'
import type { Cell, StoredRow } from '../../../store/store.ts'
import { has } from '../writing.ts'

/** `after` is the row with all its changes. */
export function computedCells(table: TableDefinition, after: StoredRow): StoredRow {
  return {
    ...(has(table, 'firstname') && has(table, 'fullname')
      ? { fullname: joined([after.firstname, after.lastname], ' ') }
      : {}),
    ...composite(table, after, 'address1_'),
    ...composite(table, after, 'address2_'),
    ...(table.activity ? { activitytypecode: table.logicalName } : {}),
    ...(table.logicalName === 'annotation' ? attachment(after) : {}),
  }
}

/** An address as one text, in the order of the United States. */
function composite(table: TableDefinition, row: StoredRow, prefix: string): StoredRow {
  if (!has(table, `${prefix}composite`)) return {}
  const part = (name: string): Cell | undefined => row[`${prefix}${name}`]
  const region = joined([part('stateorprovince'), part('postalcode')], ' ')
  const city = joined([part('city'), region], ', ')
  return {
    [`${prefix}composite`]: joined(
      [part('line1'), part('line2'), part('line3'), city, part('country')],
      '\r\n',
    ),
  }
}

function attachment({ documentbody }: StoredRow): StoredRow {
  return typeof documentbody === 'string'
    ? { isdocument: true, filesize: Buffer.byteLength(documentbody, 'base64') }
    : { isdocument: false, filesize: 0 }
}

/** Undefined where every part is absent. */
function joined(parts: readonly (Cell | undefined)[], separator: string): string | undefined {
  return parts.filter((part) => part !== undefined).join(separator) || undefined
}

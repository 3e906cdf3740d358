/** Rows as parameters of actions: `{"accountid": "…", "@odata.type": "Microsoft.Dynamics.CRM.account"}`. */
import { parseGuid } from '../../../core/guid.ts'
import type { TableDefinition } from '../../schema.ts'
import type { StoredRow } from '../../store/store.ts'
import type { Reference } from './links/reference.ts'
import { type JsonObject, objectMember } from './payload/request-body.ts'
import { missingRow, payloadError } from './write-errors.ts'
import type { Writing } from './writing.ts'

export function entityParameter(parameters: JsonObject, name: string, writing: Writing): Reference {
  const body = objectMember(parameters, name)
  const table = typeOf(body, name, writing)
  const text = body[table.primaryKey]
  const id = typeof text === 'string' ? parseGuid(text) : undefined
  if (id === undefined)
    throw payloadError(`The parameter '${name}' does not name a row by its '${table.primaryKey}'.`)
  const row: StoredRow | undefined = writing.store.table(table.logicalName).get(id)
  if (!row) throw missingRow(table, id)
  return { table, row }
}

function typeOf(body: JsonObject, name: string, { store }: Writing): TableDefinition {
  const type = body['@odata.type']
  const table =
    typeof type === 'string'
      ? store.schema.table(type.replace(/^#?Microsoft\.Dynamics\.CRM\./, ''))
      : undefined
  if (!table) throw payloadError(`The parameter '${name}' needs an '@odata.type' that is a table.`)
  return table
}

/** PUT of an activity's parties: the list in the body takes the place of the one that was there. */
import type { ApiRequest, ApiResponse } from '../../operation.ts'
import { requireRow } from '../../query/index.ts'
import type { Resource } from '../../resource.ts'
import { NO_CONTENT } from '../answers.ts'
import { isOneToMany } from '../payload/payload.ts'
import { isList, isObject, readObject } from '../payload/request-body.ts'
import { createRow } from '../rows/create-row.ts'
import { notSupported, payloadError } from '../write-errors.ts'
import { idOf, type Writing } from '../writing.ts'
import { pointedCells } from './lookup-cells.ts'

/** The only collection that can be replaced as a whole. */
export function replaceParties(
  { table, key, relationship, related }: Extract<Resource, { kind: 'collection' }>,
  request: ApiRequest,
  writing: Writing,
): ApiResponse {
  if (related.logicalName !== 'activityparty' || !isOneToMany(relationship) || !table.activity)
    throw notSupported()
  const id = idOf(table, requireRow(table, key, writing))
  writing.demand('Write', table.logicalName)
  const { value } = readObject(request)
  if (!isList(value)) throw payloadError("The parameter 'value' must be a list of parties.")
  const parties = writing.store.table('activityparty')
  for (const party of parties.rowsByLookup(relationship.referencingColumn, id))
    parties.delete(idOf(related, party))
  const preset = pointedCells(relationship, id, writing)
  for (const body of value) {
    if (!isObject(body)) throw payloadError("The parameter 'value' must be a list of parties.")
    createRow({ table: related, body, preset }, writing)
  }
  return NO_CONTENT
}

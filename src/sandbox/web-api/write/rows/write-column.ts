/** PUT and DELETE of one property: `accounts(…)/name` with `{"value": "x"}`. */
import type { ApiRequest, ApiResponse } from '../../operation.ts'
import { requireRow } from '../../query/index.ts'
import type { Resource } from '../../resource.ts'
import { NO_CONTENT } from '../answers.ts'
import { type JsonObject, readObject } from '../payload/request-body.ts'
import { notSupported, payloadError } from '../write-errors.ts'
import type { Writing } from '../writing.ts'
import { conditionsOf, demandVersion } from './conditions.ts'
import { updateRow } from './update-row.ts'

export function writeColumn(
  { table, key, column, raw }: Extract<Resource, { kind: 'column' }>,
  request: ApiRequest,
  writing: Writing,
): ApiResponse {
  if (raw) throw notSupported()
  const row = requireRow(table, key, writing)
  demandVersion(table, row, conditionsOf(request.headers))
  updateRow({ table, row, body: { [column.logicalName]: newValue(request) } }, writing)
  return NO_CONTENT
}

function newValue(request: ApiRequest): JsonObject[string] {
  if (request.method === 'DELETE') return null
  if (request.method !== 'PUT') throw notSupported()
  const { value } = readObject(request)
  if (value === undefined) throw payloadError("The property 'value' is missing in the payload.")
  return value
}

/** What `$1` stands for after a request of a change set: the URL of the row it wrote. */
import type { TableDefinition } from '../../../schema.ts'
import type { ApiContext, ApiResponse } from '../../operation.ts'
import { relativePath } from '../links/reference.ts'
import { entityUrl } from '../writing.ts'
import type { InnerRequest } from './inner-request.ts'

/** Undefined for requests that write no single row. With a representation the row's URL is read from its body. */
export function madeUrl(
  request: InnerRequest,
  { headers = {}, body }: ApiResponse,
  context: ApiContext,
): string | undefined {
  const entityId = headers['OData-EntityId']
  if (entityId !== undefined) return entityId
  const table = tableOf(request, context)
  if (!table || typeof body !== 'string') return undefined
  const row: unknown = JSON.parse(body)
  if (typeof row !== 'object' || row === null) return undefined
  const id = new Map<string, unknown>(Object.entries(row)).get(table.primaryKey)
  return typeof id === 'string' ? entityUrl(table, id, context) : undefined
}

/** The table a request is sent to, by the set at the beginning of its URL. */
export function tableOf({ url }: InnerRequest, { store }: ApiContext): TableDefinition | undefined {
  return store.schema.tableBySet(/^[^(?/]+/.exec(relativePath(url))?.[0] ?? '')
}

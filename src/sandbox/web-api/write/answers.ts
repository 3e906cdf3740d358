/** Answers to writes: nothing but where the row is, or the row itself where the request prefers it. */
import type { TableDefinition } from '../../schema.ts'
import type { ApiContext, ApiRequest, ApiResponse } from '../operation.ts'
import { representation } from '../query/index.ts'
import { missingRow } from './write-errors.ts'
import { etagOf } from './writing.ts'

export const NO_CONTENT: ApiResponse = { status: 204 }

export interface Written {
  readonly table: TableDefinition
  readonly id: string
  /** Absolute URL of the row, in the form of key the request used. */
  readonly url: string
  /** 201 for a new row, 200 for a changed one: only a representation tells. */
  readonly status: 200 | 201
}

export function writtenAnswer(
  { table, id, url, status }: Written,
  request: Pick<ApiRequest, 'headers' | 'query'>,
  context: ApiContext,
): ApiResponse {
  const row = context.store.table(table.logicalName).get(id)
  if (!row) throw missingRow(table, id)
  const session = table.kind === 'Elastic' ? { 'x-ms-session-token': sessionToken(context) } : {}
  if (!/return\s*=\s*representation/i.test(request.headers.get('prefer') ?? ''))
    return { status: 204, headers: { ...session, 'OData-EntityId': url } }
  return {
    status,
    headers: { ...session, ETag: etagOf(row) },
    body: representation(table, row, request, context),
  }
}

/** What a reader of an elastic table sends back to read its own write: the place of the write in the log. */
export function sessionToken({ store }: ApiContext): string {
  return `240:8#${store.version}#7=-1`
}

/** `…#Microsoft.Dynamics.CRM.<name>Response`, and its members as JSON text. */
export function messageAnswer(name: string, members: object, { root }: ApiContext): ApiResponse {
  const context = `${root}$metadata#Microsoft.Dynamics.CRM.${name}Response`
  return { status: 200, body: JSON.stringify({ '@odata.context': context, ...members }) }
}

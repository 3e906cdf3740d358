import type { TableDefinition } from '../../schema.ts'
import { historyOf } from '../metadata/schema-history.ts'
import { type ApiContext, ApiError, type ApiResponse } from '../operation.ts'

/** What every answer to a read has in common. Headers that follow from `Prefer` are set by the dispatcher. */

export const JSON_HEADERS = { 'Content-Type': 'application/json; odata.metadata=minimal' } as const

export function json(body: string | Uint8Array, headers: Readonly<Record<string, string>> = {}): ApiResponse {
  return { status: 200, headers: { ...JSON_HEADERS, ...headers }, body }
}

/** Every table a query names is checked with this. */
export function demandRead(table: TableDefinition, context: ApiContext): void {
  if (table.logicalName === 'principal')
    throw new ApiError(
      405,
      '0x80040800',
      "The 'Retrieve' method does not support entities of type 'principal'.",
    )
  context.demand('Read', table.logicalName)
}

/** `globalmetadataversion`: changes with every change of the schema. */
export function metadataVersion({ store }: ApiContext): string {
  return String(historyOf(store.schema).version)
}

/** `RetrieveDuplicates`: the rows that duplicate detection takes for the same as a stored or a new one. */
import { parseGuid } from '../../core/guid.ts'
import type { TableDefinition } from '../schema.ts'
import type { Cell, StoredRow } from '../store/store.ts'
import { duplicatesOf } from './duplicates.ts'
import { missing, type Parameters, textParameter } from './functions-parameters.ts'
import { isJsonObject, type JsonObject, NAMESPACE } from './metadata/definition.ts'
import type { ApiContext, ApiResponse } from './operation.ts'
import { readSet } from './query/read-set.ts'

export function retrieveDuplicates(parameters: Parameters, context: ApiContext): ApiResponse {
  const { store } = context
  const entity = parameters.get('BusinessEntity')
  if (!isJsonObject(entity)) throw missing('BusinessEntity')
  const table = store.schema.table(
    String(entity['@odata.type'] ?? '')
      .replace(`${NAMESPACE}.`, '')
      .replace('#', ''),
  )
  if (!table) throw missing('BusinessEntity')
  const matching = store.schema.table(textParameter(parameters, 'MatchingEntityName').toLowerCase())
  if (!matching) throw missing('MatchingEntityName')
  context.demand('Read', matching.logicalName)
  // Every rule compares rows of one table.
  const found =
    matching === table ? [...duplicatesOf({ table, row: businessEntity(table, entity, context) }, store)] : []
  const { skip, take } = paging(parameters)
  const rows = found.slice(skip, skip + take)
  const request = { method: 'GET', path: '', query: '', headers: new Headers(), body: new Uint8Array() }
  return readSet({ table: matching, rows, context: matching.entitySetName }, request, context)
}

/** The stored row where one is named, under the values that are given. */
function businessEntity(table: TableDefinition, entity: JsonObject, { store }: ApiContext): StoredRow {
  const id = parseGuid(String(entity[table.primaryKey] ?? ''))
  const given: Record<string, Cell> = {}
  for (const [name, value] of Object.entries(entity)) if (typeof value === 'string') given[name] = value
  return {
    ...(id === undefined ? {} : store.table(table.logicalName).get(id)),
    ...given,
    [table.primaryKey]: id,
  }
}

const MAX_COUNT = 5000

function paging(parameters: Parameters): { readonly skip: number; readonly take: number } {
  const info = parameters.get('PagingInfo')
  if (!isJsonObject(info)) throw missing('PagingInfo')
  const take = Math.min(positive(info.Count) ?? MAX_COUNT, MAX_COUNT)
  return { skip: ((positive(info.PageNumber) ?? 1) - 1) * take, take }
}

function positive(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value > 0 ? value : undefined
}

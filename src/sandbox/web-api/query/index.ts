import {
  type ApiContext,
  ApiError,
  type ApiRequest,
  type ApiResponse,
  notEmulated,
  type Operation,
} from '../operation.ts'
import type { Resource } from '../resource.ts'
import { demandRead } from './answer.ts'
import { findRow, parseResource, requireRow } from './parse-resource.ts'
import { readColumn, readLookup, readRow, representation } from './read-row.ts'
import { countSet, type RowSet, readReferences, readSet } from './read-set.ts'
import { relatedRows } from './related.ts'

/** The reads of the Web API: GET on sets, rows, columns, lookups and collections. */
export { findRow, parseResource, representation, requireRow }

export const readOperation: Operation = (request, context) =>
  readResource(parseResource(request.path, request.query, context), request, context)

function readResource(resource: Resource, request: ApiRequest, context: ApiContext): ApiResponse {
  if (resource.kind === 'unbound')
    throw new ApiError(404, '0x8006088a', `Resource not found for the segment '${resource.name}'.`)
  demandRead(resource.table, context)
  switch (resource.kind) {
    case 'set': {
      const set: RowSet = { table: resource.table, rows: undefined, context: resource.table.entitySetName }
      return resource.count ? countSet(set, request, context) : readSet(set, request, context)
    }
    case 'row':
      return readRow(resource.table, requireRow(resource.table, resource.key, context), request, context)
    case 'column':
      return readColumn(resource, request, context)
    case 'lookup':
      return readLookup(resource, request, context)
    case 'collection':
      return readCollection(resource, request, context)
    case 'bound': {
      const cast = context.store.schema.table(resource.name) !== undefined
      throw notEmulated(
        cast
          ? `reading ${resource.table.entitySetName} as ${resource.name}`
          : `the function ${resource.name} on ${resource.table.entitySetName}`,
      )
    }
  }
}

function readCollection(
  resource: Extract<Resource, { kind: 'collection' }>,
  request: ApiRequest,
  context: ApiContext,
): ApiResponse {
  const { table, key, related, relationship, member, ref, count } = resource
  demandRead(related, context)
  const navigation =
    'collectionNavigation' in relationship ? relationship.collectionNavigation : relationship.navigation1
  const row = requireRow(table, key, context)
  const rows = relatedRows(context.store, table, navigation)?.rows(row) ?? []
  const set: RowSet = { table: related, rows, context: related.entitySetName }
  if (member) {
    const wanted = requireRow(related, member, context)
    if (!rows.includes(wanted))
      throw new ApiError(
        404,
        '0x80040217',
        `${related.logicalName} With Id = ${wanted[related.primaryKey]} Does Not Exist`,
      )
    return readRow(related, wanted, request, context)
  }
  if (ref) return readReferences(set, context)
  return count ? countSet(set, request, context) : readSet(set, request, context)
}

import type { TableDefinition } from '../../schema.ts'
import type { StoredRow } from '../../store/store.ts'
import { type ApiContext, ApiError, type ApiRequest, type ApiResponse } from '../operation.ts'
import type { Resource } from '../resource.ts'
import { fileDownload } from '../write/files/file-download.ts'
import { JSON_HEADERS, json } from './answer.ts'
import { cellWriter } from './cell-json.ts'
import { derivedReader } from './derived.ts'
import { readPreferences, readQueryString } from './options.ts'
import { requireRow, targetOf } from './parse-resource.ts'
import { propertyOf } from './paths.ts'
import { rowsOf } from './rows-of.ts'
import { projectionText, readProjection } from './select-expand.ts'
import { rowWriter } from './write-rows.ts'

/** GET of one row, of one of its columns, or of the row a lookup leads to. */
export function readRow(
  table: TableDefinition,
  row: StoredRow,
  request: ApiRequest,
  context: ApiContext,
): ApiResponse {
  const preferences = readPreferences(request.headers)
  const etag = `W/"${row.versionnumber}"`
  const known = request.headers.get('if-none-match')
  const conditional =
    table.optimisticConcurrency &&
    !readQueryString(request.query).expand &&
    preferences.annotationsText === undefined
  if (known === etag && conditional) return { status: 304, headers: { ...JSON_HEADERS, ETag: etag } }
  return json(representation(table, row, request, context), { ETag: etag })
}

/** One row as a JSON object with its context, by `$select`, `$expand` and the annotations asked for. */
export function representation(
  table: TableDefinition,
  row: StoredRow,
  { query, headers }: Pick<ApiRequest, 'query' | 'headers'>,
  context: ApiContext,
): string {
  const options = readQueryString(query)
  const projection = readProjection(options, table, context)
  const write = rowWriter({
    table,
    projection,
    preferences: readPreferences(headers),
    context,
    aliases: options.aliases,
    etag: true,
    single: true,
  })
  const about = `${context.root}$metadata#${table.entitySetName}${projectionText(projection)}/$entity`
  return `{"@odata.context":${JSON.stringify(about)},${write(row).slice(1)}`
}

export function readColumn(
  resource: Extract<Resource, { kind: 'column' }>,
  request: ApiRequest,
  context: ApiContext,
): ApiResponse {
  const { table, key, column, raw } = resource
  const row = requireRow(table, key, context)
  if (raw && (column.type === 'File' || column.type === 'Image'))
    return fileDownload({ table, row, column }, request, context)
  if (column.type === 'File' && request.headers.has('range'))
    return fileAsJson(resource, row, request, context)
  const read = derivedReader(column, table, context.store)
  const cell = read ? read(row) : row[column.logicalName]
  if (cell === undefined) return { status: 204 }
  const text = cellWriter(column)(cell)
  if (raw)
    return {
      status: 200,
      headers: { 'Content-Type': 'text/plain' },
      body: typeof cell === 'string' ? cell : text,
    }
  const about = `${context.root}$metadata#${table.entitySetName}(${row[table.primaryKey]})/${propertyOf(column)}`
  return json(`{"@odata.context":${JSON.stringify(about)},"value":${text}}`)
}

/**
 * A file asked for by range without `/$value`: base64 in JSON, as the npm package dynamics-web-api reads it.
 * Seen in that client's code, not in the documentation.
 */
function fileAsJson(
  { table, column }: Extract<Resource, { kind: 'column' }>,
  row: StoredRow,
  request: ApiRequest,
  context: ApiContext,
): ApiResponse {
  const download = fileDownload({ table, row, column }, request, context)
  if (download.body === undefined) return download
  const about = `${context.root}$metadata#${table.entitySetName}(${row[table.primaryKey]})/${column.logicalName}`
  const value = Buffer.from(download.body).toString('base64')
  const name = encodeURIComponent(download.headers?.['x-ms-file-name'] ?? '')
  return {
    ...download,
    headers: {
      ...download.headers,
      ...JSON_HEADERS,
      'Content-Disposition': `attachment; filename="${name}"`,
    },
    body: `{"@odata.context":${JSON.stringify(about)},"value":"${value}"}`,
  }
}

export function readLookup(
  resource: Extract<Resource, { kind: 'lookup' }>,
  request: ApiRequest,
  context: ApiContext,
): ApiResponse {
  const { table, key, relationship, ref } = resource
  const row = requireRow(table, key, context)
  const id = row[relationship.referencingColumn]
  const target = targetOf(row, relationship.referencingColumn, context, relationship.referencedTable)
  const polymorphic =
    relationship.lookupNavigation !== 'ownerid' && target.logicalName !== relationship.referencedTable
  const related =
    typeof id === 'string' && !polymorphic ? rowsOf(context.store, target.logicalName).get(id) : undefined
  if (!related) {
    if (id === undefined || polymorphic) return { status: 204 }
    throw new ApiError(404, '0x80040217', `${target.logicalName} With Id = ${id} Does Not Exist`)
  }
  if (!ref) return readRow(target, related, request, context)
  const body = {
    '@odata.context': `${context.root}$metadata#$ref`,
    '@odata.id': `${context.root}${target.entitySetName}(${id})`,
  }
  return json(JSON.stringify(body))
}

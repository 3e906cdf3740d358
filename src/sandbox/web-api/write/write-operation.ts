/** Everything but GET on rows: what a path and a method mean together. One request is one transaction. */
import type { ApiRequest, ApiResponse, Operation } from '../operation.ts'
import { parseResource, requireRow } from '../query/index.ts'
import type { Resource } from '../resource.ts'
import { runAction, runRowAction } from './actions.ts'
import { NO_CONTENT, writtenAnswer } from './answers.ts'
import { runBulkMessage } from './bulk/bulk-message.ts'
import { isFileColumn, writeFileColumn } from './files/file-column.ts'
import { replaceParties } from './links/activity-parties.ts'
import { writeCollectionReference, writeLookupReference } from './links/references-operation.ts'
import { readObject } from './payload/request-body.ts'
import { conditionsOf, demandVersion } from './rows/conditions.ts'
import { createRow } from './rows/create-row.ts'
import { deleteRow } from './rows/delete-row.ts'
import { patchRow } from './rows/patch-row.ts'
import { writeColumn } from './rows/write-column.ts'
import { notSupported } from './write-errors.ts'
import { entityUrl, type Writing, writingOf } from './writing.ts'

export const writeOperation: Operation = (request, context) => {
  const resource = parseResource(request.path, request.query, context)
  const writing = writingOf(request, context)
  // A bulk message on an elastic table keeps what succeeded: it has a transaction for each row.
  if (resource.kind === 'bound' && !resource.key) return runBulkMessage(resource, request, writing)
  return context.store.transaction(() => write(resource, request, writing))
}

function write(resource: Resource, request: ApiRequest, writing: Writing): ApiResponse {
  switch (resource.kind) {
    case 'set':
      return writeSet(resource, request, writing)
    case 'row':
      return writeRow(resource, request, writing)
    case 'column':
      return isFileColumn(resource, request)
        ? writeFileColumn(resource, request, writing)
        : writeColumn(resource, request, writing)
    case 'lookup':
      if (!resource.ref) throw notSupported()
      return writeLookupReference(resource, request, writing)
    case 'collection':
      if (resource.ref) return writeCollectionReference(resource, request, writing)
      if (request.method !== 'PUT' || resource.member) throw notSupported()
      return replaceParties(resource, request, writing)
    case 'bound':
      return runRowAction(resource, request, writing)
    case 'unbound':
      return runAction(resource, request, writing)
  }
}

function writeSet(
  { table, count }: Extract<Resource, { kind: 'set' }>,
  request: ApiRequest,
  writing: Writing,
): ApiResponse {
  if (request.method !== 'POST' || count) throw notSupported()
  const id = createRow({ table, body: readObject(request) }, writing)
  return writtenAnswer({ table, id, url: entityUrl(table, id, writing), status: 201 }, request, writing)
}

function writeRow(
  { table, key }: Extract<Resource, { kind: 'row' }>,
  request: ApiRequest,
  writing: Writing,
): ApiResponse {
  const conditions = conditionsOf(request.headers)
  if (request.method === 'DELETE') {
    const row = requireRow(table, key, writing)
    demandVersion(table, row, conditions)
    deleteRow({ table, row }, writing)
    return NO_CONTENT
  }
  if (request.method !== 'PATCH') throw notSupported()
  const { id, created } = patchRow({ table, key, body: readObject(request), conditions }, writing)
  const url = `${writing.root}${request.path}`
  const shaped = { headers: request.headers, query: withoutExpand(request.query) }
  return writtenAnswer({ table, id, url, status: created ? 201 : 200 }, shaped, writing)
}

/** PATCH honours `$select` and ignores `$expand`. */
function withoutExpand(query: string): string {
  return query
    .split('&')
    .filter((option) => !/^(?:\$|%24)expand=/i.test(option))
    .join('&')
}

/** `$ref`: points lookups and fills collections without touching anything else of a row. */
import type { ApiRequest, ApiResponse } from '../../operation.ts'
import { requireRow } from '../../query/index.ts'
import type { Resource } from '../../resource.ts'
import { NO_CONTENT } from '../answers.ts'
import { readObject } from '../payload/request-body.ts'
import { notSupported, payloadError } from '../write-errors.ts'
import { idOf, type Writing } from '../writing.ts'
import { linkMember, unlinkMember, updateLookup } from './link-member.ts'
import { clearedCells, lookupCells } from './lookup-cells.ts'
import { resolveReference } from './reference.ts'

type Lookup = Extract<Resource, { kind: 'lookup' }>
type Collection = Extract<Resource, { kind: 'collection' }>

/** PUT `…/primarycontactid/$ref` points, DELETE clears. */
export function writeLookupReference(
  { table, key, relationship }: Lookup,
  request: ApiRequest,
  writing: Writing,
): ApiResponse {
  const row = requireRow(table, key, writing)
  if (request.method === 'PUT') {
    const same = writing.store.schema
      .lookups(table.logicalName)
      .filter(({ lookupNavigation }) => lookupNavigation === relationship.lookupNavigation)
    const change = { relationships: same, reference: odataId(request) }
    updateLookup({ table, row }, lookupCells([change], table, writing), writing)
  } else if (request.method === 'DELETE') {
    updateLookup({ table, row }, clearedCells(relationship), writing)
  } else throw notSupported()
  return NO_CONTENT
}

/** POST `…/Account_Tasks/$ref` adds, DELETE `…/Account_Tasks(id)/$ref` or `…/$ref?$id=url` takes out. */
export function writeCollectionReference(
  { table, key, relationship, related, member }: Collection,
  request: ApiRequest,
  writing: Writing,
): ApiResponse {
  const collection = { table, id: idOf(table, requireRow(table, key, writing)), relationship }
  if (request.method === 'POST') {
    linkMember({ ...collection, reference: odataId(request) }, writing)
  } else if (request.method === 'DELETE') {
    const gone = member
      ? { table: related, row: requireRow(related, member, writing) }
      : resolveReference(idOption(request.query), writing)
    unlinkMember(collection, gone, writing)
  } else throw notSupported()
  return NO_CONTENT
}

function odataId(request: ApiRequest): string {
  const reference = readObject(request)['@odata.id']
  if (typeof reference !== 'string')
    throw payloadError("The 'odata.id' annotation of the row to associate is missing.")
  return reference
}

function idOption(query: string): string {
  const id = new URLSearchParams(query).get('$id')
  if (id === null) throw payloadError("Which row to disassociate is missing: '$id' is not in the query.")
  return id
}

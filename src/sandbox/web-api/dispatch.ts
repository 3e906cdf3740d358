/**
 * The Web API below `/api/data/vX.Y/`: which operation a request means, the headers every answer carries,
 * and errors as the service prints them. `$batch` comes back in here for its inner requests.
 */
import type { TableDefinition } from '../schema.ts'
import type { StoredRow } from '../store/store.ts'
import { type ErrorNote, errorResponse, unexpected } from './dispatch-errors.ts'
import { appliedPreferences } from './dispatch-preferences.ts'
import { callBoundFunction, callFunction, FUNCTIONS, isBoundFunction } from './functions.ts'
import { csdl } from './metadata/csdl.ts'
import { NAMESPACE } from './metadata/definition.ts'
import { DEFINITION_SETS, readDefinitions } from './metadata/definitions.ts'
import { type ChangeSchema, changesSchema, writeDefinitions } from './metadata/schema-write.ts'
import { serviceDocument } from './metadata/service-document.ts'
import { callText, decodeText, queryOptions, splitOutside } from './metadata/url-text.ts'
import { unknownName } from './not-emulated.ts'
import {
  type ApiContext,
  ApiError,
  type ApiRequest,
  type ApiResponse,
  notEmulated,
  type Operation,
} from './operation.ts'
import type { Resource, RowKey } from './resource.ts'

/** Tells the trace what went wrong; never what the data was. */
export type NoteError = (note: ErrorNote) => void

/** What the folders of reads and writes provide. */
export interface RowOperations {
  readonly read: Operation
  readonly write: Operation
  readonly batch: (request: ApiRequest, context: ApiContext, run: Operation) => ApiResponse
  readonly parseResource: (path: string, query: string, context: ApiContext) => Resource
  /** Puts a changed schema in place, rows and all. */
  readonly changeSchema: ChangeSchema
  readonly findRow: (table: TableDefinition, key: RowKey, context: ApiContext) => StoredRow | undefined
}

export type Dispatch = (request: ApiRequest, context: ApiContext, note: NoteError) => ApiResponse

/** The returned function never throws: a failure is an answer. */
export function createDispatch(rows: RowOperations): Dispatch {
  const answer = (
    request: ApiRequest,
    context: ApiContext,
    { note, inBatch }: Circumstances,
  ): ApiResponse => {
    try {
      const run: Operation = (inner, innerContext) => answer(inner, innerContext, { note, inBatch: true })
      return withHeaders(request, route({ request, context, rows, run, inBatch }))
    } catch (error) {
      const failure = error instanceof ApiError ? error : unexpected(error)
      note({ code: failure.code, status: failure.status, message: failure.message, error })
      return withHeaders(request, errorResponse(failure, request.headers))
    }
  }
  return (request, context, note) => answer(request, context, { note, inBatch: false })
}

interface Circumstances {
  readonly note: NoteError
  readonly inBatch: boolean
}

interface Call {
  readonly request: ApiRequest
  readonly context: ApiContext
  readonly rows: RowOperations
  readonly run: Operation
  readonly inBatch: boolean
}

function route(call: Call): ApiResponse {
  const { request, context, rows, run } = call
  const { method, path } = request
  refuseMetadataLevels(request.headers)
  const first = firstSegment(path)
  if (path === '') return onlyGet(method, () => serviceDocument(context.store.schema, context.root))
  if (path === '$metadata') return onlyGet(method, () => metadataDocument(request, context))
  if (path === '$batch') {
    if (method !== 'POST') throw notAllowed(method)
    return rows.batch(request, context, run)
  }
  if (changesSchema(method, first)) {
    if (call.inBatch) throw notEmulated('changes of the schema inside $batch')
    return writeDefinitions(request, context, rows.changeSchema)
  }
  if (first === 'ManagedPropertyDefinitions') throw notEmulated(first)
  if (DEFINITION_SETS.includes(first)) {
    return readDefinitions(request, { schema: context.store.schema, root: context.root })
  }
  if (method === 'GET') return read(call, first)
  if (FUNCTIONS.has(first)) throw notAllowed(method)
  if (method === 'POST' || method === 'PATCH' || method === 'PUT' || method === 'DELETE') {
    return rows.write(request, context)
  }
  throw notAllowed(method)
}

function read({ request, context, rows }: Call, first: string): ApiResponse {
  if (context.store.schema.tableBySet(first))
    return readBound(request, context, rows) ?? rows.read(request, context)
  const segments = splitOutside(request.path, '/').map(decodeText)
  const { name, inner } = callText(segments[0] ?? '')
  const call = { name, inline: inner ?? '', query: request.query }
  const response = segments.length === 1 ? callFunction(call, context) : undefined
  if (response) return response
  throw unknownName(name)
}

/** `systemusers(…)/Microsoft.Dynamics.CRM.RetrievePrincipalAccess(…)`. */
function readBound(request: ApiRequest, context: ApiContext, rows: RowOperations): ApiResponse | undefined {
  if (!request.path.includes(NAMESPACE)) return undefined
  const last = decodeText(splitOutside(request.path, '/').at(-1) ?? '')
  if (!isBoundFunction(callText(last).name.slice(NAMESPACE.length + 1))) return undefined
  const resource = rows.parseResource(request.path, request.query, context)
  if (resource.kind !== 'bound' || !resource.key) return undefined
  const row = rows.findRow(resource.table, resource.key, context)
  if (!row) {
    throw new ApiError(404, '0x80040217', `${resource.table.logicalName} with the given key Does Not Exist`)
  }
  const call = { name: resource.name, inline: resource.parameters, query: request.query }
  return callBoundFunction(call, { table: resource.table, row }, context)
}

function metadataDocument({ query, headers }: ApiRequest, { store }: ApiContext): ApiResponse {
  const asked = queryOptions(query).get('annotations') === 'true'
  const preferred = /odata\.include-annotations\s*=\s*"?\*/.test(headers.get('prefer') ?? '')
  return {
    status: 200,
    headers: { 'Content-Type': 'application/xml' },
    body: csdl(store.schema, { annotations: asked || preferred }),
  }
}

/** `accounts` of `accounts(…)/name`. */
function firstSegment(path: string): string {
  const end = path.search(/[/(]/)
  return end < 0 ? path : path.slice(0, end)
}

function onlyGet(method: string, answer: () => ApiResponse): ApiResponse {
  if (method !== 'GET') throw notAllowed(method)
  return answer()
}

function notAllowed(method: string): ApiError {
  return new ApiError(405, '0x8006088a', `The requested resource does not support http method '${method}'.`)
}

/** The sandbox prints minimal metadata only. */
function refuseMetadataLevels(headers: Headers): void {
  const level = /odata\.metadata=(full|none)/i.exec(headers.get('accept') ?? '')?.[1]
  if (level) throw notEmulated(`odata.metadata=${level.toLowerCase()}`)
}

const JSON_TYPE = 'application/json; odata.metadata=minimal'

function withHeaders(request: ApiRequest, response: ApiResponse): ApiResponse {
  const own = response.headers ?? {}
  const applied = 'Preference-Applied' in own ? undefined : appliedPreferences(request, response)
  return {
    ...response,
    headers: {
      ...(response.body === undefined ? {} : { 'Content-Type': JSON_TYPE }),
      'OData-Version': '4.0',
      ...(applied === undefined ? {} : { 'Preference-Applied': applied }),
      ...own,
    },
  }
}

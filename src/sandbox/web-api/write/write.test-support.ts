import { createSeededStore } from '../../seed/index.ts'
import { SEED_USER } from '../../seed/owner.ts'
import { ROOT_BUSINESS_UNIT } from '../../seed/people.ts'
import type { MemoryStore } from '../../store/memory-store.ts'
import type { StoredRow } from '../../store/store.ts'
import { createDispatch } from '../dispatch.ts'
import { type ApiContext, ApiError, type ApiResponse } from '../operation.ts'
import { findRow, parseResource, readOperation } from '../query/index.ts'
import { batchOperation, writeOperation } from './index.ts'

/** The whole Web API over an environment without customers, called without HTTP. */
export interface TestApi {
  readonly store: MemoryStore
  /** Tables on which writes are refused. */
  readonly forbidden: Set<string>
  ask(method: string, path: string, asked?: Asked): Answer
  /** The only row, or the row with this id. */
  row(table: string, id?: string): StoredRow
  /** Makes a row and returns its id. */
  make(set: string, body: object): string
}

export interface Asked {
  /** An object is sent as JSON, text and bytes as they are. */
  readonly body?: object | string | Uint8Array
  readonly headers?: Readonly<Record<string, string>>
  readonly query?: string
  readonly caller?: Partial<ApiContext['caller']>
}

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: ApiResponse['body']
  readonly code: string
  readonly message: string
}

export const ROOT = 'https://org.crm.dynamics.com/api/data/v9.2/'
export const NOW = Date.UTC(2026, 2, 1, 12)
export const NOW_TEXT = '2026-03-01T12:00:00Z'
export { SEED_USER }

export function testApi(): TestApi {
  const store = createSeededStore({ empty: true })
  const forbidden = new Set<string>()
  const dispatch = createDispatch({
    read: readOperation,
    write: writeOperation,
    batch: batchOperation,
    parseResource,
    findRow,
    changeSchema: () => {},
  })
  const ask: TestApi['ask'] = (method, path, { body, headers = {}, query = '', caller = {} } = {}) => {
    const context: ApiContext = {
      store,
      root: ROOT,
      now: NOW,
      caller: {
        userId: SEED_USER,
        actualUserId: SEED_USER,
        businessUnitId: ROOT_BUSINESS_UNIT,
        ...caller,
      },
      demand: (privilege, table) => {
        if (privilege !== 'Read' && forbidden.has(table))
          throw new ApiError(403, '0x80040220', `${privilege} ${table}`)
      },
    }
    const request = {
      method,
      path,
      query,
      headers: new Headers({ ...contentType(body), ...headers }),
      body: bytesOf(body),
    }
    const response = dispatch(request, context, ({ error }) => {
      if (!(error instanceof ApiError)) throw error
    })
    return { headers: {}, ...response, body: response.body, ...errorOf(response) }
  }
  return {
    store,
    forbidden,
    ask,
    row: (table, id) => {
      const rows = store.table(table).rowsByKey()
      const row = id === undefined ? rows[0] : store.table(table).get(id)
      if (!row || (id === undefined && rows.length > 1))
        throw new Error(`${table} ${id ?? ''}: ${rows.length} rows`)
      return row
    },
    make: (set, body) => idIn(ask('POST', set, { body })),
  }
}

/** The GUID in the OData-EntityId of an answer. */
export function idIn({ headers, status, message }: Answer): string {
  const id = /\(([0-9a-f-]{36})/.exec(headers['OData-EntityId'] ?? '')?.[1]
  if (id === undefined) throw new Error(`no OData-EntityId: ${status} ${message}`)
  return id
}

export function jsonIn({ body }: Answer): Readonly<Record<string, unknown>> {
  const value: unknown = JSON.parse(textIn({ body }))
  return typeof value === 'object' && value !== null ? Object.fromEntries(Object.entries(value)) : {}
}

export function textIn({ body }: Pick<Answer, 'body'>): string {
  return typeof body === 'string' ? body : new TextDecoder().decode(body)
}

function contentType(body: Asked['body']): Readonly<Record<string, string>> {
  return typeof body === 'object' && !(body instanceof Uint8Array)
    ? { 'content-type': 'application/json' }
    : {}
}

function bytesOf(body: Asked['body']): Uint8Array {
  if (body instanceof Uint8Array) return body
  return new TextEncoder().encode(typeof body === 'object' ? JSON.stringify(body) : (body ?? ''))
}

function errorOf({ status, body }: ApiResponse): { readonly code: string; readonly message: string } {
  if (status < 400 || typeof body !== 'string' || !body.startsWith('{')) return { code: '', message: '' }
  const { error } = JSON.parse(body)
  return { code: error.code, message: error.message }
}

import type { Store } from '../store/store.ts'

/**
 * One operation of the Web API: a request in, an answer out. The server has already authenticated the caller,
 * counted the limits and applied faults; a `$batch` calls operations with the inner requests.
 */
export interface ApiRequest {
  readonly method: string
  /** Below `/api/data/vX.Y/`, percent-encoded as it came, without the query: `accounts(…)/name`. */
  readonly path: string
  /** The raw query string without `?`, still encoded. */
  readonly query: string
  readonly headers: Headers
  readonly body: Uint8Array
}

export interface ApiContext {
  readonly store: Store
  readonly caller: Caller
  /** Absolute service root of this request with its version and trailing slash, for contexts and links. */
  readonly root: string
  /** ms since 1970; injected. */
  readonly now: number
  /** Rows one aggregate may run over. Default 50,000. */
  readonly aggregateRows?: number
  /** Throws ApiError 403 when the caller lacks the privilege. */
  readonly demand: (privilege: Privilege, table: string) => void
  /** State shared by the requests of one change set: `$1` to the entity URL it made. */
  readonly contentIds?: Map<string, string>
}

export type Privilege = 'Create' | 'Read' | 'Write' | 'Delete' | 'Append' | 'AppendTo'

export interface Caller {
  /** systemuserid on whose behalf the request runs (the impersonated user where there is one). */
  readonly userId: string
  /** systemuserid that signed in. */
  readonly actualUserId: string
  readonly businessUnitId: string
}

export interface ApiResponse {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  /** Text is sent as UTF-8. Undefined: no body. */
  readonly body?: string | Uint8Array
}

export type Operation = (request: ApiRequest, context: ApiContext) => ApiResponse

/** An answer that is an error of the Web API. */
export class ApiError extends Error {
  override readonly name = 'ApiError'
  readonly status: number
  /** Hexadecimal code such as `0x80040217`. */
  readonly code: string
  constructor(status: number, code: string, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

/** What the sandbox does not emulate: refused loudly with 501 and noted in the trace. */
export function notEmulated(feature: string): ApiError {
  return new ApiError(501, '0x80040219', `The sandbox does not emulate ${feature}.`)
}

/**
 * Reads URLs into what a query module needs. Implemented by the query folder (`query/resource.ts`):
 * which table or row a path means, for reads and writes alike.
 */
export interface ResourcePath {
  /** Logical name of the table addressed by the whole path. */
  readonly table: string
  /** The row, when the path addresses one. */
  readonly id?: string
}

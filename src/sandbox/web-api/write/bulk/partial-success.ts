/** Rows of an elastic table, one by one: what succeeds stays, and an error lists what did not. */
import { ApiError, type ApiRequest, type ApiResponse } from '../../operation.ts'
import type { Writing } from '../writing.ts'
import type { Target } from './targets.ts'

interface Failure {
  readonly index: number
  readonly id: string
  readonly error: ApiError
}

export interface Outcome {
  readonly ids: readonly string[]
  /** The answer, where any row failed. */
  readonly refusal?: ApiResponse
}

export function runEach(
  targets: readonly Target[],
  apply: (target: Target) => string,
  { request, writing }: { readonly request: ApiRequest; readonly writing: Writing },
): Outcome {
  const ids: string[] = []
  const failures: Failure[] = []
  targets.forEach((target, index) => {
    try {
      ids.push(writing.store.transaction(() => apply(target)))
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      failures.push({ index, id: target.key?.by === 'id' ? target.key.id : '', error })
    }
  })
  const [first] = failures
  return first ? { ids, refusal: refusalOf(first, failures, request) } : { ids }
}

const DETAILS = '@Microsoft.PowerApps.CDS.ErrorDetails.Plugin.BulkApiErrorDetails'

function refusalOf({ error }: Failure, failures: readonly Failure[], { headers }: ApiRequest): ApiResponse {
  const details = failures.map(({ index, id, error: { status } }) => ({
    RequestIndex: index,
    Id: id,
    StatusCode: status,
  }))
  const { status, code, message } = error
  return {
    status,
    body: JSON.stringify({
      error: { code, message, ...(wantsDetails(headers) ? { [DETAILS]: JSON.stringify(details) } : {}) },
    }),
  }
}

function wantsDetails(headers: Headers): boolean {
  const list = /odata\.include-annotations\s*=\s*"?([^";]*)/i.exec(headers.get('prefer') ?? '')?.[1] ?? ''
  return list
    .split(',')
    .some((name) =>
      ['*', 'Microsoft.PowerApps.CDS.*', 'Microsoft.PowerApps.CDS.ErrorDetails*'].includes(name.trim()),
    )
}

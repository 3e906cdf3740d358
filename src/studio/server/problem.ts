import { ERROR_CODES, type ErrorCode, type Fault, ServiceError, toD365Error } from '../../core/errors.ts'
import { redact } from '../../core/redact.ts'

/** A failure as the browser gets it: what happened, what to do next, and whose turn it is. */
export interface Problem {
  readonly code: ErrorCode
  readonly fault: Fault
  readonly message: string
  readonly hint?: string
  /** Of a SQL statement: characters before the place. */
  readonly position?: number
  /** Service or AADSTS code. */
  readonly serviceCode?: string
  /** What Microsoft support asks for. */
  readonly requestId?: string
}

export function problemOf(error: unknown): Problem {
  const failure = toD365Error(error)
  const { code, message, hint, position } = failure
  return {
    code,
    fault: ERROR_CODES[code].fault,
    message: redact(message),
    ...(hint === undefined ? {} : { hint: redact(hint) }),
    ...(position === undefined ? {} : { position }),
    ...(failure instanceof ServiceError
      ? {
          ...(failure.serviceCode === '' ? {} : { serviceCode: failure.serviceCode }),
          ...(failure.requestId === undefined ? {} : { requestId: failure.requestId }),
        }
      : {}),
  }
}

export function problemResponse(error: unknown): Response {
  const problem = problemOf(error)
  return Response.json(problem, {
    status: ERROR_CODES[problem.code].httpStatus,
    headers: { 'content-type': 'application/problem+json' },
  })
}

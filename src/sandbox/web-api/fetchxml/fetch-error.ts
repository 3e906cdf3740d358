import { ApiError } from '../operation.ts'

/** Errors of the FetchXML reader. */
export function fetchError(message: string, code = '0x80040203'): ApiError {
  return new ApiError(400, code, message)
}

import { ApiError } from '../../operation.ts'

/** A batch that cannot be read, or breaks a rule of batches: refused as a whole, before anything runs. */
export function batchError(message: string): ApiError {
  return new ApiError(400, '0x80060888', message)
}

import { isLosslessNumber, type LosslessNumber, parse } from 'lossless-json'
import { ApiError, type ApiRequest } from '../../operation.ts'
import { payloadError } from '../write-errors.ts'

/** JSON as it was written: numbers keep their digits, so that money and int64 do not pass through a float. */
export type JsonValue = null | boolean | string | LosslessNumber | readonly JsonValue[] | JsonObject
export interface JsonObject {
  readonly [name: string]: JsonValue
}

/** The object a request carries. Throws 415 for another media type, 400 for anything that is not a JSON object. */
export function readObject(request: ApiRequest): JsonObject {
  demandJson(request)
  const value = readJson(new TextDecoder().decode(request.body))
  if (!isObject(value)) throw payloadError('A JSON object was expected as the content of the request.')
  return value
}

export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !isList(value) && !isLosslessNumber(value)
}

export function isList(value: JsonValue | undefined): value is readonly JsonValue[] {
  return Array.isArray(value)
}

/** A member that has to be text. */
export function textMember(body: JsonObject, name: string): string {
  const value = body[name]
  if (typeof value !== 'string') throw payloadError(`The parameter '${name}' must be a string.`)
  return value
}

export function objectMember(body: JsonObject, name: string): JsonObject {
  const value = body[name]
  if (!isObject(value)) throw payloadError(`The parameter '${name}' must be an object.`)
  return value
}

function demandJson({ headers }: ApiRequest): void {
  const type = headers.get('content-type')
  if (type !== null && /^\s*application\/json\b/i.test(type)) return
  throw new ApiError(
    415,
    '0x80060888',
    type === null
      ? "The request contains an entity body but no Content-Type header. The inferred media type 'application/octet-stream' is not supported for this resource."
      : `The request entity's media type '${type.split(';')[0]?.trim()}' is not supported for this resource.`,
  )
}

function readJson(text: string): JsonValue {
  let value: unknown
  try {
    value = parse(text.replace(/^\uFEFF/, ''))
  } catch (error) {
    throw payloadError(error instanceof Error ? error.message : 'The content is not JSON.')
  }
  if (!isJson(value)) throw payloadError('The content is not JSON.')
  return value
}

function isJson(value: unknown): value is JsonValue {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return true
  if (isLosslessNumber(value)) return true
  if (Array.isArray(value)) return value.every(isJson)
  return typeof value === 'object' && Object.values(value).every(isJson)
}

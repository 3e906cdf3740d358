import { D365Error } from '../core/errors.ts'
import { decodeText, keepDigits } from '../odata/page.ts'

/** Safe steps into JSON of unknown shape. */
export type JsonObject = Readonly<Record<string, unknown>>

export function objectOf(value: unknown): JsonObject {
  return isObject(value) ? value : {}
}

export function listOf(value: unknown): readonly JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : []
}

export function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

export function numberOf(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined
}

/** Metadata of the service. Numbers of the properties in `exact` may come as text: they do not fit a float. */
export function parseMetadata(bytes: Uint8Array, exact: readonly string[] = []): JsonObject {
  try {
    const value: unknown = JSON.parse(keepDigits(decodeText(bytes), exact))
    if (isObject(value)) return value
  } catch (cause) {
    throw unusable('it is not complete JSON', cause)
  }
  throw unusable('it is not an object')
}

/** Metadata that is a list. One without `value` is an error, never an empty list. */
export function parseMetadataList(bytes: Uint8Array): readonly JsonObject[] {
  const { value } = parseMetadata(bytes)
  if (Array.isArray(value)) return listOf(value)
  throw unusable('it has no list (value)')
}

function unusable(why: string, cause?: unknown): D365Error {
  return new D365Error('RESPONSE_INVALID', `Metadata of the service cannot be used: ${why}.`, {
    hint: 'The answer was cut off or changed on its way. Try again.',
    cause,
  })
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

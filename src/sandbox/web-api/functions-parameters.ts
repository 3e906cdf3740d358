/** Parameters of a function call: inline, or by alias (`F(A=@p1)?@p1=…`), as JSON values. */

import type { Json } from './metadata/definition.ts'
import { queryOptions, splitOutside, unquote } from './metadata/url-text.ts'
import { ApiError } from './operation.ts'

export type Parameters = ReadonlyMap<string, Json>

/** `inline` is the decoded text between the brackets; `query` is still encoded. */
export function functionParameters(inline: string, query: string): Parameters {
  const options = queryOptions(query)
  const parameters = new Map<string, Json>()
  for (const part of splitOutside(inline, ',')) {
    const equals = part.indexOf('=')
    if (equals < 0) {
      if (part.trim() === '') continue
      throw new ApiError(400, '0x80060888', `The parameter '${part.trim()}' has no value.`)
    }
    const name = part.slice(0, equals).trim()
    const value = part.slice(equals + 1).trim()
    parameters.set(name, value.startsWith('@') ? aliased(value, options) : parameterValue(value))
  }
  return parameters
}

function aliased(alias: string, options: ReadonlyMap<string, string>): Json {
  const text = options.get(alias)
  if (text === undefined)
    throw new ApiError(400, '0x80060888', `The parameter alias '${alias}' has no value in the query.`)
  return parameterValue(text.trim())
}

/** A literal: quoted text, number, true, false, null, enumeration member, GUID, or JSON (also with single quotes). */
export function parameterValue(text: string): Json {
  if (text === 'null') return null
  if (text === 'true' || text === 'false') return text === 'true'
  if (/^-?\d+(\.\d+)?$/.test(text)) return Number(text)
  const member = /^Microsoft\.Dynamics\.CRM\.\w+('.*')$/.exec(text)?.[1]
  const quoted = unquote(member ?? text)
  if (quoted !== undefined) return quoted
  if (text.startsWith('{') || text.startsWith('[')) return lenientJson(text)
  return text
}

function lenientJson(text: string): Json {
  for (const candidate of [text, text.replace(/'((?:[^'\\]|''|\\.)*)'/g, doubleQuoted)]) {
    try {
      const value: unknown = JSON.parse(candidate)
      if (isJson(value)) return value
    } catch {
      // The next spelling may be the right one.
    }
  }
  throw new ApiError(400, '0x80060888', `The parameter value ${text} isn't valid JSON.`)
}

function doubleQuoted(_: string, inner: string): string {
  return JSON.stringify(inner.replaceAll("''", "'"))
}

export function isJson(value: unknown): value is Json {
  if (value === null || ['string', 'number', 'boolean'].includes(typeof value)) return true
  if (Array.isArray(value)) return value.every(isJson)
  return typeof value === 'object' && value !== null && Object.values(value).every(isJson)
}

/** A text parameter; 400 when it is missing or something else. */
export function textParameter(parameters: Parameters, name: string): string {
  const value = parameters.get(name)
  if (typeof value !== 'string') throw missing(name)
  return value
}

export function missing(name: string): ApiError {
  return new ApiError(400, '0x80060888', `The parameter '${name}' is missing or has the wrong type.`)
}

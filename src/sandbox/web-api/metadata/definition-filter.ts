/**
 * `$filter` on metadata: comparisons of primitive, enumeration and managed-property values with `and`, `or`, `not`.
 * Functions are refused, as the service refuses them on metadata.
 */
import { ApiError } from '../operation.ts'
import { type Definition, isJsonObject, type Json } from './definition.ts'
import { unquote } from './url-text.ts'

export type DefinitionTest = (definition: Definition) => boolean

/** Compiles `text`; `allowed` says whether a definition's property may be named without a cast. */
export function definitionFilter(text: string): DefinitionTest {
  const tokens = tokensOf(text)
  const reader: Reader = { tokens, at: 0, text }
  const test = readOr(reader)
  if (reader.at < tokens.length) throw syntaxError(reader)
  return test
}

interface Reader {
  readonly tokens: readonly string[]
  at: number
  readonly text: string
}

const TOKEN = /\s*([A-Za-z_][\w.]*'(?:[^']|'')*'|'(?:[^']|'')*'|[()]|[^\s()',]+|,)/y

function tokensOf(text: string): readonly string[] {
  const tokens: string[] = []
  const scanner = new RegExp(TOKEN)
  const end = text.trimEnd().length
  while (scanner.lastIndex < end) {
    const from = scanner.lastIndex
    const match = scanner.exec(text)
    if (!match?.[1]) throw parseError(`Syntax error at position ${from} in '${text}'.`)
    tokens.push(match[1])
  }
  return tokens
}

function readOr(reader: Reader): DefinitionTest {
  let left = readAnd(reader)
  while (accept(reader, 'or')) {
    const first = left
    const second = readAnd(reader)
    left = (definition) => first(definition) || second(definition)
  }
  return left
}

function readAnd(reader: Reader): DefinitionTest {
  let left = readNot(reader)
  while (accept(reader, 'and')) {
    const first = left
    const second = readNot(reader)
    left = (definition) => first(definition) && second(definition)
  }
  return left
}

function readNot(reader: Reader): DefinitionTest {
  if (accept(reader, 'not')) {
    const inner = readNot(reader)
    return (definition) => !inner(definition)
  }
  if (accept(reader, '(')) {
    const inner = readOr(reader)
    if (!accept(reader, ')')) throw syntaxError(reader)
    return inner
  }
  return readComparison(reader)
}

const COMPARE: Readonly<Record<string, (order: number) => boolean>> = {
  eq: (order) => order === 0,
  ne: (order) => order !== 0,
  gt: (order) => order > 0,
  ge: (order) => order >= 0,
  lt: (order) => order < 0,
  le: (order) => order <= 0,
}

function readComparison(reader: Reader): DefinitionTest {
  const path = next(reader)
  if (reader.tokens[reader.at] === '(') throw functionRefusal(path)
  const operator = next(reader)
  const matches = COMPARE[operator]
  if (!matches) throw syntaxError(reader)
  const expected = literal(next(reader))
  const names = path.split('/')
  if (names.some((name) => LABEL_PARTS.has(name)))
    throw parseError(`The path '${path}' leads into a label, which a filter of Metadata Entities can't.`)
  const ordered = operator !== 'eq' && operator !== 'ne'
  return (definition) => {
    const actual = valueAt(definition, names)
    if (ordered && (actual === null || expected === null)) return false
    return matches(compare(actual, expected))
  }
}

const LABEL_PARTS: ReadonlySet<string> = new Set(['UserLocalizedLabel', 'LocalizedLabels'])

/** `The "startswith" function …`: 501, unlike everything else that is wrong in a filter. */
function functionRefusal(name: string): ApiError {
  return new ApiError(501, '0x8006088a', `The "${name}" function isn't supported for Metadata Entities.`)
}

function valueAt(definition: Definition, names: readonly string[]): Json {
  let value: Json | undefined = definition.properties
  for (const name of names) {
    if (!isJsonObject(value)) return null
    value = value[name]
    if (value === undefined) {
      const type = definition.base?.type ?? definition.type
      throw parseError(`Could not find a property named '${name}' on type 'Microsoft.Dynamics.CRM.${type}'.`)
    }
  }
  return value
}

function compare(actual: Json, expected: Json): number {
  if (actual === expected) return 0
  if (typeof actual === 'number' && typeof expected === 'number') return actual - expected
  const [left, right] = [String(actual), String(expected)]
  return left === right ? 0 : left < right ? -1 : 1
}

const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/** An enumeration literal is compared by its member's name; a GUID in lower case. */
function literal(token: string): Json {
  if (token === 'null') return null
  if (token === 'true' || token === 'false') return token === 'true'
  if (/^-?\d+(\.\d+)?$/.test(token)) return Number(token)
  if (GUID.test(token)) return token.toLowerCase()
  const member = /^Microsoft\.Dynamics\.CRM\.\w+('.*')$/.exec(token)?.[1]
  const text = unquote(member ?? token)
  if (text !== undefined) return text
  if (/^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(token)) return token
  throw parseError(`The literal '${token}' isn't valid in a filter of Metadata Entities.`)
}

function next(reader: Reader): string {
  const token = reader.tokens[reader.at]
  if (token === undefined) throw syntaxError(reader)
  reader.at++
  return token
}

function accept(reader: Reader, token: string): boolean {
  if (reader.tokens[reader.at] !== token) return false
  reader.at++
  return true
}

function syntaxError({ text, at, tokens }: Reader): ApiError {
  return parseError(`Syntax error near '${tokens[at] ?? 'the end'}' in '${text}'.`)
}

function parseError(message: string): ApiError {
  return new ApiError(400, '0x80060888', message)
}

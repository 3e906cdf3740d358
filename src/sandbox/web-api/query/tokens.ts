import { ApiError } from '../operation.ts'

/** Words of an OData expression. */
export interface Token {
  readonly kind: 'word' | 'text' | 'number' | 'guid' | 'date' | 'alias' | 'list' | 'mark' | 'end'
  /** Text literals without quotes; lists as JSON text; marks are `( ) , / : = *`. */
  readonly value: string
  /** Where it starts, from 0. */
  readonly at: number
}

const GUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(?![\w-])/i
const DATE = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2})?)?(?![\w-])/i
const NUMBER = /^-?\d+(?:\.\d+)?(?:e[+-]?\d+)?(?![\w.])/i
const WORD = /^[A-Za-z_][\w.]*/
const ALIAS = /^@\w+/

export function tokenize(text: string): Token[] {
  const tokens: Token[] = []
  let at = 0
  while (at < text.length) {
    const rest = text.slice(at)
    const blank = /^\s+/.exec(rest)
    if (blank) {
      at += blank[0].length
      continue
    }
    const token = next(rest, { at, text })
    tokens.push(token.token)
    at += token.length
  }
  return [...tokens, { kind: 'end', value: '', at: text.length }]
}

function next(rest: string, { at, text }: { at: number; text: string }): { token: Token; length: number } {
  if (rest.startsWith("'")) return textLiteral(rest, { at, text })
  if (rest.startsWith('[')) return list(rest, at)
  for (const [kind, pattern] of PATTERNS) {
    const match = pattern.exec(rest)
    if (match) return { token: { kind, value: match[0], at }, length: match[0].length }
  }
  const [mark = ''] = rest
  if ('(),/:=*'.includes(mark)) return { token: { kind: 'mark', value: mark, at }, length: 1 }
  throw syntaxError(`Syntax error: character '${mark}' is not valid at position ${at} in '${text}'.`)
}

const PATTERNS = [
  ['guid', GUID],
  ['date', DATE],
  ['number', NUMBER],
  ['word', WORD],
  ['alias', ALIAS],
] as const

function textLiteral(
  rest: string,
  { at, text }: { at: number; text: string },
): { token: Token; length: number } {
  const match = /^'((?:[^']|'')*)'/.exec(rest)
  if (!match) throw syntaxError(`There is an unterminated literal at position ${text.length} in '${text}'.`)
  return {
    token: { kind: 'text', value: (match[1] ?? '').replaceAll("''", "'"), at },
    length: match[0].length,
  }
}

/** A JSON array; brackets inside its strings do not end it. Single quotes are accepted as the service does. */
function list(rest: string, at: number): { token: Token; length: number } {
  let quote: string | undefined
  for (let index = 1; index < rest.length; index++) {
    const character = rest[index]
    if (quote === undefined && character === ']')
      return { token: { kind: 'list', value: rest.slice(0, index + 1), at }, length: index + 1 }
    if (quote === undefined && (character === '"' || character === "'")) quote = character
    else if (character === quote) quote = undefined
  }
  throw syntaxError(
    'Invalid JSON. An unexpected end of input was found in JSON content. Not all arrays were closed.',
  )
}

/** 400 of the OData parser. */
export function syntaxError(message: string): ApiError {
  return new ApiError(400, '0x80060888', message)
}

import { D365Error } from '../core/errors.ts'

/**
 * The text of a connection string: `Name=value;Name={value};…`. Knows nothing of what the names mean.
 * A value in braces is taken as it is (`}}` means one brace); one in quotes likewise (a doubled quote means one);
 * any other reaches to the next semicolon and loses the blanks around it.
 */
export type Pair = readonly [name: string, value: string]

/** What marks the longer of the two spellings. */
export const JDBC_PREFIX = 'jdbc:datadirect:dynamics365:'

export function parsePairs(text: string): readonly Pair[] {
  const body = text.trim().replace(/^jdbc:datadirect:dynamics365:/i, '')
  if (/^jdbc:/i.test(body))
    throw invalid(
      'The connection string begins with jdbc: but is not for Dynamics 365.',
      `It begins with ${JDBC_PREFIX}, or with the first name.`,
    )
  const pairs: Pair[] = []
  for (let at = skip(body, 0); at < body.length; ) {
    const equals = body.indexOf('=', at)
    const semicolon = body.indexOf(';', at)
    if (equals < 0 || (semicolon >= 0 && semicolon < equals))
      throw invalid(
        `Part ${pairs.length + 1} of the connection string has no equals sign.`,
        'Write Name=value; a value with a semicolon in it goes in braces: ClientSecret={a;b}.',
      )
    const name = body.slice(at, equals).trim()
    if (name === '')
      throw invalid(`Part ${pairs.length + 1} of the connection string has no name.`, 'Write Name=value.')
    const { value, end } = readValue(body, equals + 1, name)
    pairs.push([name, value])
    at = skip(body, end)
  }
  return pairs
}

export function printPairs(pairs: readonly Pair[]): string {
  return pairs.map(([name, value]) => `${name}=${printValue(value)};`).join('')
}

/** Bare where that reads back the same, else in braces. */
function printValue(value: string): string {
  return value !== '' && /^[\w.:/@+~-][\w.:/@+~=&?,%*!#$-]*$/.test(value)
    ? value
    : `{${value.replaceAll('}', '}}')}}`
}

function readValue(body: string, from: number, name: string): { value: string; end: number } {
  const start = /\S|$/.exec(body.slice(from))?.index ?? 0
  const first = body[from + start]
  const close = first === '{' ? '}' : first === "'" || first === '"' ? first : undefined
  if (close !== undefined) {
    const closed = readClosed(body, from + start + 1, close)
    if (closed !== undefined) return closed
    if (close === '}')
      throw invalid(
        `The value of ${name} begins with { but has no } before the next semicolon or the end.`,
        'A } inside braces is written twice: {a}}b}.',
      )
  }
  const semicolon = body.indexOf(';', from)
  const end = semicolon < 0 ? body.length : semicolon
  return { value: body.slice(from, end).trim(), end }
}

/** The value up to its closing sign, if nothing but a semicolon or the end follows that. */
function readClosed(body: string, from: number, close: string): { value: string; end: number } | undefined {
  let value = ''
  for (let at = from; at < body.length; at++) {
    const char = body[at] ?? ''
    if (char !== close) value += char
    else if (body[at + 1] === close) {
      value += close
      at++
    } else {
      const end = at + 1 + (/^\s*/.exec(body.slice(at + 1))?.[0].length ?? 0)
      return end >= body.length || body[end] === ';' ? { value, end } : undefined
    }
  }
  return undefined
}

/** Past semicolons and blanks between two parts. */
function skip(body: string, from: number): number {
  return from + (/^[;\s]*/.exec(body.slice(from))?.[0].length ?? 0)
}

function invalid(message: string, hint: string): D365Error {
  return new D365Error('CONFIG_INVALID', message, { hint })
}

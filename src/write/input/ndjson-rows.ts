import { parse } from 'lossless-json'
import { D365Error } from '../../core/errors.ts'
import type { InputRow } from './input-row.ts'
import { utf8Text } from './utf8-text.ts'

/** Longest line that is read, in characters. A longer one is not row data. */
const MAX_LINE_CHARACTERS = 64 * 1024 * 1024

/**
 * Rows of a file with one JSON object per line, streamed; numbers keep their exact text.
 * A line that is not a JSON object carries its fault and does not end the file.
 */
export async function* ndjsonRows(bytes: AsyncIterable<Uint8Array | string>): AsyncGenerator<InputRow> {
  let line = 0
  for await (const text of lines(bytes)) {
    line++
    if (text.trim() !== '') yield ndjsonRow(text, line)
  }
}

async function* lines(bytes: AsyncIterable<Uint8Array | string>): AsyncGenerator<string> {
  let rest = ''
  for await (const text of utf8Text(bytes)) {
    const pieces = text.split('\n')
    const last = pieces.pop() ?? ''
    for (const piece of pieces) {
      yield stripReturn(rest + piece)
      rest = ''
    }
    rest += last
    if (rest.length > MAX_LINE_CHARACTERS)
      throw new D365Error('INPUT_INVALID', `A line is longer than ${MAX_LINE_CHARACTERS} characters.`, {
        hint: 'Each line must hold one JSON object, e.g. {"name":"Contoso"}.',
      })
  }
  if (rest !== '') yield stripReturn(rest)
}

function stripReturn(text: string): string {
  return text.endsWith('\r') ? text.slice(0, -1) : text
}

function ndjsonRow(text: string, line: number): InputRow {
  const source = { kind: 'ndjson', text: text.replace(/^\uFEFF/, '').trim() } as const
  const fault = (reason: string): InputRow => ({ line, source, values: {}, fault: reason })
  try {
    const value = parse(source.text, undefined, (digits) => digits)
    if (isObject(value)) return { line, source, values: value }
    return fault('The line is not a JSON object.')
  } catch (error) {
    return fault(`The line is not valid JSON: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { CsvError, type Options, parse } from 'csv-parse'
import { D365Error } from '../../core/errors.ts'
import type { InputRow } from './input-row.ts'
import { utf8Text } from './utf8-text.ts'

export interface CsvOptions {
  /** One character between cells. Default a comma. */
  readonly delimiter?: string
}

/**
 * Rows of a CSV file (RFC 4180, a byte order mark allowed, first row the column names), streamed.
 * A row with too many or too few cells carries its fault and does not end the file; an open quote does,
 * because nothing after it can be trusted.
 */
export async function* csvRows(
  bytes: AsyncIterable<Uint8Array | string>,
  { delimiter = ',' }: CsvOptions = {},
): AsyncGenerator<InputRow> {
  const parser = parse(parserOptions(delimiter))
  const feeding = pipeline(Readable.from(utf8Text(bytes)), parser)
  feeding.catch(() => undefined)
  let header: readonly string[] | undefined
  let pairs = 0
  try {
    for await (const item of parser) {
      const { cells, lines } = parsedRecord(item)
      pairs += count(cells, /\r\n/g)
      const line = lines - pairs - count(cells, /\r\n|\r|\n/g)
      if (header) yield csvRow(cells, { line, header, delimiter })
      else header = checkHeader(cells, delimiter)
    }
    await feeding
  } catch (error) {
    throw readingError(error)
  } finally {
    parser.destroy()
  }
  if (!header)
    throw new D365Error('INPUT_INVALID', 'The CSV input is empty; its first line must hold the column names.')
}

function parserOptions(delimiter: string): Options {
  if (delimiter.length !== 1 || delimiter === '"' || delimiter === '\n' || delimiter === '\r')
    throw new D365Error('CONFIG_INVALID', `The CSV delimiter is ${JSON.stringify(delimiter)}.`, {
      hint: 'Give one character, such as "," ";" or a tab.',
    })
  return {
    bom: true,
    delimiter,
    info: true,
    record_delimiter: ['\r\n', '\n', '\r'],
    relax_column_count: true,
    skip_empty_lines: true,
  }
}

interface ParsedRecord {
  readonly cells: readonly string[]
  /** Lines up to the record's end, as the parser counts: `\r\n` inside quotes as two. */
  readonly lines: number
}

function parsedRecord(item: unknown): ParsedRecord {
  if (typeof item === 'object' && item !== null && 'record' in item && 'info' in item) {
    const { record, info } = item
    if (isTextArray(record) && typeof info === 'object' && info !== null && 'lines' in info) {
      return { cells: record, lines: Number(info.lines) }
    }
  }
  throw new D365Error('BUG', 'The CSV parser returned a record of an unknown shape.')
}

function count(cells: readonly string[], pattern: RegExp): number {
  return cells.reduce((total, cell) => total + (cell.match(pattern)?.length ?? 0), 0)
}

function isTextArray(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((cell) => typeof cell === 'string')
}

function checkHeader(cells: readonly string[], delimiter: string): readonly string[] {
  const header = cells.map((cell) => cell.trim())
  const empty = header.indexOf('')
  if (empty >= 0)
    throw new D365Error('INPUT_INVALID', `Column ${empty + 1} of the CSV header has no name.`, {
      hint: 'The first line must hold one column name per cell.',
    })
  const seen = new Set<string>()
  for (const name of header) {
    if (seen.has(name.toLowerCase()))
      throw new D365Error('INPUT_INVALID', `The CSV header names the column ${name} twice.`)
    seen.add(name.toLowerCase())
  }
  const [only] = header
  const other = [';', '\t', '|', ','].find((sign) => sign !== delimiter && only?.includes(sign))
  if (header.length === 1 && other)
    throw new D365Error('INPUT_INVALID', `The CSV header is one cell: ${only}`, {
      hint: `The cells look separated by ${other === '\t' ? 'tabs' : `"${other}"`}: add --delimiter ${other === '\t' ? 'tab' : `"${other}"`}.`,
    })
  return header
}

function csvRow(
  cells: readonly string[],
  { line, header, delimiter }: { line: number; header: readonly string[]; delimiter: string },
): InputRow {
  const source = { kind: 'csv', delimiter, header, cells } as const
  if (cells.length !== header.length)
    return {
      line,
      source,
      values: {},
      fault: `The row has ${cells.length} cells and the header ${header.length}.`,
    }
  return { line, source, values: Object.fromEntries(header.map((name, at) => [name, cells[at]])) }
}

function readingError(error: unknown): unknown {
  if (!(error instanceof CsvError)) return error
  return new D365Error('INPUT_INVALID', `The CSV input cannot be read: ${error.message}`, {
    hint: 'Check the quotes around that line; a quote inside a cell is doubled ("").',
    cause: error,
  })
}

import { stringify } from 'csv-stringify/sync'
import { D365Error } from '../core/errors.ts'
import { textTable } from './text-table.ts'

/** Turns batches of rows into text, one format at a time; rows are written as they come. */

export const ROW_FORMATS = ['table', 'csv', 'json', 'ndjson'] as const
export type RowFormat = (typeof ROW_FORMATS)[number]

export interface OutputColumn {
  readonly name: string
  /** Numbers kept as text for exactness (decimal, money): printed as digits, never in quotes. */
  readonly exactNumber: boolean
}

export interface RowPrinter {
  /** Text before the first row. */
  start(): string
  rows(batch: readonly OutputRow[]): string
  /** Text after the last row. */
  end(): string
}

export type OutputRow = Readonly<Record<string, unknown>>

export function parseRowFormat(text: string): RowFormat {
  const format = ROW_FORMATS.find((name) => name === text.toLowerCase())
  if (format) return format
  throw new D365Error('CONFIG_INVALID', `--format is ${text}; it must be one of ${ROW_FORMATS.join(', ')}.`)
}

export function rowPrinter(
  format: RowFormat,
  columns: readonly OutputColumn[],
  terminalColumns: number,
): RowPrinter {
  switch (format) {
    case 'table':
      return textTable(
        columns.map(({ name }) => name),
        { terminalColumns, cell: displayText },
      )
    case 'csv':
      return csvPrinter(columns)
    case 'json':
      return jsonPrinter(columns)
    case 'ndjson':
      return {
        start: () => '',
        rows: (batch) => batch.map((row) => `${jsonRow(row, columns)}\n`).join(''),
        end: () => '',
      }
  }
}

function csvPrinter(columns: readonly OutputColumn[]): RowPrinter {
  const names = columns.map(({ name }) => name)
  return {
    start: () => stringify([names]),
    rows: (batch) => stringify(batch.map((row) => names.map((name) => displayText(row[name])))),
    end: () => '',
  }
}

function jsonPrinter(columns: readonly OutputColumn[]): RowPrinter {
  let first = true
  return {
    start: () => '[',
    rows: (batch) =>
      batch
        .map((row) => {
          const comma = first ? '' : ','
          first = false
          return `${comma}\n${jsonRow(row, columns)}`
        })
        .join(''),
    end: () => (first ? ']\n' : '\n]\n'),
  }
}

function jsonRow(row: OutputRow, columns: readonly OutputColumn[]): string {
  return `{${columns
    .map(({ name, exactNumber }) => `${JSON.stringify(name)}:${jsonValue(row[name], exactNumber)}`)
    .join(',')}}`
}

function jsonValue(value: unknown, exactNumber: boolean): string {
  if (value === undefined || value === null) return 'null'
  if (typeof value === 'bigint') return value.toString()
  if (exactNumber && typeof value === 'string') return value
  return JSON.stringify(value)
}

/** A value as people read it; NULL is empty. */
function displayText(value: unknown): string {
  if (value === undefined || value === null) return ''
  if (Array.isArray(value))
    return value.some((item) => typeof item === 'object' && item !== null)
      ? JSON.stringify(value)
      : value.join(';')
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

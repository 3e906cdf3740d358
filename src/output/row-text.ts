import { stringify } from 'csv-stringify/sync'

/** Turns batches of rows into text that programs read, one format at a time; rows are printed as they come. */

export const TEXT_FORMATS = ['csv', 'json', 'ndjson'] as const
export type TextFormat = (typeof TEXT_FORMATS)[number]

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

export function textPrinter(format: TextFormat, columns: readonly OutputColumn[]): RowPrinter {
  switch (format) {
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

/** Names as they are, where one comes again with a number. */
export function uniqueNames(names: readonly string[]): string[] {
  const taken = new Set<string>()
  return names.map((name) => {
    let unique = name
    for (let number = 2; taken.has(unique); number++) unique = `${name}_${number}`
    taken.add(unique)
    return unique
  })
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
export function displayText(value: unknown): string {
  if (value === undefined || value === null) return ''
  if (Array.isArray(value))
    return value.some((item) => typeof item === 'object' && item !== null)
      ? JSON.stringify(value)
      : value.join(';')
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

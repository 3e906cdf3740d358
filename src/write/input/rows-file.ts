import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { D365Error } from '../../core/errors.ts'
import { csvRows } from './csv-rows.ts'
import type { InputRow } from './input-row.ts'
import { memoryRows } from './memory-rows.ts'
import { ndjsonRows } from './ndjson-rows.ts'

/** A file of rows: read once to know it again after an interruption, then as often as it takes to write it. */
export interface RowsFile {
  /** Begins at the first row each time it is iterated. */
  readonly rows: AsyncIterable<InputRow>
  /** SHA-256 of the bytes, in hex. */
  readonly fingerprint: string
  /** Lines of it, about as many as rows; undefined where lines tell nothing. For progress. */
  readonly lines: number | undefined
  /** Removes what was kept to read the rows again. A file somebody else made stays. */
  forget(): Promise<void>
}

export type RowsFormat = 'csv' | 'ndjson' | 'parquet'

export interface RowsFileOptions {
  /** Default: by the ending of the name. */
  readonly format?: RowsFormat | undefined
  /** CSV: one character between cells. Default a comma. */
  readonly delimiter?: string | undefined
}

export type ReadParquet = (path: string) => AsyncIterable<Readonly<Record<string, unknown>>>

/** Parquet needs a reader: without one such a file is refused. */
export async function openRowsFile(
  path: string,
  { format, delimiter, readParquet }: RowsFileOptions & { readonly readParquet?: ReadParquet } = {},
): Promise<RowsFile> {
  const chosen = format ?? formatOf(path)
  const { fingerprint, lines } = await readThrough(path)
  const open = (): AsyncIterable<InputRow> => {
    if (chosen === 'ndjson') return ndjsonRows(createReadStream(path))
    if (chosen === 'csv') return csvRows(createReadStream(path), delimiter === undefined ? {} : { delimiter })
    if (readParquet) return memoryRows(readParquet(path))
    throw new D365Error(
      'CONFIG_INVALID',
      `${path} is a Parquet file, which is opened with connection.openRows().`,
    )
  }
  return {
    rows: { [Symbol.asyncIterator]: () => open()[Symbol.asyncIterator]() },
    fingerprint,
    lines: chosen === 'parquet' ? undefined : lines,
    forget: async () => {},
  }
}

/** `select …` or `with …` is no name of a file. */
export function isQuery(from: string): boolean {
  return /^\s*(?:select|with|values|table)\s/i.test(from)
}

function formatOf(path: string): RowsFormat {
  if (/\.(csv|tsv|txt)$/i.test(path)) return 'csv'
  if (/\.(ndjson|jsonl)$/i.test(path)) return 'ndjson'
  if (/\.(parquet|pq)$/i.test(path)) return 'parquet'
  throw new D365Error('CONFIG_INVALID', `The format of ${path} is not clear from its name.`, {
    hint: 'Name it .csv, .ndjson or .parquet, or say --input-format csv|ndjson|parquet.',
  })
}

async function readThrough(path: string): Promise<{ fingerprint: string; lines: number }> {
  const hash = createHash('sha256')
  let lines = 0
  try {
    for await (const chunk of createReadStream(path)) {
      const bytes: Buffer = chunk
      hash.update(bytes)
      for (let at = bytes.indexOf(LINE_FEED); at >= 0; at = bytes.indexOf(LINE_FEED, at + 1)) lines++
    }
  } catch (cause) {
    const missing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT'
    throw new D365Error('IO_FAILED', missing ? `There is no file ${path}.` : `Cannot read ${path}.`, {
      cause,
    })
  }
  return { fingerprint: hash.digest('hex'), lines }
}

const LINE_FEED = 0x0a

import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { D365Error } from '../../core/errors.ts'
import { csvRows } from './csv-rows.ts'
import type { InputRow } from './input-row.ts'
import { ndjsonRows } from './ndjson-rows.ts'

/** A file of rows: read twice, once to know it again after an interruption, once to write it. */
export interface RowsFile {
  readonly rows: AsyncIterable<InputRow>
  /** SHA-256 of the bytes, in hex. */
  readonly fingerprint: string
}

export interface RowsFileOptions {
  /** Default: by the ending of the name. */
  readonly format?: 'csv' | 'ndjson' | undefined
  /** CSV: one character between cells. Default a comma. */
  readonly delimiter?: string | undefined
}

export async function openRowsFile(
  path: string,
  { format, delimiter }: RowsFileOptions = {},
): Promise<RowsFile> {
  const chosen = format ?? formatOf(path)
  const fingerprint = await fingerprintOf(path)
  const bytes = createReadStream(path)
  return {
    rows: chosen === 'csv' ? csvRows(bytes, delimiter === undefined ? {} : { delimiter }) : ndjsonRows(bytes),
    fingerprint,
  }
}

function formatOf(path: string): 'csv' | 'ndjson' {
  if (/\.(csv|tsv|txt)$/i.test(path)) return 'csv'
  if (/\.(ndjson|jsonl)$/i.test(path)) return 'ndjson'
  throw new D365Error('CONFIG_INVALID', `The format of ${path} is not clear from its name.`, {
    hint: 'Name it .csv or .ndjson, or say --input-format csv|ndjson.',
  })
}

async function fingerprintOf(path: string): Promise<string> {
  const hash = createHash('sha256')
  try {
    for await (const chunk of createReadStream(path)) hash.update(chunk)
  } catch (cause) {
    const missing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT'
    throw new D365Error('IO_FAILED', missing ? `There is no file ${path}.` : `Cannot read ${path}.`, {
      cause,
    })
  }
  return hash.digest('hex')
}

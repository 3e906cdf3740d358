import { openQueryRows, type QueryAnswer } from './query-rows.ts'
import { isQuery, openRowsFile, type RowsFile, type RowsFileOptions } from './rows-file.ts'

export interface OpenRowsOptions extends RowsFileOptions {
  /** False asks a query again, where its answer is kept for a write that was interrupted. Default true. */
  readonly resume?: boolean
  readonly signal?: AbortSignal | undefined
}

/** What opening rows needs of the engine, and where answers of queries are kept. */
export interface RowsOpenerParts {
  /** Service root. */
  readonly environment: string
  readonly folder: string
  readonly readParquet: (
    path: string,
    signal: AbortSignal | undefined,
  ) => AsyncIterable<Readonly<Record<string, unknown>>>
  readonly ask: (text: string, options: { readonly signal?: AbortSignal | undefined }) => Promise<QueryAnswer>
}

export type OpenRows = (from: string, options?: OpenRowsOptions) => Promise<RowsFile>

/** Opens a file by its name, or asks a query by its text. */
export function rowsOpener({ environment, folder, readParquet, ask }: RowsOpenerParts): OpenRows {
  return (from, { resume = true, signal, ...options } = {}) =>
    isQuery(from)
      ? openQueryRows({ text: from, folder, environment, resume, ask: (text) => ask(text, { signal }) })
      : openRowsFile(from, { ...options, readParquet: (path) => readParquet(path, signal) })
}

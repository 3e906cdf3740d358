import { createReadStream, type ReadStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Connection } from '../../connect.ts'

export const EXPORT_FORMATS = ['csv', 'json', 'ndjson', 'parquet'] as const
export type ExportFormat = (typeof EXPORT_FORMATS)[number]

export interface ExportedQuery {
  readonly text: string
  readonly parameters?: readonly (string | number | boolean | null)[]
  readonly format: ExportFormat
  readonly signal: AbortSignal
}

/** The whole answer of a query as a file to save. It is complete before its first byte leaves. */
export async function exportRows(connection: Connection, query: ExportedQuery): Promise<Response> {
  const { text, format, parameters, signal } = query
  const folder = await mkdtemp(join(tmpdir(), 'd365-studio-'))
  const remove = () => rm(folder, { recursive: true, force: true })
  try {
    const file = join(folder, `rows.${format}`)
    const { finished } = await connection.export(text, {
      to: { file, format },
      signal,
      ...(parameters === undefined ? {} : { parameters }),
    })
    const rows = createReadStream(file)
    rows.once('close', remove)
    return new Response(bodyOf(rows), {
      headers: {
        'content-type': TYPES[format],
        'cache-control': 'no-store',
        'x-rows': String(finished.rows),
      },
    })
  } catch (error) {
    await remove()
    throw error
  }
}

function bodyOf(file: ReadStream): ReadableStream<Uint8Array> {
  const chunks = file[Symbol.asyncIterator]()
  return new ReadableStream({
    pull: async (controller) => {
      const { value, done } = await chunks.next()
      if (done) controller.close()
      else controller.enqueue(value)
    },
    cancel: () => void file.destroy(),
  })
}

const TYPES = {
  csv: 'text/csv; charset=utf-8',
  json: 'application/json',
  ndjson: 'application/x-ndjson',
  parquet: 'application/vnd.apache.parquet',
} as const

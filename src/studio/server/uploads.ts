import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { finished } from 'node:stream/promises'
import { D365Error } from '../../core/errors.ts'
import { newGuid } from '../../core/guid.ts'

/** Files of rows that pages sent up: kept on the disk until the studio ends. */
export interface Upload {
  readonly path: string
  readonly format: 'csv' | 'ndjson' | 'parquet'
  readonly bytes: number
}

export interface Uploads {
  put(request: Request): Promise<Upload & { readonly id: string }>
  get(id: string): Upload
  close(): Promise<void>
}

/** 2 GB: beyond that the command line does it without a copy. */
export const MOST_UPLOAD_BYTES = 2_000_000_000

const FORMATS: Readonly<Record<string, Upload['format']>> = {
  'text/csv': 'csv',
  'application/x-ndjson': 'ndjson',
  'application/vnd.apache.parquet': 'parquet',
}

export function createUploads(): Uploads {
  const uploads = new Map<string, Upload>()
  let folder: Promise<string> | undefined
  return {
    async put(request) {
      const type = (request.headers.get('content-type') ?? '').split(';')[0] ?? ''
      const format = FORMATS[type]
      if (!format || !request.body)
        throw new D365Error('INPUT_INVALID', `A file of type ${type || 'nothing'} cannot be written.`, {
          hint: 'Send a CSV, NDJSON or Parquet file.',
        })
      folder ??= mkdtemp(join(tmpdir(), 'd365-upload-'))
      const id = newGuid()
      const path = join(await folder, `${id}.${format}`)
      const bytes = await save(request.body, path)
      const upload = { path, format, bytes }
      uploads.set(id, upload)
      return { id, ...upload }
    },
    get: (id) => {
      const upload = uploads.get(id)
      if (upload) return upload
      throw new D365Error('NOT_FOUND', 'The file is not there any more.', {
        hint: 'The studio was restarted since. Choose the file again.',
      })
    },
    close: async () => {
      if (folder) await rm(await folder, { recursive: true, force: true })
    },
  }
}

async function save(body: ReadableStream<Uint8Array>, path: string): Promise<number> {
  const file = createWriteStream(path, { mode: 0o600 })
  const reader = body.getReader()
  let bytes = 0
  try {
    for (;;) {
      const { value, done } = await reader.read()
      if (done) break
      bytes += value.byteLength
      if (bytes > MOST_UPLOAD_BYTES)
        throw new D365Error(
          'INPUT_INVALID',
          `The file has more than ${MOST_UPLOAD_BYTES.toLocaleString('en-US')} bytes.`,
          { hint: 'd365 write --from FILE writes it without a copy.' },
        )
      if (!file.write(value)) await once(file, 'drain')
    }
    file.end()
    await finished(file)
    return bytes
  } catch (error) {
    file.destroy()
    await rm(path, { force: true })
    throw error
  }
}

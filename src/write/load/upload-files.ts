import { type FileHandle, open } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import type { Column, Table } from '../../catalog/table.ts'
import { D365Error, ServiceError } from '../../core/errors.ts'
import type { Session, SessionResponse } from '../../service/session.ts'
import { checkValue } from '../check/check-value.ts'
import { alternateRowKey, type KeyPart, primaryRowKey, type RowKey } from '../check/row-key.ts'
import { REJECT_CODES, type RejectedRow } from '../outcome.ts'

export interface FilesOfRow {
  /** Values that say which row is meant, by column. */
  readonly key: Readonly<Record<string, unknown>>
  readonly paths: ReadonlyMap<Column, string>
  readonly row: number
  readonly line: number
}

export interface UploadOptions {
  readonly session: Session
  /** Folder that relative paths start from. */
  readonly folder: string
  readonly signal?: AbortSignal | undefined
  readonly rejects: (rejected: RejectedRow) => Promise<void>
}

/** Files on their way at a time: each is a request with many bytes. */
const UPLOADS_AT_A_TIME = 4

/** Puts files into the columns of rows that exist. Doing it again does it anew, so a lost answer costs only time. */
export async function uploadFiles(
  table: Table,
  rows: AsyncIterable<FilesOfRow>,
  options: UploadOptions,
): Promise<void> {
  const source = rows[Symbol.asyncIterator]()
  let failed: unknown
  const work = async (): Promise<void> => {
    while (failed === undefined) {
      const { value, done } = await source.next()
      if (done) return
      await uploadRow(table, value, options).catch((error: unknown) => {
        failed ??= error
      })
    }
  }
  await Promise.all(Array.from({ length: UPLOADS_AT_A_TIME }, work))
  if (failed !== undefined) throw failed
}

/** The first file that cannot be put there rejects the row, with what is to be tried again. */
async function uploadRow(table: Table, row: FilesOfRow, options: UploadOptions): Promise<void> {
  const paths = [...row.paths].map(([{ name }, path]) => [name, path])
  const input = { line: row.line, values: { ...row.key, ...Object.fromEntries(paths) } }
  for (const [column, path] of row.paths) {
    try {
      options.signal?.throwIfAborted()
      await uploadFile({ table, key: rowKeyOf(row, table), column }, resolve(options.folder, path), options)
    } catch (error) {
      const rejection = rejectionOf(error)
      if (!rejection) throw error
      const { code, message } = rejection
      await options.rejects({
        kind: 'rejected',
        row: row.row,
        input,
        code,
        message: `${column.name}: ${message}`,
        column: column.name,
      })
      return
    }
  }
}

/** What is about this file or row, and not about the connection. */
function rejectionOf(error: unknown): { readonly code: string; readonly message: string } | undefined {
  if (error instanceof ServiceError && ABOUT_THE_FILE.includes(error.status))
    return { code: error.serviceCode || `HTTP ${error.status}`, message: error.message }
  if (error instanceof D365Error && error.code === 'INPUT_INVALID')
    return { code: REJECT_CODES.input, message: error.message }
  return undefined
}

const ABOUT_THE_FILE: readonly number[] = [400, 404, 412, 413]

function rowKeyOf({ key }: FilesOfRow, table: Table): RowKey {
  const parts = Object.entries(key).flatMap(([name, value]): KeyPart[] => {
    const column = table.columns.find((one) => one.name === name.trim().toLowerCase())
    const checked = column && checkValue(value, column, { emptyAsNull: true })
    return column && checked && checked.kind !== 'fault' ? [{ column, value: checked }] : []
  })
  const [only] = parts
  if (only?.column.name === table.primaryKey && only.value.kind === 'text')
    return primaryRowKey(only.value.text)
  const found = alternateRowKey(parts)
  if (parts.length > 0 && 'path' in found) return found
  throw new D365Error('INPUT_INVALID', 'The row has no key.')
}

interface FilePlace {
  readonly table: Table
  readonly key: RowKey
  readonly column: Column
}

async function uploadFile(
  { table, key, column }: FilePlace,
  path: string,
  { session, signal }: UploadOptions,
): Promise<void> {
  const file = await openFile(path)
  try {
    const { size } = await file.stat()
    const url = `${table.entitySet}${key.path}/${column.name}`
    const name = asciiName(path)
    const { chunkAboveBytes } = session.capabilities.write.files
    if (size > chunkAboveBytes) return await uploadChunks({ url, name, size }, file, { session, signal })
    await session.request({
      method: 'PATCH',
      path: url,
      headers: { ...OCTETS, 'x-ms-file-name': name },
      body: new Uint8Array(await file.readFile()),
      repeatable: true,
      signal,
    })
  } finally {
    await file.close()
  }
}

async function openFile(path: string): Promise<FileHandle> {
  try {
    const file = await open(path, 'r')
    if ((await file.stat()).isFile()) return file
    await file.close()
  } catch (cause) {
    throw new D365Error('INPUT_INVALID', `the file ${path} cannot be read.`, { cause })
  }
  throw new D365Error('INPUT_INVALID', `${path} is no file.`)
}

const OCTETS = { 'Content-Type': 'application/octet-stream' } as const

/** The header takes ASCII only; a name that would lose letters keeps its ending. */
function asciiName(path: string): string {
  const name = basename(path)
  return name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^\x20-\x7e]/g, '_')
}

interface Upload {
  readonly url: string
  readonly name: string
  /** In bytes. */
  readonly size: number
}

/** A session of chunks, each in its turn: the service takes them in order only. */
async function uploadChunks(
  { url, name, size }: Upload,
  file: FileHandle,
  { session, signal }: Pick<UploadOptions, 'session' | 'signal'>,
): Promise<void> {
  const begun = await session.request({
    method: 'PATCH',
    path: `${url}?x-ms-file-name=${encodeURIComponent(name)}`,
    headers: { 'x-ms-transfer-mode': 'chunked' },
    repeatable: true,
    signal,
  })
  const { location, chunkBytes } = sessionOf(begun)
  for (let from = 0; from < size; from += chunkBytes) {
    const bytes = Buffer.alloc(Math.min(chunkBytes, size - from))
    const { bytesRead } = await file.read(bytes, 0, bytes.length, from)
    if (bytesRead !== bytes.length)
      throw new D365Error('INPUT_INVALID', `${name} became shorter while it was read.`)
    await session.request({
      method: 'PATCH',
      path: location,
      headers: {
        ...OCTETS,
        'x-ms-file-name': name,
        'Content-Range': `bytes ${from}-${from + bytes.length - 1}/${size}`,
      },
      body: new Uint8Array(bytes),
      signal,
    })
  }
}

function sessionOf({ headers }: SessionResponse): { location: string; chunkBytes: number } {
  const location = headers.location
  const chunkBytes = Number(headers['x-ms-chunk-size'])
  if (location !== undefined && Number.isInteger(chunkBytes) && chunkBytes > 0)
    return { location, chunkBytes }
  throw new D365Error(
    'RESPONSE_INVALID',
    'The service began no upload: its answer has no Location or chunk size.',
  )
}

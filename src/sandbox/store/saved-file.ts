/**
 * Files of a saved environment: written whole and pushed to the disk, read back only when they are the bytes that
 * were written. The proof is a SHA-256 digest, kept apart from the file.
 */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { type FileHandle, open, readFile } from 'node:fs/promises'
import { D365Error } from '../../core/errors.ts'

export interface Written {
  readonly bytes: number
  /** Hexadecimal SHA-256. */
  readonly sha256: string
}

const CHUNK_BYTES = 1 << 20

/** One line for each text, which must not contain a line feed (JSON never does). */
export async function writeLines(path: string, lines: Iterable<string>): Promise<Written> {
  return writeChunks(path, encodedChunks(lines))
}

export async function writeBytes(path: string, content: Uint8Array): Promise<Written> {
  return writeChunks(path, [content])
}

/**
 * Yields the lines, some thousand at a time, and at the end throws where the file is not what was written: use
 * nothing of it before.
 * Splits at line feeds only; `readline` would also split at U+2028, which JSON texts may contain.
 */
export async function* readLines(path: string, written: Written): AsyncGenerator<readonly string[]> {
  const hash = createHash('sha256')
  const decoder = new TextDecoder()
  let rest = ''
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES })) {
      hash.update(chunk)
      const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n')
      rest = lines.pop() ?? ''
      yield lines
    }
  } catch (cause) {
    throw unreadable(path, cause)
  }
  if (rest !== '' || hash.digest('hex') !== written.sha256) throw damaged(path, 'it is not what was saved')
}

export async function readBytes(path: string, written: Written): Promise<Uint8Array> {
  const content = await readFile(path).catch((cause: unknown) => {
    throw unreadable(path, cause)
  })
  if (createHash('sha256').update(content).digest('hex') === written.sha256) return new Uint8Array(content)
  throw damaged(path, 'it is not what was saved')
}

/** Makes names in a folder outlive a power cut; a no-op where folders cannot be opened (Windows). */
export async function syncFolder(path: string): Promise<void> {
  const handle = await open(path).catch(() => undefined)
  if (!handle) return
  await handle.sync().catch(() => undefined)
  await handle.close()
}

export function damaged(path: string, what: string): D365Error {
  return new D365Error('IO_FAILED', `The saved environment is damaged: ${path}: ${what}.`, {
    hint: 'Put the folder back from a copy, or delete it to start with freshly made data.',
  })
}

export function unreadable(path: string, cause: unknown): unknown {
  if (cause instanceof D365Error) return cause
  return new D365Error('IO_FAILED', `The saved environment cannot be read: ${path}: ${messageOf(cause)}.`, {
    hint: 'Put the folder back from a copy, or delete it to start with freshly made data.',
    cause,
  })
}

export function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}

async function writeChunks(path: string, chunks: Iterable<Uint8Array>): Promise<Written> {
  const hash = createHash('sha256')
  let bytes = 0
  const handle = await open(path, 'wx')
  try {
    for (const chunk of chunks) {
      hash.update(chunk)
      bytes += chunk.byteLength
      await writeWhole(handle, chunk)
    }
    await handle.sync()
  } finally {
    await handle.close()
  }
  return { bytes, sha256: hash.digest('hex') }
}

/** A write may take only a part of what it is given. */
async function writeWhole(handle: FileHandle, chunk: Uint8Array): Promise<void> {
  let at = 0
  while (at < chunk.byteLength) at += (await handle.write(chunk, at)).bytesWritten
}

function* encodedChunks(lines: Iterable<string>): Generator<Uint8Array> {
  let pending: string[] = []
  let characters = 0
  for (const line of lines) {
    pending.push(line)
    characters += line.length
    if (characters < CHUNK_BYTES) continue
    yield Buffer.from(`${pending.join('\n')}\n`)
    pending = []
    characters = 0
  }
  if (pending.length > 0) yield Buffer.from(`${pending.join('\n')}\n`)
}

import { createWriteStream, type WriteStream } from 'node:fs'
import { copyFile, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { D365Error } from '../core/errors.ts'
import { newGuid } from '../core/guid.ts'

/**
 * A file that appears whole or not at all: written beside its name, then renamed.
 * `work` gets a function that appends text; when it throws, nothing is left behind.
 */
export async function writeWholeFile(
  path: string,
  work: (append: (text: string) => Promise<void>) => Promise<void>,
): Promise<void> {
  await placed(path, async (partial) => {
    const stream = createWriteStream(partial, { flags: 'wx' })
    const failed = new Promise<never>((_, reject) => stream.once('error', reject))
    failed.catch(() => undefined)
    await Promise.race([failed, work((text) => append(stream, text))])
    await Promise.race([failed, new Promise<void>((resolve) => stream.end(resolve))])
  })
}

/** A copy of a file in place of another, whole or not at all. */
export async function copyWholeFile(from: string, path: string): Promise<void> {
  await placed(path, (partial) => copyFile(from, partial))
}

async function placed(path: string, write: (partial: string) => Promise<void>): Promise<void> {
  const partial = `${path}.${newGuid().slice(0, 8)}.partial`
  try {
    await write(partial)
    await syncToDisk(partial)
    await rename(partial, path)
    await syncToDisk(dirname(path)).catch(() => undefined) // Windows cannot sync a folder
  } catch (error) {
    await rm(partial, { force: true })
    if (error instanceof Error && 'syscall' in error) throw ioFailed(path, error)
    throw error
  }
}

/** Resolves when the text has gone to the system: what is written waits for the disk, not in memory. */
function append(stream: WriteStream, text: string): Promise<void> {
  if (text === '') return Promise.resolve()
  return new Promise((resolve, reject) => {
    stream.write(text, (error) => (error ? reject(error) : resolve()))
  })
}

async function syncToDisk(path: string): Promise<void> {
  const handle = await open(path, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function ioFailed(path: string, cause: Error): D365Error {
  return new D365Error('IO_FAILED', `Cannot write ${path}: ${cause.message}.`, {
    hint: 'Check that the folder exists, that you may write to it, and that the disk is not full.',
    cause,
  })
}

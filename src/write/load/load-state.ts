import { createHash } from 'node:crypto'
import { mkdir, open, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { D365Error } from '../../core/errors.ts'

/** What a load has finished, on disk, so that running it again goes on behind it. Rows in between are a journal's business. */
export interface LoadState {
  /** The same for every attempt of this load. */
  readonly id: string
  /** What `finish` kept of a step; undefined where it is still to be done. */
  step(name: string): Readonly<Record<string, unknown>> | undefined
  finish(name: string, kept: object): Promise<void>
  /** The load is over. */
  end(): Promise<void>
}

export const LOAD_ENDING = '.load.json'

export interface OpenLoadState {
  readonly folder: string
  /** Equal for two calls that mean the same load. */
  readonly identity: unknown
  /** False begins anew. */
  readonly resume: boolean
  readonly newId: () => string
  /** Kept beside it, as in a journal. */
  readonly note?: Readonly<Record<string, unknown>> | undefined
}

export async function openLoadState({
  folder,
  identity,
  resume,
  newId,
  note,
}: OpenLoadState): Promise<LoadState> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const name = createHash('sha256').update(JSON.stringify(identity)).digest('hex').slice(0, 24)
  const path = join(folder, `${name}${LOAD_ENDING}`)
  const before = resume ? await readState(path) : undefined
  const id = before?.id ?? newId()
  const startedAt = before?.startedAt ?? new Date().toISOString()
  const steps: Record<string, unknown> = { ...before?.steps }
  const save = () => writeWhole(path, { load: 'd365 load', version: 1, id, startedAt, note, identity, steps })
  // Before the first row leaves: ids of rows are made from it.
  if (!before) await save()
  return {
    id,
    step: (step) => objectOf(steps[step]),
    async finish(step, kept) {
      steps[step] = kept
      await save()
    },
    end: () => rm(path, { force: true }),
  }
}

async function readState(path: string) {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw new D365Error('IO_FAILED', `Cannot read ${path}.`, { cause: error })
  })
  if (text === undefined) return undefined
  const state = objectOf(parsed(text))
  const steps = objectOf(state?.steps)
  if (state?.load === 'd365 load' && state.version === 1 && typeof state.id === 'string' && steps)
    return { id: state.id, steps, startedAt: String(state.startedAt) }
  throw new D365Error('IO_FAILED', `${path} was not written by this version of d365.`, {
    hint: 'Move the file away to begin the load anew, after checking which rows are already in.',
  })
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : undefined
}

async function writeWhole(path: string, value: object): Promise<void> {
  const partial = `${path}.partial`
  try {
    const file = await open(partial, 'w', 0o600)
    try {
      await file.writeFile(`${JSON.stringify(value)}\n`)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(partial, path)
  } catch (cause) {
    throw new D365Error('IO_FAILED', `The state of the load could not be written to ${path}.`, {
      hint: 'Make room on the disk that holds the journals, then run the same command again.',
      cause,
    })
  }
}

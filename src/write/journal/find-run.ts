import { createHash } from 'node:crypto'
import { readdir, readFile, rm, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import { type JournalState, readJournalLines, unreadable } from './journal-state.ts'

/** What makes two calls the same run. */
export interface RunIdentity {
  /** Service root. */
  readonly environment: string
  readonly table: string
  readonly mode: string
  readonly key: readonly string[]
  readonly emptyAsNull: boolean
  readonly fingerprint: string
}

/** A run that was not finished. */
export interface OpenRun {
  readonly path: string
  readonly runId: string
  /** What it had done. */
  readonly before: JournalState
}

export const JOURNAL_ENDING_OPEN = '.open.ndjson'
export const JOURNAL_ENDING_DONE = '.done.ndjson'
export const JOURNAL_ENDING_ABANDONED = '.abandoned.ndjson'

/** The name of a journal whose run is over. */
export function closedPath(path: string, ending: string): string {
  return `${path.slice(0, -JOURNAL_ENDING_OPEN.length)}${ending}`
}

/** Start of the file names of all runs of one identity. */
export function identityName(identity: RunIdentity): string {
  const { environment, table, mode, key, emptyAsNull, fingerprint } = identity
  const text = JSON.stringify([environment, table, mode, key, emptyAsNull, fingerprint])
  return createHash('sha256').update(text).digest('hex').slice(0, 24)
}

/** The unfinished run of this identity, its file cut back to the last whole line; undefined where there is none. */
export async function findOpenRun(folder: string, identity: RunIdentity): Promise<OpenRun | undefined> {
  const prefix = `${identityName(identity)}-`
  const names = (await readdir(folder)).filter(
    (name) => name.startsWith(prefix) && name.endsWith(JOURNAL_ENDING_OPEN),
  )
  for (const name of names.sort()) {
    const run = await readOpenRun(join(folder, name))
    if (run) return run
  }
  return undefined
}

/** File names of the finished runs of this identity. */
export async function doneRuns(folder: string, identity: RunIdentity): Promise<readonly string[]> {
  const prefix = `${identityName(identity)}-`
  return (await readdir(folder)).filter(
    (name) => name.startsWith(prefix) && name.endsWith(JOURNAL_ENDING_DONE),
  )
}

/** An unfinished insert from the same source that had another content. Other modes can be written twice without harm. */
export async function findChangedRun(
  folder: string,
  { environment, table, mode, fingerprint }: RunIdentity,
  source: string,
): Promise<string | undefined> {
  if (mode !== 'insert') return undefined
  for (const name of await readdir(folder)) {
    if (!name.endsWith(JOURNAL_ENDING_OPEN)) continue
    const [first = ''] = (await readFile(join(folder, name), 'utf8')).split('\n', 1)
    const header = readFacts(first)
    const same = header.environment === environment && header.table === table && header.mode === mode
    if (same && header.source === source && header.fingerprint !== fingerprint) return name
  }
  return undefined
}

function readFacts(line: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null ? { ...value } : {}
  } catch {
    return {}
  }
}

async function readOpenRun(path: string): Promise<OpenRun | undefined> {
  const bytes = await readFile(path)
  const end = bytes.lastIndexOf(0x0a) + 1
  const [header, ...lines] = bytes.subarray(0, end).toString('utf8').split('\n').slice(0, -1)
  if (header === undefined) {
    // The header is on disk before the first request leaves: without a whole one, nothing was sent.
    await rm(path)
    return undefined
  }
  if (end < bytes.length) await truncate(path, end)
  const runId = readHeader(parseLine(header, path), path)
  const before = readJournalLines(
    lines.map((line) => parseLine(line, path)),
    path,
  )
  return { path, runId, before }
}

function parseLine(line: string, path: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    throw unreadable(path)
  }
}

function readHeader(header: unknown, path: string): string {
  if (
    typeof header === 'object' &&
    header !== null &&
    'journal' in header &&
    'version' in header &&
    'run' in header
  )
    if (header.journal === 'd365 write' && header.version === 1 && typeof header.run === 'string')
      return header.run
  throw unreadable(path)
}

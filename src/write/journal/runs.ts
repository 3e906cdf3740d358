import { readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { check } from 'proper-lockfile'
import { D365Error } from '../../core/errors.ts'
import { closedPath, JOURNAL_ENDING_ABANDONED, JOURNAL_ENDING_DONE, JOURNAL_ENDING_OPEN } from './find-run.ts'
import { readJournalLines } from './journal-state.ts'
import { readRanges } from './row-ranges.ts'

/** A write as its journal remembers it; a load of several inputs is one run. */
export interface RunSummary {
  readonly id: string
  readonly state: 'open' | 'done' | 'abandoned'
  readonly kind: 'write' | 'load'
  /** ISO 8601; undefined where the journal does not say. */
  readonly startedAt: string | undefined
  readonly environment: string | undefined
  /** Tables written, and how. */
  readonly tables: readonly string[]
  readonly mode: string | undefined
  /** Where the rows came from. */
  readonly source: string | undefined
  /** What was kept with it, e.g. how to run it again. */
  readonly note: Readonly<Record<string, unknown>> | undefined
  readonly files: readonly string[]
}

/** Rows by how they ended; `sent`: on the way when it stopped, to be settled by resuming. */
export type RunCounts = Readonly<Record<'created' | 'updated' | 'deleted' | 'rejected' | 'sent', number>>

const LOAD_ENDING = '.load.json'
const STATES = [
  [JOURNAL_ENDING_OPEN, 'open'],
  [JOURNAL_ENDING_DONE, 'done'],
  [JOURNAL_ENDING_ABANDONED, 'abandoned'],
] as const

/** Newest first. Journals of the passes of a load that is open count as that load. */
export async function listRuns(folder: string): Promise<readonly RunSummary[]> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw new D365Error('IO_FAILED', `Cannot read ${folder}.`, { cause: error })
  })
  const loads = await Promise.all(
    names.filter((name) => name.endsWith(LOAD_ENDING)).map((name) => readLoad(folder, name)),
  )
  const runs = (await Promise.all(names.map((name) => readRun(folder, name)))).flatMap((run) => run ?? [])
  const open = loads.flatMap((load) => load ?? [])
  return [...grouped(runs, open)].sort((a, b) => ((a.startedAt ?? '') < (b.startedAt ?? '') ? 1 : -1))
}

/** The passes of a load are runs of their own, whose ids begin with that of the load. */
function grouped(runs: readonly RunSummary[], open: readonly RunSummary[]): Iterable<RunSummary> {
  const byId = new Map(open.map((load) => [load.id, load]))
  for (const run of runs) {
    const [, load] = /^([0-9a-f-]{36})-\d+-(?:rows|rest)$/.exec(run.id) ?? []
    if (load === undefined) byId.set(run.id, run)
    else
      byId.set(load, joined(byId.get(load) ?? { ...run, id: load, kind: 'load', tables: [], files: [] }, run))
  }
  return byId.values()
}

function joined(load: RunSummary, run: RunSummary): RunSummary {
  const earlier = (load.startedAt ?? '') < (run.startedAt ?? '') ? load.startedAt : run.startedAt
  return {
    ...load,
    startedAt: earlier,
    mode: undefined,
    source: undefined,
    tables: [...new Set([...load.tables, ...run.tables])],
    files: [...load.files, ...run.files],
  }
}

/** The run whose id begins so; four characters are enough where they are its alone. */
export async function findRun(folder: string, id: string): Promise<RunSummary> {
  const wanted = id.trim().toLowerCase()
  const runs = await listRuns(folder)
  const found = runs.filter((run) => run.id.toLowerCase().startsWith(wanted))
  const [only] = found
  if (only && (found.length === 1 || only.id.toLowerCase() === wanted) && wanted.length >= 4) return only
  throw new D365Error(
    'NOT_FOUND',
    found.length > 1 ? `${found.length} runs begin with ${id}.` : `There is no run ${id}.`,
    { hint: found.length > 1 ? 'Give more of its id.' : 'd365 runs list shows all of them.' },
  )
}

export async function countRun({ files }: RunSummary): Promise<RunCounts> {
  const counts = { created: 0, updated: 0, deleted: 0, rejected: 0, sent: 0 }
  for (const path of files.filter((file) => file.endsWith('.ndjson'))) {
    const lines = (await readFile(path, 'utf8'))
      .split('\n')
      .slice(1)
      .flatMap((line) => parsed(line) ?? [])
    const state = readJournalLines(lines, path)
    for (let row = 1; row <= lastRow(lines); row++) {
      const fate = state.fateOf(row)
      if (fate !== 'unsent') counts[fate]++
    }
  }
  return counts
}

/** Forgets that the run is unfinished: what it wrote stays, and the same write begins anew. */
export async function abandonRun(run: RunSummary): Promise<void> {
  if (run.state !== 'open')
    throw new D365Error('CONFLICT', `The run ${run.id} is ${run.state}; only an open one can be abandoned.`)
  for (const path of run.files) if (await isRunning(path)) throw stillRunning(run)
  for (const path of run.files) {
    if (path.endsWith(LOAD_ENDING)) await rm(path, { force: true })
    else if (path.endsWith(JOURNAL_ENDING_OPEN))
      await rename(path, closedPath(path, JOURNAL_ENDING_ABANDONED))
  }
}

/** The lock lies beside the journal, under the name both of its runs have. */
async function isRunning(path: string): Promise<boolean> {
  const name = /^(.*[\\/][0-9a-f]{24})-/.exec(path)?.[1]
  if (name === undefined) return false
  return check(name, { realpath: false, stale: 5000 }).catch(() => false)
}

function stillRunning({ id }: RunSummary): D365Error {
  return new D365Error('CONFLICT', `The run ${id} is being written by another process.`, {
    hint: 'Stop that process first: Ctrl-C ends it cleanly.',
  })
}

async function readRun(folder: string, name: string): Promise<RunSummary | undefined> {
  const [ending, state] = STATES.find(([end]) => name.endsWith(end)) ?? []
  if (ending === undefined || state === undefined) return undefined
  const path = join(folder, name)
  const header = parsed((await readFile(path, 'utf8')).split('\n', 1)[0] ?? '')
  const { journal, run, startedAt, environment, table, mode, source, note } = objectOf(header)
  if (journal !== 'd365 write' || typeof run !== 'string') return undefined
  return {
    id: run,
    state,
    kind: 'write',
    startedAt: textOf(startedAt),
    environment: textOf(environment),
    tables: [String(table)],
    mode: textOf(mode),
    source: textOf(source),
    note: typeof note === 'object' && note !== null ? { ...note } : undefined,
    files: [path],
  }
}

async function readLoad(folder: string, name: string): Promise<RunSummary | undefined> {
  const path = join(folder, name)
  const { load, id, startedAt, identity, note } = objectOf(parsed(await readFile(path, 'utf8')))
  if (load !== 'd365 load' || typeof id !== 'string') return undefined
  const [environment, , , , parts]: readonly unknown[] = Array.isArray(identity) ? identity : []
  const tables = Array.isArray(parts) ? parts.map((part) => String(objectOf(part).table)) : []
  return {
    id,
    state: 'open',
    kind: 'load',
    startedAt: textOf(startedAt),
    environment: textOf(environment),
    tables,
    mode: undefined,
    source: undefined,
    note: typeof note === 'object' && note !== null ? { ...note } : undefined,
    files: [path],
  }
}

function lastRow(lines: readonly object[]): number {
  let last = 0
  for (const line of lines)
    for (const value of Object.values(line)) {
      for (const [, to] of readRanges(value) ?? []) last = Math.max(last, to)
      if (!Array.isArray(value)) continue
      for (const item of value)
        if (Array.isArray(item) && typeof item[0] === 'number') last = Math.max(last, item[0])
    }
  return last
}

/** A line that was cut off tells nothing. */
function parsed(line: string): object | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return typeof value === 'object' && value !== null ? value : undefined
  } catch {
    return undefined
  }
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

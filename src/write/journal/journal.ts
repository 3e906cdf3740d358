import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { D365Error } from '../../core/errors.ts'
import type { JournalOptions } from '../options.ts'
import type { SettledItem } from '../send/send-items.ts'
import { closedPath, JOURNAL_ENDING_DONE, type OpenRun, type RunIdentity } from './find-run.ts'
import type { JournalState } from './journal-state.ts'
import { toRanges } from './row-ranges.ts'

/**
 * One append-only file per run, a JSON object a line, on disk before the request it speaks of leaves.
 * Rows it calls sent and nothing else may or may not have been written; sending them again is safe.
 */
export interface Journal {
  readonly runId: string
  /** What an earlier part of this run left behind. */
  readonly before: JournalState
  sending(rows: readonly number[]): Promise<void>
  settled(items: readonly SettledItem[]): Promise<void>
  /** Closes the run: nothing is left to do for it. */
  finish(): Promise<void>
  /** Closes the file and leaves the run unfinished; a run that never sent a row leaves nothing. */
  close(): Promise<void>
}

export async function beginJournal(
  path: string,
  {
    runId,
    identity,
    startedAt,
    source,
    note,
  }: {
    runId: string
    identity: RunIdentity
    startedAt: string
    source: string | undefined
    note: JournalOptions['note']
  },
  before: JournalState,
): Promise<Journal> {
  const file = await open(path, 'ax', 0o600)
  try {
    await appendLines(file, [
      { journal: 'd365 write', version: 1, run: runId, startedAt, source, note, ...identity },
    ])
    await syncFolder(dirname(path))
  } catch (error) {
    await file.close()
    throw error
  }
  return journalOver(file, { path, runId, before }, { sent: false })
}

export async function continueJournal(run: OpenRun): Promise<Journal> {
  return journalOver(await open(run.path, 'a'), run, { sent: true })
}

function journalOver(
  file: FileHandle,
  { path, runId, before }: OpenRun,
  { sent }: { sent: boolean },
): Journal {
  let hasSent = sent
  let waiting: object[] = []
  let next: Promise<void> | undefined
  // After a failed line every later one fails too: nothing may follow a line that is half written.
  let last: Promise<void> = Promise.resolve()
  /** What comes while the disk is busy goes there together. */
  const append = (entry: object): Promise<void> => {
    waiting.push(entry)
    if (next) return next
    next = last.then(() => {
      const entries = waiting
      waiting = []
      next = undefined
      return appendLines(file, entries)
    })
    last = next
    last.catch(() => undefined)
    return next
  }
  return {
    runId,
    before,
    sending(rows) {
      hasSent = true
      return append({ sent: toRanges(rows) })
    },
    settled: (items) => append(settledEntry(items)),
    async finish() {
      await append({ ended: true }).finally(() => file.close())
      await rename(path, closedPath(path, JOURNAL_ENDING_DONE))
    },
    async close() {
      await last.catch(() => undefined)
      await file.close()
      if (!hasSent) await rm(path)
    },
  }
}

function settledEntry(items: readonly SettledItem[]): object {
  const rowsOf = (action: string): number[] =>
    items.flatMap(({ item, verdict }) =>
      verdict.kind === 'accepted' && verdict.action === action ? [item.ready.row] : [],
    )
  return Object.fromEntries([
    ...['created', 'updated', 'deleted'].flatMap((action) => {
      const rows = rowsOf(action)
      return rows.length > 0 ? [[action, toRanges(rows)]] : []
    }),
    [
      'rejected',
      items.flatMap(({ item, verdict }) => {
        if (verdict.kind !== 'rejected') return []
        return [[item.ready.row, verdict.code, verdict.message, verdict.column ?? null]]
      }),
    ],
  ])
}

async function appendLines(file: FileHandle, entries: readonly object[]): Promise<void> {
  try {
    await file.appendFile(entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''))
    await file.datasync()
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new D365Error('IO_FAILED', `The journal could not be written: ${reason}`, {
      hint: 'Make room on the disk that holds the journals, then run the same command again.',
      cause,
    })
  }
}

/** Makes the file's name durable too. Windows cannot open folders and does not need it. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

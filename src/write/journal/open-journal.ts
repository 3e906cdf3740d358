import { mkdir, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { lock } from 'proper-lockfile'
import type { Clock } from '../../core/clock.ts'
import { D365Error } from '../../core/errors.ts'
import type { JournalOptions } from '../options.ts'
import {
  closedPath,
  doneRuns,
  findChangedRun,
  findOpenRun,
  identityName,
  JOURNAL_ENDING_ABANDONED,
  JOURNAL_ENDING_OPEN,
  type RunIdentity,
} from './find-run.ts'
import { beginJournal, continueJournal, type Journal } from './journal.ts'
import { UNTOUCHED } from './journal-state.ts'

/** A lock not renewed for this long belongs to a dead process. */
const LOCK_STALE_MS = 5000
const LOCK_RENEW_MS = 1000
const LOCK_RETRY_MS = 500
const DEFAULT_WAIT_MS = 7000

/**
 * The journal of this run: the unfinished one of the same identity, or a new one. Only one process has it;
 * two that load the same input at once would send every row twice.
 */
export async function openJournal(
  { folder, source, note, resume = true, waitMs = DEFAULT_WAIT_MS }: JournalOptions,
  { identity, newRunId, clock, onLost }: JournalContext,
): Promise<Journal> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const doneBefore = await doneRuns(folder, identity)
  const unlock = await lockRun(join(folder, identityName(identity)), { onLost, waitMs })
  try {
    if ((await doneRuns(folder, identity)).some((name) => !doneBefore.includes(name))) throw justWritten()
    const found = await findOpenRun(folder, identity)
    if (!found && resume && source !== undefined) await refuseChanged(folder, identity, source)
    if (found && resume) return releasing(await continueJournal(found), unlock)
    if (found) await rename(found.path, closedPath(found.path, JOURNAL_ENDING_ABANDONED))
    const runId = newRunId()
    const path = join(folder, `${identityName(identity)}-${runId}${JOURNAL_ENDING_OPEN}`)
    const startedAt = new Date(clock.now()).toISOString()
    return releasing(
      await beginJournal(path, { runId, identity, startedAt, source, note }, UNTOUCHED),
      unlock,
    )
  } catch (error) {
    await unlock()
    throw error
  }
}

/** Two commands started together: the second one waited, and would write every row once more. */
function justWritten(): D365Error {
  return new D365Error('CONFLICT', 'Another process has just written the same input to the same table.', {
    hint: 'Nothing was written by this one. Run it again if the rows are meant to be written twice.',
  })
}

/** Rows of the interrupted run would be written a second time, because a changed input is another run. */
async function refuseChanged(folder: string, identity: RunIdentity, source: string): Promise<void> {
  const other = await findChangedRun(folder, identity, source)
  if (!other) return
  throw new D365Error(
    'CONFLICT',
    `${source} has changed since a write of it was interrupted, and that write is unfinished.`,
    {
      hint: 'To continue it, put the file back as it was. To write the changed file from its beginning, add --no-resume: rows that got in before may then be there twice.',
    },
  )
}

interface JournalContext {
  readonly identity: RunIdentity
  readonly newRunId: () => string
  readonly clock: Clock
  /** Called when another process took the run over, because this one stood still for too long. */
  readonly onLost: (error: D365Error) => void
}

async function lockRun(
  path: string,
  { onLost, waitMs }: { onLost: (error: D365Error) => void; waitMs: number },
): Promise<() => Promise<void>> {
  try {
    return await lock(path, {
      realpath: false,
      stale: LOCK_STALE_MS,
      update: LOCK_RENEW_MS,
      retries: {
        retries: Math.ceil(waitMs / LOCK_RETRY_MS),
        minTimeout: LOCK_RETRY_MS,
        maxTimeout: LOCK_RETRY_MS,
        factor: 1,
      },
      onCompromised: (cause) =>
        onLost(new D365Error('IO_FAILED', `The lock of the journal was lost: ${cause.message}`, { cause })),
    })
  } catch (cause) {
    throw new D365Error('CONFLICT', 'The same input is being written to the same table by another process.', {
      hint: `Wait until it ends. If there is none, remove ${path}.lock and try again.`,
      cause,
    })
  }
}

function releasing(journal: Journal, unlock: () => Promise<void>): Journal {
  const unlockQuietly = (): Promise<void> => unlock().catch(() => undefined)
  return {
    ...journal,
    finish: () => journal.finish().finally(unlockQuietly),
    close: () => journal.close().finally(unlockQuietly),
  }
}

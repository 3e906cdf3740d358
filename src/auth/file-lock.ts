import { mkdir } from 'node:fs/promises'
import { dirname } from 'node:path'
import { lock } from 'proper-lockfile'
import { D365Error } from '../core/errors.ts'

/**
 * One process at a time, on one machine. The holder touches its lock while it works; the lock of a process
 * that died grows stale and is taken over.
 */
export interface LockOptions {
  /** A lock not touched for so long belongs to a dead process, in ms. At least 2,000; default 10,000. */
  readonly staleMs?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/** Longest wait for another process: more than any sign-in without a person takes. */
const MOST_WAIT_MS = 180_000

export async function whileLocked<T>(
  path: string,
  work: () => Promise<T>,
  { staleMs = 10_000, signal }: LockOptions = {},
): Promise<T> {
  signal?.throwIfAborted()
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const release = await acquire(path, staleMs)
  try {
    signal?.throwIfAborted()
    return await work()
  } finally {
    // A lock taken over meanwhile (this machine slept) is not ours to release.
    await release().catch(() => {})
  }
}

async function acquire(path: string, staleMs: number): Promise<() => Promise<void>> {
  try {
    return await lock(path, {
      realpath: false,
      stale: staleMs,
      // What was fetched under a lost lock is still the newest this process knows: it is kept, not thrown away.
      onCompromised: () => {},
      retries: {
        forever: true,
        minTimeout: 25,
        maxTimeout: 250,
        maxRetryTime: MOST_WAIT_MS,
        randomize: true,
      },
    })
  } catch (cause) {
    const waited = cause instanceof Error && 'code' in cause && cause.code === 'ELOCKED'
    throw new D365Error(
      waited ? 'TIMED_OUT' : 'IO_FAILED',
      waited
        ? `Another d365 process has held ${path}.lock for ${MOST_WAIT_MS / 1000} seconds.`
        : `The lock ${path}.lock cannot be made.`,
      {
        hint: waited
          ? 'End that process, then try again.'
          : 'Check permissions of the folder, or point D365_CONFIG_DIR to another one.',
        cause,
      },
    )
  }
}

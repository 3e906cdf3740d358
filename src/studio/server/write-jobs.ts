import type { Connection, RejectedRow, WriteCounts, WriteOptions } from '../../connect.ts'
import type { Clock } from '../../core/clock.ts'
import { D365Error } from '../../core/errors.ts'
import { newGuid } from '../../core/guid.ts'
import { type Problem, problemOf } from './problem.ts'

/**
 * Rows on their way to Dynamics. They belong to the studio, not to a page: a page that is closed or loaded anew finds them
 * as they are. Paused, what was sent comes back and nothing more is sent; stopped, the journal knows where to go on.
 */
export interface WriteJob {
  readonly id: string
  readonly table: string
  readonly mode: string
  readonly state: 'running' | 'paused' | 'done' | 'failed' | 'stopped'
  /** ms since 1970. */
  readonly startedAt: number
  /** ms it wrote, pauses apart. */
  readonly ms: number
  /** About how many rows there are; undefined where nothing tells. */
  readonly about: number | undefined
  readonly counts: WriteCounts | undefined
  /** Stopped, does it go on where it was when the same input is written again? */
  readonly resumable: boolean
  /** Once it has ended: the first rejected rows, to be mended; `counts.rejected` is how many there are. */
  readonly rejects: readonly MendableRow[]
  readonly problem: Problem | undefined
}

export interface MendableRow {
  readonly row: number
  readonly message: string
  readonly column: string | undefined
  readonly values: Readonly<Record<string, unknown>>
}

export interface JobInput {
  readonly connection: Connection
  readonly table: string
  readonly rows: AsyncIterable<RowIn>
  readonly about: number | undefined
  /** Once the run has ended, however it did. */
  readonly forget: () => Promise<void>
  readonly options: Omit<WriteOptions, 'signal' | 'onProgress' | 'rejects'>
}

/** A row as writing takes it. */
export type RowIn = Parameters<Connection['write']>[1] extends infer Rows
  ? Rows extends { readonly rows: AsyncIterable<infer Row> }
    ? Row
    : never
  : never

export interface WriteJobs {
  start(input: JobInput): WriteJob
  /** Rows of a run that were rejected and mended, written as it wrote and where it wrote; as a run of its own. */
  again(id: string, rows: readonly Readonly<Record<string, unknown>>[]): WriteJob
  all(): readonly WriteJob[]
  get(id: string): WriteJob
  control(id: string, action: 'pause' | 'resume' | 'stop'): void
  /** The job now, and again whenever it changes, until it has ended. */
  watch(id: string, signal: AbortSignal): AsyncGenerator<WriteJob>
  /** Stops what still runs. */
  close(): Promise<void>
}

interface Held {
  job: WriteJob
  readonly input: JobInput
  readonly stop: AbortController
  readonly done: Promise<void>
  open: () => void
  gate: Promise<void> | undefined
}

/** Rejected rows that are kept to be mended; what is beyond is counted. */
const MOST_REJECTS = 10_000
/** Looks at a job no oftener than this. */
const TOGETHER_MS = 200

export function createWriteJobs({ clock }: { readonly clock: Clock }): WriteJobs {
  const jobs = new Map<string, Held>()
  let watchers: (() => void)[] = []
  const find = (id: string): Held => {
    const held = jobs.get(id)
    if (held) return held
    throw new D365Error('NOT_FOUND', 'This run is not known: the studio was restarted since.', {
      hint: 'Write the same file again: it goes on where it stopped.',
    })
  }
  const change = (held: Held, more: Partial<WriteJob>): void => {
    held.job = { ...held.job, ...more }
    for (const tell of watchers.splice(0)) tell()
  }
  const writeJobs: WriteJobs = {
    start(input) {
      const { connection, table, rows, about, options, forget } = input
      const id = newGuid()
      const stop = new AbortController()
      let since = clock.now()
      const job: WriteJob = {
        id,
        table,
        mode: options.mode,
        state: 'running',
        startedAt: since,
        ms: 0,
        about,
        counts: undefined,
        resumable: options.journal !== undefined,
        rejects: [],
        problem: undefined,
      }
      const rejects: MendableRow[] = []
      async function* gated(): AsyncGenerator<RowIn> {
        for await (const row of rows) {
          if (held.gate) {
            await held.gate
            since = clock.now()
          }
          stop.signal.throwIfAborted()
          yield row
        }
      }
      const spent = (): number => {
        const now = clock.now()
        const ms = held.job.ms + (held.gate ? 0 : now - since)
        since = now
        return ms
      }
      const run = async (): Promise<void> => {
        try {
          const report = await connection.write(
            table,
            { rows: gated() },
            {
              ...options,
              signal: stop.signal,
              onProgress: (counts) => change(held, { counts, ms: spent() }),
              rejects: (rejected) => void (rejects.length < MOST_REJECTS && rejects.push(mendable(rejected))),
            },
          )
          change(held, { state: 'done', counts: report, ms: spent(), rejects: [...rejects] })
        } catch (error) {
          const state = stop.signal.aborted ? 'stopped' : 'failed'
          change(held, { state, ms: spent(), problem: problemOf(error), rejects: [...rejects] })
        } finally {
          await forget()
        }
      }
      const held: Held = {
        job,
        input,
        stop,
        open: () => {},
        gate: undefined,
        // After this turn, so that `held` is there.
        done: Promise.resolve().then(run),
      }
      jobs.set(id, held)
      return job
    },
    again(id, rows) {
      const { connection, table, options } = find(id).input
      // Rejected rows carry the names of the table already; the journal is that of the whole input.
      const { map: _map, journal: _journal, ...same } = options
      return writeJobs.start({
        connection,
        table,
        rows: inputRows(rows),
        about: rows.length,
        options: same,
        forget: async () => {},
      })
    },
    get: (id) => find(id).job,
    all: () => [...jobs.values()].map(({ job }) => job).reverse(),
    control(id, action) {
      const held = find(id)
      const { state } = held.job
      if (action === 'pause' && state === 'running') {
        held.gate = new Promise((resolve) => {
          held.open = resolve
        })
        change(held, { state: 'paused' })
      }
      if (action === 'resume' && state === 'paused') {
        held.gate = undefined
        held.open()
        change(held, { state: 'running' })
      }
      if (action === 'stop' && (state === 'running' || state === 'paused')) {
        held.stop.abort(new D365Error('CANCELLED', 'Stopped.'))
        held.gate = undefined
        held.open()
      }
    },
    async *watch(id, signal) {
      while (!signal.aborted) {
        const changed = new Promise<void>((resolve) => {
          watchers = [...watchers, resolve]
          signal.addEventListener('abort', () => resolve(), { once: true })
        })
        const { job } = find(id)
        yield job
        if (job.state !== 'running' && job.state !== 'paused') return
        await changed
        await clock.sleep(TOGETHER_MS, signal).catch(() => undefined)
      }
    },
    async close() {
      for (const { stop, open } of jobs.values()) {
        stop.abort(new D365Error('CANCELLED', 'The studio was closed.'))
        open()
      }
      await Promise.allSettled([...jobs.values()].map(({ done }) => done))
    },
  }
  return writeJobs
}

async function* inputRows(rows: readonly Readonly<Record<string, unknown>>[]): AsyncGenerator<RowIn> {
  for (const [at, values] of rows.entries()) yield { line: at + 1, values }
}

export function mendable({ row, message, column, input: { values } }: RejectedRow): MendableRow {
  return { row, message, column, values }
}

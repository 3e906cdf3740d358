import { D365Error } from '../core/errors.ts'
import type { WriteMode } from './options.ts'
import type { RowOutcome } from './outcome.ts'

/** read = accepted + rejected + unchanged + notSent + inDoubt, always; accepted = created + updated + deleted. */
export interface WriteCounts {
  /** Rows taken from the input. */
  readonly read: number
  readonly accepted: number
  readonly created: number
  readonly updated: number
  readonly deleted: number
  readonly rejected: number
  /** In a preview, or where unchanged rows are skipped: not sent, for nothing would change. */
  readonly unchanged: number
  /** Taken, but not written when the run stopped. */
  readonly notSent: number
  /** Sent, and no answer told what became of them. Running again settles them. */
  readonly inDoubt: number
  /** Of the rows accepted and rejected: settled by an earlier, interrupted part of the same run. */
  readonly resumed: number
}

export interface WriteReport extends WriteCounts {
  readonly runId: string
  readonly table: string
  readonly mode: WriteMode
  /** True: nothing was written; the counts say what would be. */
  readonly dryRun: boolean
  /** Did the run reach the end of the input? */
  readonly complete: boolean
  /** What was left out of the input, and why. */
  readonly notices: readonly string[]
}

/** A run that stopped before its end; the code and cause are those of what stopped it. */
export class WriteStopped extends D365Error {
  override readonly name = 'WriteStopped'
  readonly report: WriteReport
  readonly #stopped: D365Error
  readonly #resumable: boolean

  constructor(stopped: D365Error, report: WriteReport, { resumable }: { resumable: boolean }) {
    const { accepted, rejected, inDoubt } = report
    super(
      stopped.code,
      `${stopped.message} Until then ${accepted} rows were accepted and ${rejected} rejected; ${inDoubt} are in doubt.`,
      { hint: hintOf(stopped, { resumable, inDoubt }), cause: stopped },
    )
    this.report = report
    this.#stopped = stopped
    this.#resumable = resumable
  }

  /** The same, where another part of the rows had been written before. */
  after(before: WriteReport): WriteStopped {
    return new WriteStopped(this.#stopped, addReports(before, this.report), { resumable: this.#resumable })
  }
}

/** The report of two parts of the rows together. */
export function addReports(before: WriteReport, after: WriteReport): WriteReport {
  return {
    ...after,
    ...addCounts(before, after),
    runId: before.runId,
    complete: before.complete && after.complete,
    notices: [...new Set([...before.notices, ...after.notices])],
  }
}

export function addCounts(some: WriteCounts, more: WriteCounts): WriteCounts {
  return {
    read: some.read + more.read,
    accepted: some.accepted + more.accepted,
    created: some.created + more.created,
    updated: some.updated + more.updated,
    deleted: some.deleted + more.deleted,
    rejected: some.rejected + more.rejected,
    unchanged: some.unchanged + more.unchanged,
    notSent: some.notSent + more.notSent,
    inDoubt: some.inDoubt + more.inDoubt,
    resumed: some.resumed + more.resumed,
  }
}

function hintOf(stopped: D365Error, { resumable, inDoubt }: { resumable: boolean; inDoubt: number }): string {
  const again = resumable
    ? 'Run the same command again with the same input: it continues where this one stopped.'
    : inDoubt > 0
      ? 'Check the rows in doubt before writing them again.'
      : 'The rows that were not accepted can be written again.'
  return stopped.hint === undefined ? again : `${stopped.hint} ${again}`
}

/** Counts every row from the moment it is read until it ends, once. */
export interface Tally {
  read(row: number): void
  doubt(rows: readonly number[]): void
  end(outcome: RowOutcome, options?: { readonly resumed: boolean }): void
  counts(): WriteCounts
}

export function createTally(): Tally {
  const unsettled = new Set<number>()
  const doubtful = new Set<number>()
  const ended = { created: 0, updated: 0, deleted: 0, rejected: 0, unchanged: 0, resumed: 0 }
  let read = 0
  return {
    read(row) {
      read++
      unsettled.add(row)
    },
    doubt(rows) {
      for (const row of rows) doubtful.add(row)
    },
    end(outcome, { resumed } = { resumed: false }) {
      if (!unsettled.delete(outcome.row))
        throw new D365Error('BUG', `Row ${outcome.row} ended twice, the second time as ${outcome.kind}.`)
      doubtful.delete(outcome.row)
      ended[outcome.kind === 'accepted' ? outcome.action : outcome.kind]++
      if (resumed) ended.resumed++
    },
    counts() {
      const accepted = ended.created + ended.updated + ended.deleted
      const inDoubt = doubtful.size
      const counts = { read, accepted, ...ended, inDoubt, notSent: unsettled.size - inDoubt }
      const sum = accepted + counts.rejected + counts.unchanged + counts.notSent + inDoubt
      if (sum !== read || counts.notSent < 0)
        throw new D365Error('BUG', `${read} rows were read and ${sum} are accounted for.`)
      return counts
    },
  }
}

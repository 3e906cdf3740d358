import { D365Error } from '../core/errors.ts'
import type { NumberedRow } from './check/prepare-rows.ts'
import type { ResolvedOptions } from './options.ts'
import type { RejectedRow, RowOutcome } from './outcome.ts'
import { createTally, type WriteCounts } from './report.ts'

/** Where every row's end is counted and told, in one order, whoever settled it. */
export interface Outcomes {
  read(rows: readonly NumberedRow[]): void
  doubt(rows: readonly number[]): void
  /** Rejects with ROWS_REJECTED once more rows are rejected than the run may have. */
  end(outcomes: readonly RowOutcome[], options?: { readonly resumed: boolean }): Promise<void>
  counts(): WriteCounts
  /** Has any row ended or left? */
  begun(): boolean
}

export function createOutcomes({
  onOutcome,
  onProgress,
  rejects,
  maxErrors,
}: Pick<ResolvedOptions, 'onOutcome' | 'onProgress' | 'rejects' | 'maxErrors'>): Outcomes {
  const tally = createTally()
  let rejecting: Promise<void> = Promise.resolve()
  const reject = (row: RejectedRow): void => {
    rejecting = rejecting.then(() => rejects(row))
    rejecting.catch(() => undefined)
  }
  return {
    read: (rows) => {
      for (const { row } of rows) tally.read(row)
    },
    doubt: tally.doubt,
    async end(outcomes, resumed) {
      if (outcomes.length === 0) return
      for (const outcome of outcomes) {
        tally.end(outcome, resumed)
        onOutcome(outcome)
        if (outcome.kind === 'rejected') reject(outcome)
      }
      const counts = tally.counts()
      onProgress(counts)
      await rejecting
      if (counts.rejected > maxErrors)
        throw new D365Error(
          'ROWS_REJECTED',
          `${counts.rejected} rows were rejected; the run may have ${maxErrors}.`,
          {
            hint: 'Mend the rows in the rejects file, or allow more errors.',
          },
        )
    },
    counts: () => tally.counts(),
    begun: () => {
      const { accepted, rejected, unchanged, inDoubt } = tally.counts()
      return accepted + rejected + unchanged + inDoubt > 0
    },
  }
}

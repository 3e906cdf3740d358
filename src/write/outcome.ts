import type { InputRow } from './input/input-row.ts'

/** How one row ended. Rows that never ended are counted in the report, as not sent or in doubt. */
export type RowOutcome = AcceptedRow | UnchangedRow | RejectedRow

export type AcceptedAction = 'created' | 'updated' | 'deleted'

export interface AcceptedRow {
  readonly kind: 'accepted'
  /** What was done, or would be done in a preview. */
  readonly action: AcceptedAction
  /** Position in the input, from 1. */
  readonly row: number
  readonly input: InputRow
  /** Primary key; undefined where the service did not say (rows settled by an earlier part of the run). */
  readonly id: string | undefined
  /** In a preview of an update: what would change. */
  readonly changes?: readonly ColumnChange[]
}

/** In a preview, or where unchanged rows are skipped: the environment already holds exactly these values. */
export interface UnchangedRow {
  readonly kind: 'unchanged'
  readonly row: number
  readonly input: InputRow
  readonly id: string | undefined
}

export interface RejectedRow {
  readonly kind: 'rejected'
  readonly row: number
  readonly input: InputRow
  /** The service's code (`0x80040217`) or one of ours. */
  readonly code: string
  readonly message: string
  /** Logical name of the column at fault, where it is known. */
  readonly column?: string
}

/** Codes of rows that d365 rejects itself. */
export const REJECT_CODES = {
  /** The row could not be read or does not fit the table. */
  input: 'INPUT_INVALID',
  /** A lookup names a row that does not exist. */
  lookupMissing: 'LOOKUP_MISSING',
  /** A lookup names more than one row. */
  lookupAmbiguous: 'LOOKUP_AMBIGUOUS',
  /** In a preview: the row to update or delete does not exist. */
  rowMissing: 'ROW_MISSING',
  /** In a preview: the row to insert exists. */
  rowExists: 'ROW_EXISTS',
} as const

export interface ColumnChange {
  readonly column: string
  /** Text as the environment holds it; null for no value. */
  readonly from: string | null
  readonly to: string | null
}

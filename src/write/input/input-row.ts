/** One row as its source gave it, before anything is known about the table. */
export interface InputRow {
  /** Line of the file where the row starts, from 1; the position for rows that come from memory. */
  readonly line: number
  /**
   * Values by column name as written. Text, numbers, booleans, null, lists of these and Date are understood;
   * numbers out of files arrive as their exact text.
   */
  readonly values: Readonly<Record<string, unknown>>
  /** Why the row could not be read. It is rejected with this reason. */
  readonly fault?: string
  /** The row as it stood in its file, for the rejects file. */
  readonly source?: RowSource
}

export type RowSource =
  | {
      readonly kind: 'csv'
      readonly delimiter: string
      readonly header: readonly string[]
      readonly cells: readonly string[]
    }
  | { readonly kind: 'ndjson'; readonly text: string }

/** Columns that a rejects file adds; ignored on input, so that the file can be mended and written again. */
export const REJECT_CODE_COLUMN = 'd365_error_code'
export const REJECT_REASON_COLUMN = 'd365_error'

export function isRejectColumn(name: string): boolean {
  const lower = name.toLowerCase()
  return lower === REJECT_CODE_COLUMN || lower === REJECT_REASON_COLUMN
}

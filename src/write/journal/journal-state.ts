import { D365Error } from '../../core/errors.ts'
import type { AcceptedAction } from '../outcome.ts'
import { type RowRange, readRanges } from './row-ranges.ts'

/** What a journal knows about the rows of its run. One byte a row, so that millions fit. */
export interface JournalState {
  /** `sent`: a request with the row may have left, and no answer was noted. */
  fateOf(row: number): RowFate
  rejectionOf(row: number): JournaledRejection | undefined
}

export type RowFate = 'unsent' | 'sent' | AcceptedAction | 'rejected'

export interface JournaledRejection {
  readonly row: number
  readonly code: string
  readonly message: string
  readonly column: string | undefined
}

const FATES = [
  'unsent',
  'sent',
  'created',
  'updated',
  'deleted',
  'rejected',
] as const satisfies readonly RowFate[]

export const UNTOUCHED: JournalState = { fateOf: () => 'unsent', rejectionOf: () => undefined }

/** Reads the lines after the header. `path` is for messages. */
export function readJournalLines(lines: readonly unknown[], path: string): JournalState {
  let fates = new Uint8Array(1024)
  const rejections = new Map<number, JournaledRejection>()
  const set = (fate: RowFate, [from, to]: RowRange): void => {
    if (to >= fates.length) {
      const larger = new Uint8Array(Math.max(fates.length * 2, to + 1))
      larger.set(fates)
      fates = larger
    }
    fates.fill(FATES.indexOf(fate), from, to + 1)
  }
  for (const line of lines) {
    const entry = readEntry(line, path)
    for (const [fate, ranges] of entry.fates) for (const range of ranges) set(fate, range)
    for (const rejection of entry.rejections) {
      set('rejected', [rejection.row, rejection.row])
      rejections.set(rejection.row, rejection)
    }
  }
  return {
    fateOf: (row) => FATES[fates[row] ?? 0] ?? 'unsent',
    rejectionOf: (row) => rejections.get(row),
  }
}

interface Entry {
  readonly fates: readonly (readonly [RowFate, readonly RowRange[]])[]
  readonly rejections: readonly JournaledRejection[]
}

function readEntry(line: unknown, path: string): Entry {
  const entry: Readonly<Record<string, unknown>> =
    typeof line === 'object' && line !== null ? { ...line } : {}
  const fates = FATES.flatMap((fate) => {
    const ranges = fate === 'rejected' ? undefined : readRanges(entry[fate])
    return ranges ? [[fate, ranges] as const] : []
  })
  const rejections = Array.isArray(entry.rejected)
    ? entry.rejected.map((item) => readRejection(item, path))
    : []
  if (fates.length === 0 && rejections.length === 0 && entry.ended !== true) throw unreadable(path)
  return { fates, rejections }
}

function readRejection(item: unknown, path: string): JournaledRejection {
  if (!Array.isArray(item)) throw unreadable(path)
  const [row, code, message, column]: unknown[] = item
  if (typeof row !== 'number' || typeof code !== 'string' || typeof message !== 'string')
    throw unreadable(path)
  return { row, code, message, column: typeof column === 'string' ? column : undefined }
}

export function unreadable(path: string): D365Error {
  return new D365Error('IO_FAILED', `The journal ${path} holds a line that d365 did not write.`, {
    hint: 'Move the file away to begin anew, after checking which rows of the input are already in.',
  })
}

import { createHash } from 'node:crypto'
import type { Table } from '../../catalog/table.ts'
import { withHeaders } from '../../service/with-headers.ts'
import type { InputRow } from '../input/input-row.ts'
import { shapedRows } from '../input/shape-rows.ts'
import type { RejectedRow } from '../outcome.ts'
import type { WriteReport } from '../report.ts'
import { behaviourHeaders } from '../request-headers.ts'
import { rowId } from '../row-id.ts'
import { keptReport, objectOf } from './kept-report.ts'
import type { LoadState } from './load-state.ts'
import { rowSplitter } from './pass-rows.ts'
import { baseColumn, isNothing, type Later } from './plan-load.ts'
import { endedAs, type RowFates, rowFates } from './row-fates.ts'
import type { LoadEnvironment, LoadOptions, LoadPart, LoadPass, PartReport } from './run-load.ts'
import { type FilesOfRow, uploadFiles } from './upload-files.ts'

export interface PartContext {
  readonly part: LoadPart
  readonly table: Table
  readonly later: Later
  /** Has the input nothing but keys and files? */
  readonly filesOnly: boolean
  readonly at: number
  readonly state: LoadState | undefined
  readonly options: LoadOptions
  readonly environment: LoadEnvironment
}

/** Rows that were written without what had to wait, and how they had ended. */
type Incomplete = Readonly<Record<'rows' | 'created' | 'updated' | 'unchanged' | 'deleted', number>>

const NONE: Incomplete = { rows: 0, created: 0, updated: 0, unchanged: 0, deleted: 0 }

function keptIncomplete(counts: Readonly<Record<string, unknown>>): Incomplete {
  const count = (name: keyof Incomplete): number => Number(counts[name] ?? 0)
  return {
    rows: count('rows'),
    created: count('created'),
    updated: count('updated'),
    unchanged: count('unchanged'),
    deleted: count('deleted'),
  }
}

export type Part = ReturnType<typeof createPart>

/** One part of a load, pass by pass. What it has finished it takes from the state of the load. */
export function createPart(context: PartContext) {
  const { part, table, later, at, state, options, environment } = context
  const { journalFolder, filesFolder, note, resume, onPass, onOutcome, rejects, maxErrors, ...shared } =
    options
  const splitter = rowSplitter(table, later)
  const waits = !isNothing(later)
  let fates: RowFates = rowFates()
  let report: WriteReport | undefined
  let incomplete = NONE

  const journal = (pass: LoadPass) =>
    journalFolder === undefined
      ? {}
      : {
          journal: {
            folder: journalFolder,
            fingerprint: fingerprint(pass),
            resume: resume ?? true,
            ...sourceOf(pass),
          },
        }
  const fingerprint = (pass: LoadPass): string => {
    if (!state) return shapedFingerprint(part)
    return hash([state.id, at, pass])
  }
  const sourceOf = (pass: LoadPass) => ({
    ...(pass === 'rows' && part.source !== undefined ? { source: part.source } : {}),
    ...(note === undefined || state ? {} : { note }),
  })
  /** Ids of rows come from that of their run: the same at every attempt. */
  const ownRun = (pass: LoadPass) => (state ? { newRunId: () => `${state.id}-${at}-${pass}` } : {})
  const left = (rejectedBefore: number) =>
    maxErrors === undefined ? {} : { maxErrors: Math.max(0, maxErrors - rejectedBefore) }

  /** A row written before and refused now was accepted until now. */
  const refuse = (row: number): void => {
    const before = fates.of(row)
    if (before === undefined || before === 'rejected') return
    incomplete = { ...incomplete, rows: incomplete.rows + 1, [before]: incomplete[before] + 1 }
    fates.end(row, 'rejected')
  }

  /** What a pass that is over has left behind; false where it is still to be made. */
  const restore = (pass: LoadPass): boolean => {
    const kept = state?.step(`${at}:${pass}`)
    if (!kept) return false
    fates = rowFates(objectOf(kept.fates))
    incomplete = keptIncomplete(objectOf(kept.incomplete))
    return true
  }

  /** Rows that only bring files: each counts as updated until its file is refused. */
  const withoutRows = async (): Promise<WriteReport> => {
    let read = 0
    for await (const _ of shapedRows(part.input.rows, part)) fates.end(++read, 'updated')
    const counts = { created: 0, deleted: 0, rejected: 0, unchanged: 0, notSent: 0, inDoubt: 0, resumed: 0 }
    const facts = { runId: state?.id ?? '', table: table.name, mode: part.mode, notices: [] }
    return { ...counts, ...facts, read, accepted: read, updated: read, dryRun: false, complete: true }
  }

  async function* firstRows(): AsyncGenerator<InputRow> {
    for await (const row of shapedRows(part.input.rows, part)) yield splitter.first(row)
  }

  const keyOf = (row: InputRow, number: number): Readonly<Record<string, unknown>> => {
    const wanted = part.mode === 'insert' || !part.key?.length ? [table.primaryKey] : part.key
    const own = Object.entries(row.values).filter(([name]) =>
      wanted.some((column) => column.toLowerCase() === baseColumn(name, table)?.name),
    )
    const filled = own.some(([, value]) => value !== null && value !== undefined && value !== '')
    return part.mode === 'insert' && !filled
      ? { [table.primaryKey]: rowId(report?.runId ?? '', number) }
      : Object.fromEntries(own)
  }

  /** Rows the first pass wrote, with their number in the input. */
  async function* written(): AsyncGenerator<{ readonly row: InputRow; readonly number: number }> {
    let number = 0
    for await (const row of shapedRows(part.input.rows, part)) {
      number++
      const fate = fates.of(number)
      if (fate !== undefined && fate !== 'rejected' && fate !== 'deleted') yield { row, number }
    }
  }

  return {
    rejected: () => (report?.rejected ?? 0) + incomplete.rows,
    report: (): PartReport => finalReport(part.name, report, incomplete),
    async writeRows(rejectedBefore: number): Promise<void> {
      const kept = keptReport(state?.step(`${at}:rows`))
      if (kept) {
        fates = rowFates(kept.fates)
        report = { ...kept.report, resumed: kept.report.accepted + kept.report.rejected }
        return
      }
      onPass?.({ part, pass: 'rows' })
      if (context.filesOnly) {
        report = await withoutRows()
        await state?.finish(`${at}:rows`, { report, fates })
        return
      }
      report = await environment.write(
        part.table,
        { rows: firstRows() },
        {
          ...shared,
          ...left(rejectedBefore),
          ...journal('rows'),
          ...ownRun('rows'),
          mode: part.mode,
          ...(part.key === undefined ? {} : { key: part.key }),
          onOutcome(outcome) {
            if (waits) fates.end(outcome.row, endedAs(outcome))
            onOutcome?.(outcome, part)
          },
          rejects: (row) => rejects?.(row, { part, pass: 'rows' }),
        },
      )
      await state?.finish(`${at}:rows`, { report, fates })
    },
    async uploadFiles(): Promise<void> {
      if (later.files.length === 0 || restore('files')) return
      onPass?.({ part, pass: 'files' })
      async function* files(): AsyncGenerator<FilesOfRow> {
        for await (const { row, number } of written()) {
          const paths = splitter.files(row)
          if (paths) yield { key: keyOf(row, number), paths, row: number, line: row.line }
        }
      }
      const behaviour = await behaviourHeaders(options, environment.session, options.signal)
      await uploadFiles(table, files(), {
        session: withHeaders(environment.session, behaviour),
        folder: filesFolder ?? '.',
        signal: options.signal,
        rejects: async (rejected) => {
          refuse(rejected.row)
          onOutcome?.(rejected, part)
          await rejects?.(rejected, { part, pass: 'files' })
        },
      })
      await state?.finish(`${at}:files`, { fates, incomplete })
    },
    async writeRest(rejectedBefore: number): Promise<void> {
      if (later.lookups.length + later.state.length === 0 || restore('rest')) return
      onPass?.({ part, pass: 'rest' })
      const numbers = new WeakMap<InputRow, number>()
      async function* rest(): AsyncGenerator<InputRow> {
        for await (const { row, number } of written()) {
          const values = splitter.rest(row)
          if (!values) continue
          const input: InputRow = {
            line: row.line,
            values: { ...keyOf(row, number), ...values },
          }
          numbers.set(input, number)
          yield input
        }
      }
      const refused = (row: RejectedRow): RejectedRow => ({ ...row, row: numbers.get(row.input) ?? row.row })
      await environment.write(
        part.table,
        { rows: rest() },
        {
          ...shared,
          ...left(rejectedBefore),
          ...journal('rest'),
          ...ownRun('rest'),
          mode: 'update',
          ...(part.mode === 'insert' || part.key === undefined ? {} : { key: part.key }),
          // What an interrupted attempt has set is not set again.
          skipUnchanged: true,
          rejects: async (row) => {
            refuse(refused(row).row)
            onOutcome?.(refused(row), part)
            await rejects?.(refused(row), { part, pass: 'rest' })
          },
        },
      )
      await state?.finish(`${at}:rest`, { fates, incomplete })
    },
  }
}

function finalReport(name: string, report: WriteReport | undefined, incomplete: Incomplete): PartReport {
  if (!report) throw new TypeError(`${name} was not written.`)
  const { rows, created, updated, unchanged } = incomplete
  return {
    ...report,
    name,
    created: report.created - created,
    updated: report.updated - updated,
    unchanged: report.unchanged - unchanged,
    accepted: report.accepted - created - updated,
    rejected: report.rejected + rows,
    incomplete: rows,
  }
}

/** A load of one step is a plain write, and is known again as one. */
function shapedFingerprint({ input, map, defaults }: LoadPart): string {
  return map === undefined && defaults === undefined
    ? input.fingerprint
    : hash([input.fingerprint, map, defaults])
}

function hash(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex')
}

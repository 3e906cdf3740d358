import { createHash } from 'node:crypto'
import type { Catalog, Column, Table } from '../../catalog/table.ts'
import { newGuid } from '../../core/guid.ts'
import type { Session } from '../../service/session.ts'
import { withHeaders } from '../../service/with-headers.ts'
import type { InputRow } from '../input/input-row.ts'
import type { RowsFile } from '../input/rows-file.ts'
import { type RowShape, shapedRows } from '../input/shape-rows.ts'
import type { WriteMode, WriteOptions } from '../options.ts'
import type { RejectedRow, RowOutcome } from '../outcome.ts'
import type { WriteCounts, WriteReport } from '../report.ts'
import { behaviourHeaders, type ServiceBehaviour } from '../request-headers.ts'
import { rowId } from '../row-id.ts'
import { pairsTable, readAssociation } from './association.ts'
import { keptReport, objectOf } from './kept-report.ts'
import { type LoadState, openLoadState } from './load-state.ts'
import { rowSplitter } from './pass-rows.ts'
import { baseColumn, type Later, type LoadTable, planLoad } from './plan-load.ts'
import { endedAs, type RowFates, rowFates } from './row-fates.ts'
import { uploadFiles } from './upload-files.ts'

/** One input and the table it goes to. */
export interface LoadPart extends RowShape {
  /** What people call it, e.g. the path of its file. */
  readonly name: string
  readonly table: string
  readonly input: RowsFile
  readonly mode: WriteMode
  readonly key?: readonly string[]
}

/** `rows`: the rows themselves. `files`: files and images. `rest`: lookups and states that had to wait. */
export type LoadPass = 'rows' | 'files' | 'rest'

export interface LoadOptions
  extends Omit<
      WriteOptions,
      'mode' | 'key' | 'map' | 'defaults' | 'journal' | 'rejects' | 'onProgress' | 'onOutcome'
    >,
    ServiceBehaviour {
  /** Folder that paths of files in the rows start from. Default: the current one. */
  readonly filesFolder?: string
  /** Folder for the journals, so that the same load continues after an interruption. Default: none is kept. */
  readonly journalFolder?: string
  /** False begins anew and abandons an unfinished run of the same load. Default true. */
  readonly resume?: boolean
  /** Called when a pass over one input begins. */
  readonly onPass?: (pass: { readonly part: LoadPart; readonly pass: LoadPass }) => void
  readonly onProgress?: (counts: WriteCounts) => void
  readonly onOutcome?: (outcome: RowOutcome, part: LoadPart) => void
  readonly rejects?: (rejected: RejectedRow, place: RejectedPlace) => void | Promise<void>
}

export interface RejectedPlace {
  readonly part: LoadPart
  readonly pass: LoadPass
}

/** One report for each part, in the order in which they were written. */
export interface LoadReport {
  readonly parts: readonly PartReport[]
}

/** A row that was written and whose lookups, state or files were then refused counts as rejected. */
export interface PartReport extends WriteReport {
  readonly name: string
  /** Of the rows rejected: those that were written, without what had to wait. */
  readonly incomplete: number
}

export interface LoadEnvironment {
  readonly catalog: Catalog
  readonly session: Session
  readonly write: (
    table: string,
    rows: { readonly rows: AsyncIterable<InputRow> },
    options: WriteOptions & ServiceBehaviour,
  ) => Promise<WriteReport>
}

export interface FilesOfRow {
  /** Values that say which row is meant, by column. */
  readonly key: Readonly<Record<string, unknown>>
  readonly paths: ReadonlyMap<Column, string>
  readonly row: number
  readonly line: number
}

/**
 * Writes several tables whose rows point to each other: rows first, in the order of their dependencies, then files, then
 * what had to wait. Every row ends once, however many passes it took.
 */
export async function runLoad(
  environment: LoadEnvironment,
  parts: readonly LoadPart[],
  options: LoadOptions,
): Promise<LoadReport> {
  const tables = await Promise.all(parts.map((part) => loadTable(part, environment, options)))
  const plan = planLoad(tables)
  const single = parts.length === 1 && plan.later.every(isNothing)
  const state = single || options.dryRun ? undefined : await stateOf(environment, parts, options)
  const loads = plan.order.flatMap((at) => {
    const [part, table] = [parts[at], tables[at]?.table]
    const later = options.dryRun ? unknownInPreview(tables, at) : plan.later[at]
    return part && table && later ? [createPart({ part, table, later, at, state, options, environment })] : []
  })
  for (const load of loads) await load.writeRows(rejectedSoFar(loads))
  if (!options.dryRun) {
    for (const load of loads) await load.uploadFiles()
    for (const load of loads) await load.writeRest(rejectedSoFar(loads))
  }
  await state?.end()
  for (const { input } of parts) await input.forget()
  return { parts: loads.map((load) => load.report()) }
}

/** A preview makes no rows, so that lookups to those of the same load cannot be found. */
function unknownInPreview(tables: readonly LoadTable[], at: number): Later {
  const own = tables[at]?.table
  const made = tables.flatMap(({ mode, table }) =>
    mode === 'insert' || mode === 'upsert' ? [table.name] : [],
  )
  const lookups = (own?.columns ?? []).flatMap((column) => {
    const to = (column.targets ?? []).flatMap(({ table }) => (made.includes(table) ? [table] : []))
    return to.length > 0 && !column.required ? [{ column, tables: to }] : []
  })
  return { lookups, state: [], files: [] }
}

function rejectedSoFar(loads: readonly Part[]): number {
  return loads.reduce((sum, load) => sum + load.rejected(), 0)
}

function isNothing({ lookups, state, files }: Later): boolean {
  return lookups.length + state.length + files.length === 0
}

/** Rows looked at to learn the columns of an input: a CSV has all of them in the first. */
const PEEKED_ROWS = 1000

async function loadTable(
  part: LoadPart,
  environment: LoadEnvironment,
  { signal }: LoadOptions,
): Promise<LoadTable> {
  const own = await environment.catalog.table(part.table, { signal })
  const table =
    own.kind === 'intersect' ? pairsTable(own, await readAssociation(own, environment, signal)) : own
  const columns = new Set<string>()
  let rows = 0
  for await (const { values } of shapedRows(part.input.rows, part)) {
    for (const name of Object.keys(values)) columns.add(name)
    if (++rows >= PEEKED_ROWS) break
  }
  return { name: part.name, table, mode: part.mode, columns: [...columns] }
}

async function stateOf(
  { session: { root } }: LoadEnvironment,
  parts: readonly LoadPart[],
  { journalFolder, resume = true, locale, timeZone, emptyAsNull }: LoadOptions,
): Promise<LoadState | undefined> {
  if (journalFolder === undefined) return undefined
  const identity = [root, locale, timeZone, emptyAsNull, parts.map(identityOf)]
  return openLoadState({ folder: journalFolder, identity, resume, newId: newGuid })
}

function identityOf({ table, mode, key, input, map, defaults }: LoadPart): unknown {
  return { table, mode, key, fingerprint: input.fingerprint, map, defaults }
}

interface PartContext {
  readonly part: LoadPart
  readonly table: Table
  readonly later: Later
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

type Part = ReturnType<typeof createPart>

function createPart(context: PartContext) {
  const { part, table, later, at, state, options, environment } = context
  const { journalFolder, filesFolder, resume, onPass, onOutcome, rejects, maxErrors, ...shared } = options
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
  const sourceOf = (pass: LoadPass) => (pass === 'rows' ? { source: part.name } : {})
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
      report = await environment.write(
        part.table,
        { rows: firstRows() },
        {
          ...shared,
          ...left(rejectedBefore),
          ...journal('rows'),
          ...(state ? { newRunId: () => `${state.id}-${at}` } : {}),
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

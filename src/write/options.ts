import type { Column, Table } from '../catalog/table.ts'
import { D365Error } from '../core/errors.ts'
import { newGuid } from '../core/guid.ts'
import { nearNames } from '../core/near.ts'
import type { Session, SessionRequest } from '../service/session.ts'
import { type TextForm, textForm, type ZoneOffset, zoneOffset } from './check/text-form.ts'
import type { RowShape } from './input/shape-rows.ts'
import type { RejectedRow, RowOutcome } from './outcome.ts'
import type { WriteCounts } from './report.ts'

const MODES = ['insert', 'update', 'upsert', 'delete'] as const
export type WriteMode = (typeof MODES)[number]

const ROUTES = ['auto', 'multiple', 'batch', 'single'] as const
export type WriteRoute = (typeof ROUTES)[number]

/** In any case; undefined for what is no mode. */
export function parseWriteMode(text: string): WriteMode | undefined {
  return MODES.find((mode) => mode === text.toLowerCase())
}

export interface WriteOptions extends RowShape {
  readonly mode: WriteMode
  /** Columns that say which row is meant: an alternate key of the table. Default: the primary key. */
  readonly key?: readonly string[]
  /**
   * What an empty text (an empty CSV cell) means: true sets the column to NULL, false leaves it as it is.
   * Default true. An absent column is always left as it is.
   */
  readonly emptyAsNull?: boolean
  /** Spelling of numbers and dates in a CSV, e.g. `de-DE` for `1.234,5` and `31.12.2024`. Default: `1234.5` and `2024-12-31`. */
  readonly locale?: string
  /** Time zone of times that say none, e.g. `Europe/Berlin`. Default: UTC. */
  readonly timeZone?: string
  /**
   * Reads what is there first, in bulk, and does not send rows that would change nothing: no plug-in, flow or audit entry
   * for them. For update and upsert. Default false.
   */
  readonly skipUnchanged?: boolean
  /** For insert: leaves rows alone whose `key` exists already, and counts them as unchanged. Default false. */
  readonly skipExisting?: boolean
  /** Only compare with what is there and say what would happen. Default false. */
  readonly dryRun?: boolean
  /** Stop when more rows than this were rejected. Default: never. */
  readonly maxErrors?: number
  /**
   * Rows in one request, 1 (no batch at all) to the service's limit. Default: what takes 0.25 to 0.5 s, beginning with
   * 20 in a batch and 100 in a bulk message: long enough that the request budget (6,000 in 300 s) does not bind, short
   * enough that a lost answer costs little.
   */
  readonly batchSize?: number
  /**
   * How rows travel. `auto`: by a bulk message (CreateMultiple …) where the table takes it, else in batches.
   * `multiple` refuses a table without the message. Default `auto`.
   */
  readonly route?: WriteRoute
  /**
   * Requests of one user at a time. Default: as many as make it faster, at most what the service recommends
   * (`x-ms-dop-hint`).
   */
  readonly parallel?: number
  /** Keeps a journal, so that the same call with the same input continues after an interruption. */
  readonly journal?: JournalOptions
  /** Headers every writing request carries, e.g. `MSCRM.SuppressDuplicateDetection`, or `If-Match` with the version of one row. */
  readonly headers?: Readonly<Record<string, string>>
  readonly signal?: AbortSignal | undefined
  /** Called after every answer, with the counts so far. */
  readonly onProgress?: (counts: WriteCounts) => void
  /** Called once for every row that ended. */
  readonly onOutcome?: (outcome: RowOutcome) => void
  /** In a dry run: called with the requests that would be sent, together where they would travel in one. */
  readonly onRequests?: (requests: PlannedRequests) => void
  /** Where rejected rows go; waited for. */
  readonly rejects?: (rejected: RejectedRow) => void | Promise<void>
  /** Makes the id of a run. Default: a random GUID. */
  readonly newRunId?: () => string
}

/** Requests of some rows, as they would be sent. */
export interface PlannedRequests {
  /** `batch`: all of them in one `$batch`; else each by itself, a bulk message for all its rows. */
  readonly route: 'multiple' | 'batch' | 'single'
  readonly requests: readonly SessionRequest[]
}

export interface JournalOptions {
  /** Folder for the journals; made where it does not exist. */
  readonly folder: string
  /** What tells this input from another, e.g. a hash of the file. */
  readonly fingerprint: string
  /** Where the input came from, e.g. the path of the file: tells a changed input from another one. */
  readonly source?: string
  /** What is kept with the journal for people and programs to see, e.g. how to run it again. Never a secret. */
  readonly note?: Readonly<Record<string, unknown>>
  /** False begins anew and abandons an unfinished run of the same input. Default true. */
  readonly resume?: boolean
  /**
   * How long to wait while another process writes the same input, in ms. Default 7000: longer than the lock of a
   * killed process lasts, so that running again at once succeeds.
   */
  readonly waitMs?: number
}

export interface ResolvedOptions {
  readonly mode: WriteMode
  readonly key: RowKeyColumns
  readonly emptyAsNull: boolean
  readonly form: TextForm | undefined
  readonly zone: ZoneOffset | undefined
  readonly skipUnchanged: boolean
  /** The key whose rows are left alone where they exist; undefined: none. */
  readonly existing: RowKeyColumns | undefined
  readonly dryRun: boolean
  readonly maxErrors: number
  /** Rows in one request; undefined: as many as take about a third of a second. */
  readonly batchSize: number | undefined
  readonly route: WriteRoute
  /** Requests at a time; undefined: as many as the service recommends and as make it faster. */
  readonly parallel: number | undefined
  readonly journal: JournalOptions | undefined
  readonly headers: Readonly<Record<string, string>>
  readonly signal: AbortSignal | undefined
  readonly onProgress: (counts: WriteCounts) => void
  readonly onOutcome: (outcome: RowOutcome) => void
  readonly onRequests: ((requests: PlannedRequests) => void) | undefined
  readonly rejects: (rejected: RejectedRow) => void | Promise<void>
  readonly newRunId: () => string
}

export interface RowKeyColumns {
  readonly kind: 'primary' | 'alternate'
  readonly columns: readonly Column[]
}

export function resolveOptions(options: WriteOptions, table: Table, session: Session): ResolvedOptions {
  const { limits, batch, write } = session.capabilities
  const { mode, batchSize, parallel, maxErrors, route = 'auto' } = options
  if (!MODES.includes(mode))
    throw new D365Error('CONFIG_INVALID', `mode is ${String(mode)}; it must be one of ${MODES.join(', ')}.`)
  if (!ROUTES.includes(route))
    throw new D365Error(
      'CONFIG_INVALID',
      `route is ${String(route)}; it must be one of ${ROUTES.join(', ')}.`,
    )
  if (batchSize !== undefined) checkRange('batchSize', batchSize, { from: 1, to: batch.maxRequests })
  if (parallel !== undefined) checkRange('parallel', parallel, { from: 1, to: limits.concurrent })
  if (maxErrors !== undefined) checkRange('maxErrors', maxErrors, { from: 0, to: Number.MAX_SAFE_INTEGER })
  if (mode === 'upsert' && !write.upsertByPatch)
    throw new D365Error('CONFIG_INVALID', `${session.capabilities.service} has no upsert.`, {
      hint: 'Use insert for new rows and update for rows that exist.',
    })
  const { locale, timeZone, skipUnchanged = false, skipExisting = false } = options
  if (skipUnchanged && mode !== 'update' && mode !== 'upsert')
    throw new D365Error('CONFIG_INVALID', `skipUnchanged has no meaning for ${mode}.`, {
      hint: 'It is for update and upsert: only they meet rows that may hold the same values already.',
    })
  if (skipExisting && mode !== 'insert')
    throw new D365Error('CONFIG_INVALID', `skipExisting has no meaning for ${mode}.`, {
      hint: 'It is for insert: rows whose key exists are left alone. An upsert updates them.',
    })
  return {
    mode,
    key: resolveKey(skipExisting ? undefined : options.key, mode, table),
    existing: skipExisting ? resolveKey(options.key, 'upsert', table) : undefined,
    emptyAsNull: options.emptyAsNull ?? true,
    form: locale === undefined ? undefined : textForm(locale),
    zone: timeZone === undefined ? undefined : zoneOffset(timeZone),
    skipUnchanged,
    dryRun: options.dryRun ?? false,
    maxErrors: maxErrors ?? Number.POSITIVE_INFINITY,
    batchSize,
    route: route === 'auto' && batchSize === 1 ? 'single' : route,
    parallel,
    journal: options.journal,
    headers: options.headers ?? {},
    signal: options.signal,
    onProgress: options.onProgress ?? (() => {}),
    onOutcome: options.onOutcome ?? (() => {}),
    onRequests: options.onRequests,
    rejects: options.rejects ?? (() => {}),
    newRunId: options.newRunId ?? newGuid,
  }
}

function checkRange(name: string, value: number, { from, to }: { from: number; to: number }): void {
  if (Number.isInteger(value) && value >= from && value <= to) return
  throw new D365Error(
    'CONFIG_INVALID',
    `${name} is ${value}; it must be a whole number from ${from} to ${to}.`,
  )
}

function resolveKey(key: readonly string[] | undefined, mode: WriteMode, table: Table): RowKeyColumns {
  if (key !== undefined && !Array.isArray(key))
    throw new D365Error('CONFIG_INVALID', 'key must be a list of column names.', {
      hint: `For example ['${String(key)}'].`,
    })
  const primary = columnNamed(table.primaryKey, table)
  const names = key?.map((name) => name.toLowerCase()) ?? []
  if (names.length === 0 || (names.length === 1 && names[0] === table.primaryKey))
    return { kind: 'primary', columns: [primary] }
  if (mode === 'insert')
    throw new D365Error('CONFIG_INVALID', 'key has no meaning for insert: every row becomes a new one.', {
      hint: 'Leave key out, or use upsert to update the rows that exist, or skipExisting to leave them alone.',
    })
  const columns = names.map((name) => columnNamed(name, table))
  const wanted = new Set(names)
  const match = table.keys.find(
    (candidate) =>
      candidate.columns.length === wanted.size && candidate.columns.every((name) => wanted.has(name)),
  )
  if (!match)
    throw new D365Error('CONFIG_INVALID', `${names.join(', ')} is not a key of ${table.name}.`, {
      hint: `Keys of ${table.name}: ${keyList(table)}.`,
    })
  return {
    kind: 'alternate',
    columns: match.columns.map(
      (name) => columns.find((column) => column.name === name) ?? columnNamed(name, table),
    ),
  }
}

function columnNamed(name: string, table: Table): Column {
  const column = table.columns.find((candidate) => candidate.name === name)
  if (column) return column
  const near = nearNames(
    name,
    table.columns.map((candidate) => candidate.name),
  )
  throw new D365Error('NOT_FOUND', `${table.name} has no column ${name}.`, {
    hint:
      near.length > 0 ? `Did you mean ${near.join(' or ')}?` : `Keys of ${table.name}: ${keyList(table)}.`,
  })
}

function keyList(table: Table): string {
  return [table.primaryKey, ...table.keys.map((key) => key.columns.join(' + '))].join('; ')
}

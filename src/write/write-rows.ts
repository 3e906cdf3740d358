import { createHash } from 'node:crypto'
import type { Table } from '../catalog/table.ts'
import { D365Error, toD365Error } from '../core/errors.ts'
import { type NumberedRow, preparation } from './check/prepare-rows.ts'
import type { ReadyRow } from './check/resolve-lookups.ts'
import type { WriteEnvironment } from './environment.ts'
import type { InputRow } from './input/input-row.ts'
import { shapedRows } from './input/shape-rows.ts'
import type { Journal } from './journal/journal.ts'
import { openJournal } from './journal/open-journal.ts'
import { type JournalOptions, type ResolvedOptions, resolveOptions, type WriteOptions } from './options.ts'
import type { RowOutcome } from './outcome.ts'
import { createOutcomes } from './outcomes.ts'
import { existingRows } from './preview/existing-rows.ts'
import { previewer } from './preview/preview-rows.ts'
import { shownRequests } from './preview/shown-requests.ts'
import { unchangedRows } from './preview/unchanged-rows.ts'
import { type WriteReport, WriteStopped } from './report.ts'
import { fetcher } from './send/fetch-many.ts'
import { type Lane, laneOf, lanesOf } from './send/lane.ts'
import { requestSizes } from './send/routes/choose-route.ts'
import { createSender } from './send/sender.ts'

/**
 * Writes rows to one table. Every row ends accepted or rejected with its reason, and the counts add up.
 * Throws before anything is sent where the options or the columns of the input make no sense; WriteStopped,
 * which carries the report so far, where the run could not reach its end.
 */
export async function writeRows(
  environment: WriteEnvironment,
  table: Table,
  rows: AsyncIterable<InputRow>,
  given: WriteOptions,
): Promise<WriteReport> {
  const resolved = resolveOptions(given, table, environment.session)
  if (resolved.signal?.aborted) throw reasonOf(resolved.signal.reason, resolved.signal)
  const options = {
    ...resolved,
    journal: resolved.journal && shapedJournal(resolved.journal, given),
  }
  const lost = new AbortController()
  const signal = options.signal ? AbortSignal.any([options.signal, lost.signal]) : lost.signal
  const journal = await journalOf(environment, table, { options, onLost: (error) => lost.abort(error) })
  let finished = false
  try {
    const lanes = lanesOf([environment, ...(environment.others ?? [])], environment.clock)
    const report = await run(shapedRows(rows, given), {
      environment,
      lanes,
      table,
      options: { ...options, signal },
      journal,
    })
    finished = true
    return report
  } finally {
    await (finished ? journal?.finish() : journal?.close())
  }
}

/** The same file read in another way is another input. */
function shapedJournal(
  journal: JournalOptions,
  { map, defaults, locale, timeZone }: WriteOptions,
): JournalOptions {
  const shape = [map, defaults, locale, timeZone]
  if (shape.every((part) => part === undefined)) return journal
  const text = `${journal.fingerprint}:${JSON.stringify(shape)}`
  return { ...journal, fingerprint: createHash('sha256').update(text).digest('hex') }
}

async function journalOf(
  { session, clock }: WriteEnvironment,
  table: Table,
  { options, onLost }: { options: ResolvedOptions; onLost: (error: D365Error) => void },
): Promise<Journal | undefined> {
  const { mode, key, emptyAsNull, journal, newRunId, dryRun } = options
  if (!journal || dryRun) return undefined
  const identity = {
    environment: session.root,
    table: table.name,
    mode,
    key: key.columns.map(({ name }) => name),
    emptyAsNull,
    fingerprint: journal.fingerprint,
  }
  return openJournal(journal, { identity, newRunId, clock, onLost })
}

interface RunContext {
  readonly environment: WriteEnvironment
  /** Users to write as, at least one. */
  readonly lanes: readonly Lane[]
  readonly table: Table
  readonly options: ResolvedOptions
  readonly journal: Journal | undefined
}

/** Rows checked together, so that their lookups are asked for together. */
const CHUNK_ROWS = 500

async function run(rows: AsyncIterable<InputRow>, context: RunContext): Promise<WriteReport> {
  const { environment, lanes, table, options, journal } = context
  const runId = journal?.runId ?? options.newRunId()
  const outcomes = createOutcomes(options)
  const { capabilities } = environment.session
  const sizes = requestSizes(options.batchSize, { capabilities, table })
  const [lane = laneOf(environment, environment.clock)] = lanes
  const { clock, random } = environment
  const fetchMany = fetcher({
    clock,
    random,
    ...lane,
    capabilities,
    signal: options.signal,
    // Reading a row takes less of the service's time than writing one, so as many fit as in a bulk message.
    batchSize: sizes.multiple.current,
    parallel: () => options.parallel ?? lane.parallel(),
  })
  const prepared = preparation({ table, catalog: environment.catalog, options, fetchMany })
  const write = writer(context, { runId, outcomes, sizes, fetchMany })
  const report = (complete: boolean): WriteReport => ({
    ...outcomes.counts(),
    runId,
    table: table.name,
    mode: options.mode,
    dryRun: options.dryRun,
    complete,
    notices: prepared.notices(),
  })
  try {
    for await (const chunk of chunks(rows)) {
      options.signal?.throwIfAborted()
      outcomes.read(chunk)
      const waiting = await withoutSettled(chunk, { journal, outcomes })
      const ready: ReadyRow[] = []
      const rejected: RowOutcome[] = []
      for (const row of await prepared.prepare(waiting)) {
        if (row.kind === 'ready') ready.push(row)
        else rejected.push(row)
      }
      await outcomes.end(rejected)
      await write.rows(ready)
    }
    await write.end()
    return report(true)
  } catch (error) {
    await write.stop()
    const stopped = reasonOf(error, options.signal)
    if (!outcomes.begun()) throw stopped
    throw new WriteStopped(stopped, report(false), { resumable: journal !== undefined })
  }
}

async function* chunks(rows: AsyncIterable<InputRow>): AsyncGenerator<readonly NumberedRow[]> {
  let chunk: NumberedRow[] = []
  let row = 0
  for await (const input of rows) {
    row++
    chunk.push({ row, input })
    if (chunk.length < CHUNK_ROWS) continue
    yield chunk
    chunk = []
  }
  if (chunk.length > 0) yield chunk
}

type Outcomes = ReturnType<typeof createOutcomes>

/** Ends the rows that an earlier part of the run settled, as it settled them; the others are still to be written. */
async function withoutSettled(
  chunk: readonly NumberedRow[],
  { journal, outcomes }: { journal: Journal | undefined; outcomes: Outcomes },
): Promise<readonly NumberedRow[]> {
  if (!journal) return chunk
  const waiting: NumberedRow[] = []
  const settled: RowOutcome[] = []
  for (const numbered of chunk) {
    const { row, input } = numbered
    const fate = journal.before.fateOf(row)
    const rejection = journal.before.rejectionOf(row)
    if (fate === 'unsent' || fate === 'sent') waiting.push(numbered)
    else if (fate !== 'rejected') settled.push({ kind: 'accepted', action: fate, row, input, id: undefined })
    else if (rejection) {
      const { code, message, column } = rejection
      settled.push({
        kind: 'rejected',
        row,
        input,
        code,
        message,
        ...(column === undefined ? {} : { column }),
      })
    }
  }
  await outcomes.end(settled, { resumed: true })
  return waiting
}

interface Writer {
  rows(ready: readonly ReadyRow[]): Promise<void>
  end(): Promise<void>
  stop(): Promise<void>
}

/** Sends rows, or only looks what sending them would do. */
function writer(
  { environment, lanes, table, options, journal }: RunContext,
  parts: Pick<Parameters<typeof createSender>[0], 'runId' | 'sizes' | 'fetchMany'> & { outcomes: Outcomes },
): Writer {
  const { outcomes, fetchMany } = parts
  const { duplicateKey } = environment.session.capabilities.codes
  const existing = options.existing && existingRows(table, options.existing, { fetchMany, duplicateKey })
  const skip =
    existing?.before ??
    (options.skipUnchanged && !options.dryRun ? unchangedRows(table, fetchMany) : undefined)
  const sender = createSender({
    ...parts,
    environment,
    lanes,
    table,
    options,
    journal,
    existing: existing?.after,
    onOutcomes: (ended) => outcomes.end(ended),
    onDoubt: (rows) => outcomes.doubt(rows),
  })
  const waiting = async (ready: readonly ReadyRow[]): Promise<readonly ReadyRow[]> => {
    const same = skip ? await skip(ready) : []
    await outcomes.end(same)
    const skipped = new Set(same.map(({ row }) => row))
    return ready.filter(({ row }) => !skipped.has(row))
  }
  if (options.dryRun) {
    const preview = previewer(table, options.mode, fetchMany)
    const shown = shownRequests(sender, options.onRequests)
    const nothing = async (): Promise<void> => {}
    return {
      async rows(ready) {
        const rows = await waiting(ready)
        const previewed = await preview(rows)
        await outcomes.end(previewed)
        const kept = previewed.filter(
          ({ kind }) => kind === 'rejected' || (kind === 'unchanged' && options.skipUnchanged),
        )
        const unsent = new Set(kept.map(({ row }) => row))
        await shown.rows(rows.filter(({ row }) => !unsent.has(row)))
      },
      end: shown.end,
      stop: nothing,
    }
  }
  return {
    async rows(ready) {
      for (const row of await waiting(ready)) await sender.push(row)
    },
    end: () => sender.drain(),
    stop: () => sender.stop(),
  }
}

function reasonOf(error: unknown, signal: AbortSignal | undefined): D365Error {
  if (!signal?.aborted) return toD365Error(error)
  if (signal.reason instanceof D365Error) return signal.reason
  return new D365Error('CANCELLED', 'Cancelled.', { cause: error })
}

import type { Table } from '../../catalog/table.ts'
import { backoffMs } from '../../core/backoff.ts'
import { D365Error, toD365Error } from '../../core/errors.ts'
import type { SessionRequest } from '../../service/session.ts'
import { type NumberedRow, preparation } from '../check/prepare-rows.ts'
import type { ReadyRow } from '../check/resolve-lookups.ts'
import type { WriteEnvironment } from '../environment.ts'
import type { InputRow } from '../input/input-row.ts'
import { shapedRows } from '../input/shape-rows.ts'
import { resolveOptions, type WriteOptions } from '../options.ts'
import type { RowOutcome } from '../outcome.ts'
import { createOutcomes } from '../outcomes.ts'
import { type WriteReport, WriteStopped } from '../report.ts'
import { type Answer, isBusy, isFateUnknown, readAnswer } from '../send/answer.ts'
import { fetcher } from '../send/fetch-many.ts'
import { laneOf } from '../send/lane.ts'
import { type Association, pairsTable, readAssociation } from './association.ts'

/** Pairs in one request. */
const BATCH_ROWS = 100
const MAX_ATTEMPTS = 8

/**
 * Writes a table that only ties rows of two others together: insert associates, delete takes apart. A pair that is tied
 * already ends unchanged. All of it can be done twice without harm, so there is no journal.
 */
export async function associateRows(
  environment: WriteEnvironment,
  table: Table,
  rows: AsyncIterable<InputRow>,
  given: WriteOptions,
): Promise<WriteReport> {
  const { mode } = given
  if (mode !== 'insert' && mode !== 'delete')
    throw new D365Error('CONFIG_INVALID', `${table.name} ties rows together; it has no ${mode}.`, {
      hint: 'Use insert to associate rows and delete to take them apart.',
    })
  const association = await readAssociation(table, environment, given.signal)
  const tied = pairsTable(table, association)
  // Both sides are lookups that must have a value, whatever is done with the pair.
  const { key: _key, ...options } = given
  const resolved = resolveOptions({ ...options, mode: 'insert' }, tied, environment.session)
  const context: Context = { environment, association, mode, signal: given.signal }
  const outcomes = createOutcomes(resolved)
  const lane = laneOf(environment, environment.clock)
  const fetchMany = fetcher({
    ...environment,
    ...lane,
    capabilities: environment.session.capabilities,
    signal: given.signal,
    batchSize: () => BATCH_ROWS,
    parallel: lane.parallel,
  })
  const prepared = preparation({ table: tied, catalog: environment.catalog, options: resolved, fetchMany })
  const report = (complete: boolean): WriteReport => ({
    ...outcomes.counts(),
    runId: resolved.newRunId(),
    table: table.name,
    mode,
    dryRun: resolved.dryRun,
    complete,
    notices: prepared.notices(),
  })
  try {
    for await (const chunk of chunks(shapedRows(rows, given))) {
      given.signal?.throwIfAborted()
      outcomes.read(chunk)
      const ready: ReadyRow[] = []
      for (const row of await prepared.prepare(chunk)) {
        if (row.kind === 'ready') ready.push(row)
        else await outcomes.end([row])
      }
      await outcomes.end(
        resolved.dryRun ? ready.map((row) => accepted(row, mode)) : await tie(ready, context),
      )
    }
    return report(true)
  } catch (error) {
    const stopped = given.signal?.aborted
      ? new D365Error('CANCELLED', 'Cancelled.', { cause: error })
      : toD365Error(error)
    if (!outcomes.begun()) throw stopped
    throw new WriteStopped(stopped, report(false), { resumable: true })
  }
}

interface Context {
  readonly environment: WriteEnvironment
  readonly association: Association
  readonly mode: 'insert' | 'delete'
  readonly signal: AbortSignal | undefined
}

async function* chunks(rows: AsyncIterable<InputRow>): AsyncGenerator<readonly NumberedRow[]> {
  let chunk: NumberedRow[] = []
  let row = 0
  for await (const input of rows) {
    chunk.push({ row: ++row, input })
    if (chunk.length < BATCH_ROWS) continue
    yield chunk
    chunk = []
  }
  if (chunk.length > 0) yield chunk
}

/** Asks until every pair has its answer. */
async function tie(rows: readonly ReadyRow[], context: Context): Promise<readonly RowOutcome[]> {
  const { environment, signal } = context
  const { sendBatch, clock, random } = environment
  const ended: RowOutcome[] = []
  let waiting = rows
  for (let attempt = 0; waiting.length > 0; attempt++) {
    const parts = await sendBatch(
      waiting.map((row) => requestOf(row, context)),
      { repeatable: true, signal },
    )
    const again: ReadyRow[] = []
    let waitMs = 0
    for (const [at, row] of waiting.entries()) {
      const part = parts[at]
      if (!part) throw new D365Error('RESPONSE_INVALID', `Row ${row.row} has no answer in its batch.`)
      const answer = readAnswer(part, clock.now())
      const passing = isBusy(answer) || isFateUnknown(answer)
      if (!passing || attempt + 1 >= MAX_ATTEMPTS) ended.push(outcomeOf(row, answer, context))
      else {
        again.push(row)
        waitMs = Math.max(
          waitMs,
          answer.retryAfterMs ?? backoffMs(attempt, { baseMs: 1000, capMs: 30_000, random }),
        )
      }
    }
    waiting = again
    if (waiting.length > 0) await clock.sleep(waitMs, signal)
  }
  return ended
}

function requestOf({ cells }: ReadyRow, { environment, association, mode }: Context): SessionRequest {
  const idOf = (column: string): string => {
    const value = cells.find((cell) => cell.column.name === column)?.value
    if (value?.kind === 'lookup') return value.id
    throw new D365Error('BUG', `The pair has no ${column}.`)
  }
  const { near, far } = association
  const path = `${near.entitySet}(${idOf(near.column)})/${association.navigation}`
  const id = idOf(far.column)
  if (mode === 'delete') return { method: 'DELETE', path: `${path}(${id})/$ref` }
  return {
    method: 'POST',
    path: `${path}/$ref`,
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ '@odata.id': `${environment.session.root}${far.entitySet}(${id})` }),
  }
}

function accepted({ row, input }: ReadyRow, mode: 'insert' | 'delete'): RowOutcome {
  return { kind: 'accepted', action: mode === 'insert' ? 'created' : 'deleted', row, input, id: undefined }
}

function outcomeOf(ready: ReadyRow, answer: Answer, { environment, mode }: Context): RowOutcome {
  const { row, input } = ready
  const { codes } = environment.session.capabilities
  if (answer.status < 400) return accepted(ready, mode)
  if (mode === 'insert' && codes.duplicateKey.includes(answer.code))
    return { kind: 'unchanged', row, input, id: undefined }
  return {
    kind: 'rejected',
    row,
    input,
    code: answer.code || `HTTP ${answer.status}`,
    message: answer.message,
  }
}

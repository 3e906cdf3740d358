import type { Table } from '../../catalog/table.ts'
import type { ReadyRow } from '../check/resolve-lookups.ts'
import type { WriteEnvironment } from '../environment.ts'
import type { Journal } from '../journal/journal.ts'
import type { ResolvedOptions } from '../options.ts'
import type { RowOutcome } from '../outcome.ts'
import { changesOf } from '../preview/same-value.ts'
import { type WriteItem, writeItem } from '../request/row-request.ts'
import { createDispatcher } from './dispatcher.ts'
import type { FetchMany } from './fetch-many.ts'
import type { Pause } from './pause.ts'
import { type SendContext, type SettledItem, sendItems } from './send-items.ts'

export interface Sender {
  push(ready: ReadyRow): Promise<void>
  drain(): Promise<void>
  /** Sends nothing more; what is on the way comes back. */
  stop(): Promise<void>
}

export interface SenderContext {
  readonly environment: WriteEnvironment
  readonly table: Table
  readonly options: ResolvedOptions
  readonly runId: string
  readonly journal: Journal | undefined
  readonly fetchMany: FetchMany
  readonly pause: Pause
  readonly onOutcomes: (outcomes: readonly RowOutcome[]) => Promise<void>
  readonly onDoubt: (rows: readonly number[]) => void
}

/** Rows out, each batch noted in the journal before it leaves and after it is answered. */
export function createSender(context: SenderContext): Sender {
  const { environment, table, options, runId, journal } = context
  const { capabilities } = environment.session
  const { mode, headers, batchSize, parallel } = options
  const sending: SendContext = {
    ...environment,
    table,
    mode,
    capabilities,
    pause: context.pause,
    signal: options.signal,
    single: batchSize === 1,
    isAlreadyIn: (items) => areAlreadyIn(items, table, context.fetchMany),
    onDoubt: (items) => context.onDoubt(items.map(rowOf)),
    async onSettled(settled) {
      try {
        await journal?.settled(settled)
      } finally {
        await context.onOutcomes(settled.map(outcomeOf))
      }
    },
  }
  const dispatcher = createDispatcher<WriteItem>({
    batchSize,
    parallel,
    keyOf: ({ ready }) => ready.key?.identity,
    async send(items) {
      await journal?.sending(items.map(rowOf))
      await sendItems(items, sending)
    },
  })
  return {
    push(ready) {
      const uncertain = journal?.before.fateOf(ready.row) === 'sent'
      return dispatcher.push(writeItem(ready, uncertain, { table, mode, capabilities, headers, runId }))
    },
    drain: () => dispatcher.drain(),
    stop: () => dispatcher.stop(),
  }
}

function rowOf({ ready }: WriteItem): number {
  return ready.row
}

function outcomeOf({ item: { ready }, verdict }: SettledItem): RowOutcome {
  return { ...verdict, row: ready.row, input: ready.input }
}

/**
 * A key made for this run proves the row is ours. A key out of the input does not: there the row counts as ours
 * only if it holds every value that was sent.
 */
async function areAlreadyIn(
  items: readonly WriteItem[],
  { entitySet, primaryKey }: Table,
  fetchMany: FetchMany,
): Promise<readonly boolean[]> {
  const answers = await fetchMany(
    items.map(({ id, ownId, ready }) => {
      const columns = ownId ? [] : ready.cells.map(({ column }) => column.property)
      return `${entitySet}(${id})?$select=${[primaryKey, ...columns].join(',')}`
    }),
  )
  return items.map(({ ownId, ready }, at) => {
    const answer = answers[at]
    return answer?.kind === 'found' && (ownId || changesOf(ready.cells, answer.body).length === 0)
  })
}

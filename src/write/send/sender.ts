import type { Table } from '../../catalog/table.ts'
import { D365Error } from '../../core/errors.ts'
import type { ReadyRow } from '../check/resolve-lookups.ts'
import { alternateRowKey, primaryRowKey } from '../check/row-key.ts'
import type { WriteEnvironment } from '../environment.ts'
import type { Journal } from '../journal/journal.ts'
import type { PlannedRequests, ResolvedOptions } from '../options.ts'
import type { RowOutcome, UnchangedRow } from '../outcome.ts'
import type { RefusedRow } from '../preview/existing-rows.ts'
import { changesOf } from '../preview/same-value.ts'
import { type WriteItem, writeItem } from '../request/write-item.ts'
import { createDispatcher } from './dispatcher.ts'
import type { FetchMany } from './fetch-many.ts'
import type { Lane } from './lane.ts'
import { createRoutes, type RequestSizes, type Routes } from './routes/choose-route.ts'
import { type SendContext, type SettledItem, sendItems, withoutThoseIn } from './send-items.ts'

export interface Sender {
  push(ready: ReadyRow): Promise<void>
  /** The requests that would be sent for rows; nothing is. */
  requests(ready: readonly ReadyRow[]): Promise<PlannedRequests>
  /** How many rows leave together. */
  rowsPerRequest(): number
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
  /** Users to write as, at least one. */
  readonly lanes: readonly Lane[]
  readonly sizes: RequestSizes
  /** Told of refused rows; gives those that need not be written after all, for a row with their key is there. */
  readonly existing: ((refused: readonly RefusedRow[]) => Promise<readonly UnchangedRow[]>) | undefined
  readonly onOutcomes: (outcomes: readonly RowOutcome[]) => Promise<void>
  readonly onDoubt: (rows: readonly number[]) => void
}

/** Rows out, each batch noted in the journal before it leaves and after it is answered. */
export function createSender(context: SenderContext): Sender {
  const { environment, table, options, runId, journal } = context
  const { clock, random } = environment
  const { capabilities } = environment.session
  const { mode, headers, signal } = options
  const facts = { clock, random, table, mode, capabilities, signal }
  const sending = (lane: Lane): SendContext => ({
    ...facts,
    pause: lane.pause,
    onLimit: lane.refused,
    isAlreadyIn: (items) => areAlreadyIn(items, table, context.fetchMany),
    onDoubt: (items) => context.onDoubt(items.map(rowOf)),
    async onSettled(all) {
      const unchanged = (await context.existing?.(all.flatMap(refusedRow))) ?? []
      const there = new Set(unchanged.map(({ row }) => row))
      const settled = all.filter(({ item }) => !there.has(rowOf(item)))
      try {
        await journal?.settled(settled)
      } finally {
        await context.onOutcomes([...settled.map(outcomeOf), ...unchanged])
      }
    },
  })
  const ways = context.lanes.map((lane): Way => {
    const { sizes, fetchMany } = context
    const routes = createRoutes({ ...facts, ...lane.user, lane, headers, options, sizes, fetchMany })
    return { lane, routes, sending: sending(lane), onTheWay: 0 }
  })
  const dispatcher = createDispatcher<WriteItem>({
    batchSize: () => ways[0]?.routes.rowsPerRequest() ?? 1,
    parallel: () =>
      options.parallel === undefined ? (ways[0]?.lane.parallel() ?? 1) : options.parallel * ways.length,
    keyOf: ({ ready }) => ready.key?.identity,
    send: (taken) =>
      throughOne(ways, async ({ routes, sending }) => {
        // What an earlier process had on the way is asked for before it is sent again.
        const items = await withoutThoseIn(taken, sending)
        if (items.length === 0) return
        const route = await routes.routeFor(items)
        await journal?.sending(items.map(rowOf))
        await sendItems(items, route, sending)
      }),
  })
  return {
    push(ready) {
      const uncertain = journal?.before.fateOf(ready.row) === 'sent'
      return dispatcher.push(writeItem(ready, uncertain, { mode, capabilities, runId }))
    },
    async requests(rows) {
      const [way] = ways
      if (!way) throw new D365Error('BUG', 'There is no user to write as.')
      const items = rows.map((ready) => writeItem(ready, false, { mode, capabilities, runId }))
      const route = await way.routes.routeFor(items)
      return { route: route.name, requests: route.requests(items) }
    },
    rowsPerRequest: () => ways[0]?.routes.rowsPerRequest() ?? 1,
    drain: () => dispatcher.drain(),
    stop: () => dispatcher.stop(),
  }
}

/** A user's lane as this run uses it. */
interface Way {
  readonly lane: Lane
  readonly routes: Routes
  readonly sending: SendContext
  onTheWay: number
}

/** By the user that may send now, and of those by the one with the fewest requests on the way. */
async function throughOne(ways: readonly Way[], send: (way: Way) => Promise<void>): Promise<void> {
  const open = ways.filter(({ lane }) => lane.isOpen())
  const [way] = (open.length > 0 ? open : ways).toSorted((a, b) => a.onTheWay - b.onTheWay)
  if (!way) throw new D365Error('BUG', 'There is no user to write as.')
  way.onTheWay++
  try {
    await send(way)
  } finally {
    way.onTheWay--
  }
}

function refusedRow({ item: { ready }, verdict }: SettledItem): readonly RefusedRow[] {
  return verdict.kind === 'rejected' ? [{ ready, verdict }] : []
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
  table: Table,
  fetchMany: FetchMany,
): Promise<readonly boolean[]> {
  const { entitySet, primaryKey } = table
  const answers = await fetchMany(
    items.map((item) => {
      const columns = item.ownId ? [] : item.ready.cells.map(({ column }) => column.property)
      return `${entitySet}${insertedKey(item, table)}?$select=${[primaryKey, ...columns].join(',')}`
    }),
  )
  return items.map(({ ownId, ready }, at) => {
    const answer = answers[at]
    return answer?.kind === 'found' && (ownId || changesOf(ready.cells, answer.body).length === 0)
  })
}

/** Rows of an elastic table are found by their id and the partition they were put into. */
function insertedKey({ id = '', ready }: WriteItem, { keys, columns, primaryKey }: Table): string {
  const byId = primaryRowKey(id).path
  const whole = keys.find((key) => key.columns.includes(primaryKey))
  if (!whole) return byId
  const parts = whole.columns.flatMap((name) => {
    const column = columns.find((candidate) => candidate.name === name)
    if (!column) return []
    if (name === primaryKey) return [{ column, value: { kind: 'text', text: id } as const }]
    return ready.cells.filter((cell) => cell.column.name === name)
  })
  const key = parts.length === whole.columns.length ? alternateRowKey(parts) : undefined
  return key && 'path' in key ? key.path : byId
}

import type { Column, Table } from '../src/catalog/table.ts'
import { D365Error } from '../src/core/errors.ts'
import type { LimitOptions } from '../src/sandbox/limits.ts'
import type { InputRow } from '../src/write/input/input-row.ts'
import { writeRows } from '../src/write/write-rows.ts'
import { CAPACITY, type LimitedService, limitedService, workMs } from './limited-service.ts'
import { simulatedClock } from './simulated-clock.ts'

/** Runs whole writes against the model of the service, in simulated time. */

/** The documented limits, a tenth as long and as large. */
export const LIMITS = { windowMs: 30_000, requests: 600, executionMs: 120_000, concurrent: 52 } as const

/** A hundredth of the documented limits, for what runs in real time. */
export const SHORT_LIMITS = { windowMs: 3000, requests: 60, executionMs: 12_000, concurrent: 52 } as const

export type Route = 'multiple' | 'batch' | 'single'

export interface Load {
  readonly route: Route
  readonly rows: number
  /** `x-ms-dop-hint`; undefined: none. */
  readonly hint?: number | undefined
  /** Too early a question makes the wait longer. Default true. */
  readonly penalty?: boolean
  /** Tells what is left. Default true. */
  readonly tells?: boolean
  /** Application users. Default 1. */
  readonly users?: number
}

export interface Outcome {
  readonly seconds: number
  readonly requests: number
  /** Answers 429. */
  readonly refused: number
  readonly lost: number
  readonly doubled: number
}

const column = (name: string, facts: Partial<Column> = {}): Column => ({
  name,
  label: name,
  type: 'string',
  serviceType: 'StringType',
  property: name,
  required: false,
  creatable: true,
  updatable: true,
  readable: true,
  ...facts,
})

export const ITEM: Table = {
  name: 'contoso_item',
  label: 'Item',
  pluralLabel: 'Items',
  entitySet: 'contoso_items',
  primaryKey: 'contoso_itemid',
  primaryName: 'contoso_name',
  kind: 'standard',
  custom: true,
  columns: [
    column('contoso_itemid', { type: 'guid', serviceType: 'UniqueidentifierType', updatable: false }),
    column('contoso_name', { maxLength: 100 }),
  ],
  keys: [],
  relationships: [],
  changeTracking: true,
  optimisticConcurrency: true,
}

export async function simulate({ users = 1, rows, route, ...conditions }: Load): Promise<Outcome> {
  const { clock, service } = model(conditions)
  const [first, ...others] = Array.from({ length: users }, (_, at) => service.user(`user ${at}`))
  if (!first) throw new Error('nobody to write as')
  const environment = { ...first, others, clock, random: () => 0.5, catalog: NO_CATALOG }
  const writing = writeRows(environment, ITEM, items(rows), {
    mode: 'insert',
    route,
    newRunId: () => 'model',
  })
  const report = await clock.run(writing)
  if (report.accepted !== rows) throw new Error(`${report.accepted} of ${rows} rows were accepted`)
  return outcome(clock.now(), rows, service)
}

/** What others do: a fixed number of requests at a time, and a wait for all when the service asks for one. */
export async function simulateFixed(
  { rows, route, ...conditions }: Load,
  { parallel, rowsPerRequest }: { readonly parallel: number; readonly rowsPerRequest: number },
): Promise<Outcome> {
  const { clock, service } = model(conditions)
  const { session } = service.user('user 0')
  const path = { multiple: 'CreateMultiple', batch: '$batch', single: 'contoso_items' }[route]
  let next = 0
  const sender = async (): Promise<void> => {
    while (next < rows) {
      const from = next
      next += rowsPerRequest
      const keys = Array.from({ length: Math.min(rowsPerRequest, rows - from) }, (_, at) => `${from + at}`)
      const body = keys.map((key) => `"contoso_itemid":"${key}"`).join()
      await persist(() => session.request({ method: 'POST', path, body }))
    }
  }
  await clock.run(Promise.all(Array.from({ length: parallel }, sender)))
  return outcome(clock.now(), rows, service)
}

/** A session gives up after some refusals; a load that is to end does not. */
async function persist(send: () => Promise<unknown>): Promise<void> {
  for (;;) {
    try {
      await send()
      return
    } catch (error) {
      if (!(error instanceof D365Error) || error.code !== 'THROTTLED') throw error
    }
  }
}

function model({ penalty = true, tells = true, hint }: Pick<Load, 'penalty' | 'tells' | 'hint'>) {
  const clock = simulatedClock()
  const limits: LimitOptions = { ...LIMITS, growRetryAfter: penalty }
  return { clock, service: limitedService(clock, { limits, hint, tells }) }
}

function outcome(now: number, rows: number, service: LimitedService): Outcome {
  const { requests, refused, rows: kept, doubled } = service.seen()
  return { seconds: now / 1000, requests, refused, lost: rows - kept, doubled }
}

/** The shortest time the budgets allow for work in requests of so many rows: all of a budget at once, window by window. */
export function idealSeconds(route: Route, rows: number, rowsPerRequest: number): number {
  const requests = Math.ceil(rows / rowsPerRequest)
  const each = workMs(route, rowsPerRequest)
  const perWindow = Math.min(LIMITS.requests, Math.floor(LIMITS.executionMs / each))
  const windows = Math.ceil(requests / perWindow) - 1
  const rest = requests - windows * perWindow
  return (windows * LIMITS.windowMs + (rest * each) / CAPACITY) / 1000
}

export async function* items(count: number): AsyncGenerator<InputRow> {
  for (let at = 1; at <= count; at++) yield { line: at, values: { contoso_name: `Item ${at}` } }
}

export const NO_CATALOG = {
  tables: async () => [],
  table: async () => {
    throw new Error('the model has one table')
  },
}

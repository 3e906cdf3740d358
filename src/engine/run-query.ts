import { D365Error } from '../core/errors.ts'
import type { QueryPlan } from '../plan/plan.ts'
import { type Answer, type AnswerOptions, openAnswer } from './answer.ts'
import type { DuckColumn } from './duck.ts'
import { type SqlValue, toSqlValue } from './result-values.ts'
import type { ScanReport } from './stage.ts'

/** Columns and rows of a query. The whole result is there before the first row is given: a failure is never a shorter answer. */
export interface QueryResult extends QueryCost {
  readonly columns: readonly ResultColumn[]
  readonly rows: ResultRows
}

export type ResultColumn = DuckColumn

/** Rows as lists of values, in the order of the columns. */
export type ResultRows = readonly (readonly SqlValue[])[]

export interface QueryCost {
  readonly scans: readonly ScanReport[]
  /** What was done here over the answers. */
  readonly finished: { readonly rows: number; readonly ms: number }
}

/** A query whose rows are taken as they come. */
export interface RunningQuery {
  readonly columns: readonly ResultColumn[]
  /** A few thousand rows at a time. Throws where the answer has no end: what came before is a part of it only. */
  readonly batches: AsyncGenerator<ResultRows>
  /** After the last batch. */
  cost(): QueryCost
  /** Ends it early. Not needed after the last batch. */
  close(): Promise<void>
}

export async function startQuery(plan: QueryPlan, options: AnswerOptions): Promise<RunningQuery> {
  const answer = await openAnswer(plan, options)
  try {
    const first = await answer.parts.next()
    const columns = first.done ? [] : await answer.local.columns(first.value)
    let cost: QueryCost | undefined
    const taking = batchesOf(answer, first, {
      signal: options.signal,
      onEnd: (known) => {
        cost = known
      },
    })
    return {
      columns,
      batches: taking,
      cost: () => {
        if (cost) return cost
        throw new D365Error('BUG', 'What a query cost is known after its last row.')
      },
      close: async () => {
        await taking.return(undefined)
        await answer.close()
      },
    }
  } catch (error) {
    await answer.close()
    throw error
  }
}

async function* batchesOf(
  { local, parts, close }: Answer,
  first: IteratorResult<string, readonly ScanReport[]>,
  { signal, onEnd }: { readonly signal: AbortSignal | undefined; readonly onEnd: (cost: QueryCost) => void },
): AsyncGenerator<ResultRows> {
  const finished = { rows: 0, ms: 0 }
  try {
    let part = first
    for (; !part.done; part = await parts.next()) {
      let from = performance.now()
      for await (const rows of local.rows(part.value, signal)) {
        const values = rows.map((row) => row.map(toSqlValue))
        finished.rows += values.length
        finished.ms += performance.now() - from
        yield values
        from = performance.now()
      }
      finished.ms += performance.now() - from
    }
    onEnd({ scans: part.value, finished: { rows: finished.rows, ms: Math.round(finished.ms) } })
  } finally {
    await close()
  }
}

export async function runQuery(plan: QueryPlan, options: AnswerOptions): Promise<QueryResult> {
  const running = await startQuery(plan, options)
  const rows: ResultRows[number][] = []
  for await (const batch of running.batches) for (const row of batch) rows.push(row)
  return { columns: running.columns, rows, ...running.cost() }
}

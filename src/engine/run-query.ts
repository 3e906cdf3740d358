import type { QueryPlan, RemoteScan } from '../plan/plan.ts'
import type { Session } from '../service/session.ts'
import type { Duck, DuckSession } from './duck.ts'
import { type SqlValue, toSqlValue } from './result-values.ts'
import { type ScanReport, stageScan } from './stage.ts'

/** Columns and rows of a query. The whole result is there before the first row is given: a failure is never a shorter answer. */
export interface QueryResult {
  readonly columns: readonly ResultColumn[]
  /** Rows as lists of values, in the order of the columns. */
  readonly rows: readonly (readonly SqlValue[])[]
  readonly scans: readonly ScanReport[]
}

export interface ResultColumn {
  readonly name: string
  /** Type as SQL names it: `VARCHAR`, `DECIMAL(19,4)`. */
  readonly type: string
}

export interface RunOptions {
  readonly duck: Duck
  /** The session of a scan's external system. */
  readonly sessionOf: (scan: RemoteScan) => Session
  readonly signal?: AbortSignal | undefined
}

export async function runQuery(
  plan: QueryPlan,
  { duck, sessionOf, signal }: RunOptions,
): Promise<QueryResult> {
  const local = await duck.session()
  try {
    const scans = await stageAll(plan.scans, { duck, local, sessionOf, signal })
    const result = await local.run(plan.localSql, signal)
    const names = result.columnNames()
    const types = result.columnTypes().map(String)
    const rows = (await result.getRows()).map((row) => row.map(toSqlValue))
    return { columns: names.map((name, index) => ({ name, type: types[index] ?? '' })), rows, scans }
  } finally {
    local.close()
  }
}

interface Staging extends RunOptions {
  readonly local: DuckSession
}

/** All scans at a time. The first failure stops the others, and is told once they have ended. */
async function stageAll(
  scans: readonly RemoteScan[],
  { duck, local, sessionOf, signal }: Staging,
): Promise<readonly ScanReport[]> {
  const failed = new AbortController()
  const stop = signal ? AbortSignal.any([signal, failed.signal]) : failed.signal
  const ended = await Promise.allSettled(
    scans.map(async (scan) => {
      try {
        return await stageScan(scan, { duck, local, remote: sessionOf(scan), signal: stop })
      } catch (error) {
        failed.abort(error)
        throw error
      }
    }),
  )
  if (failed.signal.aborted) throw failed.signal.reason
  return ended.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
}

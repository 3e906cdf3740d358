import type { QueryPlan, RemoteScan } from '../plan/plan.ts'
import type { Session } from '../service/session.ts'
import type { Duck, DuckSession } from './duck.ts'
import type { MetadataRow } from './metadata-tables.ts'
import { type SqlValue, toSqlValue } from './result-values.ts'
import { type ScanReport, stageMetadata, stageScan } from './stage.ts'
import { isGroupScan, stageGroups } from './stage-groups.ts'

/** Columns and rows of a query. The whole result is there before the first row is given: a failure is never a shorter answer. */
export interface QueryResult {
  readonly columns: readonly ResultColumn[]
  /** Rows as lists of values, in the order of the columns. */
  readonly rows: readonly (readonly SqlValue[])[]
  readonly scans: readonly ScanReport[]
  /** What was done here over the answers. */
  readonly finished: { readonly rows: number; readonly ms: number }
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
  /** Rows of a scan that are made here; undefined: the service has them. */
  readonly metadataOf: (scan: RemoteScan) => Promise<readonly MetadataRow[]> | undefined
  readonly signal?: AbortSignal | undefined
}

export async function runQuery(plan: QueryPlan, options: RunOptions): Promise<QueryResult> {
  const { signal } = options
  const local = await options.duck.session()
  try {
    const scans = await stageAll(plan.scans, { ...options, local })
    const started = performance.now()
    const result = await local.run(plan.localSql, signal)
    const names = result.columnNames()
    const types = result.columnTypes().map(String)
    const rows = (await result.getRows()).map((row) => row.map(toSqlValue))
    const finished = { rows: rows.length, ms: Math.round(performance.now() - started) }
    return {
      columns: names.map((name, index) => ({ name, type: types[index] ?? '' })),
      rows,
      scans,
      finished,
    }
  } finally {
    local.close()
  }
}

interface Staging extends RunOptions {
  readonly local: DuckSession
}

/**
 * All scans at a time, but those that can be asked for by the values of another one: they wait for it. The first failure
 * stops the others, and is told once they have ended.
 */
async function stageAll(
  scans: readonly RemoteScan[],
  { duck, local, sessionOf, metadataOf, signal }: Staging,
): Promise<readonly ScanReport[]> {
  const failed = new AbortController()
  const stop = signal ? AbortSignal.any([signal, failed.signal]) : failed.signal
  const waiting = new Map<string, Promise<ScanReport>>()
  const started = inDependency(scans).map((scan) => {
    const staging = async (): Promise<ScanReport> => {
      const metadata = metadataOf(scan)
      if (metadata) return await stageMetadata(scan, await metadata, { duck, local, signal: stop })
      const [reduction] = scan.reductions
      const source = reduction && waiting.get(reduction.source)
      await source
      const remote = sessionOf(scan)
      if (isGroupScan(scan)) return await stageGroups(scan, { duck, local, remote, signal: stop })
      return await stageScan(scan, { duck, local, remote, signal: stop, by: source && reduction })
    }
    const report = staging().catch((error: unknown) => {
      failed.abort(error)
      throw error
    })
    waiting.set(scan.id, report)
    return report
  })
  const ended = await Promise.allSettled(started)
  if (failed.signal.aborted) throw failed.signal.reason
  const reports = ended.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
  return scans.flatMap(({ id }) => reports.find((report) => report.id === id) ?? [])
}

/**
 * Scans in an order in which each comes after the one it is reduced by, if any. Scans with conditions of their own bring
 * few rows, so others are reduced by them; a reduced scan brings few rows too.
 */
export function inDependency(scans: readonly RemoteScan[]): readonly RemoteScan[] {
  const few = scans.filter(({ filter, aggregate }) => filter.length > 0 && aggregate === undefined)
  const ordered: RemoteScan[] = few.map((scan) => ({ ...scan, reductions: [] }))
  const left = new Set(scans.filter((scan) => !few.includes(scan)))
  for (let found = true; found; ) {
    found = false
    for (const scan of left) {
      const by = scan.reductions.find(({ source }) => ordered.some(({ id }) => id === source))
      if (!by) continue
      ordered.push({ ...scan, reductions: [by] })
      left.delete(scan)
      found = true
    }
  }
  return [...ordered, ...[...left].map((scan) => ({ ...scan, reductions: [] }))]
}

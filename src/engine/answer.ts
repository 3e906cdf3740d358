import { linksBelow } from '../plan/links.ts'
import type { QueryPlan, RemoteScan } from '../plan/plan.ts'
import type { Session } from '../service/session.ts'
import type { Duck, DuckSession } from './duck.ts'
import type { MetadataRow } from './metadata-table.ts'
import { NOTHING_READ, type ScanReport, stageBatches, stageMetadata, stageScan } from './stage.ts'
import { isGroupScan, stageGroups } from './stage-groups.ts'

/**
 * The answer to a plan: what it asks for is read, and SQL over it stands for the rows. In one part, or, where each row
 * follows from one row of one table, in many while the table is read: then nothing grows with it.
 */
export interface Answer {
  readonly local: DuckSession
  /** SQL in `local`, good until the next part is asked for; there is at least one part. */
  readonly parts: AsyncGenerator<string, readonly ScanReport[]>
  close(): Promise<void>
}

export interface AnswerOptions {
  readonly duck: Duck
  /** The session of a scan's external system. */
  readonly sessionOf: (scan: RemoteScan) => Session
  /** Rows of a scan that are made here; undefined: the service has them. */
  readonly metadataOf: (scan: RemoteScan) => Promise<readonly MetadataRow[]> | undefined
  readonly signal?: AbortSignal | undefined
  /** Rows as soon as there are some, rather than all of them as soon as possible. Default false. */
  readonly firstRows?: boolean | undefined
}

/** Close it in any case: what was staged for it is held until then. */
export async function openAnswer(plan: QueryPlan, options: AnswerOptions): Promise<Answer> {
  const local = await options.duck.session()
  const parts = partsOf(plan, { ...options, local })
  const close = async (): Promise<void> => {
    await parts.return([])
    await local.close()
  }
  return { local, parts, close }
}

async function* partsOf(
  { scans, localSql, rowByRow }: QueryPlan,
  options: Staging,
): AsyncGenerator<string, readonly ScanReport[]> {
  const [scan] = scans
  if (!rowByRow || !scan || options.metadataOf(scan)) {
    const reports = await stageAll(scans, options)
    yield localSql
    return reports
  }
  const { local, sessionOf, signal, firstRows } = options
  const staging = { folder: local.folder, local, remote: sessionOf(scan), signal, firstRows }
  const batches = stageBatches(scan, staging)
  try {
    for (let batch = await batches.next(); ; batch = await batches.next()) {
      if (batch.done) return [batch.value]
      yield localSql
    }
  } finally {
    await batches.return({ ...NOTHING_READ, id: scan.id })
  }
}

interface Staging extends AnswerOptions {
  readonly local: DuckSession
}

/**
 * All scans at a time, but those that can be asked for by the values of another one: they wait for it. The first failure
 * stops the others, and is told once they have ended.
 */
async function stageAll(
  scans: readonly RemoteScan[],
  { local, sessionOf, metadataOf, signal }: Staging,
): Promise<readonly ScanReport[]> {
  const failed = new AbortController()
  const stop = signal ? AbortSignal.any([signal, failed.signal]) : failed.signal
  const waiting = new Map<string, Promise<ScanReport>>()
  const started = inDependency(scans).map((scan) => {
    const staging = async (): Promise<ScanReport> => {
      const metadata = metadataOf(scan)
      if (metadata)
        return await stageMetadata(scan, await metadata, { folder: local.folder, local, signal: stop })
      const [reduction] = scan.reductions
      const source = reduction && waiting.get(reduction.source)
      await source
      const staged = { folder: local.folder, local, remote: sessionOf(scan), signal: stop }
      if (isGroupScan(scan)) return await stageGroups(scan, staged)
      return await stageScan(scan, { ...staged, by: source && reduction })
    }
    const report = staging().catch((error: unknown) => {
      failed.abort(error)
      throw error
    })
    for (const { id } of [scan, ...linksBelow(scan.links)]) waiting.set(id, report)
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
      const by = scan.reductions.find(({ source }) => ordered.some((one) => brings(one, source)))
      if (!by) continue
      ordered.push({ ...scan, reductions: [by] })
      left.delete(scan)
      found = true
    }
  }
  return [...ordered, ...[...left].map((scan) => ({ ...scan, reductions: [] }))]
}

/** Does a request bring the rows of a scan, its own or a joined one? */
function brings({ id, links }: RemoteScan, scan: string): boolean {
  return id === scan || linksBelow(links).some((link) => link.id === scan)
}

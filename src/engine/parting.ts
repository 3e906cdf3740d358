import type { Table } from '../catalog/table.ts'
import { D365Error, ServiceError } from '../core/errors.ts'
import type { ConditionColumn } from '../odata/condition.ts'
import { parsePage } from '../odata/page.ts'
import type { RemoteScan } from '../plan/plan.ts'
import type { Session } from '../service/session.ts'
import { type Bounds, type Moments, momentsFilter } from './moments.ts'
import { remoteRequest } from './remote-request.ts'

/** A table in parts by the moment its rows were created: a moment that never changes, so no row moves from part to part. */
export interface PartingOptions {
  readonly remote: Session
  readonly signal?: AbortSignal | undefined
}

/** The column to part a table by; undefined where it has none. */
export function partingColumn({ columns }: Table, { capabilities }: Session): ConditionColumn | undefined {
  const { partedBy } = capabilities.read
  return columns.find(({ name, type, readable }) => name === partedBy && type === 'datetime' && readable)
}

/** Requests at a time for parts of one table: what the service recommends, within reason. */
export function readersOf({ capabilities, limits }: Session): number {
  const { unadvised, most } = capabilities.read.readers
  return Math.max(1, Math.min(most, limits().recommendedParallelism ?? unadvised))
}

/** The rows of a scan in one range. */
export function part<Scan extends RemoteScan>(scan: Scan, range: Moments, column: ConditionColumn): Scan {
  return { ...scan, filter: [...scan.filter, ...momentsFilter(range, column)] }
}

/** First and last moment among the rows, by two requests; undefined where no row has one. */
export async function boundsOf(
  scan: RemoteScan,
  { name, property }: ConditionColumn,
  { remote, signal }: PartingOptions,
): Promise<Bounds | undefined> {
  const [earliest, latest] = await Promise.all(
    [false, true].map(async (descending) => {
      const { request } = remoteRequest(
        {
          ...scan,
          aggregate: undefined,
          columns: [scan.table.primaryKey, name],
          filter: [...scan.filter, { kind: 'null', column: { name, property }, isNull: false }],
          order: [{ column: { name, property }, descending }],
          top: 1,
        },
        remote,
      )
      const { path, headers } = request
      const { body } = await remote.request({ method: 'GET', path, headers, signal })
      return momentOf(parsePage(body).rows[0]?.[property])
    }),
  )
  return earliest === undefined || latest === undefined ? undefined : { earliest, latest }
}

/** Did the service refuse to aggregate, because more rows match than it does at once? */
export function isTooMany(error: unknown, { capabilities }: Session): boolean {
  return (
    error instanceof ServiceError &&
    capabilities.codes.aggregateLimit.includes(error.serviceCode.toLowerCase())
  )
}

function momentOf(value: unknown): number | undefined {
  if (value === undefined) return undefined
  const at = typeof value === 'string' ? Date.parse(value) : Number.NaN
  if (!Number.isNaN(at)) return at
  throw new D365Error('RESPONSE_INVALID', `The service gave ${JSON.stringify(value)} for a moment.`, {
    hint: 'Run the query again; nothing of the answer was used.',
  })
}

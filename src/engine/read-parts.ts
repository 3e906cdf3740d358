import { ServiceError } from '../core/errors.ts'
import { parsePage } from '../odata/page.ts'
import { isPrintable } from '../odata/print-fetch.ts'
import type { RemoteScan } from '../plan/plan.ts'
import type { RowPage } from '../service/row-pages.ts'
import type { Session } from '../service/session.ts'
import { interleave } from './interleave.ts'
import { halves, type Moments } from './moments.ts'
import { boundsOf, isTooMany, type PartingOptions, part, partingColumn, readersOf } from './parting.ts'
import { remoteRequest } from './remote-request.ts'

export interface ReadingParts extends PartingOptions {
  /** Reads a scan, or a part of one, to its end. */
  readonly read: (scan: RemoteScan, signal: AbortSignal | undefined) => AsyncGenerator<RowPage>
  /** Told of every request that brings no page. */
  readonly onAsked: () => void
  readonly onParted: (parting: Parting) => void
}

export interface Parting {
  readonly readers: number
  readonly parts: number
  /** Column whose ranges the parts are. */
  readonly by: string
}

/**
 * A scan by one reader, or, where there are more rows than the service aggregates at once and it recommends more requests
 * at a time, by several: each reads a part of the rows, by the moment they were created, and the parts together are all.
 * Every part has so few rows that the readers end at about the same time, however unevenly rows were created.
 */
export async function* readInParts(scan: RemoteScan, options: ReadingParts): AsyncGenerator<RowPage> {
  const { signal: given, read } = options
  const pages = read(scan, given)
  try {
    const first = await pages.next()
    if (first.done) return
    const parts = first.value.more ? await partsOf(scan, options) : undefined
    if (!parts) {
      yield first.value
      yield* pages
      return
    }
    // What the one reader began is read again with the parts, where each row belongs to exactly one.
    await pages.return(undefined)
    const readers = Math.min(readersOf(options.remote), parts.length)
    options.onParted({ readers, parts: parts.length, by: options.remote.capabilities.read.partedBy })
    yield* interleave(
      parts.map((one) => (stop) => read(one, given ? AbortSignal.any([given, stop]) : stop)),
      readers,
    )
  } finally {
    await pages.return(undefined)
  }
}

/** May a scan be read in parts, should it turn out to be large? Its rows have no order then. */
export function mayBeParted(scan: RemoteScan, remote: Session): boolean {
  return (
    scan.top === undefined &&
    scan.joined === undefined &&
    scan.order.length === 0 &&
    scan.aggregate === undefined &&
    remote.capabilities.read.fetchXml !== undefined &&
    partingColumn(scan.table, remote) !== undefined &&
    isPrintable(scan.filter)
  )
}

/** Undefined where one reader is as well. */
async function partsOf(scan: RemoteScan, options: ReadingParts): Promise<readonly RemoteScan[] | undefined> {
  const { remote } = options
  const column = partingColumn(scan.table, remote)
  if (!column || !mayBeParted(scan, remote) || readersOf(remote) < 2) return undefined
  if ((await amountOf(scan, options)) !== 'many') return undefined
  options.onAsked()
  options.onAsked()
  const bounds = await boundsOf(scan, column, options)
  const first = bounds && halves({}, bounds)
  if (!first) return undefined
  const parts: RemoteScan[] = [part(scan, 'never', column)]
  for (let waiting: readonly Moments[] = first; waiting.length > 0; ) {
    const asked = waiting.slice(0, readersOf(remote))
    const later = waiting.slice(asked.length)
    const amounts = await Promise.all(asked.map((range) => amountOf(part(scan, range, column), options)))
    const split = asked.flatMap((range, at): readonly Moments[] => {
      const smaller = amounts[at] === 'many' ? halves(range, bounds) : undefined
      if (!smaller && amounts[at] !== 'none') parts.push(part(scan, range, column))
      return smaller ?? []
    })
    waiting = [...split, ...later]
  }
  return parts
}

/** `many`: more than the service aggregates at once. A table that it does not count at all is not parted. */
async function amountOf(
  scan: RemoteScan,
  { remote, signal, onAsked }: ReadingParts,
): Promise<'none' | 'some' | 'many'> {
  const counting: RemoteScan = {
    ...scan,
    language: 'fetchxml',
    links: [],
    joined: undefined,
    columns: [],
    aggregate: { groups: [], results: [{ name: COUNT, method: 'count', column: undefined }] },
  }
  onAsked()
  try {
    const { path, headers } = remoteRequest(counting, remote).request
    const { body } = await remote.request({ method: 'GET', path, headers, signal })
    return Number(parsePage(body).rows[0]?.[COUNT]) === 0 ? 'none' : 'some'
  } catch (error) {
    if (isTooMany(error, remote)) return 'many'
    if (error instanceof ServiceError && !signal?.aborted) return 'some'
    throw error
  }
}

const COUNT = '_rows'

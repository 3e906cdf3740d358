import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isOneOf } from '../odata/condition.ts'
import { printFilter } from '../odata/print-filter.ts'
import { printQuery } from '../odata/query.ts'
import type { RemoteScan, ScanReduction } from '../plan/plan.ts'
import { type RowPage, readFetchRowPages, readRowPages } from '../service/row-pages.ts'
import type { Session } from '../service/session.ts'
import { type DuckSession, identifier, literal } from './duck.ts'
import type { MetadataRow } from './metadata-table.ts'
import { oneAhead } from './one-ahead.ts'
import { mayBeParted, type Parting, type ReadingParts, readInParts } from './read-parts.ts'
import { remoteRequest } from './remote-request.ts'
import type { RemoteRequest } from './request-shape.ts'
import { localTables, wideColumn, wideTable } from './split-links.ts'

export interface StageOptions {
  /** For the pages of this query. */
  readonly folder: string
  readonly local: DuckSession
  readonly remote: Session
  readonly signal?: AbortSignal | undefined
  /** The first page is a batch, and each batch twice the one before; one reader. Default: as fast as it goes. */
  readonly firstRows?: boolean | undefined
  /** Asks only for rows that match what a scan staged before has brought. */
  readonly by?: ScanReduction | undefined
}

/** What a scan cost. */
export interface ScanReport {
  readonly id: string
  readonly requests: number
  readonly pages: number
  readonly bytes: number
  readonly rows: number
  readonly ms: number
  /** How many values of another scan it was asked for by; undefined: it was read as planned. */
  readonly keys: number | undefined
  /** By how many readers a large table was read, and in how many parts. */
  readonly parted?: Parting
  /** Parts that groups were asked for by, where more rows matched than the service aggregates at once. */
  readonly parts?: readonly PartReport[]
}

export interface PartReport {
  /** Condition that tells the rows of this part. */
  readonly filter: string
  /** Groups of it; where it was `here`, rows that were read. */
  readonly rows: number
  /** Were its rows read and aggregated here? Then it could not be parted any more. */
  readonly here: boolean
}

/** The report of a scan that was not read. */
export const NOTHING_READ = { requests: 0, pages: 0, bytes: 0, rows: 0, ms: 0, keys: undefined } as const

/** Pages that are parsed by one statement: twice as many rows a second as page by page. */
const PAGES_AT_ONCE = 20

/** Rows that are made here, of the metadata: into a local table as those of the service are. */
export async function stageMetadata(
  scan: RemoteScan,
  rows: readonly MetadataRow[],
  { folder, local, signal }: Omit<StageOptions, 'remote'>,
): Promise<ScanReport> {
  const started = performance.now()
  const columns = scan.columns.map(identifier).join(', ')
  const types = scan.table.columns.map(
    ({ name, type }) => `${literal(name)}: ${literal(METADATA_TYPES[type] ?? 'VARCHAR')}`,
  )
  const file = join(folder, `${scan.id}.json`)
  await writeFile(file, JSON.stringify(rows))
  const source =
    rows.length === 0
      ? emptySource(types.join(', '))
      : `read_json(${literal(file)}, format = 'array', records = true, columns = {${types.join(', ')}})`
  await local.run(`create temp table ${identifier(scan.id)} as select ${columns} from ${source}`, signal)
  await rm(file, { force: true })
  return {
    id: scan.id,
    requests: 0,
    pages: 0,
    bytes: 0,
    rows: rows.length,
    ms: Math.round(performance.now() - started),
    keys: undefined,
  }
}

const METADATA_TYPES: Readonly<Record<string, string>> = { integer: 'INTEGER', boolean: 'BOOLEAN' }

/** Reads a scan to its end into a local table of its name. */
export async function stageScan(scan: RemoteScan, options: StageOptions): Promise<ScanReport> {
  const { local, signal } = options
  const reading = readBatches(scan, options)
  const table = identifier(wideTable(scan))
  let remaining = scan.top ?? Number.POSITIVE_INFINITY
  await local.run(`create temp table ${table} as ${reading.empty}`, signal)
  for await (const batch of reading.batches) {
    const limit = Number.isFinite(remaining) ? ` limit ${remaining}` : ''
    const inserted = await local.make(`insert into ${table} ${batch}${limit}`, signal)
    reading.count(inserted)
    remaining -= inserted
    if (remaining <= 0) break
  }
  for (const statement of localTables(scan)) await local.run(statement, signal)
  return reading.report()
}

/**
 * Reads a scan into a local table of its name, one batch of pages after another: each is there until the next is asked
 * for. The first comes in any case, empty where no row came.
 */
export async function* stageBatches(
  scan: RemoteScan,
  options: StageOptions,
): AsyncGenerator<undefined, ScanReport> {
  const { local, signal } = options
  const reading = readBatches(scan, options)
  const replace = (rows: string) =>
    local.make(`create or replace temp table ${identifier(scan.id)} as ${rows}`, signal)
  let batches = 0
  for await (const batch of reading.batches) {
    reading.count(await replace(batch))
    batches++
    yield
  }
  if (batches === 0) {
    await replace(reading.empty)
    yield
  }
  return reading.report()
}

interface BatchReading {
  /** A SELECT of no rows, of the types of the scan. */
  readonly empty: string
  /** SELECTs of the rows of a few pages each; good until the next is asked for. */
  readonly batches: AsyncGenerator<string>
  count(rows: number): void
  report(): ScanReport
}

function readBatches(scan: RemoteScan, options: StageOptions): BatchReading {
  const started = performance.now()
  const { request, columns } = remoteRequest(scan, options.remote)
  const names = columns.outputs.map((column) => wideColumn(scan, column)).join(', ')
  const cost = { requests: 0, pages: 0, bytes: 0, rows: 0 }
  let keys: readonly string[] | undefined
  let parted: Parting | undefined
  const told = (parting: Parting): void => {
    parted = parting
  }

  async function* files(): AsyncGenerator<Batch> {
    const asked = await keysOf(scan, options)
    keys = asked.keys
    if (asked.counted) cost.requests++
    let waiting: string[] = []
    let largest = 0
    let wanted = options.firstRows ? 1 : PAGES_AT_ONCE
    const paging = { ...options, keys, onAsked: () => cost.requests++, onParted: told }
    for await (const page of pagesOf(scan, request, paging)) {
      const file = join(options.folder, `${scan.id}-${cost.pages}.json`)
      await writeFile(file, page.rows)
      waiting.push(file)
      largest = Math.max(largest, page.rows.byteLength)
      cost.requests++
      cost.pages++
      cost.bytes += page.bytes
      // Of a limited read each page is counted at once: it may have been the last one wanted.
      if (waiting.length < wanted && scan.top === undefined) continue
      yield { paths: waiting, largest }
      wanted = Math.min(PAGES_AT_ONCE, wanted * 2)
      waiting = []
      largest = 0
    }
    if (waiting.length > 0) yield { paths: waiting, largest }
  }

  async function* batches(): AsyncGenerator<string> {
    for await (const { paths, largest } of scan.top === undefined ? oneAhead(files()) : files()) {
      // A row of NULLs is `{}`, which is taken for a value unless it is told that there are records.
      yield `select ${names} from read_json([${paths.map(literal).join(', ')}], format = 'array', records = true, columns = {${columns.json}}, maximum_object_size = ${Math.max(largest, LEAST_BUFFER_BYTES)})`
      await Promise.all(paths.map((file) => rm(file, { force: true })))
    }
  }

  return {
    empty: `select ${names} from ${emptySource(columns.json)}`,
    batches: batches(),
    count(rows) {
      cost.rows += rows
    },
    report: () => ({
      id: scan.id,
      ...cost,
      ms: Math.round(performance.now() - started),
      keys: keys?.length,
      ...(parted ? { parted } : {}),
    }),
  }
}

/** More values than this are not worth their requests. */
const MAX_KEYS = 5000
/** Values in one request: about 8,000 characters of URL. */
const KEYS_AT_ONCE = 100
/** Up to so many rows come in one page anyway. */
const FEW_ROWS = 5000

interface Keys {
  /** The values to ask by; undefined where the whole scan is read. */
  readonly keys: readonly string[] | undefined
  /** Was the service asked how many rows there are? */
  readonly counted: boolean
}

async function keysOf(scan: RemoteScan, { local, remote, signal, by }: StageOptions): Promise<Keys> {
  if (!by) return { keys: undefined, counted: false }
  const column = identifier(by.sourceColumn)
  const distinct = `select distinct ${column}::VARCHAR from ${identifier(by.source)} where ${column} is not null`
  const result = await local.run(`${distinct} limit ${MAX_KEYS + 1}`, signal)
  const keys = (await result.getRows()).map(([key]) => String(key))
  if (keys.length > MAX_KEYS) return { keys: undefined, counted: false }
  if (keys.length <= KEYS_AT_ONCE) return { keys, counted: false }
  // Rows of a join cannot be counted in advance.
  if (scan.language === 'fetchxml') return { keys, counted: false }
  // The count ends at its limit: more than that is worth asking by values.
  const path = printQuery(`${scan.table.entitySet}/$count`, { filter: printFilter(scan.filter) })
  const { body } = await remote.request({ method: 'GET', path, signal })
  const count = Number(new TextDecoder().decode(body).replace(/\D/g, ''))
  return { keys: count < FEW_ROWS ? undefined : keys, counted: true }
}

interface Paging extends StageOptions, Pick<ReadingParts, 'onAsked' | 'onParted'> {
  readonly keys: readonly string[] | undefined
}

async function* pagesOf(
  scan: RemoteScan,
  request: RemoteRequest,
  { remote, signal, keys, by, firstRows, onAsked, onParted }: Paging,
): AsyncGenerator<RowPage> {
  const read = (one: RemoteRequest, stop = signal) => readPages(remote, one, stop)
  if (keys === undefined || by === undefined) {
    const readScan: ReadingParts['read'] = (one, stop) => read(remoteRequest(one, remote).request, stop)
    yield* !firstRows && mayBeParted(scan, remote)
      ? readInParts(scan, { remote, signal, read: readScan, onAsked, onParted })
      : read(request)
    return
  }
  const { name, property } = scan.table.columns.find((column) => column.name === by.column) ?? {
    name: by.column,
    property: by.column,
  }
  for (let from = 0; from < keys.length; from += KEYS_AT_ONCE) {
    const some = keys.slice(from, from + KEYS_AT_ONCE).map((text) => ({ kind: 'plain' as const, text }))
    const filter = [...scan.filter, isOneOf({ name, property }, some)]
    yield* read(remoteRequest({ ...scan, filter }, remote).request)
  }
}

/** The pages of a request. */
export function readPages(
  remote: Session,
  request: RemoteRequest,
  signal: AbortSignal | undefined,
): AsyncGenerator<RowPage> {
  return request.language === 'fetchxml'
    ? readFetchRowPages(remote, { ...request, signal })
    : readRowPages(remote, { ...request, signal })
}

interface Batch {
  readonly paths: readonly string[]
  /** Bytes of the largest of them: no row is longer. */
  readonly largest: number
}

/** The engine takes twice as much for each thread that reads: with the room a longest row could need it takes a GB. */
const LEAST_BUFFER_BYTES = 1024 * 1024

/** No rows, of the types of a page. */
export function emptySource(json: string): string {
  const columns = [...json.matchAll(/('(?:[^']|'')*'): ('(?:[^']|'')*')/g)].map(
    ([, name = '', type = '']) =>
      `null::${type.slice(1, -1)} as ${identifier(name.slice(1, -1).replaceAll("''", "'"))}`,
  )
  return `(select ${columns.join(', ')} where false)`
}

import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { outputColumns } from '../catalog/output-columns.ts'
import { prefer, printQuery } from '../odata/query.ts'
import type { RemoteScan, ScanAggregate, ScanReduction } from '../plan/plan.ts'
import { readRowTexts } from '../service/row-texts.ts'
import type { Session } from '../service/session.ts'
import { type Duck, type DuckSession, identifier, literal } from './duck.ts'
import type { MetadataRow } from './metadata-tables.ts'
import { resultColumns, type ScanColumns, scanColumns } from './scan-columns.ts'

/** Reads a scan to its end into a local table of its name. */
export interface StageOptions {
  readonly duck: Duck
  readonly local: DuckSession
  readonly remote: Session
  readonly signal?: AbortSignal | undefined
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
}

/** Pages that are parsed by one statement: fewer statements, and still little that waits. */
const PAGES_AT_ONCE = 4

/** Rows that are made here, of the metadata: into a local table as those of the service are. */
export async function stageMetadata(
  scan: RemoteScan,
  rows: readonly MetadataRow[],
  { duck, local, signal }: Omit<StageOptions, 'remote'>,
): Promise<ScanReport> {
  const started = performance.now()
  const columns = scan.columns.map(identifier).join(', ')
  const types = scan.table.columns.map(
    ({ name, type }) => `${literal(name)}: ${literal(METADATA_TYPES[type] ?? 'VARCHAR')}`,
  )
  const file = join(duck.folder, `${files++}.json`)
  await writeFile(file, JSON.stringify(rows))
  const source =
    rows.length === 0
      ? emptySource(`{${types.join(', ')}}`)
      : `read_json(${literal(file)}, format = 'array', columns = {${types.join(', ')}})`
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

export async function stageScan(scan: RemoteScan, options: StageOptions): Promise<ScanReport> {
  const started = performance.now()
  const { local, signal } = options
  const { request, columns } = remoteRequest(scan, options.remote)
  const names = columns.expressions.join(', ')
  const source = (paths: readonly string[]): string =>
    `read_json([${paths.map(literal).join(', ')}], format = 'array', columns = ${columns.json}, maximum_object_size = ${MAX_ROW_BYTES})`
  await local.run(
    `create temp table ${identifier(scan.id)} as select ${names} from ${emptySource(columns.json)}`,
    signal,
  )
  let [pages, bytes, rows, remaining] = [0, 0, 0, scan.top ?? Number.POSITIVE_INFINITY]
  let waiting: string[] = []
  const flush = async (): Promise<void> => {
    if (waiting.length === 0) return
    const limit = Number.isFinite(remaining) ? ` limit ${remaining}` : ''
    const result = await local.run(
      `insert into ${identifier(scan.id)} select ${names} from ${source(waiting)}${limit}`,
      signal,
    )
    const inserted = Number(result.rowsChanged)
    rows += inserted
    remaining -= inserted
    await Promise.all(waiting.map((file) => rm(file, { force: true })))
    waiting = []
  }
  const { keys, counted } = await keysOf(scan, options)
  for await (const page of pagesOf(scan, request, { ...options, keys })) {
    const file = join(options.duck.folder, `${files++}.json`)
    await writeFile(file, page.text)
    waiting.push(file)
    pages++
    bytes += page.bytes
    // Of a limited read each page is counted at once: it may have been the last one wanted.
    if (waiting.length >= PAGES_AT_ONCE || scan.top !== undefined) await flush()
    if (remaining <= 0) break
  }
  await flush()
  return {
    id: scan.id,
    requests: pages + (counted ? 1 : 0),
    pages,
    bytes,
    rows,
    ms: Math.round(performance.now() - started),
    keys: keys?.length,
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
  // The count ends at its limit: more than that is worth asking by values.
  const filter = scan.filter === undefined ? '' : `?$filter=${encodeURIComponent(scan.filter)}`
  const { body } = await remote.request({
    method: 'GET',
    path: `${scan.table.entitySet}/$count${filter}`,
    signal,
  })
  const count = Number(new TextDecoder().decode(body).replace(/\D/g, ''))
  return { keys: count < FEW_ROWS ? undefined : keys, counted: true }
}

interface Paging extends StageOptions {
  readonly keys: readonly string[] | undefined
}

async function* pagesOf(
  scan: RemoteScan,
  request: ReturnType<typeof remoteRequest>['request'],
  { remote, signal, keys, by }: Paging,
): AsyncGenerator<{ readonly text: string; readonly bytes: number }> {
  if (keys === undefined || by === undefined) {
    yield* readRowTexts(remote, { ...request, signal })
    return
  }
  const property = scan.table.columns.find(({ name }) => name === by.column)?.property ?? by.column
  for (let from = 0; from < keys.length; from += KEYS_AT_ONCE) {
    const equals = keys.slice(from, from + KEYS_AT_ONCE).map((key) => `${property} eq ${key}`)
    const filter = [...(scan.filter === undefined ? [] : [scan.filter]), `(${equals.join(' or ')})`].join(
      ' and ',
    )
    yield* readRowTexts(remote, { ...remoteRequest({ ...scan, filter }, remote).request, signal })
  }
}

/** Longest row, in bytes: memos of a megabyte, several of them. */
const MAX_ROW_BYTES = 64 * 1024 * 1024

/** No rows, of the types of a page. */
function emptySource(json: string): string {
  const columns = [...json.matchAll(/('(?:[^']|'')*'): ('(?:[^']|'')*')/g)].map(
    ([, name = '', type = '']) =>
      `null::${type.slice(1, -1)} as ${identifier(name.slice(1, -1).replaceAll("''", "'"))}`,
  )
  return `(select ${columns.join(', ')} where false)`
}

/** Tells files of all queries apart. */
let files = 0

/** The first request of a scan, relative to the service root, and what its rows hold. */
export function remoteRequest(scan: RemoteScan, { capabilities }: Session) {
  const { annotations, maxPageSize, pageSizeByColumns } = capabilities.read
  const wanted = outputColumns(
    scan.table.columns.filter(({ readable }) => readable),
    { labels: true, annotations },
  ).filter(({ name }) => scan.columns.includes(name))
  const columns = scanColumns(scan.table, wanted)
  if (scan.aggregate) return groupRequest(scan, scan.aggregate, columns)
  const widest = pageSizeByColumns.find(({ moreThanColumns }) => columns.select.length > moreThanColumns)
  const pageSize = Math.min(widest?.pageSize ?? maxPageSize, scan.top ?? Number.POSITIVE_INFINITY)
  return {
    columns,
    request: {
      path: printQuery(scan.table.entitySet, {
        select: columns.select,
        filter: scan.filter,
        orderby: scan.orderby,
      }),
      headers: { Prefer: prefer({ pageSize, annotations: columns.annotations }) },
      numbers: { exact: columns.exact },
      mostPages: Math.ceil((scan.top ?? Number.POSITIVE_INFINITY) / pageSize),
    },
  }
}

/** `$apply`, which takes no projection and no page size of its own. */
function groupRequest(scan: RemoteScan, { groups, results }: ScanAggregate, columns: ScanColumns) {
  const computed = resultColumns(results)
  const property = (name: string): string =>
    scan.table.columns.find((column) => column.name === name)?.property ?? name
  const methods = results.map(({ name, method, column }) =>
    column === undefined ? `$count as ${name}` : `${column.property} with ${method} as ${name}`,
  )
  const aggregate = methods.length === 0 ? '' : `aggregate(${methods.join(',')})`
  const groupBy = `groupby((${groups.map(property).join(',')})${aggregate === '' ? '' : `,${aggregate}`})`
  const filter = scan.filter === undefined ? '' : `filter(${scan.filter})/`
  return {
    columns: {
      ...columns,
      json: `{${[columns.json.slice(1, -1), computed.json].filter((part) => part !== '').join(', ')}}`,
      expressions: [...columns.expressions, ...computed.expressions],
    },
    request: {
      path: printQuery(scan.table.entitySet, {
        apply: `${filter}${groups.length === 0 ? aggregate : groupBy}`,
      }),
      headers: {},
      numbers: { exact: [...columns.exact, ...computed.exact] },
      mostPages: Number.POSITIVE_INFINITY,
    },
  }
}

import { mkdtempSync, rmSync } from 'node:fs'
import { loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { dataverse } from '../src/capabilities/dataverse.ts'
import { connect } from '../src/connect.ts'
import { parseStatement } from '../src/plan/parse.ts'
import { planQuery } from '../src/plan/plan.ts'
import { TABLE } from './accounts-table.ts'
import { type Goal, goalLines, median, type Sample, sample, serve, servePages } from './processes.ts'
import { ROWS_PER_PAGE } from './rows.ts'

/**
 * `npm run bench:sql`: how fast SQL takes whole tables, against the bare loop that fetches, unpacks and parses the same
 * pages in the same run; how long planning takes; how little moves where the service can filter, join and count.
 */

const ROUNDS = 5
const PAGES = 20
const [SHORT_PAGES, LONG_PAGES] = [100, 1000]
const MILLION = 1_000_000
const [LARGE, LATENCY_MS] = [300_000, 300]

const lines: string[] = []
const goals: Goal[] = []
const loadBefore = loadavg()[0]?.toFixed(1)

for (const [labels, tableLimit, parquetLimit] of [
  ['annotated', 1, 1.1],
  ['plain', 1.4, 1.6],
] as const)
  await measureScans(labels, { tableLimit, parquetLimit })
await measurePlanning()
await measureMoved()
await measureReaders()
await measureMemory()

const { lines: goalTable, met } = goalLines(goals)
process.stdout.write(
  `Node ${process.version}, medians of ${ROUNDS}, load before ${loadBefore}\n${[...lines, ...goalTable].join('\n')}\n`,
)
process.exitCode = met ? 0 : 1

/** 100,000 rows of 20 columns into a table and into a file, against parsing them only. */
async function measureScans(
  labels: 'annotated' | 'plain',
  { tableLimit, parquetLimit }: { readonly tableLimit: number; readonly parquetLimit: number },
): Promise<void> {
  const server = await servePages({ pages: PAGES, annotated: labels === 'annotated' })
  const ways: readonly (readonly [string, () => Promise<Sample>])[] = [
    ['parse only', () => sample('./reader.js', 'floor', server.origin)],
    ['DuckDB table', () => sample('./sql-reader.js', 'table', server.origin, labels)],
    ['Parquet', () => sample('./sql-reader.js', 'parquet', server.origin, labels)],
  ]
  const samples = new Map(ways.map(([name]): [string, Sample[]] => [name, []]))
  for (let round = 0; round < ROUNDS; round++)
    for (const [name, take] of round % 2 === 0 ? ways : [...ways].reverse())
      samples.get(name)?.push(await take())
  server.stop()
  const all = [...samples.values()].flat()
  for (const { rows, employees } of all)
    if (rows !== PAGES * ROWS_PER_PAGE || employees !== all[0]?.employees)
      throw new Error(`a reader got ${rows} rows, checksum ${employees}`)
  const medians = new Map([...samples].map(([name, list]) => [name, median(list)]))
  lines.push(
    '',
    `${PAGES * ROWS_PER_PAGE} rows, ${labels} pages`,
    '',
    '| to | ms | CPU ms | peak MB |',
    '|---|---:|---:|---:|',
  )
  for (const [name, { ms, cpuMs, rssMb }] of medians)
    lines.push(`| ${name} | ${ms.toFixed(0)} | ${cpuMs.toFixed(0)} | ${rssMb.toFixed(0)} |`)
  const floor = medians.get('parse only')?.ms ?? Number.NaN
  const ratio = (name: string): number => (medians.get(name)?.ms ?? Number.NaN) / floor
  goals.push(
    { what: `DuckDB table / parse only, ${labels}`, value: ratio('DuckDB table'), limit: tableLimit },
    { what: `Parquet / parse only, ${labels}`, value: ratio('Parquet'), limit: parquetLimit },
  )
}

/** Six tables of 150 columns, joined along lookups. */
async function measurePlanning(): Promise<void> {
  const names = ['a', 'b', 'c', 'd', 'e', 'f']
  const wide = Array.from({ length: 130 }, (_, at) => ({
    ...TABLE.columns[0],
    name: `column${at}`,
    property: `column${at}`,
    type: 'string' as const,
    label: '',
    serviceType: '',
    required: false,
    creatable: true,
    updatable: true,
    readable: true,
  }))
  const tables = new Map(
    names.map((name) => [name, { ...TABLE, name, columns: [...TABLE.columns, ...wide] }]),
  )
  const joins = names
    .slice(1)
    .map((name, at) => `join ${name} on ${name}.accountid = ${names[at]}.primarycontactid`)
  const text = `select a.name, f.column7, count(*) from a ${joins.join(' ')}
    where a.createdon > '2025-01-01' and f.name like 'Con%' and c.statecode in (0, 1) group by 1, 2 order by 3 desc`
  const times: number[] = []
  for (let round = 0; round < 30; round++) {
    const started = performance.now()
    const { annotations, fetchXml } = dataverse.read
    planQuery(await parseStatement(text), { tables, annotations, fetchXml, now: Date.now() })
    times.push(performance.now() - started)
  }
  const ms = times.sort((a, b) => a - b)[Math.floor(times.length / 2)] ?? Number.NaN
  goals.push({ what: 'planning a join of 6 tables, ms', value: ms, limit: 20 })
}

/** What comes over from an environment of a million accounts and a million contacts. */
async function measureMoved(): Promise<void> {
  const server = await serve('./sql-server.js', [MILLION], { heapMb: 12_000 })
  const { connectionString }: { connectionString: string } = JSON.parse(server.said)
  const folder = mkdtempSync(join(tmpdir(), 'd365-bench-'))
  const connection = await connect({
    connectionString,
    env: { D365_CONFIG_DIR: folder, D365_SECRET_STORE: 'file' },
  })
  const moved = async (name: string, text: string) => {
    const { scans, rows } = await connection.query(text)
    const total = (what: 'requests' | 'rows' | 'bytes') => scans.reduce((sum, scan) => sum + scan[what], 0)
    const cost = { requests: total('requests'), rows: total('rows') }
    lines.push(`| ${name} | ${rows.length} | ${cost.requests} | ${cost.rows} | ${total('bytes')} |`)
    return cost
  }
  lines.push(
    '',
    `${MILLION} accounts, ${MILLION} contacts`,
    '',
    '| query | rows | requests | rows moved | bytes |',
    '|---|---:|---:|---:|---:|',
  )
  const first = await moved('limit 10', 'select name, revenue from account limit 10')
  goals.push(
    { what: '`limit 10`: requests', value: first.requests, limit: 1 },
    { what: '`limit 10`: rows moved', value: first.rows, limit: 10 },
  )
  const joined = await moved(
    'selective join',
    `select c.lastname, a.name from contact c join account a on c.parentcustomerid = a.accountid
     where a.createdon >= '2026-01-12'`,
  )
  goals.push({
    what: 'selective join: % of the rows moved',
    value: (joined.rows / (2 * MILLION)) * 100,
    limit: 2,
  })
  const grouped = await moved(
    'aggregate',
    'select statecode, count(*), max(createdon) from account group by 1',
  )
  goals.push({ what: 'aggregate over 1,000,000 rows: rows moved', value: grouped.rows, limit: 999 })
  await connection.close()
  rmSync(folder, { recursive: true, force: true })
  server.stop()
}

/** A large table by several readers against one, where every answer takes a while. */
async function measureReaders(): Promise<void> {
  const took = async (dopHint: number): Promise<number> => {
    const server = await serve('./sql-server.js', [LARGE, LATENCY_MS, dopHint], { heapMb: 8000 })
    const { connectionString }: { connectionString: string } = JSON.parse(server.said)
    const folder = mkdtempSync(join(tmpdir(), 'd365-bench-'))
    const connection = await connect({
      connectionString,
      env: { D365_CONFIG_DIR: folder, D365_SECRET_STORE: 'file' },
    })
    await connection.table('account')
    const started = performance.now()
    const file = join(folder, 'accounts.parquet')
    const { finished } = await connection.export('select name, revenue, createdon from account', {
      to: { file, format: 'parquet' },
    })
    const ms = performance.now() - started
    if (finished.rows !== LARGE) throw new Error(`${finished.rows} rows of ${LARGE}`)
    await connection.close()
    rmSync(folder, { recursive: true, force: true })
    server.stop()
    return ms
  }
  const [one, several] = [await took(1), await took(8)]
  lines.push(
    '',
    `${LARGE} rows at ${LATENCY_MS} ms: one reader ${one.toFixed(0)} ms, eight ${several.toFixed(0)} ms`,
  )
  goals.push({
    what: `eight readers / one at ${LATENCY_MS} ms, ${LARGE} rows`,
    value: several / one,
    limit: 0.75,
  })
}

/** A scan to Parquet holds a few pages at a time. */
async function measureMemory(): Promise<void> {
  const peaks: number[] = []
  for (const pages of [SHORT_PAGES, LONG_PAGES]) {
    const server = await servePages({ pages })
    const { rows, rssMb } = await sample('./sql-reader.js', 'parquet', server.origin, 'plain')
    server.stop()
    if (rows !== pages * ROWS_PER_PAGE) throw new Error(`${rows} rows of ${pages * ROWS_PER_PAGE}`)
    peaks.push(rssMb)
  }
  const [short = Number.NaN, long = Number.NaN] = peaks
  lines.push('', `Parquet: peak ${short.toFixed(0)} MB at 500,000 rows, ${long.toFixed(0)} MB at 5,000,000`)
  goals.push({
    what: 'peak memory to Parquet, 5,000,000 rows / 500,000 rows',
    value: long / short,
    limit: 1.5,
  })
}

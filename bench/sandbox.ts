import { type ChildProcessByStdio, execFile, spawn } from 'node:child_process'
import { copyFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { loadavg } from 'node:os'
import type { Readable, Writable } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { APPS } from '../src/sandbox/index.ts'
import { drain } from './sandbox-drain.ts'

/**
 * `npm run bench:sandbox`: how fast the sandbox serves, beside a bare server of the same bytes measured in the same
 * run; how soon it serves; how much memory a million rows take, at rest and read to the end.
 */

const ROUNDS = 7
const ROWS = 100_000
const MANY_ROWS = 1_000_000
const PAGE_ROWS = 5000

const ROWS_PER_SECOND = 60_000
const START_MS = 3000
const MEMORY_MB = 2048
/** Heap limit of the second run: tells what the rows need from what the collector leaves lying. */
const CAPPED_HEAP_MB = 1536

/** Twenty columns that every made row has a value in. */
const COLUMNS =
  'accountid,name,accountnumber,telephone1,emailaddress1,address1_line1,address1_city,address1_stateorprovince,address1_postalcode,address1_country,revenue,numberofemployees,industrycode,customertypecode,creditonhold,statecode,statuscode,createdon,modifiedon,_ownerid_value'

const run = promisify(execFile)
const here = (file: string): string => fileURLToPath(new URL(file, import.meta.url))

interface Server {
  /** From the start of its process to its first line, in ms. */
  readonly startMs: number
  readonly facts: Readonly<Record<string, string>>
  /** Largest resident size until now, in MB. */
  peakMb(): Promise<number>
  stop(): void
}

async function start(
  file: string,
  args: readonly string[],
  nodeArgs: readonly string[] = [],
): Promise<Server> {
  const started = performance.now()
  const child = spawn(process.execPath, [...nodeArgs, here(file), ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const facts = JSON.parse(await line(child))
  return {
    startMs: performance.now() - started,
    facts,
    peakMb: async () => {
      child.stdin.write('memory\n')
      return JSON.parse(await line(child)).peakMb
    },
    stop: () => void child.kill(),
  }
}

function line(child: ChildProcessByStdio<Writable, Readable, null>): Promise<string> {
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => reject(new Error(`a server ended with ${code}`)))
    child.stdout.once('data', (text: Buffer) => resolve(text.toString()))
  })
}

async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve))
  const address = probe.address()
  await new Promise((resolve) => probe.close(resolve))
  return typeof address === 'object' && address ? address.port : 0
}

async function tokenOf({ facts }: Server): Promise<string> {
  const [app] = APPS
  const response = await fetch(facts.tokenUri ?? '', {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: app?.clientId ?? '',
      client_secret: app?.secrets[0]?.value ?? '',
      scope: `${facts.origin}/.default`,
    }),
  })
  return JSON.parse(await response.text()).access_token
}

const firstPage = (origin: string | undefined): string =>
  `${origin}/api/data/v9.2/accounts?$select=${COLUMNS}`

interface Sample {
  readonly ms: number
  readonly pages: number
  readonly bytes: number
}

async function sample({ facts }: Server, token: string): Promise<Sample> {
  const { stdout } = await run(process.execPath, [
    here('./sandbox-reader.js'),
    firstPage(facts.origin),
    token,
  ])
  return JSON.parse(stdout)
}

/** Samples of each server in turn, the order reversed each round. All must have drained the same. */
async function measure(servers: readonly Server[], token: string): Promise<Map<Server, Sample[]>> {
  const samples = new Map(servers.map((server): [Server, Sample[]] => [server, []]))
  for (let round = 0; round < ROUNDS; round++)
    for (const server of round % 2 === 0 ? servers : [...servers].reverse())
      samples.get(server)?.push(await sample(server, token))
  const all = [...samples.values()].flat()
  for (const { pages, bytes } of all)
    if (pages !== ROWS / PAGE_ROWS || bytes !== all[0]?.bytes)
      throw new Error(`a reader drained ${pages} pages, ${bytes} bytes; another ${all[0]?.bytes} bytes`)
  return samples
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN
}

interface Memory {
  readonly startMs: number
  readonly restMb: number
  readonly readMb: number
}

/** What a sandbox of a million rows takes until all of them were read once. */
async function millionRows(nodeArgs: readonly string[]): Promise<Memory> {
  const server = await start('./sandbox-server.js', [String(MANY_ROWS)], nodeArgs)
  const restMb = await server.peakMb()
  const { pages } = await drain(firstPage(server.facts.origin), await tokenOf(server))
  if (pages !== MANY_ROWS / PAGE_ROWS) throw new Error(`${pages} pages of a million rows`)
  const readMb = await server.peakMb()
  server.stop()
  return { startMs: server.startMs, restMb, readMb }
}

interface Goal {
  readonly what: string
  readonly value: string
  readonly limit: string
  readonly met: boolean
}

const number = (value: number): string => Math.round(value).toLocaleString('en-US')
const load = loadavg()[0]?.toFixed(1)
const lines: string[] = []
const goals: Goal[] = []

// The command line reads its version from the package above it; the compiled benchmark has none.
copyFileSync('package.json', here('../package.json'))
const starts: number[] = []
for (let round = 0; round < ROUNDS; round++) {
  const small = await start('../src/cli/main.js', ['sandbox', '--port', String(await freePort()), '--json'])
  starts.push(small.startMs)
  small.stop()
}
goals.push({
  what: '`d365 sandbox` from its process to serving',
  value: `${number(median(starts))} ms`,
  limit: `< ${number(START_MS)} ms`,
  met: median(starts) < START_MS,
})

const sandbox = await start('./sandbox-server.js', [String(ROWS)])
const token = await tokenOf(sandbox)
const floor = await start('./sandbox-floor.js', [firstPage(sandbox.facts.origin), token])
const samples = await measure([floor, sandbox], token)
const peak = await sandbox.peakMb()
floor.stop()
sandbox.stop()
lines.push(
  `${number(ROWS)} rows of 20 columns, ${number(PAGE_ROWS)} a page, drained one page after another`,
  '',
  '| server | ms | rows/s | MB/s | slowest ms |',
  '|---|---:|---:|---:|---:|',
)
for (const [name, server] of [
  ['bare node:http, same bytes (floor)', floor],
  ['sandbox', sandbox],
] as const) {
  const times = (samples.get(server) ?? []).map(({ ms }) => ms)
  const bytes = samples.get(server)?.[0]?.bytes ?? Number.NaN
  const seconds = median(times) / 1000
  lines.push(
    `| ${name} | ${number(median(times))} | ${number(ROWS / seconds)} | ${number(bytes / 1e6 / seconds)} | ${number(Math.max(...times))} |`,
  )
}
const rate = ROWS / (median((samples.get(sandbox) ?? []).map(({ ms }) => ms)) / 1000)
goals.push({
  what: 'rows/s to a reader that only drains',
  value: number(rate),
  limit: `>= ${number(ROWS_PER_SECOND)}`,
  met: rate >= ROWS_PER_SECOND,
})

const whole = await millionRows([])
const capped = await millionRows([`--max-old-space-size=${CAPPED_HEAP_MB}`])
lines.push(
  '',
  '| memory | start ms | peak MB when it serves | peak MB after all rows were read |',
  '|---|---:|---:|---:|',
  `| ${number(ROWS)} rows | ${number(sandbox.startMs)} | | ${number(peak)} |`,
  `| ${number(MANY_ROWS)} rows | ${number(whole.startMs)} | ${number(whole.restMb)} | ${number(whole.readMb)} |`,
  `| ${number(MANY_ROWS)} rows, --max-old-space-size=${CAPPED_HEAP_MB} | ${number(capped.startMs)} | ${number(capped.restMb)} | ${number(capped.readMb)} |`,
)
goals.push({
  what: `peak memory, ${number(MANY_ROWS)} rows all read`,
  value: `${number(whole.readMb)} MB`,
  limit: `< ${number(MEMORY_MB)} MB`,
  met: whole.readMb < MEMORY_MB,
})

lines.push('', '| goal | measured | limit | |', '|---|---:|---:|---|')
for (const { what, value, limit, met } of goals)
  lines.push(`| ${what} | ${value} | ${limit} | ${met ? 'met' : 'MISSED'} |`)
process.stdout.write(
  `Node ${process.version}, medians of ${ROUNDS}, load before ${load}\n\n${lines.join('\n')}\n`,
)
process.exitCode = goals.every(({ met }) => met) ? 0 : 1

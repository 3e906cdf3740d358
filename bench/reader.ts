import { gunzipSync } from 'node:zlib'
import { DynamicsWebApi } from 'dynamics-web-api'
import { Agent, request } from 'undici'
import { readRows } from '../src/catalog/read-rows.ts'
import { TABLE } from './accounts-table.ts'
import { openSession } from './bench-session.ts'
import { addRow, type Checksum, COLUMNS } from './rows.ts'

/** One sample in a process of its own: reads every row one way, prints time, memory and checksum as JSON. */

const [, , mode = 'floor', origin = ''] = process.argv
const FIRST = `${origin}/api/data/v9.2/accounts?$select=${COLUMNS.join(',')}`
const agent = new Agent({ connections: 4 })

const NEXT = /"@odata\.nextLink":"([^"]+)"\}$/

async function fetchBytes(url: string): Promise<Buffer> {
  const { body } = await request(url, { headers: { 'accept-encoding': 'gzip' }, dispatcher: agent })
  const packed = Buffer.from(await body.arrayBuffer())
  return gunzipSync(packed, { chunkSize: packed.readUInt32LE(packed.length - 4) + 64 })
}

/** The bare loop: bytes, one-call gunzip, JSON.parse. */
async function floor(sum: Checksum): Promise<void> {
  for (let url: string | undefined = FIRST; url; ) {
    const page = readPage(JSON.parse((await fetchBytes(url)).toString('utf8')))
    for (const row of page.rows) addRow(sum, row)
    url = page.next
  }
}

/** Every byte fetched and unpacked, one page after the other, and nothing parsed: the floor under latency. */
async function drain(sum: Checksum): Promise<void> {
  for (let url: string | undefined = FIRST; url; ) {
    const bytes = await fetchBytes(url)
    url = NEXT.exec(bytes.subarray(-2000).toString('latin1'))?.[1]
  }
  sum.rows = -1
}

/** What most programs do. */
async function fetchJson(sum: Checksum): Promise<void> {
  for (let url: string | undefined = FIRST; url; ) {
    const response = await fetch(url)
    const page = readPage(await response.json())
    for (const row of page.rows) addRow(sum, row)
    url = page.next
  }
}

function readPage(body: unknown): { readonly rows: readonly object[]; readonly next: string | undefined } {
  const page = typeof body === 'object' && body !== null ? body : {}
  const rows = 'value' in page && Array.isArray(page.value) ? page.value : []
  const next = '@odata.nextLink' in page ? String(page['@odata.nextLink']) : undefined
  return { rows, next }
}

async function dynamicsWebApi(sum: Checksum): Promise<void> {
  const api = new DynamicsWebApi({
    serverUrl: origin,
    dataApi: { version: '9.2' },
    onTokenRefresh: async () => 'token',
  })
  const query = { collection: 'accounts', select: [...COLUMNS] }
  let page = await api.retrieveMultiple(query)
  while (true) {
    for (const row of page.value) addRow(sum, row)
    if (!page.oDataNextLink) return
    page = await api.retrieveMultiple(query, page.oDataNextLink)
  }
}

/** d365: mapped rows with exact money, lookups under their own names. */
async function ours(sum: Checksum): Promise<void> {
  const { session, close } = openSession(origin)
  const reader = readRows(session, TABLE, { select: TABLE.columns.map(({ name }) => name) })
  for await (const batch of reader.batches()) for (const row of batch) addRow(sum, row)
  if (!reader.complete) throw new Error('the reader ended early')
  await close()
}

const MODES: Readonly<Record<string, (sum: Checksum) => Promise<void>>> = {
  floor,
  drain,
  'fetch+json': fetchJson,
  'dynamics-web-api': dynamicsWebApi,
  d365: ours,
}

const sum: Checksum = { rows: 0, employees: 0 }
const started = performance.now()
await MODES[mode]?.(sum)
const ms = performance.now() - started
const { maxRSS, userCPUTime, systemCPUTime } = process.resourceUsage()
process.stdout.write(
  `${JSON.stringify({ ms, rssMb: maxRSS / 1024, cpuMs: (userCPUTime + systemCPUTime) / 1000, ...sum })}\n`,
)
process.exit(0)

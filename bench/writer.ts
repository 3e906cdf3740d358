import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DynamicsWebApi } from 'dynamics-web-api'
import { Agent, request } from 'undici'
import { dataverse } from '../src/capabilities/dataverse.ts'
import { systemClock } from '../src/core/clock.ts'
import { silentLog } from '../src/core/log.ts'
import { sendBatch } from '../src/service/batch.ts'
import { createHttp } from '../src/service/http.ts'
import { createSession } from '../src/service/session.ts'
import { writeRows } from '../src/write/write-rows.ts'
import { ITEM, items, NO_CATALOG, SHORT_LIMITS } from './write-model.ts'

/** One sample in a process of its own: writes so many rows one way, prints time, memory and CPU time as JSON. */

const [, , mode = '', origin = '', count = '0'] = process.argv
const rows = Number(count)
const ROWS_PER_REQUEST = 200

/** The least a client can do: bodies made and posted, four at a time. Nothing checked, nothing kept for a bad day. */
async function floor(): Promise<void> {
  const agent = new Agent({ connections: 4 })
  let next = 0
  const sender = async (): Promise<void> => {
    while (next < rows) {
      const from = next
      next += ROWS_PER_REQUEST
      const targets = Array.from({ length: Math.min(ROWS_PER_REQUEST, rows - from) }, (_, at) => ({
        '@odata.type': 'Microsoft.Dynamics.CRM.contoso_item',
        contoso_itemid: randomUUID(),
        contoso_name: `Item ${from + at + 1}`,
      }))
      const { body } = await request(`${origin}/api/data/v9.2/contoso_items/CreateMultiple`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ Targets: targets }),
        dispatcher: agent,
      })
      JSON.parse(await body.text())
    }
  }
  await Promise.all(Array.from({ length: 4 }, sender))
}

async function ours(options: { readonly batchSize?: number }): Promise<void> {
  const { http, close } = createHttp()
  const token = { value: 'token', expiresAt: undefined }
  const session = createSession({
    http,
    tokens: { token: async () => token, renew: async () => token },
    capabilities: {
      ...dataverse,
      limits: { ...dataverse.limits, ...(mode === 'd365' ? SHORT_LIMITS : UNLIMITED) },
    },
    root: `${origin}/api/data/v9.2/`,
    clock: systemClock,
    random: Math.random,
    log: silentLog,
  })
  const folder = mkdtempSync(join(tmpdir(), 'd365-bench-'))
  const report = await writeRows(
    {
      session,
      catalog: NO_CATALOG,
      clock: systemClock,
      random: Math.random,
      sendBatch: (requests, sending) => sendBatch(session, requests, sending),
    },
    ITEM,
    items(rows),
    { mode: 'insert', journal: { folder, fingerprint: 'bench' }, ...options },
  )
  rmSync(folder, { recursive: true })
  if (report.created !== rows) throw new Error(`${report.created} of ${rows} rows were created`)
  await close()
}

const UNLIMITED = { requests: Number.MAX_SAFE_INTEGER, executionMs: Number.MAX_SAFE_INTEGER }

/** What its users do: one after the other, and a wait when the service asks for one. */
async function dynamicsWebApi(rowsPerBatch: number): Promise<void> {
  const api = new DynamicsWebApi({
    serverUrl: origin,
    dataApi: { version: '9.2' },
    onTokenRefresh: async () => 'token',
  })
  for (let from = 0; from < rows; from += rowsPerBatch) {
    const data = Array.from({ length: Math.min(rowsPerBatch, rows - from) }, (_, at) => ({
      contoso_itemid: randomUUID(),
      contoso_name: `Item ${from + at + 1}`,
    }))
    await patiently(async () => {
      if (rowsPerBatch === 1) {
        for (const one of data) await api.create({ collection: 'contoso_items', data: one })
        return
      }
      api.startBatch()
      for (const one of data) void api.create({ collection: 'contoso_items', data: one })
      await api.executeBatch({ continueOnError: true })
    })
  }
}

async function patiently(send: () => Promise<void>): Promise<void> {
  for (;;) {
    try {
      return await send()
    } catch (error) {
      const isBusy = typeof error === 'object' && error !== null && 'status' in error && error.status === 429
      if (!isBusy) throw error
      await systemClock.sleep(1000)
    }
  }
}

const MODES: Readonly<Record<string, () => Promise<void>>> = {
  floor,
  d365: () => ours({}),
  'd365, 200 rows a request': () => ours({ batchSize: ROWS_PER_REQUEST }),
  'dynamics-web-api, one by one': () => dynamicsWebApi(1),
  'dynamics-web-api, batches of 100': () => dynamicsWebApi(100),
}

const run = MODES[mode]
if (!run) throw new Error(`no writer ${mode}`)
const started = performance.now()
await run()
const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage()
process.stdout.write(
  JSON.stringify({
    ms: performance.now() - started,
    cpuMs: (userCPUTime + systemCPUTime) / 1000,
    rssMb: maxRSS / 1024,
  }),
)
process.exit(0)

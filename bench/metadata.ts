import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { dataverse } from '../src/capabilities/dataverse.ts'
import { createCatalog } from '../src/catalog/create-catalog.ts'
import { systemClock } from '../src/core/clock.ts'
import { silentLog } from '../src/core/log.ts'
import { createHttp } from '../src/service/http.ts'
import { createSession } from '../src/service/session.ts'
import { COLUMNS_PER_TABLE, TABLES } from './metadata-size.ts'

/**
 * `npm run bench:metadata`: lists and searches the tables of a large environment and describes some of them, and
 * tells the peak memory of the process that did.
 */

const LIMIT_MB = 300
const DESCRIBED = 20

const child = spawn(process.execPath, [fileURLToPath(new URL('./metadata-server.js', import.meta.url))], {
  stdio: ['pipe', 'pipe', 'inherit'],
})
try {
  const port = await new Promise<string>((resolve) =>
    child.stdout.once('data', (text: Buffer) => resolve(text.toString().trim())),
  )
  const { http, close } = createHttp()
  const session = createSession({
    http,
    tokens: {
      token: async () => ({ value: 'token', expiresAt: undefined }),
      renew: async (failed) => failed,
    },
    capabilities: dataverse,
    root: `http://127.0.0.1:${port}/api/data/v9.2/`,
    clock: systemClock,
    random: Math.random,
    log: silentLog,
  })
  const catalog = createCatalog({ session })

  const started = performance.now()
  const tables = await catalog.tables()
  const listedMs = performance.now() - started
  if (tables.length !== TABLES) throw new Error(`${tables.length} tables of ${TABLES}`)
  const found = tables.filter(({ label }) => label.includes('199')).length
  if (found !== 12) throw new Error(`the search found ${found} tables of 12`)

  const describing = performance.now()
  for (const { name } of tables.slice(0, DESCRIBED)) {
    const { columns } = await catalog.table(name)
    if (columns.length !== COLUMNS_PER_TABLE) throw new Error(`${name} has ${columns.length} columns`)
  }
  const describedMs = (performance.now() - describing) / DESCRIBED
  const peakMb = process.resourceUsage().maxRSS / 1024
  process.stdout.write(
    [
      `| ${TABLES} tables, ${TABLES * COLUMNS_PER_TABLE} columns | |`,
      '|---|---:|',
      `| list all tables | ${listedMs.toFixed(0)} ms |`,
      `| describe one (${COLUMNS_PER_TABLE} columns) | ${describedMs.toFixed(0)} ms |`,
      `| peak memory | ${peakMb.toFixed(0)} MB (limit ${LIMIT_MB}: ${peakMb <= LIMIT_MB ? 'met' : 'MISSED'}) |`,
      '',
    ].join('\n'),
  )
  process.exitCode = peakMb <= LIMIT_MB ? 0 : 1
  await close()
} finally {
  child.kill('SIGKILL')
}

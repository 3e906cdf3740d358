import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, type Page } from 'playwright-core'
import { openCredentialStore } from '../src/connect.ts'
import { APPS, createSandbox } from '../src/sandbox/index.ts'
import { listenStudio } from '../src/studio/index.ts'
import { createAssets } from '../src/studio/server/assets.ts'
import { type Goal, goalLines } from './processes.ts'

/**
 * `npm run bench:grid`: how smoothly 100,000 rows scroll in the studio, in Chromium without a screen. A box of the same
 * height without anything in it is scrolled in the same way: no page can do better than that.
 */

const ROWS = 100_000
const FRAMES = 300

const folder = mkdtempSync(join(tmpdir(), 'd365-bench-'))
const pages = join(folder, 'pages')
execFileSync(
  process.execPath,
  [
    'node_modules/vite/bin/vite.js',
    'build',
    '-c',
    'src/studio/ui/vite.config.ts',
    '--logLevel',
    'error',
    '--outDir',
    pages,
  ],
  { stdio: 'inherit' },
)
const env = { D365_CONFIG_DIR: folder, D365_SECRET_STORE: 'file' }
const sandbox = await createSandbox({ empty: true }).listen({ port: 0 })
await saveSystem()
const studio = await listenStudio({ port: 0, env, assets: createAssets(pages) })
const browser = await chromium.launch({ executablePath: findChromium(), args: ['--no-sandbox'] })
const page = await browser.newPage({ viewport: { width: 1280, height: 800 } })

await page.goto(studio.address({ once: true, page: 'sql' }))
await page.getByRole('textbox', { name: 'SQL' }).click()
await page.keyboard.insertText(
  `select i as number, 'row ' || i as words, i * 1.5 as amount, i % 7 as day, md5(i::varchar) as hash from generate_series(1, ${ROWS}) as g(i)`,
)
const asked = performance.now()
await page.getByRole('button', { name: 'Run', exact: true }).click()
await page.getByText(`${ROWS.toLocaleString('en')} rows`).waitFor({ timeout: 60_000 })
const loaded = performance.now() - asked
const grid = await scrolled(page, '[role="grid"]')
await page.evaluate(`document.body.replaceChildren(Object.assign(document.createElement('div'), { id: 'floor' }));
  Object.assign(document.querySelector('#floor').style, { height: '600px', overflow: 'auto' });
  document.querySelector('#floor').append(document.createElement('div'));
  document.querySelector('#floor div').style.height = '${ROWS * 32}px'`)
const floor = await scrolled(page, '#floor')
await browser.close()
await studio.close()
await sandbox.close()
rmSync(folder, { recursive: true, force: true })

const goals: Goal[] = [
  { what: 'median frame, grid / empty box', value: grid.median / floor.median, limit: 1.5 },
  { what: '95 % of the frames, ms', value: grid.high, limit: 33 },
  { what: 'rows in the page at once', value: grid.rows, limit: 80 },
]
const { lines, met } = goalLines(goals)
process.stdout.write(
  `${[
    `Node ${process.version}, ${ROWS} rows, there ${loaded.toFixed(0)} ms after Run, scrolled through in ${FRAMES} frames`,
    '',
    '| | median frame, ms | 95 %, ms | worst, ms |',
    '|---|---:|---:|---:|',
    `| empty box | ${floor.median.toFixed(1)} | ${floor.high.toFixed(1)} | ${floor.worst.toFixed(1)} |`,
    `| grid | ${grid.median.toFixed(1)} | ${grid.high.toFixed(1)} | ${grid.worst.toFixed(1)} |`,
    ...lines,
  ].join('\n')}\n`,
)
process.exitCode = met ? 0 : 1

interface Scrolled {
  readonly median: number
  readonly high: number
  readonly worst: number
  /** Most rows that were in the page at once. */
  readonly rows: number
}

/** From the first row to the last, a step each frame. */
async function scrolled(at: Page, selector: string): Promise<Scrolled> {
  const { times, rows } = await at.evaluate<{ times: number[]; rows: number }>(
    `(async () => {
      const box = document.querySelector(${JSON.stringify(selector)})
      const step = (box.scrollHeight - box.clientHeight) / ${FRAMES}
      const times = []
      let rows = 0
      let before = performance.now()
      for (let frame = 0; frame < ${FRAMES}; frame++) {
        box.scrollTop += step
        await new Promise((next) => requestAnimationFrame(next))
        const now = performance.now()
        times.push(now - before)
        before = now
        rows = Math.max(rows, box.querySelectorAll('[role="row"]').length)
      }
      return { times, rows }
    })()`,
  )
  const sorted = times.sort((a, b) => a - b)
  const share = (part: number): number => sorted[Math.floor(sorted.length * part)] ?? Number.NaN
  return { median: share(0.5), high: share(0.95), worst: share(0.999), rows }
}

async function saveSystem(): Promise<void> {
  const { clientId, secrets } = APPS.find(({ name }) => name === 'd365 service') ?? {
    clientId: '',
    secrets: [],
  }
  const store = await openCredentialStore({ env })
  await store.addSystem({ name: 'local', serviceUrl: sandbox.origin })
  await store.addCredential('local', {
    name: 'robot',
    grant: 'client-secret',
    clientId,
    secret: secrets[0]?.value ?? '',
  })
}

function findChromium(): string {
  const found = [process.env.CHROMIUM ?? '', '/usr/bin/chromium', '/usr/bin/google-chrome'].find(
    (path) => path !== '' && existsSync(path),
  )
  if (found !== undefined) return found
  throw new Error('bench:grid needs Chromium: install it, or set CHROMIUM to the program.')
}

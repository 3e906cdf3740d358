import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import axe from 'axe-core'
import { type Browser, type BrowserContext, chromium, type Locator, type Page } from 'playwright-core'
import { afterAll, beforeAll, expect, vi } from 'vitest'
import { APPS, createSandbox, type ListeningSandbox, USERS } from '../../src/sandbox/index.ts'
import { listenStudio, type Studio } from '../../src/studio/index.ts'
import { createAssets } from '../../src/studio/server/assets.ts'
import { freshFolder, run } from '../sandbox.test-support.ts'
import { builtPages } from './built-pages.test-support.ts'

/**
 * A real browser, the studio on a free port and a sandbox to connect to: one set for each test file, opened in
 * `beforeAll`. Nothing waits for a time: playwright waits for what is to be seen.
 */
export interface Stage {
  readonly browser: Browser
  readonly sandbox: ListeningSandbox
  readonly studio: Studio
  /** Settings of the studio, as `D365_CONFIG_DIR`. */
  readonly folder: string
  /** A new page of the studio, signed in to it, as a new person would have it; `at` is e.g. `#/explore`. */
  open(at?: string, options?: OpenOptions): Promise<Page>
  /** One line of the command line, on the studio's settings: `['system', 'add', …]`. */
  run(args: readonly string[], stdin?: string): Promise<void>
}

export interface OpenOptions {
  readonly dark?: boolean
  /** In pixels. Default 1280 × 800. */
  readonly size?: { readonly width: number; readonly height: number }
}

/** A journey takes seconds; on a busy machine more. */
const JOURNEY_TIMEOUT_MS = 90_000

/** Call it at the top of a test file; what it returns is filled in before the first test. */
export function withStage(): { readonly current: () => Stage } {
  vi.setConfig({ testTimeout: JOURNEY_TIMEOUT_MS })
  let stage: Stage | undefined
  const contexts: BrowserContext[] = []
  beforeAll(async () => {
    const folder = freshFolder()
    const env = { D365_CONFIG_DIR: folder, D365_SECRET_STORE: 'file' }
    const sandbox = await createSandbox().listen({ port: 0 })
    const studio = await listenStudio({
      port: 0,
      env,
      assets: createAssets(await builtPages()),
      startSandbox: async () => ({
        serviceUrl: sandbox.serviceUrl,
        connectionString: sandbox.connectionString,
        people: USERS.filter(({ trait, roles }) => trait === undefined && roles.length > 0).map(
          ({ upn, password }) => ({ account: upn, password }),
        ),
        applications: APPS.map(({ name, clientId }) => ({ name, clientId })),
        close: async () => undefined,
      }),
    })
    const browser = await chromium.launch({ executablePath: findChromium(), args: ['--no-sandbox'] })
    stage = {
      browser,
      sandbox,
      studio,
      folder,
      run: async (args, stdin = '') => {
        const ran = await run(args, { folder, stdin })
        expect(ran.stderr).toBe('')
        expect(ran.exitCode).toBe(0)
      },
      open: async (at = '#/', { dark = false, size = { width: 1280, height: 800 } } = {}) => {
        const context = await browser.newContext({
          viewport: size,
          colorScheme: dark ? 'dark' : 'light',
          reducedMotion: 'reduce',
          locale: 'en-GB',
          timezoneId: 'UTC',
        })
        contexts.push(context)
        await context.grantPermissions(['clipboard-read', 'clipboard-write'])
        const page = await context.newPage()
        page.setDefaultTimeout(20_000)
        failOnFaults(page, studio)
        await page.goto(`${studio.address({ once: true, page: at.replace(/^#\/?/, '') })}`)
        await page.getByRole('heading', { level: 1 }).waitFor()
        return page
      },
    }
  }, 120_000)
  afterAll(async () => {
    for (const context of contexts) await context.close()
    await stage?.browser.close()
    await stage?.studio.close()
    await stage?.sandbox.close()
  })
  return {
    current: () => {
      if (!stage) throw new Error('The stage is set in beforeAll.')
      return stage
    },
  }
}

/** A field of a form by its label, whether it is marked as required or not. */
export function fieldOf(page: Page, label: string): Locator {
  return page.getByLabel(new RegExp(`^${label.replaceAll(/[()]/g, '\\$&')}\\*?$`))
}

/** Errors of a page, refusals of its security policy, and requests to other hosts fail the test that opened it. */
function failOnFaults(page: Page, studio: Studio): void {
  const own = new URL(studio.address({ once: true })).origin
  page.on('pageerror', (error) => {
    throw error
  })
  page.on('console', (message) => {
    if (message.type() === 'error' && /Content Security Policy|Refused to/.test(message.text()))
      throw new Error(message.text())
  })
  page.on('request', (request) => {
    const { origin, protocol } = new URL(request.url())
    if (protocol.startsWith('http') && origin !== own) throw new Error(`The page asked ${origin}.`)
  })
}

/** Nothing that keeps people out, as far as rules can tell: WCAG 2.2 A and AA. */
export async function expectAccessible(page: Page): Promise<void> {
  // As a file of the page's own would be refused by its policy, it is run from outside the page.
  await page.evaluate(axe.source)
  // Fluent's own markers at the edges of a group hand the focus on at once; they are hidden because they are nothing.
  const violations = await page.evaluate(`axe.run({ exclude: ['[data-tabster-dummy]'] }, {
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
  }).then(({ violations }) => violations.map(({ id, help, nodes }) =>
    id + ': ' + help + '\\n' + nodes.map(({ html, failureSummary }) => '  ' + html + '\\n  ' + failureSummary).join('\\n')))`)
  expect(violations).toEqual([])
}

const PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/opt/google/chrome/chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
]

function findChromium(): string {
  const found = [process.env.CHROMIUM ?? '', ...PLACES].find((path) => path !== '' && existsSync(path))
  if (found !== undefined) return found
  if (process.platform === 'linux' && process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    execFileSync('apt-get', ['install', '-y', '--no-install-recommends', 'chromium'], { stdio: 'ignore' })
    if (existsSync('/usr/bin/chromium')) return '/usr/bin/chromium'
  }
  throw new Error(
    'The browser tests need Chromium, and there is none. Install it (Debian: apt-get install chromium), or set CHROMIUM to the program.',
  )
}

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { openCredentialStore } from '../../src/connect.ts'
import { appNamed } from '../sandbox.test-support.ts'
import { fieldOf, type Stage } from './browser.test-support.ts'
import { saveLocalSystem } from './local-system.test-support.ts'
import { typeSql } from './sql-editor.test-support.ts'

/** What the pictures show: a page, brought to where it is worth looking at. */
export interface Scene {
  readonly name: string
  readonly play: (page: Page, stage: Stage) => Promise<void>
}

export const SCENES: readonly Scene[] = [
  {
    name: 'connect-empty',
    play: (page) => goTo(page, '#/connect', 'Connect'),
  },
  {
    name: 'connect-sandbox',
    play: async (page) => {
      await goTo(page, '#/connect', 'Connect')
      await startSandbox(page)
    },
  },
  {
    name: 'connect-tested',
    play: async (page) => {
      await goTo(page, '#/connect', 'Connect')
      await startSandbox(page)
      await page.getByRole('button', { name: 'Test connection' }).click()
      await page.getByText('Everything works.').waitFor()
      await page.getByRole('button', { name: 'Run' }).click()
      await page.getByRole('grid').waitFor()
      await page.getByRole('heading', { name: 'Test connection' }).scrollIntoViewIfNeeded()
      await page
        .getByRole('heading', { name: 'Test connection' })
        .evaluate((heading) => heading.scrollIntoView())
    },
  },
  {
    name: 'connect-failed',
    play: async (page) => {
      await goTo(page, '#/connect', 'Connect')
      await startSandbox(page)
      await page.getByRole('button', { name: 'Clear Client Secret' }).click()
      await fieldOf(page, 'Client Secret').fill(appNamed('d365 service').secrets[0]?.id ?? '')
      await page.getByRole('button', { name: 'Test connection' }).click()
      await page.getByText('It stops at').waitFor()
      await fieldOf(page, 'Client Secret').evaluate((field) => field.scrollIntoView())
    },
  },
  {
    name: 'explore',
    play: async (page, stage) => {
      await explore(page, stage, '#/explore/opportunity')
      await page.getByRole('gridcell').first().waitFor()
    },
  },
  {
    name: 'explore-relationships',
    play: (page, stage) => explore(page, stage, '#/explore/account?view=relationships'),
  },
  {
    name: 'row',
    play: async (page, stage) => {
      await saveLocalSystem(stage)
      await page.reload()
      await page.goto(`${new URL(page.url()).origin}/#/explore/account`)
      await page.getByRole('grid').getByRole('gridcell').first().dblclick()
      await page.getByRole('form').waitFor()
    },
  },
  {
    name: 'sql',
    play: async (page, stage) => {
      await runSql(page, stage)
    },
  },
  {
    name: 'sql-chart',
    play: async (page, stage) => {
      await runSql(page, stage)
      await page.getByRole('tab', { name: 'Chart' }).click()
    },
  },
  {
    name: 'sql-plan',
    play: async (page, stage) => {
      await runSql(page, stage)
      await page.getByRole('tab', { name: 'Plan' }).click()
    },
  },
  {
    name: 'write-back',
    play: async (page, stage) => {
      await saveLocalSystem(stage)
      await page.reload()
      await goTo(page, '#/write', 'Write back')
      await page.getByLabel('File of rows').setInputFiles({
        name: 'contacts.csv',
        mimeType: 'text/csv',
        buffer: Buffer.from(
          'Last Name,E-Mail,City,Preferred\nSmith,anna.smith@example.com,Oslo,Email\nJones,jones@example.com,Bergen,Pigeon\n',
        ),
      })
      await page.getByRole('combobox', { name: 'Table' }).click()
      await page.getByRole('combobox', { name: 'Table' }).fill('contact')
      await page.getByRole('option', { name: 'Contact (contact)', exact: true }).click()
      await page.getByRole('combobox', { name: 'Key' }).click()
      await page.getByRole('option', { name: 'emailaddress1', exact: true }).click()
      await page.getByRole('heading', { name: '4. Check' }).waitFor()
      await page.getByRole('button', { name: 'Check all rows' }).click()
      await page.getByText(/^It would be/).waitFor()
      await page.getByRole('heading', { name: '3. Columns' }).evaluate((heading) => heading.scrollIntoView())
    },
  },
  {
    name: 'activity',
    play: async (page, stage) => {
      await runSql(page, stage)
      await goTo(page, '#/activity', 'Activity')
      await page.getByRole('button', { name: /Query/ }).first().click()
    },
  },
  {
    name: 'systems',
    play: async (page, { folder, sandbox }) => {
      if (!existsSync(join(folder, 'settings.json'))) {
        const store = await openCredentialStore({
          env: { D365_CONFIG_DIR: folder, D365_SECRET_STORE: 'file' },
        })
        await store.addSystem({ name: 'contoso', serviceUrl: 'https://contoso.crm.dynamics.com' })
        await store.addCredential('contoso', {
          name: 'nightly',
          grant: 'client-certificate',
          clientId: '11111111-2222-4333-8444-555555555555',
          certificate: { path: '/etc/d365/nightly.pem' },
        })
        await store.addSystem({ name: 'sandbox', serviceUrl: sandbox.origin }, { makeDefault: true })
        await store.addCredential('sandbox', { name: 'robot', ...credentialOf('d365 service') })
        await store.addCredential('sandbox', { name: 'visitor', ...credentialOf('No role') })
      }
      await goTo(page, '#/systems', 'Systems')
      for (const name of ['robot', 'visitor']) {
        await page.getByRole('button', { name: `Test ${name} of sandbox` }).click()
        await page
          .getByRole('listitem', { name: `${name} of sandbox` })
          .getByText(/^(Works|Failed)/)
          .waitFor()
      }
    },
  },
]

function credentialOf(application: string) {
  const { clientId, secrets } = appNamed(application)
  return { grant: 'client-secret' as const, clientId, secret: secrets[0]?.value ?? '' }
}

async function startSandbox(page: Page): Promise<void> {
  await page.getByRole('tab', { name: 'Try the sandbox' }).click()
  await page.getByRole('button', { name: 'Start the sandbox' }).click()
  await page.getByText('A Dynamics 365 environment of tenant').waitFor()
}

async function goTo(page: Page, at: string, title: string): Promise<void> {
  await page.goto(`${new URL(page.url()).origin}/${at}`)
  await page.getByRole('heading', { level: 1, name: title }).waitFor()
}

async function runSql(page: Page, stage: Stage): Promise<void> {
  await saveLocalSystem(stage)
  await page.reload()
  await goTo(page, '#/sql', 'SQL')
  await typeSql(
    page,
    `select a.industrycodename as industry, count(*) as customers, sum(a.revenue_base) as revenue
from account a
where a.revenue > 1000000 and lower(a.name) <> 'fabrikam'
group by 1
order by 2 desc`,
  )
  await page.getByRole('button', { name: 'Run', exact: true }).click()
  await page.getByRole('grid').waitFor()
}

async function explore(page: Page, stage: Stage, at: string): Promise<void> {
  await saveLocalSystem(stage)
  await page.reload()
  await goTo(page, at, 'Explore')
  await page.getByRole('grid').waitFor()
}

import type { Page } from 'playwright-core'
import type { Stage } from './browser.test-support.ts'

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
    name: 'systems',
    play: (page) => goTo(page, '#/systems', 'Systems'),
  },
]

async function startSandbox(page: Page): Promise<void> {
  await page.getByRole('tab', { name: 'Try the sandbox' }).click()
  await page.getByRole('button', { name: 'Start the sandbox' }).click()
  await page.getByText('A Dynamics 365 environment of tenant').waitFor()
}

async function goTo(page: Page, at: string, title: string): Promise<void> {
  await page.goto(`${new URL(page.url()).origin}/${at}`)
  await page.getByRole('heading', { level: 1, name: title }).waitFor()
}

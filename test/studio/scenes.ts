import type { Page } from 'playwright-core'
import type { Stage } from './browser.test-support.ts'

/** What the pictures show: a page, brought to where it is worth looking at. */
export interface Scene {
  readonly name: string
  readonly play: (page: Page, stage: Stage) => Promise<void>
}

export const SCENES: readonly Scene[] = [
  {
    name: 'connect',
    play: (page) => goTo(page, '#/connect', 'Connect'),
  },
  {
    name: 'systems',
    play: (page) => goTo(page, '#/systems', 'Systems'),
  },
]

async function goTo(page: Page, at: string, title: string): Promise<void> {
  await page.goto(`${new URL(page.url()).origin}/${at}`)
  await page.getByRole('heading', { level: 1, name: title }).waitFor()
}

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { expect, test } from 'vitest'
import { expectAccessible, withStage } from './browser.test-support.ts'
import { SCENES } from './scenes.ts'

/** Every page as a picture, light and dark and narrow, for people to look at: `npm run screenshots`. */
const folder = process.env.SCREENSHOTS ?? 'screenshots'
const only = process.env.SCENE ?? ''

const stage = withStage()

const LOOKS = [
  ['light', { dark: false }],
  ['dark', { dark: true }],
  ['narrow', { dark: false, size: { width: 360, height: 740 } }],
] as const

const shots = SCENES.filter(({ name }) => name.includes(only)).flatMap((scene) =>
  LOOKS.map(([look, options]) => [`${scene.name}-${look}`, scene, options] as const),
)

test.each(shots)('%s', async (name, { play }, options) => {
  mkdirSync(folder, { recursive: true })
  const page: Page = await stage.current().open('#/', options)
  await play(page, stage.current())
  await expectAccessible(page)
  const path = join(folder, `${name}.png`)
  await page.screenshot({ path })
  expect(path).toContain(name)
})

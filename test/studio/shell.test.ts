import { expect, test } from 'vitest'
import { listenStudio } from '../../src/studio/index.ts'
import { createAssets } from '../../src/studio/server/assets.ts'
import { expectAccessible, withStage } from './browser.test-support.ts'
import { builtPages } from './built-pages.test-support.ts'

const stage = withStage()

test('the key in the address lets the page in, and is gone from the address', async () => {
  const page = await stage.current().open()
  expect(await page.title()).toContain('Connect')
  expect(page.url()).not.toContain('key')
  await page.reload()
  await page.getByRole('heading', { level: 1, name: 'Connect' }).waitFor()
})

test('without the key the page says how to get in, and shows nothing', async () => {
  const { browser, studio } = stage.current()
  const page = await browser.newPage()
  await page.goto(new URL(studio.address({ once: true })).origin)
  await page.getByText('Open the address that d365 printed').waitFor()
  expect(await page.getByRole('navigation').count()).toBe(0)
  await expectAccessible(page)
  await page.close()
})

test('a key for one use is used up by the first who comes', async () => {
  const { browser, studio } = stage.current()
  const address = studio.address({ once: true })
  const first = await browser.newPage()
  await first.goto(address)
  await first.getByRole('navigation').waitFor()
  const second = await (await browser.newContext()).newPage()
  await second.goto(address)
  await second.getByText('was used already').waitFor()
  await first.close()
  await second.context().close()
})

test.each([
  ['wide', { width: 1280, height: 800 }, false],
  ['wide, dark', { width: 1280, height: 800 }, true],
  ['360 px wide', { width: 360, height: 740 }, false],
])('every page is accessible and has nothing beside its edges: %s', async (_name, size, dark) => {
  const page = await stage.current().open('#/', { size, dark })
  const links = await page
    .locator('#pages a')
    .evaluateAll((all) => all.map((link) => link.getAttribute('href')))
  expect(links.length).toBeGreaterThan(1)
  for (const link of links) {
    await page.goto(`${new URL(page.url()).origin}/${link}`)
    await page.getByRole('heading', { level: 1 }).waitFor()
    await expectAccessible(page)
    const beside = await page.locator('#main').evaluate((main) => main.scrollWidth - main.clientWidth)
    expect(beside, link ?? '').toBeLessThanOrEqual(0)
  }
})

test('by keys alone: past the navigation, to a page, into the menu', async () => {
  const page = await stage.current().open()
  await page.reload()
  await page.getByRole('heading', { level: 1 }).waitFor()
  // Backwards from the title of the page: the navigation, the header, and the way past them.
  const before = await page.locator('#pages a, header button').count()
  for (let stop = 0; stop <= before; stop++) {
    if ((await page.evaluate('document.activeElement.textContent')) === 'Skip to the page') break
    await page.keyboard.press('Shift+Tab')
  }
  expect(await page.evaluate('document.activeElement.textContent')).toBe('Skip to the page')
  await page.keyboard.press('Enter')
  expect(await page.evaluate('document.activeElement.id')).toBe('main')
})

test('the first load is below 1 MB, packed', async () => {
  const { browser, studio } = stage.current()
  const page = await browser.newPage()
  const sizes: Promise<number>[] = []
  page.on('requestfinished', (request) => {
    sizes.push(request.sizes().then(({ responseBodySize }) => responseBodySize))
  })
  await page.goto(studio.address({ once: true }))
  await page.getByRole('heading', { level: 1 }).waitFor()
  await page.waitForLoadState('networkidle')
  const bytes = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0)
  expect(bytes).toBeGreaterThan(100_000)
  expect(bytes).toBeLessThan(1_000_000)
  await page.close()
})

test('a studio with a password asks for it, and lets in whoever knows it', async () => {
  const { browser, folder } = stage.current()
  const studio = await listenStudio({
    port: 0,
    env: { D365_CONFIG_DIR: folder, D365_SECRET_STORE: 'file' },
    assets: createAssets(await builtPages()),
    password: 'correct horse battery',
  })
  const page = await browser.newPage()
  await page.goto(new URL(studio.address({ once: true })).origin)
  const password = page.getByLabel('Password of this studio')
  await password.fill('a guess')
  await page.getByRole('button', { name: 'Enter' }).click()
  await page.getByText('This is not the password').waitFor()
  await expectAccessible(page)
  await password.fill('correct horse battery')
  await page.getByRole('button', { name: 'Enter' }).click()
  await page.getByRole('heading', { level: 1, name: 'Connect' }).waitFor()
  await page.close()
  await studio.close()
})

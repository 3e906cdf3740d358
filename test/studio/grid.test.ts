import type { Page } from 'playwright-core'
import { beforeAll, expect, test } from 'vitest'
import { fieldOf, withStage } from './browser.test-support.ts'

/** The grid, where it shows the rows of the first query. */
const stage = withStage()

let page: Page

beforeAll(async () => {
  page = await stage.current().open('#/connect')
  await page.getByRole('tab', { name: 'Try the sandbox' }).click()
  await page.getByRole('button', { name: 'Start the sandbox' }).click()
  await page.getByRole('button', { name: 'Test connection' }).click()
  await page.getByText('Everything works.').waitFor()
}, 90_000)

async function ask(sql: string, rows: string): Promise<void> {
  await fieldOf(page, 'SQL').fill(sql)
  await page.getByRole('button', { name: 'Run', exact: true }).click()
  await page.getByText(rows).waitFor()
}

const copied = () => page.evaluate('navigator.clipboard.readText()')

test('by keys: one stop of Tab, arrows move, Shift selects, and what is copied fits a spreadsheet', async () => {
  await ask("select * from (values (1, 'one'), (2, 'two'), (3, null)) as t(number, word)", '3 rows.')
  const grid = page.getByRole('grid')
  await grid.focus()
  await page.keyboard.press('Control+c')
  expect(await copied()).toBe('1')
  await page.keyboard.press('ArrowRight')
  await page.keyboard.press('Shift+ArrowDown')
  await page.keyboard.press('Shift+ArrowLeft')
  expect(await grid.getByRole('gridcell', { selected: true }).allInnerTexts()).toEqual([
    '1',
    'one',
    '2',
    'two',
  ])
  await page.keyboard.press('Control+c')
  expect(await copied()).toBe('1\tone\n2\ttwo')
  await page.keyboard.press('Control+a')
  await page.keyboard.press('Control+c')
  expect(await copied()).toBe('number\tword\n1\tone\n2\ttwo\n3\t')
})

test('Enter on a title sorts by it: up, down, and as the rows came', async () => {
  await ask('select * from (values (10), (9), (100)) as t(number)', '3 rows.')
  const grid = page.getByRole('grid')
  await grid.focus()
  const order = () => grid.getByRole('gridcell').allInnerTexts()
  await page.keyboard.press('Control+Home')
  await page.keyboard.press('ArrowUp')
  await page.keyboard.press('Enter')
  await expect.poll(order).toEqual(['9', '10', '100'])
  expect(await grid.getByRole('columnheader').getAttribute('aria-sort')).toBe('ascending')
  await page.keyboard.press('Enter')
  await expect.poll(order).toEqual(['100', '10', '9'])
  await page.keyboard.press('Enter')
  await expect.poll(order).toEqual(['10', '9', '100'])
})

test('800 columns and a thousand rows are there, and only those in sight are in the page', async () => {
  const columns = Array.from({ length: 800 }, (_, index) => `${index} as column_${index}`).join(', ')
  await ask(`select ${columns} from generate_series(1, 1000)`, '1000 rows.')
  const grid = page.getByRole('grid')
  expect(await grid.getAttribute('aria-colcount')).toBe('800')
  expect(await grid.getAttribute('aria-rowcount')).toBe('1001')
  expect(await page.getByRole('gridcell').count()).toBeLessThan(1500)
  await grid.focus()
  await page.keyboard.press('Control+End')
  await page.getByRole('gridcell', { name: '799', exact: true }).last().waitFor()
  await page.keyboard.press('Control+c')
  expect(await copied()).toBe('799')
})

test('Arabic, Japanese and HTML are shown as they are', async () => {
  const text = 'مرحبا 名前 <b>x</b>'
  await ask(`select '${text}' as "${text.replaceAll('"', '')}"`, '1 row.')
  expect(await page.getByRole('gridcell').innerText()).toBe(text)
  expect(await page.getByRole('grid').getByRole('columnheader').innerText()).toContain(text)
})

test('SQL that is wrong shows the place', async () => {
  await fieldOf(page, 'SQL').fill('select nme from account')
  await page.getByRole('button', { name: 'Run', exact: true }).click()
  await page.getByRole('alert').getByText('line 1, column 8').waitFor()
})

import { readFile } from 'node:fs/promises'
import { beforeAll, expect, test } from 'vitest'
import { expectAccessible, withStage } from './browser.test-support.ts'
import { saveLocalSystem } from './local-system.test-support.ts'

/** Looking through the tables of an environment. */
const stage = withStage()

beforeAll(async () => {
  await saveLocalSystem(stage.current())
  const { store } = stage.current().sandbox.sandbox
  store.transaction(() => {
    const lead = (id: number, lastname: string): void =>
      void store.table('lead').insert({
        leadid: `eeeeeeee-0000-4000-8000-${String(id).padStart(12, '0')}`,
        lastname,
        fullname: lastname,
        subject: `page test ${id}`,
        statecode: 0,
      })
    lead(1, '<img src=x onerror=alert(1)>')
    lead(2, 'شركة كونتوسو')
    lead(3, '株式会社コントソ')
    for (let id = 4; id <= 6000; id++) lead(id, `Lead ${id}`)
  })
})

test('a table is found, filtered, sorted, its columns chosen, followed to a row and exported', async () => {
  const page = await stage.current().open('#/explore')
  await page.getByRole('textbox', { name: 'Search tables by name or label' }).fill('accou')
  await page.getByRole('link', { name: 'Account account', exact: true }).click()
  const grid = page.getByRole('grid', { name: 'Rows of Account' })
  await grid.getByRole('gridcell').first().waitFor()
  await expectAccessible(page)
  await page.getByRole('textbox', { name: 'Value' }).fill('con')
  await page.getByRole('button', { name: 'Add filter' }).click()
  await page.getByRole('button', { name: 'Remove the filter Account Name contains con' }).waitFor()
  await page.getByText(/^\d+ rows\.$/).waitFor()
  const names = async (): Promise<readonly string[]> =>
    (await grid.locator('[aria-colindex="1"][role="gridcell"]').allTextContents()).map((name) =>
      name.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase(),
    )
  await expect.poll(async () => (await names()).every((name) => name.includes('con'))).toBe(true)
  await grid.getByRole('columnheader', { name: /^Account Name/ }).click()
  await grid.locator('[aria-sort="ascending"]').waitFor()
  await expect.poll(async () => (await names())[0]).toBe((await names()).toSorted()[0])
  await page.getByRole('button', { name: /^Columns \(/ }).click()
  await page.getByRole('textbox', { name: 'Search columns' }).fill('primarycontactid')
  const contact = page.getByRole('checkbox', { name: /primarycontactid/ })
  if (!(await contact.isChecked())) await contact.check()
  await page.keyboard.press('Escape')
  const csv = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Export' }).click()
  await page.getByRole('menuitem', { name: /^CSV/ }).click()
  const text = await readFile((await (await csv).path()) ?? '', 'utf8')
  expect(text.split('\n')[0]).toContain('primarycontactidname')
  await page.getByRole('button', { name: 'Open in SQL' }).click()
  await expect
    .poll(() => page.getByRole('textbox', { name: 'SQL' }).textContent())
    .toContain(`"name" ilike '%con%'order by "name" asc`)
})

test('columns, relationships and keys are shown, and a neighbour is a click away', async () => {
  const page = await stage.current().open('#/explore/contact')
  await page.getByRole('tab', { name: /^Columns/ }).click()
  await page.getByRole('grid', { name: 'Columns of Contact' }).getByRole('gridcell').first().waitFor()
  await expectAccessible(page)
  await page.getByRole('tab', { name: /^Relationships/ }).click()
  await page.getByRole('grid', { name: 'Relationships of Contact' }).waitFor()
  await expectAccessible(page)
  await page.getByRole('tab', { name: /^Keys/ }).click()
  await page.getByText('firstname + emailaddress1').waitFor()
  await page.getByRole('tab', { name: /^Relationships/ }).click()
  await page.locator('svg a').filter({ hasText: 'account' }).first().click()
  await page.getByRole('heading', { level: 2, name: /account/ }).waitFor()
})

test('many rows come as they are looked at; texts are texts in any script, and nothing of them runs', async () => {
  const page = await stage.current().open('#/explore/lead')
  const grid = page.getByRole('grid', { name: 'Rows of Lead' })
  await grid.getByRole('gridcell').first().waitFor()
  expect(await page.locator('[role="row"]').count()).toBeLessThan(80)
  await grid.focus()
  await expect.poll(async () => Number(await grid.getAttribute('aria-rowcount'))).toBeGreaterThan(1000)
  await page.keyboard.press('Control+End')
  await expect.poll(async () => Number(await grid.getAttribute('aria-rowcount'))).toBeGreaterThan(3000)
  expect(await page.locator('[role="row"]').count()).toBeLessThan(80)
  await page.getByRole('combobox', { name: 'Column' }).click()
  await page.getByRole('combobox', { name: 'Column' }).fill('subject')
  await page.getByRole('option', { name: /\(subject\)/ }).click()
  for (const [words, text] of [
    ['page test 1', '<img src=x onerror=alert(1)>'],
    ['page test 2', 'شركة كونتوسو'],
    ['page test 3', '株式会社コントソ'],
  ] as const) {
    await page.getByRole('combobox', { name: 'Comparison' }).click()
    await page.getByRole('option', { name: 'is', exact: true }).click()
    await page.getByRole('textbox', { name: 'Value' }).fill(words)
    await page.getByRole('button', { name: 'Add filter' }).click()
    await page.getByText('1 row.').waitFor()
    await expect.poll(async () => (await grid.textContent()) ?? '').toContain(text)
    await page.getByRole('button', { name: /^Remove the filter/ }).click()
  }
})

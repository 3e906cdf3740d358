import { readFile } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import { beforeAll, expect, test } from 'vitest'
import { connect } from '../../src/connect.ts'
import { expectAccessible, withStage } from './browser.test-support.ts'
import { saveLocalSystem } from './local-system.test-support.ts'
import { typeSql as type } from './sql-editor.test-support.ts'

/** The SQL page, as somebody works with it. */
const stage = withStage()

beforeAll(() => saveLocalSystem(stage.current()))

const run = (page: Page) => page.getByRole('button', { name: 'Run', exact: true }).click()

test('a statement is completed, run, drawn, explained, exported and found again', async () => {
  const page = await stage.current().open('#/sql')
  const editor = page.getByRole('textbox', { name: 'SQL' })
  await editor.pressSequentially('select * from acco')
  await page.getByRole('option', { name: 'account', exact: true }).click()
  await expect.poll(() => editor.textContent()).toBe('select * from account')
  await type(page, 'select statecodename as state, count(*) as n from account group by 1 order by 2 desc')
  await editor.press('Control+Enter')
  await page.getByRole('grid', { name: 'Rows of the query' }).waitFor()
  await page.getByText(/^2 rows, 1 request\.$/).waitFor()
  await expectAccessible(page)
  await page.getByRole('tab', { name: 'Chart' }).click()
  await page.getByRole('img', { name: 'n by state' }).waitFor()
  await expectAccessible(page)
  const png = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Save as PNG' }).click()
  const picture = await readFile((await (await png).path()) ?? '')
  expect(picture.subarray(1, 4).toString()).toBe('PNG')
  expect(picture.length).toBeGreaterThan(2000)
  await page.getByRole('tab', { name: 'Plan' }).click()
  await page.getByText(/aggregate='true'/).waitFor()
  await expectAccessible(page)
  const csv = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Export' }).click()
  await page.getByRole('menuitem', { name: 'CSV', exact: true }).click()
  expect(await readFile((await (await csv).path()) ?? '', 'utf8')).toMatch(
    /^state,n\r?\nActive,\d+\r?\nInactive,\d+\r?\n$/,
  )
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await page.getByLabel('Name').fill('by state')
  await page.getByRole('button', { name: 'Save query' }).click()
  await type(page, 'select 1')
  await page.getByRole('button', { name: 'Saved', exact: true }).click()
  await page.getByRole('button', { name: /^by state.*local · robot$/ }).click()
  await expect.poll(() => editor.textContent()).toContain('statecodename')
  await page.getByRole('button', { name: 'History' }).click()
  await page.getByRole('button', { name: /^select statecodename/ }).waitFor()
})

test('what is wrong is underlined at its place, with near names', async () => {
  const page = await stage.current().open('#/sql')
  await type(page, 'select nmae from account')
  await run(page)
  await page
    .getByText(/There is no column nmae/)
    .first()
    .waitFor()
  await page
    .getByText(/Did you mean name/)
    .first()
    .waitFor()
  const underlined = page.locator('.cm-lintRange-error')
  await underlined.waitFor()
  expect(await underlined.textContent()).toBe('nmae')
  await expectAccessible(page)
})

test('a change is shown before it is written, and written when somebody says so', async () => {
  const { sandbox } = stage.current()
  const page = await stage.current().open('#/sql')
  await type(page, "update account set description = 'from the studio' where revenue > 45000000")
  await run(page)
  await page.getByText(/^Nothing is written yet\. It would do this: \d+ rows found, \d+ updated\.$/).waitFor()
  await page
    .getByText(/PATCH accounts\(/)
    .first()
    .waitFor()
  await expectAccessible(page)
  const connection = await connect({
    connectionString: sandbox.connectionString,
    keepTokens: false,
    env: { D365_CONFIG_DIR: stage.current().folder, D365_SECRET_STORE: 'file' },
  })
  const write = async (): Promise<void> => {
    await page.getByRole('button', { name: /^Write \d+ rows …$/ }).click()
    await page.getByText(/^Write \d+ rows in local · robot\?$/).waitFor()
    await page.getByRole('button', { name: 'Write', exact: true }).click()
  }
  // Of more rows than were seen none is written.
  await connection.execute("insert into account (name, revenue) values ('Meanwhile', 46000000)")
  await write()
  await page.getByText(/^The statement finds \d+ rows, and at most \d+ may be changed/).waitFor()
  await connection.execute("delete from account where name = 'Meanwhile'")
  await write()
  await page.getByRole('tab', { name: 'Plan' }).click()
  await page.getByText('PATCH accounts(<accountid>)').waitFor()
  await page.getByRole('tab', { name: 'Changes' }).click()
  await page.getByText(/^Written: \d+ rows found, \d+ updated\.$/).waitFor()
  const { rows } = await connection.query(
    "select count(*) from account where description = 'from the studio'",
  )
  await connection.close()
  expect(Number(rows[0]?.[0])).toBeGreaterThan(0)
})

test('cancel stops the requests, and shows nothing of an answer that has no end', async () => {
  const { sandbox } = stage.current()
  const rule = sandbox.sandbox.faults.add({
    path: '/api/data/*/contacts*',
    fault: { kind: 'latency', ms: 60_000 },
  })
  try {
    const page = await stage.current().open('#/sql')
    await type(page, 'select fullname from contact')
    await run(page)
    await page.getByText('Reading …').waitFor()
    await page.getByRole('button', { name: 'Cancel' }).click()
    await page.getByText('Cancelled. Nothing of the answer is shown.').waitFor()
    expect(await page.getByRole('grid').count()).toBe(0)
  } finally {
    sandbox.sandbox.faults.remove(rule)
  }
})

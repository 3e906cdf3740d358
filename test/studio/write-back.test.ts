import { readFile } from 'node:fs/promises'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Connection, connect } from '../../src/connect.ts'
import { expectAccessible, withStage } from './browser.test-support.ts'
import { saveLocalSystem } from './local-system.test-support.ts'

/** Rows back into Dynamics, from the first look to the last mended row. */
const stage = withStage()
let connection: Connection

beforeAll(async () => {
  await saveLocalSystem(stage.current())
  connection = await connect({
    connectionString: stage.current().sandbox.connectionString,
    keepTokens: false,
    env: { D365_CONFIG_DIR: stage.current().folder, D365_SECRET_STORE: 'file' },
  })
})

afterAll(() => connection.close())

const samples = async (like: string) =>
  (
    await connection.query(
      'select sample_code, sample_name, sample_score from sample_everything where sample_code like $1 order by 1',
      [like],
    )
  ).rows

const give = (page: Page, name: string, text: string) =>
  page.getByLabel('File of rows').setInputFiles({ name, mimeType: 'text/plain', buffer: Buffer.from(text) })

async function chooseTarget(page: Page, operation: RegExp): Promise<void> {
  await page.getByRole('combobox', { name: 'Table' }).click()
  await page.getByRole('combobox', { name: 'Table' }).fill('sample_every')
  await page.getByRole('option', { name: /\(sample_everything\)$/ }).click()
  await page.getByRole('combobox', { name: 'Operation' }).click()
  await page.getByRole('option', { name: operation }).click()
}

test('a file is mapped, checked, written; its rejected rows are mended in place and sent again', async () => {
  await connection.execute(
    "insert into sample_everything (sample_code, sample_name, sample_score) values ('WB-1', 'Old', 1)",
  )
  const page = await stage.current().open('#/write')
  await give(page, 'rows.csv', 'Code,NAME,Score,Junk\nWB-1,New,1,x\nWB-2,Two,2,x\nWB-3,Three,300,x\n')
  await chooseTarget(page, /^Upsert/)
  await page.getByRole('combobox', { name: 'Key' }).click()
  await page.getByRole('option', { name: 'sample_code', exact: true }).click()
  const column = (name: string) => page.getByRole('combobox', { name: `Column of the table for ${name}` })
  await expect.poll(() => column('Code').inputValue()).toBe('sample_code')
  await expect.poll(() => column('NAME').inputValue()).toBe('sample_name')
  await expect.poll(() => column('Score').inputValue()).toBe('sample_score')
  await expect.poll(() => column('Junk').inputValue()).toBe('(leave out)')
  await expectAccessible(page)
  await page.getByRole('button', { name: 'Check all rows' }).click()
  await page.getByText('It would be: 1 created, 1 updated, 1 rejected.').waitFor()
  const changes = page.getByRole('grid', { name: 'What would change' })
  await expect.poll(async () => (await changes.textContent()) ?? '').toContain('1updatedsample_nameOldNew')
  await expectAccessible(page)
  expect(await samples('WB-%')).toEqual([['WB-1', 'Old', 1]])
  await page.getByRole('button', { name: 'Write the rows' }).click()
  await page.getByText(/^Done: upsert into sample_everything: 1 created, 1 updated, 1 rejected/).waitFor()
  await expectAccessible(page)
  const download = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Download them as CSV' }).click()
  expect(await readFile((await (await download).path()) ?? '', 'utf8')).toMatch(
    /^sample_code,sample_name,sample_score,d365_error\r?\nWB-3,Three,300,/,
  )
  // Another run may begin; the rejected row belongs to its own still, after a reload too.
  await expect.poll(() => page.getByRole('button', { name: 'Write the rows' }).isEnabled()).toBe(true)
  await page.reload()
  await page.getByLabel('sample_score of row 3').fill('30')
  await page.getByRole('button', { name: 'Send 1 row again' }).click()
  await page
    .getByText(/^Done: upsert into sample_everything: 1 created(, [\d,]+ rows a second)?\.$/)
    .waitFor()
  expect(await samples('WB-%')).toEqual([
    ['WB-1', 'New', 1],
    ['WB-2', 'Two', 2],
    ['WB-3', 'Three', 30],
  ])
})

test('a run is paused, found again after a reload, gone on with, stopped, and goes on where it stopped', async () => {
  const { sandbox, open } = stage.current()
  const rows = Array.from({ length: 3000 }, (_, at) => `WC-${String(at).padStart(4, '0')},Row ${at}`)
  const rule = sandbox.sandbox.faults.add({
    path: '/api/data/*/sample_everythings*',
    fault: { kind: 'latency', ms: 1000 },
  })
  const page = await open('#/write')
  const write = async (): Promise<void> => {
    await give(page, 'many.csv', `sample_code,sample_name\n${rows.join('\n')}\n`)
    await chooseTarget(page, /^Insert/)
    await page.getByRole('heading', { name: '3. Columns' }).waitFor()
    await page.getByRole('button', { name: 'Write the rows' }).click()
  }
  await write()
  await page.getByRole('button', { name: 'Pause' }).click()
  await page.getByText(/^Paused, insert into sample_everything/).waitFor()
  await page.reload()
  await page.getByText(/^Paused, insert into sample_everything/).waitFor()
  const before = (await samples('WC-%')).length
  expect(before).toBeLessThan(rows.length)
  await page.getByRole('button', { name: 'Resume' }).click()
  await page.getByRole('button', { name: 'Stop' }).click()
  await page.getByText(/^Stopped: insert into sample_everything/).waitFor()
  sandbox.sandbox.faults.remove(rule)
  await write()
  await page.getByText(/^Done: insert into sample_everything: 3,000 created/).waitFor()
  const stored = await samples('WC-%')
  expect(stored.map(([code]) => code)).toEqual(rows.map((row) => row.split(',')[0]))
})

test('the rows of a query are deleted when somebody says they are sure', async () => {
  await connection.execute(
    "insert into sample_everything (sample_code, sample_name) values ('WD-1', 'Gone'), ('WD-2', 'Gone'), ('WX-3', 'Stays')",
  )
  const query = "select sample_everythingid from sample_everything where sample_code like 'WD-%'"
  const page = await stage.current().open('#/write')
  await page.goto(`${new URL(page.url()).origin}/#/write?text=${encodeURIComponent(query)}`)
  await page.getByRole('button', { name: 'Use the query' }).click()
  await chooseTarget(page, /^Delete/)
  const button = page.getByRole('button', { name: 'Delete the rows' })
  await page.getByRole('heading', { name: '3. Columns' }).waitFor()
  expect(await button.isDisabled()).toBe(true)
  await page.getByRole('checkbox', { name: /^Yes, delete/ }).check()
  await button.click()
  await page.getByText(/^Done: delete into sample_everything: 2 deleted/).waitFor()
  expect(await samples('W_-%')).toEqual(expect.arrayContaining([['WX-3', 'Stays', null]]))
  expect(await samples('WD-%')).toEqual([])
})

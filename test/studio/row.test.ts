import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Connection, connect } from '../../src/connect.ts'
import { expectAccessible, fieldOf, withStage } from './browser.test-support.ts'
import { saveLocalSystem } from './local-system.test-support.ts'

/** One row as a form, beside somebody else who works with the same rows. */
const stage = withStage()
let else_: Connection

beforeAll(async () => {
  await saveLocalSystem(stage.current())
  else_ = await connect({
    connectionString: stage.current().sandbox.connectionString,
    keepTokens: false,
    env: { D365_CONFIG_DIR: stage.current().folder, D365_SECRET_STORE: 'file' },
  })
  await else_.execute(
    "insert into sample_everything (sample_code, sample_name, sample_score, sample_flag) values ('ROW-1', 'Form', 7, true), ('ROW-2', 'Gone', 1, false)",
  )
})

afterAll(() => else_.close())

const stored = async (columns: string, code = 'ROW-1') =>
  (await else_.query(`select ${columns} from sample_everything where sample_code = $1`, [code])).rows[0]
const address = async (code: string) =>
  `#/row/sample_everything/${(await stored('sample_everythingid', code))?.[0]}`

test('values are edited by what they hold, checked before they are sent, and saved', async () => {
  const page = await stage.current().open(await address('ROW-1'))
  await fieldOf(page, 'Name').waitFor()
  await expectAccessible(page)
  await fieldOf(page, 'Name').fill('Edited')
  await fieldOf(page, 'Score').fill('700')
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByText(/^Not saved: sample_score .*700/).waitFor()
  await fieldOf(page, 'Score').fill('70')
  await fieldOf(page, 'Colour').click()
  await page.getByRole('option', { name: 'Blue' }).click()
  await fieldOf(page, 'Day').fill('2024-02-29')
  await fieldOf(page, 'Moment').fill('2024-02-29T10:30:15')
  await fieldOf(page, 'Price').fill('1234567.89')
  const account = page.getByRole('combobox', { name: 'Account', exact: true })
  await account.click()
  await account.pressSequentially('fabrikam')
  await page
    .getByRole('option', { name: /fabrikam/i })
    .first()
    .click()
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByText('Saved.').waitFor()
  expect(
    await stored(
      'sample_name, sample_score, sample_colourname, sample_day, sample_moment, sample_price, sample_accountidname',
    ),
  ).toEqual([
    'Edited',
    70,
    'Blue',
    '2024-02-29',
    '2024-02-29T10:30:15Z',
    '1234567.89',
    expect.stringMatching(/fabrikam/i),
  ])
})

test('a row that somebody else changed meanwhile is shown, not overwritten', async () => {
  const page = await stage.current().open(await address('ROW-1'))
  await fieldOf(page, 'Name').fill('Mine')
  await else_.execute(
    "update sample_everything set sample_name = 'Theirs', sample_score = 3 where sample_code = 'ROW-1'",
  )
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByText('Somebody else changed this row meanwhile. Nothing was saved.').waitFor()
  expect(await stored('sample_name')).toEqual(['Theirs'])
  await page.getByRole('cell', { name: 'Theirs', exact: true }).waitFor()
  await page.getByRole('cell', { name: 'Mine', exact: true }).waitFor()
  await expectAccessible(page)
  await page.getByRole('button', { name: 'Put mine onto theirs' }).click()
  await page.getByText('Saved.').waitFor()
  expect(await stored('sample_name, sample_score')).toEqual(['Mine', 3])
})

test('a row is made and deleted; one that is gone is said to be gone', async () => {
  const page = await stage.current().open('#/row/sample_everything')
  await fieldOf(page, 'Name').fill('New one')
  await fieldOf(page, 'Code').fill('ROW-3')
  await page.getByRole('button', { name: 'Create' }).click()
  await page.getByRole('button', { name: 'Delete …' }).click()
  expect(await stored('sample_name', 'ROW-3')).toEqual(['New one'])
  await page.getByRole('button', { name: 'Delete', exact: true }).click()
  await page.getByRole('heading', { level: 1, name: 'Explore' }).waitFor()
  expect(await stored('sample_name', 'ROW-3')).toBeUndefined()
  await page.goto(`${new URL(page.url()).origin}/${await address('ROW-2')}`)
  await fieldOf(page, 'Name').fill('Too late')
  await else_.execute("delete from sample_everything where sample_code = 'ROW-2'")
  await page.getByRole('button', { name: 'Save' }).click()
  await page.getByText(/deleted this row|no longer|Does Not Exist/i).waitFor()
})

import { beforeAll, test } from 'vitest'
import { expectAccessible, withStage } from './browser.test-support.ts'
import { saveLocalSystem } from './local-system.test-support.ts'
import { typeSql } from './sql-editor.test-support.ts'

/** What the studio asked of Dynamics, seen while it asks. */
const stage = withStage()

beforeAll(() => saveLocalSystem(stage.current()))

test('work is seen while it runs, with its requests, its end and its error', async () => {
  const { sandbox, open } = stage.current()
  const page = await open('#/sql')
  const looking = await open('#/activity')
  await looking.getByText('Nothing was asked of Dynamics yet.').waitFor()
  const rule = sandbox.sandbox.faults.add({
    path: '/api/data/*/contacts*',
    fault: { kind: 'latency', ms: 60_000 },
  })
  await typeSql(page, 'select fullname from contact')
  await page.getByRole('button', { name: 'Run', exact: true }).click()
  await looking.getByRole('button', { name: /^running Query local · robot/ }).waitFor()
  await page.getByRole('button', { name: 'Cancel' }).click()
  await looking.getByRole('button', { name: /^stopped Query local · robot/ }).waitFor()
  sandbox.sandbox.faults.remove(rule)
  await typeSql(page, 'select name from account limit 3')
  await page.getByRole('button', { name: 'Run', exact: true }).click()
  const done = looking.getByRole('button', { name: /^done Query local · robot [1-9]\d* requests?/ })
  await done.waitFor()
  await done.click()
  await looking
    .getByText(/^GET .*accounts\?.*→ 200, \d+ ms$/)
    .first()
    .waitFor()
  await typeSql(page, 'select nope from account')
  await page.getByRole('button', { name: 'Run', exact: true }).click()
  await looking.getByRole('button', { name: /^failed Query/ }).click()
  await looking.getByText(/There is no column nope/).waitFor()
  await looking.getByText(/requests left/).waitFor()
  await expectAccessible(looking)
})

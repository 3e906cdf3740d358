import { describe, expect, test } from 'vitest'
import { plan } from './plan.test-support.ts'

/** What looked as if it could be sent, and gave other rows than the statement means. */

const scanOf = async (text: string) => (await plan(text)).scans[0] ?? expect.fail()

describe('constants the engine reads in another way than they look', () => {
  test.each([
    ["createdon < timestamp '2024-02-29T10:00:00+02:00'", 'does not compare'],
    ["createdon >= date '2024-02-29 10:00'", 'does not compare'],
    ["createdon >= '2024-02-29 10:00'::date", 'does not compare'],
    ["localon < '2024-02-29T10:00:00+02:00'", 'does not compare'],
    ['numberofemployees < 2147483648', 'does not compare'],
    ['statecode = -2147483649', 'does not compare'],
  ])('%s stays here', async (where, why) => {
    const scan = await scanOf(`select name from account where ${where}`)
    expect(scan.filter).toEqual([])
    expect(scan.local.join()).toContain(why)
  })

  test.each([
    "createdon < timestamptz '2024-02-29T10:00:00+02:00'",
    "createdon < '2024-02-29T10:00:00+02:00'",
    "localon < timestamptz '2024-02-29T10:00:00+02:00'",
    "localon < '2024-02-29T10:00:00'",
    "localon < '2024-02-29T10:00:00Z'",
    "createdon < timestamp '2025-01-01' + interval '6 months'",
    'numberofemployees < 2147483647',
  ])('%s is sent', async (where) => {
    expect((await scanOf(`select name from account where ${where}`)).filter).toHaveLength(1)
  })
})

test('a limit of rows sorted by a name that another column was given stays here', async () => {
  const scan = await scanOf('select revenue as createdon, name from account order by createdon desc limit 3')
  expect(scan.top).toBeUndefined()
  expect(
    (await scanOf('select a.createdon as createdon from account a order by createdon desc limit 3')).top,
  ).toBe(3)
})

test.each([
  'list(name)',
  'argmax(name, revenue)',
  'count_if(creditonhold)',
  'arbitrary(name)',
  'kahan_sum(latitude)',
])('a limit of one row made of many stays here: %s', async (made) => {
  expect((await scanOf(`select ${made} from account limit 3`)).top).toBeUndefined()
})

test('an aggregate exists whether it has rows or not: nothing is asked for by them', async () => {
  const { scans } = await plan(
    "select name from account a where exists (select count(*) from contact c where c.parentcustomerid = a.accountid and c.fullname = 'x')",
  )
  expect(scans.map(({ reductions }) => reductions.map(({ column }) => column))).toEqual([
    [],
    ['parentcustomerid'],
  ])
})

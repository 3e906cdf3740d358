import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Connection, SqlResult } from '../src/connect.ts'
import { openStage, type Stage } from './stage.test-support.ts'

/** Joins and sub-queries that go along with a request: the same answer as without, and fewer requests and rows. */

let connection: Connection
let close: Stage['close']

/** More contacts than two pages hold. */
const CONTACTS = 12_000

beforeAll(async () => {
  ;({ connection, close } = await openStage({
    rows: CONTACTS,
    table: 'contact',
    limits: { requests: 1e7, executionMs: 1e12 },
  }))
})

afterAll(() => close())

const shown = ({ rows }: SqlResult): string[] => rows.map((row) => row.map(String).join('|')).sort()

/** Answers with and without pushdown, which have to be equal; gives the first. */
async function agreed(text: string): Promise<SqlResult> {
  const sent = await connection.query(text)
  expect(shown(sent), text).toEqual(shown(await connection.query(text, { pushdown: false })))
  return sent
}

const languages = ({ plan }: SqlResult): string[] =>
  plan.requests.map(({ request }) => (request.includes('fetchXml=') ? 'fetchxml' : 'odata'))

const ON = 'on c.parentcustomerid = a.accountid'

describe('joins in one request', () => {
  test.each([
    [
      'inner',
      `select c.fullname, a.name, a.revenue, a.createdon, a.statecodename, a.creditonhold from contact c join account a ${ON} where a.revenue > 40000000`,
    ],
    [
      'inner, with the names of lookups of both',
      `select c.parentcustomeridname, c.parentcustomeridtype, a.owneridname, a.primarycontactidname from contact c join account a ${ON} where a.name like 'a%'`,
    ],
    [
      'left, with NULL keys',
      `select c.contactid, a.name from contact c left join account a ${ON} where c.lastname like 'm%'`,
    ],
    [
      'left, with a condition of ON',
      `select c.contactid, a.name from contact c left join account a ${ON} and a.revenue > 1000000 where c.lastname like 'm%'`,
    ],
    [
      'left, with a condition NULL passes',
      `select c.contactid, a.name from contact c left join account a ${ON} where c.lastname like 'm%' and (a.name is null or a.revenue > 1000000)`,
    ],
    [
      'right',
      `select c.contactid, a.name from account a right join contact c ${ON} where c.lastname like 'm%'`,
    ],
    [
      'the same table twice',
      "select a.name, p.name from account a join account p on a.parentaccountid = p.accountid where a.name like 'c%'",
    ],
    [
      'a chain',
      `select c.contactid, a.name, p.fullname from contact c join account a ${ON} join contact p on a.primarycontactid = p.contactid where a.revenue > 30000000`,
    ],
    [
      'two lookups of one table',
      `select c.contactid, a.name, u.fullname from contact c join account a ${ON} join systemuser u on c.ownerid = u.systemuserid where a.revenue > 30000000`,
    ],
    [
      'accents and case',
      `select c.contactid, a.name from contact c join account a ${ON} where a.name = 'CÖNTOSO LTD' or a.name like '%é%'`,
    ],
  ])('%s', async (_name, text) => {
    const result = await agreed(text)
    expect(languages(result)).toEqual(['fetchxml'])
  })

  test('over several pages, every row once', async () => {
    const result = await agreed(
      'select c.contactid, c.fullname, u.fullname from contact c join systemuser u on c.ownerid = u.systemuserid where c.statecode in (0, 1)',
    )
    expect(result.scans).toMatchObject([{ rows: result.rows.length }])
    expect(result.scans[0]?.pages).toBe(Math.ceil(result.rows.length / 5000))
    expect(result.rows.length).toBeGreaterThan(5000)
  })

  test.each([
    ['inner', `select c.contactid, a.name from contact c join account a ${ON} limit 7`, 7],
    ['left', `select c.contactid, a.name from contact c left join account a ${ON} limit 7 offset 2`, 9],
  ])('a limit brings no more rows than it wants: %s', async (_name, text, rows) => {
    const result = await connection.query(text)
    expect(result.rows).toHaveLength(7)
    expect(result.scans).toMatchObject([{ requests: 1, rows }])
  })

  test('sorted by the many side', async () => {
    const text = `select c.contactid, c.createdon, a.name from contact c join account a ${ON} and a.revenue > 1000000 order by c.createdon desc, c.modifiedon limit 20`
    const result = await agreed(text)
    expect(result.scans).toMatchObject([{ requests: 1, rows: 20 }])
  })
})

describe('what is read apart is asked for by the conditions of the other', () => {
  test('a left join from the one side', async () => {
    const result = await agreed(
      "select a.name, c.fullname from account a left join contact c on c.parentcustomerid = a.accountid where a.name like 'a%'",
    )
    expect(languages(result)).toEqual(['odata', 'fetchxml'])
    const [, contacts] = result.scans
    expect(contacts?.rows).toBeLessThan(CONTACTS / 2)
  })

  test('duplicates of a join of two many sides', async () => {
    await agreed(
      "select a.name, c.contactid, t.activityid from account a join contact c on c.parentcustomerid = a.accountid join task t on t.regardingobjectid = a.accountid where a.name like 'a%'",
    )
  })
})

describe('sub-queries answered by the service', () => {
  const correlated = 'c.parentcustomerid = a.accountid'

  test.each([
    ['EXISTS', `exists (select 1 from contact c where ${correlated})`],
    [
      'EXISTS with conditions',
      `exists (select 1 from contact c where ${correlated} and c.statecode = 1 and c.createdon > '2020-01-01')`,
    ],
    ['NOT EXISTS', `not exists (select 1 from contact c where ${correlated} and c.creditonhold)`],
    ['IN', 'primarycontactid in (select contactid from contact where statecode = 0)'],
    ["IN of the other table's lookup", 'accountid in (select parentcustomerid from contact)'],
    ['NOT IN', 'accountid not in (select parentcustomerid from contact where parentcustomerid is not null)'],
    [
      'NOT IN beside IS NOT NULL',
      'primarycontactid is not null and primarycontactid not in (select contactid from contact where statecode = 0)',
    ],
    [
      'one within another',
      `exists (select 1 from contact c where ${correlated} and not exists (select 1 from account b where b.primarycontactid = c.contactid))`,
    ],
    [
      'two of them',
      `exists (select 1 from contact c where ${correlated}) and not exists (select 1 from task t where t.regardingobjectid = a.accountid)`,
    ],
  ])('%s', async (_name, where) => {
    const result = await agreed(`select a.accountid, a.name from account a where ${where}`)
    expect(languages(result)).toEqual(['fetchxml'])
    expect(result.scans).toMatchObject([{ rows: result.rows.length }])
    const counted = await agreed(`select a.statecode, count(*) from account a where ${where} group by 1`)
    expect(counted.scans).toMatchObject([{ rows: counted.rows.length }])
  })

  test.each([
    [
      'NOT IN where NULL is among the values: no row',
      'accountid not in (select parentcustomerid from contact)',
    ],
    [
      'NOT IN of a column that may be NULL',
      'primarycontactid not in (select contactid from contact where statecode = 0)',
    ],
    ['texts', `exists (select 1 from contact c where ${correlated} and c.lastname = 'Müller')`],
  ])('left here: %s', async (_name, where) => {
    const result = await agreed(`select a.accountid from account a where ${where}`)
    expect(result.plan.requests).toHaveLength(2)
  })

  test('a limit goes along', async () => {
    const result = await connection.query(
      `select a.accountid from account a where exists (select 1 from contact c where ${correlated}) limit 3`,
    )
    expect(result.rows).toHaveLength(3)
    expect(result.scans).toMatchObject([{ requests: 1, rows: 3 }])
  })
})

describe('groups of a join counted by the service', () => {
  test.each([
    [
      'by the name of the one side',
      `select a.name, count(*), max(c.createdon) from contact c join account a ${ON} group by 1`,
    ],
    [
      'by a choice and its label',
      `select a.statecodename, c.statecode, count(*) from contact c join account a ${ON} group by 1, 2`,
    ],
    [
      'left, with NULL keys',
      `select a.name, count(*), count(a.accountid), sum(a.numberofemployees) from contact c left join account a ${ON} group by 1 having count(*) > 1`,
    ],
    [
      'of a chain, by month',
      `select u.fullname, date_trunc('month', a.createdon), count(*) from contact c join account a ${ON} join systemuser u on a.ownerid = u.systemuserid where a.revenue > 1000 group by 1, 2`,
    ],
    [
      'no rows',
      `select count(*), sum(a.numberofemployees) from contact c join account a ${ON} where a.revenue < 0`,
    ],
    ['distinct', `select distinct a.name, c.statecode from contact c join account a ${ON}`],
  ])('%s', async (_name, text) => {
    const result = await agreed(text)
    expect(result.plan.requests).toHaveLength(1)
    expect(result.plan.requests[0]?.request).toContain('aggregate=')
    expect(result.scans[0]?.rows).toBeLessThan(300)
  })
})

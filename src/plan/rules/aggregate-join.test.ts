import { describe, expect, test } from 'vitest'
import { plan } from '../plan.test-support.ts'
import { asked } from './rules.test-support.ts'

/** SQL in, the one request and what is left out: groups of joined tables. */

const ON = 'on c.parentcustomerid = a.accountid'

async function xmlOf(text: string): Promise<string> {
  const { requests } = await asked(text, { attributes: true })
  expect(requests).toHaveLength(1)
  return requests[0] ?? ''
}

test('counted by a column of the one side, the key of which tells texts apart', async () => {
  const text = `select a.name, count(*) from contact c join account a ${ON} group by a.name`
  expect(await xmlOf(text)).toBe(
    "<fetch aggregate='true' count='5000' page='1'><entity name='contact'>" +
      "<attribute name='contactid' alias='_a1' aggregate='count'/>" +
      "<link-entity name='account' from='accountid' to='parentcustomerid' alias='_s2' link-type='inner'>" +
      "<attribute name='accountid' alias='_s1___s2__accountid' groupby='true'/>" +
      "<attribute name='name' alias='_s1___s2__name' groupby='true'/>" +
      "<order alias='_s1___s2__accountid'/><order alias='_s1___s2__name'/>" +
      '</link-entity></entity></fetch>',
  )
  expect((await plan(text)).localSql).toBe(
    'SELECT joined._s2__name AS name, CAST(COALESCE(sum(_a1), 0) AS int8) AS count FROM _s1 AS joined GROUP BY joined._s2__name',
  )
})

test('conditions are met at the service, each at its table', async () => {
  const text = `select c.createdon::date as day, sum(a.numberofemployees) from contact c left join account a ${ON} and a.revenue > 5 where c.createdon > '2024-01-01' group by 1 order by 2 desc limit 3`
  const xml = await xmlOf(text)
  expect(xml).toContain("<condition attribute='createdon' operator='gt' value='2024-01-01T00:00:00Z'/>")
  expect(xml).toMatch(/link-type='outer'>.*aggregate='sum'.*attribute='revenue'/)
  expect((await plan(text)).localSql).not.toContain('WHERE')
})

describe('read row by row and aggregated here', () => {
  test.each([
    [
      'texts of the many side',
      `select c.fullname, count(*) from contact c join account a ${ON} group by 1`,
      'string',
    ],
    ['money', `select sum(a.revenue) from contact c join account a ${ON}`, 'money'],
    [
      'a condition on texts',
      `select count(*) from contact c join account a ${ON} where a.name = 'x'`,
      'lets more rows',
    ],
    [
      'a condition that stays here',
      `select count(*) from contact c join account a ${ON} where lower(a.name) = 'x'`,
      'stays here',
    ],
    ['whole rows', `select count(c.*) from contact c join account a ${ON}`, 'whole rows'],
    [
      'no lookup',
      'select count(*) from contact c join account a on c.createdon = a.createdon',
      'several tables',
    ],
    [
      'two tables of the many side',
      `select count(*) from account a join contact c ${ON} join contact d on d.parentcustomerid = a.accountid`,
      'several tables',
    ],
  ])('%s', async (_name, text, why) => {
    const { requests, local } = await asked(text)
    expect(requests.join()).not.toContain('aggregate=')
    expect(local.join()).toMatch(new RegExp(`aggregates: .*${why}`))
  })
})

import { describe, expect, test } from 'vitest'
import { asked } from './rules.test-support.ts'

/** SQL in, requests out: joins along lookups. */

const ON = 'on c.parentcustomerid = a.accountid'
const link = (type: string, inside = ''): string => {
  const start = `<link-entity name='account' from='accountid' to='parentcustomerid' alias='_s2' link-type='${type}'`
  return inside === '' ? `${start}/>` : `${start}>${inside}</link-entity>`
}
const condition = (attribute: string, operator: string, value: string): string =>
  `<filter><condition attribute='${attribute}' operator='${operator}' value='${value}'/></filter>`
const contact = (inside: string): string => `<entity name='contact'>${inside}</entity>`

describe('one request, from the side with many rows', () => {
  test.each([
    [
      'a condition on the one side',
      `select c.fullname from contact c join account a ${ON} where a.revenue > 5`,
      contact(link('inner', condition('revenue', 'gt', '5'))),
    ],
    [
      'a condition on the many side',
      `select a.name from contact c join account a ${ON} where c.fullname = 'x'`,
      contact(condition('fullname', 'eq', 'x') + link('inner')),
    ],
    [
      'conditions of ON',
      `select a.name from contact c join account a ${ON} and a.revenue > 5 and c.fullname = 'x'`,
      contact(condition('fullname', 'eq', 'x') + link('inner', condition('revenue', 'gt', '5'))),
    ],
    [
      'comma and WHERE',
      `select 1 from contact c, account a where c.parentcustomerid = a.accountid and a.revenue > 5`,
      contact(link('inner', condition('revenue', 'gt', '5'))),
    ],
    [
      'a left join of a side with conditions',
      `select a.name from contact c left join account a ${ON} and a.revenue > 5 where c.fullname = 'x'`,
      contact(condition('fullname', 'eq', 'x') + link('outer', condition('revenue', 'gt', '5'))),
    ],
    [
      'a condition that stays here beside one that does not',
      `select 1 from contact c join account a ${ON} where a.revenue > 5 and lower(a.name) = 'x'`,
      contact(link('inner', condition('revenue', 'gt', '5'))),
    ],
  ])('%s', async (_name, text, request) => {
    const { requests, localSql } = await asked(text)
    expect(requests).toEqual([request])
    expect(localSql).toMatch(/_s1.*_s2/)
  })

  test('the statement that is left keeps the join and every condition', async () => {
    const { localSql } = await asked(
      `select c.fullname from contact c join account a ${ON} where a.revenue > 5`,
    )
    expect(localSql).toBe(
      'SELECT c.fullname FROM _s1 AS c JOIN _s2 AS a ON c.parentcustomerid = a.accountid WHERE a.revenue > 5',
    )
  })

  test('written from the one side it is the same request', async () => {
    const { requests } = await asked(
      'select 1 from account a join contact c on a.accountid = c.parentcustomerid where a.revenue > 5',
    )
    expect(requests).toEqual([
      "<entity name='contact'><link-entity name='account' from='accountid' to='parentcustomerid' alias='_s1' link-type='inner'><filter><condition attribute='revenue' operator='gt' value='5'/></filter></link-entity></entity>",
    ])
  })

  test('links go on from links; below an outer one all are outer', async () => {
    const chain = (kind: string) =>
      asked(
        `select 1 from contact c ${kind} join account a ${ON} join contact p on a.primarycontactid = p.contactid where c.fullname = 'x'`,
      )
    const { requests } = await chain('inner')
    expect(requests).toHaveLength(1)
    expect(requests[0]?.match(/link-type='\w+'/g)).toEqual(["link-type='inner'", "link-type='inner'"])
    const { requests: outer } = await chain('left')
    expect(outer[0]?.match(/link-type='\w+'/g)).toEqual(["link-type='outer'", "link-type='outer'"])
  })
})

describe('requests of their own', () => {
  test.each([
    ['whole tables', `select 1 from contact c join account a ${ON}`, 2],
    ['no equality', 'select 1 from contact c join account a on c.parentcustomerid > a.accountid', 2],
    [
      'a lookup that cannot hold the table',
      "select 1 from account a join account b on b.primarycontactid = a.accountid where a.name = 'x'",
      2,
    ],
    ['two systems', `select 1 from contact c join prod.account a ${ON} where c.fullname = 'x'`, 2],
    ['a full join', `select 1 from contact c full join account a ${ON} where a.revenue > 5`, 2],
    [
      'a text that has no place in FetchXML',
      `select 1 from contact c join account a ${ON} where a.name = ''`,
      2,
    ],
    [
      'a left join of a side without conditions',
      `select 1 from contact c left join account a ${ON} and a.revenue > 5`,
      2,
    ],
    ['every column, many of them', `select * from contact c join account a ${ON} where c.fullname = 'x'`, 2],
  ])('%s', async (_name, text, count) => {
    const { requests } = await asked(text)
    expect(requests).toHaveLength(count)
    expect(requests.join('\n')).not.toMatch(/link-type='(?:inner|outer)'/)
  })
})

test.each([
  ['no condition or limit', `select 1 from contact c join account a ${ON}`],
  ['more than 10 columns', `select * from contact c join account a ${ON} where c.fullname = 'x'`],
])('EXPLAIN says why: %s', async (why, text) => {
  expect((await asked(text)).local.join()).toContain(`join: ${why}`)
})

describe('a side that is read apart is asked for what is related to the conditions of the other', () => {
  test('an outer join from the one side', async () => {
    const { requests } = await asked(
      'select a.name, c.fullname from account a left join contact c on c.parentcustomerid = a.accountid where a.revenue > 5',
    )
    expect(requests).toEqual([
      'accounts?$select=accountid,name,revenue&$filter=revenue gt 5',
      contact(
        `<filter><link-entity name='account' from='accountid' to='parentcustomerid' link-type='any'>${condition('revenue', 'gt', '5')}</link-entity></filter>`,
      ),
    ])
  })

  test('a sub-query that is not answered by the service', async () => {
    const { requests } = await asked(
      "select (select count(*) from contact c where c.parentcustomerid = a.accountid) from account a where a.name = 'x'",
    )
    expect(requests[1]).toBe(
      contact(
        `<filter><link-entity name='account' from='accountid' to='parentcustomerid' link-type='any'>${condition('name', 'eq', 'x')}</link-entity></filter>`,
      ),
    )
  })
})

describe('a limit', () => {
  const limited = async (text: string): Promise<string> => {
    const { requests, local } = await asked(text)
    return [...requests.map((one) => /<fetch top='\d+'>/.exec(one)?.[0] ?? 'all'), ...local].join('; ')
  }

  test.each([
    ['inner', `select 1 from contact c join account a ${ON} limit 5`],
    ['left', `select 1 from contact c left join account a ${ON} limit 3 offset 2`],
    ['exact conditions', `select 1 from contact c join account a ${ON} where a.revenue > 5 limit 5`],
    [
      'sorted by the many side',
      `select 1 from contact c join account a ${ON} and a.revenue > 5 order by c.createdon desc limit 5`,
    ],
    [
      'a condition of ON for the outer side',
      `select 1 from contact c left join account a ${ON} and a.revenue > 5 limit 5`,
    ],
  ])('is sent: %s', async (_name, text) => {
    expect(await limited(text)).toBe("<fetch top='5'>")
  })

  test.each([
    [
      'a condition on texts',
      `select 1 from contact c join account a ${ON} where a.name = 'x' limit 5`,
      'lets more rows',
    ],
    [
      'a condition that stays here',
      `select 1 from contact c join account a ${ON} where lower(a.name) = 'x' limit 5`,
      'stays here',
    ],
    [
      'sorted by the one side',
      `select 1 from contact c join account a ${ON} order by a.createdon limit 5`,
      'no column of the table',
    ],
    [
      'WHERE of the outer side',
      `select 1 from contact c left join account a ${ON} where a.revenue > 5 limit 5`,
      'stays here',
    ],
    [
      'WHERE that NULL passes',
      `select 1 from contact c left join account a ${ON} where a.revenue is null limit 5`,
      'stays here',
    ],
    [
      'an aggregate',
      `select string_agg(c.fullname, ',') from contact c join account a ${ON} limit 5`,
      'string_agg',
    ],
    [
      'two tables of the many side',
      'select 1 from account a left join contact c on c.parentcustomerid = a.accountid limit 5',
      'several tables',
    ],
    [
      'an inner join below an outer one',
      `select 1 from contact c left join account a ${ON} join contact p on a.primarycontactid = p.contactid limit 5`,
      'outer join',
    ],
  ])('is not: %s', async (_name, text, why) => {
    const told = await limited(text)
    expect(told).not.toContain('top=')
    expect(told).toMatch(new RegExp(`limit: .*${why}`))
  })
})

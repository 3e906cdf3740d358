import { describe, expect, test } from 'vitest'
import { asked } from './rules.test-support.ts'

/** SQL in; the request that answers the sub-query, and what is left, out. */

const any = (inside = '', type = 'any'): string => {
  const start = `<link-entity name='contact' from='parentcustomerid' to='accountid' link-type='${type}'`
  return `<entity name='account'><filter>${inside === '' ? `${start}/>` : `${start}><filter>${inside}</filter></link-entity>`}</filter></entity>`
}
const NOT_NULL = "<condition attribute='parentcustomerid' operator='not-null'/>"

describe('answered by the service, the other table not read', () => {
  test.each([
    ['EXISTS', 'exists (select 1 from contact c where c.parentcustomerid = a.accountid)', any()],
    [
      'NOT EXISTS',
      'not exists (select * from contact c where c.parentcustomerid = a.accountid)',
      any('', 'not any'),
    ],
    ['IN', 'accountid in (select parentcustomerid from contact)', any()],
    [
      'NOT IN of what is never NULL',
      'accountid not in (select parentcustomerid from contact where parentcustomerid is not null)',
      any(NOT_NULL, 'not any'),
    ],
    [
      'with conditions that are exact',
      "exists (select 1 from contact c where a.accountid = c.parentcustomerid and c.createdon > '2024-01-01')",
      any("<condition attribute='createdon' operator='gt' value='2024-01-01T00:00:00Z'/>"),
    ],
    [
      'along a lookup of its own',
      'primarycontactid in (select contactid from contact)',
      "<entity name='account'><filter><link-entity name='contact' from='contactid' to='primarycontactid' link-type='any'/></filter></entity>",
    ],
    [
      'one within another',
      'exists (select 1 from contact c where c.parentcustomerid = a.accountid and not exists (select 1 from account b where b.primarycontactid = c.contactid))',
      any("<link-entity name='account' from='primarycontactid' to='contactid' link-type='not any'/>"),
    ],
  ])('%s', async (_name, where, request) => {
    expect(await asked(`select a.name from account a where ${where}`)).toEqual({
      requests: [request],
      localSql: 'SELECT a.name FROM _s1 AS a',
      local: [],
    })
  })

  test('other conditions stay in the statement, and a limit goes along', async () => {
    const { requests, localSql } = await asked(
      'select a.name from account a where a.revenue > 5 and exists (select 1 from contact c where c.parentcustomerid = a.accountid) limit 5',
    )
    expect(requests).toEqual([
      "<fetch top='5'><entity name='account'><filter><link-entity name='contact' from='parentcustomerid' to='accountid' link-type='any'/><condition attribute='revenue' operator='gt' value='5'/></filter></entity></fetch>",
    ])
    expect(localSql).toBe('SELECT a.name FROM _s1 AS a WHERE a.revenue > 5 LIMIT 5')
  })

  test('groups of the rows that are left are counted by the service', async () => {
    const { requests } = await asked(
      'select statecode, count(*) from account a where exists (select 1 from contact c where c.parentcustomerid = a.accountid) group by 1',
    )
    expect(requests).toEqual([
      "<fetch aggregate='true' count='5000' page='1'><entity name='account'><order alias='_s1__statecode'/><filter><link-entity name='contact' from='parentcustomerid' to='accountid' link-type='any'/></filter></entity></fetch>",
    ])
  })

  test('an arm of a UNION, and a sub-query in FROM', async () => {
    const { requests, localSql } = await asked(
      'select 1 from (select name from account where accountid in (select parentcustomerid from contact)) x union select 2 from contact',
    )
    expect(requests).toEqual([any(), 'contacts?$select=contactid'])
    expect(localSql).not.toContain('IN')
  })
})

describe('left here, with both tables', () => {
  const correlated = 'c.parentcustomerid = a.accountid'

  test.each([
    ['NOT IN of a column that may be NULL', 'accountid not in (select parentcustomerid from contact)'],
    ['NOT IN of an outer column that may be NULL', 'primarycontactid not in (select contactid from contact)'],
    ['a condition on texts', `exists (select 1 from contact c where ${correlated} and c.fullname = 'x')`],
    [
      'a condition that stays here',
      `exists (select 1 from contact c where ${correlated} and lower(c.fullname) = 'x')`,
    ],
    [
      'a condition on both tables',
      `exists (select 1 from contact c where ${correlated} and c.fullname = a.name)`,
    ],
    ['no relation', 'exists (select 1 from contact c where c.contactid = a.accountid)'],
    ['not correlated', 'exists (select 1 from contact c)'],
    ['within OR', `a.revenue > 5 or exists (select 1 from contact c where ${correlated})`],
    ['an aggregate, which always has a row', `exists (select count(*) from contact c where ${correlated})`],
    [
      'groups',
      `exists (select 1 from contact c where ${correlated} group by c.fullname having count(*) > 1)`,
    ],
    ['a limit of its own', `exists (select 1 from contact c where ${correlated} limit 0)`],
    ['two tables', `exists (select 1 from contact c, contact d where ${correlated})`],
    ['another system', `exists (select 1 from prod.contact c where ${correlated})`],
    ['ALL', 'accountid = all (select parentcustomerid from contact)'],
  ])('%s', async (_name, where) => {
    const { requests, localSql } = await asked(`select a.name from account a where ${where}`)
    expect(requests.length).toBeGreaterThan(1)
    expect(localSql).toMatch(/_s2/)
  })

  test('of the side that an outer join may make NULL', async () => {
    const { localSql } = await asked(
      'select 1 from contact p left join account a on p.parentcustomerid = a.accountid where not exists (select 1 from contact c where c.parentcustomerid = a.accountid)',
    )
    expect(localSql).toMatch(/_s3/)
  })
})

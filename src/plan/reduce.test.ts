import { describe, expect, test } from 'vitest'
import { plan } from './plan.test-support.ts'

/** SQL in; which scans may be asked for by the values of which out. */

async function reductions(text: string): Promise<string[]> {
  const { scans } = await plan(text, { fetchXml: undefined })
  return scans.flatMap(({ id, reductions: found }) =>
    found.map(({ column, source, sourceColumn }) => `${id}.${column} by ${source}.${sourceColumn}`),
  )
}

const on = 'on c.parentcustomerid = a.accountid'
const CONTACT_BY_ACCOUNT = '_s1.parentcustomerid by _s2.accountid'
const ACCOUNT_BY_CONTACT = '_s2.accountid by _s1.parentcustomerid'

describe('only the side whose unmatched rows are dropped', () => {
  test.each([
    ['inner join', `select 1 from contact c join account a ${on}`, [CONTACT_BY_ACCOUNT, ACCOUNT_BY_CONTACT]],
    ['left join', `select 1 from contact c left join account a ${on}`, [ACCOUNT_BY_CONTACT]],
    ['right join', `select 1 from contact c right join account a ${on}`, [CONTACT_BY_ACCOUNT]],
    ['full join', `select 1 from contact c full join account a ${on}`, []],
    [
      'WHERE',
      'select 1 from contact c, account a where c.parentcustomerid = a.accountid',
      [CONTACT_BY_ACCOUNT, ACCOUNT_BY_CONTACT],
    ],
    [
      'within an OR',
      'select 1 from contact c, account a where c.parentcustomerid = a.accountid or a.revenue > 1',
      [],
    ],
    ['texts', 'select 1 from contact c join account a on c.fullname = a.name', []],
    [
      'an expression',
      'select 1 from contact c join account a on c.parentcustomerid = coalesce(a.accountid, a.primarycontactid)',
      [],
    ],
    [
      'IN',
      'select 1 from contact c where c.parentcustomerid in (select a.accountid from account a)',
      [CONTACT_BY_ACCOUNT],
    ],
    [
      'NOT IN',
      'select 1 from contact c where c.parentcustomerid not in (select a.accountid from account a)',
      [],
    ],
    [
      'EXISTS',
      'select 1 from contact c where exists (select 1 from account a where a.accountid = c.parentcustomerid)',
      [CONTACT_BY_ACCOUNT, ACCOUNT_BY_CONTACT],
    ],
    [
      'NOT EXISTS',
      'select 1 from contact c where not exists (select 1 from account a where a.accountid = c.parentcustomerid)',
      [ACCOUNT_BY_CONTACT],
    ],
    [
      'EXISTS of groups',
      'select 1 from contact c where exists (select 1 from account a where a.accountid = c.parentcustomerid group by a.name having count(*) = 0)',
      [ACCOUNT_BY_CONTACT],
    ],
    [
      'a scalar sub-query',
      'select (select max(a.revenue) from account a where a.accountid = c.parentcustomerid) from contact c',
      [ACCOUNT_BY_CONTACT],
    ],
  ])('%s', async (_name, text, expected) => {
    expect((await reductions(text)).sort()).toEqual([...expected].sort())
  })
})

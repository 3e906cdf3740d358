import { expect, test } from 'vitest'
import { describeScan, plan, scansOf } from './plan.test-support.ts'

/** Aggregates in; the groups that are asked of the service, and the SQL over them, out. */

test.each([
  [
    'select count(*) from account',
    'account() group  _a1=count()',
    'SELECT CAST(COALESCE(sum(_a1), 0) AS int8) AS count FROM _s1 AS account',
  ],
  [
    'select count(accountid), count(1) from account where revenue > 5',
    'account() filter revenue gt 5 group  _a1=count()',
    undefined,
  ],
  [
    'select statecode, count(*) n, sum(numberofemployees), min(createdon), max(founded) from account group by statecode',
    'account(statecode) group statecode _a1=count() _a2=sum(numberofemployees) _a3=min(createdon) _a4=max(founded)',
    undefined,
  ],
  [
    'select statecodename, count(*) n from account group by 1 having count(*) > 5 order by n desc limit 3',
    'account(statecodename) group statecode _a1=count()',
    'SELECT statecodename, CAST(COALESCE(sum(_a1), 0) AS int8) AS n FROM _s1 AS account GROUP BY 1 HAVING CAST(COALESCE(sum(_a1), 0) AS int8) > 5 ORDER BY n DESC LIMIT 3',
  ],
  [
    'select primarycontactid, count(*) * 2 from account group by primarycontactid',
    'account(primarycontactid) group primarycontactid _a1=count()',
    undefined,
  ],
  [
    'select creditonhold from account group by creditonhold',
    'account(creditonhold) group creditonhold',
    undefined,
  ],
])('%s', async (text, scan, local) => {
  const planned = await plan(text)
  expect(planned.scans.map(describeScan)).toEqual([scan])
  if (local !== undefined) expect(planned.localSql).toBe(local)
})

test.each([
  ['count(name), count(primarycontactid)', '_a1=countcolumn(name) _a2=countcolumn(primarycontactid)'],
  ['avg(numberofemployees)', '_a1=sum(numberofemployees) _a2=countcolumn(numberofemployees)'],
  [
    'sum(numberofemployees), avg(numberofemployees), count(numberofemployees)',
    '_a1=sum(numberofemployees) _a2=countcolumn(numberofemployees)',
  ],
  ['sum(total_base), max(total_base)', '_a1=sum(total_base) _a2=max(total_base)'],
  ['count(distinct accountid)', '_a1=count()'],
  ['sum(count(*)) over ()', '_a1=count()'],
])('over all rows: %s', async (targets, results) => {
  expect(await scansOf(`select ${targets} from account`)).toEqual([`account() group  ${results}`])
})

test.each([
  ['count(distinct statecode)', 'account(statecode) group statecode'],
  ['count(distinct founded)', 'account(founded) group day of founded'],
  [
    'sum(distinct numberofemployees), count(*)',
    'account(numberofemployees) group numberofemployees _a1=count()',
  ],
  ['max(statecode), min(creditonhold)', 'account(creditonhold,statecode) group statecode,creditonhold'],
  ['min(numberofemployees + 1)', 'account(numberofemployees) group numberofemployees'],
  ['count(*) filter (where statecode = 1)', 'account(statecode) group statecode _a1=count()'],
  [
    'avg(numberofemployees) filter (where statecodename = $1)',
    'account(statecodename) group statecode _a1=sum(numberofemployees) _a2=countcolumn(numberofemployees)',
  ],
  [
    "count(*) filter (where createdon::date > '2024-02-29')",
    'account(createdon) group day of createdon _a1=count()',
  ],
])('finer groups than the statement has: %s', async (targets, scan) => {
  expect(await scansOf(`select ${targets} from account`, { parameters: ['Active'] })).toEqual([scan])
})

test.each([
  ["date_trunc('month', createdon)", 'month of createdon'],
  ["date_trunc('quarter', createdon)", 'month of createdon'],
  ["date_trunc('week', createdon)", 'day of createdon'],
  ['extract(year from createdon)', 'year of createdon'],
  ["date_part('quarter', founded)", 'month of founded'],
  ['year(createdon)', 'year of createdon'],
  ['year(createdon), month(createdon)', 'month of createdon'],
  ['month(createdon), year(createdon)', 'month of createdon'],
  ['createdon::date', 'day of createdon'],
  ['dayofweek(createdon)', 'day of createdon'],
  ['founded', 'day of founded'],
  ['year(founded), founded', 'day of founded'],
  ["case when year(createdon) < 2020 then 'old' else statecodename end", 'year of createdon,statecode'],
  ['round(numberofemployees / 100)', 'numberofemployees'],
  ['rollup (statecode, creditonhold)', 'statecode,creditonhold'],
  ['grouping sets ((statecode), ())', 'statecode'],
])('grouped by %s', async (by, groups) => {
  const { scans } = await plan(`select count(*) from account group by ${by}`)
  expect(describeScan(scans[0] ?? expect.fail()).replace(/^account\(.*\) group /, '')).toBe(
    `${groups} _a1=count()`,
  )
})

test.each([
  ['select distinct statecode from account', 'account(statecode) group statecode'],
  [
    'select count(*) from account where statecode <> 1 or revenue <> 5',
    'account() filter ((statecode ne 1 and statecode ne null) or (revenue ne 5 and revenue ne null)) group  _a1=count()',
  ],
  [
    'select distinct statecodename, creditonhold from account',
    'account(creditonhold,statecodename) group statecode,creditonhold',
  ],
  [
    'select distinct year(createdon) y from account order by y limit 3',
    'account(createdon) group year of createdon',
  ],
  [
    'select distinct count(*) from account group by statecode',
    'account(statecode) group statecode _a1=count()',
  ],
  [
    'select statecode, rank() over (order by count(*)) from account group by 1',
    'account(statecode) group statecode _a1=count()',
  ],
])('%s', async (text, scan) => {
  expect(await scansOf(text)).toEqual([scan])
})

test.each([
  [
    'select avg(numberofemployees) from account',
    'SELECT (sum(_a1))::float8 / sum(_a2) AS avg FROM _s1 AS account',
  ],
  [
    'select count(*) filter (where statecode = 1) as n from account',
    'SELECT CAST(COALESCE(sum(_a1) FILTER (WHERE statecode = 1), 0) AS int8) AS n FROM _s1 AS account',
  ],
  [
    "select date_trunc('month', createdon) as m, count(name) as n from account where statecode = 0 group by 1",
    "SELECT date_trunc('month', createdon) AS m, CAST(COALESCE(sum(_a1), 0) AS int8) AS n FROM _s1 AS account GROUP BY 1",
  ],
  [
    'select avg(revenue) as a from account',
    "SELECT CAST(CAST(replace((sum(revenue))::text, '.', '') AS hugeint) AS float8) / (count(revenue) * CAST('10000' AS hugeint)) AS a FROM _s1 AS account",
  ],
])('here: %s', async (text, local) => {
  expect((await plan(text)).localSql).toBe(local)
})

test.each([
  ["select count(*) from account where name = 'a'", 'more rows through'],
  ['select name, count(*) from account group by name', 'groups of string columns'],
  ['select distinct name from account', 'groups of string columns'],
  ['select max(name) from account', 'groups of string columns'],
  ['select distinct * from account', 'whole rows'],
  ['select distinct account from account', 'whole rows'],
  ['select distinct account.* from account', 'whole rows'],
  ['select distinct accountid from account', 'a group of its own'],
  ['select createdon, count(*) from account group by createdon', 'by day, month or year only'],
  ["select date_trunc('hour', createdon), count(*) from account group by 1", 'by day, month or year only'],
  [
    "select date_trunc('month', createdon), count(*) from account group by 1 order by min(createdon - interval '1 day')",
    'by day, month or year only',
  ],
  ['select extract(epoch from createdon), count(*) from account group by 1', 'by day, month or year only'],
  [
    "select date_trunc('month', createdon, 'Asia/Tokyo'), count(*) from account group by 1",
    'by day, month or year only',
  ],
  ['select sum(revenue) from account', 'sum of money'],
  ['select avg(revenue) from account', 'avg of money'],
  ['select sum(latitude) from account', 'sum of double'],
  ['select max(revenue) from account', 'groups of money columns'],
  ['select count(tags) from account', 'count of choices'],
  ['select count(statecodename) from account', 'count of an expression'],
  ['select primarycontactidname, count(*) from account group by 1', 'labels of lookups'],
  ['select sum(numberofemployees + 1) from account', 'sum of an expression'],
  ['select sum(numberofemployees order by name) from account', 'an order'],
  ['select statecode, list(statecode) from account group by 1', 'list needs the rows'],
  ["select statecode, string_agg('x', ',') from account group by 1", 'string_agg needs the rows'],
  ['select stddev(numberofemployees), count(*) from account', 'stddev needs the rows'],
  ['select statecode, random(), count(*) from account group by 1', 'random needs the rows'],
  ['select statecode, revenue, count(*) from account group by statecode', 'groups of money columns'],
  ['select count(*) from account a join contact c on true', 'several tables'],
  ['select distinct statecode, count(*) over () from account', 'window'],
  ['select count(*), (select 1) from account', 'sub-query'],
  ['select count(*) from (select name from account) x', 'not read alone'],
  ['select distinct 1 from account', 'no column'],
])('done here: %s', async (text, why) => {
  const { scans } = await plan(text)
  expect(scans[0]?.aggregate).toBeUndefined()
  expect(scans[0]?.local.join('\n')).toContain(why)
})

import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Connection } from '../src/connect.ts'
import { openStage, type Stage } from './stage.test-support.ts'

/** Statements that are refused: what is wrong, a caret below the word, and what to do instead. */

let connection: Connection
let close: Stage['close']

beforeAll(async () => {
  ;({ connection, close } = await openStage())
})

afterAll(() => close())

/** The caret stands below the first letter after `‹`. */
test.each([
  ['select * from ‹accountt', /There is no table accountt/, /Did you mean account\?/],
  ['select * from ‹prod.account', /There is no external system/, /d365 system add/],
  ['select * from ‹d365.tabels', /There is no table d365\.tabels/, /d365\.tables/],
  ["select * from account where ‹nam = 'x'", /There is no column nam/, /Did you mean name/],
  ['select ‹a.nam from account a', /There is no column a\.nam/, /Did you mean name/],
  ['select ‹b.name from account a', /no table or alias b/, /Did you mean a\?/],
  ['select name from account, contact where ‹createdon > now()', /could be a column of/, /Write account\./],
  ['‹create table x (a int)', /CREATE is not understood/, /Power Apps/],
  ['-- all of it\n‹drop table account', /DROP is not understood/, /Power Apps/],
  ['‹alter table account add column x int', /ALTER is not understood/, /Power Apps/],
  ["‹set timezone = 'UTC'", /SET is not understood/, /no settings/],
  ["‹copy account from '/tmp/x'", /COPY … FROM is not understood/, /d365 write TABLE --from FILE/],
  ['‹truncate account', /TRUNCATE is not understood/, /--all-rows/],
  ['‹begin', /BEGIN is not understood/, /no transactions/],
  ['‹grant select on account to x', /GRANT is not understood/, /security roles/],
  ['‹show tables', /SHOW is not understood/, /d365\.tables/],
  ['‹vacuum', /VACUUM is not understood/, /SELECT, INSERT, UPDATE, DELETE, MERGE and EXPLAIN/],
  ['select 1; ‹select 2', /2 statements/, /one by one/],
  ['‹selct 1', /syntax error at or near "selct"/, /PostgreSQL/],
  ["select ‹'abc", /unterminated quoted string/, /PostgreSQL/],
  [
    'select * from account where createdon = ‹5',
    /INTEGER and TIMESTAMP .* cannot be compared/,
    /between quotes/,
  ],
  ["select * from account where revenue > ‹'abc'", /'abc' is no DECIMAL\(19,4\)/, /describe/],
  ["select * from account where accountid = ‹'abc'", /'abc' is no GUID/, /describe/],
  ['select ‹sum(name) from account', /There is no sum\(VARCHAR\)/, /cast\(x as numeric\)/],
  ['select ‹foo(name) from account', /There is no function foo/, /Did you mean floor\?/],
  ["select name + ‹'x' from account", /Texts cannot be added/, /\|\|/],
  ["select name from account where ‹revenue like '5%'", /LIKE compares texts/, /cast\(x as text\)/],
  ['select ‹name, count(*) from account', /name is neither grouped by nor aggregated/, /GROUP BY/],
  ['select name from account where ‹count(*) > 1', /cannot contain aggregates/, /EXPLAIN/],
  ['select name from account order by ‹5', /out of range/, /EXPLAIN/],
  ['select name from account ‹for update', /FOR UPDATE and FOR SHARE/, /cannot be locked/],
  [
    'select name from account order by name fetch first 3 rows ‹with ties',
    /WITH TIES is not understood/,
    /rank\(\)/,
  ],
  ['select name into ‹x from account', /SELECT INTO is not understood/, /INSERT INTO/],
  ['select * from account tablesample ‹bernoulli (10)', /TABLESAMPLE is not understood/, /random\(\)/],
  ['select ‹top 5 percent name from account', /TOP … PERCENT/, /LIMIT/],
  ['select ‹$1', /\$1 has no value: 0 parameters/, /--parameter/],
  ['select dateadd(‹fortnight, 1, now())', /fortnight is not a unit of time/, /Units are year/],
  ['select name from ‹account a(x)', /cannot be renamed/, /sub-query/],
  ['select * from account where name ‹similar to name', /SIMILAR TO is not a constant/, /regular expression/],
  ['explain (‹format xml) select 1', /EXPLAIN has no format xml/, /ANALYZE/],
])('%s', async (marked, message, hint) => {
  const text = marked.replace('‹', '')
  const error: unknown = await connection.query(text).catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ message: expect.stringMatching(message), hint: expect.stringMatching(hint) })
  const [said = '', line = '', caret = ''] = String(error).split(/\n {2}/)
  expect(said).toMatch(/\(line \d+, column \d+\)$/)
  expect({ line, column: caret.indexOf('^') }).toEqual(placeOf(marked))
})

function placeOf(marked: string): { line: string; column: number } {
  const line = marked.split('\n').find((one) => one.includes('‹')) ?? ''
  return { line: line.replace('‹', ''), column: line.indexOf('‹') }
}

test('a long line is shown around the place, and the place is right after letters of several bytes', async () => {
  const text = `select '${'é'.repeat(200)}' as x, nope from account`
  const error: unknown = await connection.query(text).catch((thrown: unknown) => thrown)
  const [, line = '', caret = ''] = String(error).split(/\n {2}/)
  expect(line.slice(caret.indexOf('^'))).toMatch(/^nope from account/)
})

import { loadModule } from 'libpg-query'
import { beforeAll, expect, test } from 'vitest'
import { fromTsql } from './tsql.ts'

beforeAll(() => loadModule())

test.each([
  ['select [name] from [account]', 'select "name" from "account"'],
  ['select a.[Näme] from [dbo].[account] [a]', 'select a."Näme" from "dbo"."account" "a"'],
  ['select tags[1], (array[1,2])[1] from account', 'select tags[1], (array[1,2])[1] from account'],
  ['select top 5 name from account', 'select  name from account LIMIT 5'],
  [
    'select distinct top (5) name from account order by 1;',
    'select distinct  name from account order by 1 LIMIT 5;',
  ],
  ['select * from (select top 3 name from account) x', 'select * from (select  name from account LIMIT 3) x'],
  ['select top from account', 'select top from account'],
  ["select '[x] top 5' from account", "select '[x] top 5' from account"],
  ["select 'é', [b] from t", 'select \'é\', "b" from t'],
])('%s', (text, expected) => {
  expect(fromTsql(text)).toBe(expected)
})

test.each(['select top 5 percent name from account', 'select top 5 name from a union select name from b'])(
  'refused: %s',
  (text) => {
    expect(() => fromTsql(text)).toThrow(/TOP/)
  },
)

import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Connection, connect, type Table } from '../../connect.ts'
import { createSandbox, type ListeningSandbox } from '../../sandbox/index.ts'
import { type Browsing, browseQuery } from './browse.ts'

/** What somebody looks through, as SQL; and that the SQL is understood. */
let sandbox: ListeningSandbox
let connection: Connection
let account: Table

beforeAll(async () => {
  sandbox = await createSandbox().listen({ port: 0 })
  connection = await connect({ connectionString: sandbox.connectionString, keepTokens: false, env: {} })
  account = await connection.table('account')
})

afterAll(async () => {
  await connection.close()
  await sandbox.close()
})

const browsing = (more: Partial<Browsing>): Browsing => ({
  table: 'account',
  columns: ['name'],
  filters: [],
  ...more,
})

test('columns come with what goes with them, values as parameters', async () => {
  const query = browseQuery(
    account,
    browsing({
      columns: ['name', 'primarycontactid', 'statuscode', 'ownerid'],
      filters: [
        { column: 'name', operator: 'contains', value: "50%'; drop_" },
        { column: 'statuscode', operator: 'is', value: 'Active' },
        { column: 'revenue', operator: 'at least', value: '1000' },
        { column: 'description', operator: 'is empty', value: '' },
      ],
      sort: { column: 'primarycontactid', descending: true },
    }),
  )
  expect(query).toEqual({
    text: `select "accountid", "name", "primarycontactid", "primarycontactidname", "statuscode", "statuscodename", "ownerid", "owneridname", "owneridtype"
from "account"
where "name" ilike $1
  and "statuscodename" = $2
  and "revenue" >= $3
  and "description" is null
order by "primarycontactidname" desc`,
    parameters: ["%50\\%'; drop\\_%", 'Active', 1000],
  })
  expect((await connection.query(query.text, { parameters: query.parameters })).rows).toEqual([])
})

test.each([
  ['name', 'contains', 'a', 1],
  ['creditonhold', 'is', 'No', 1],
  ['primarycontactid', 'contains', 'a', 1],
  ['createdon', 'at least', '2020-01-01', 1],
  ['revenue', 'at most', '1000000.50', 1],
  ['accountid', 'is not', 'aaaa0000-0000-4000-8000-000000000007', 1],
  ['industrycode', 'is not', 'Accounting', 1],
] as const)('%s %s %s finds rows', async (column, operator, value, least) => {
  const { text, parameters } = browseQuery(account, browsing({ filters: [{ column, operator, value }] }))
  expect((await connection.query(text, { parameters })).rows.length).toBeGreaterThanOrEqual(least)
})

test.each([
  [{ columns: ['nope'] }, 'account has no column nope'],
  [{ filters: [{ column: 'revenue', operator: 'is', value: 'much' }] }, 'which is no number'],
] as const)('%j is refused', (more, why) => {
  expect(() =>
    browseQuery(
      account,
      browsing({
        ...more,
        columns: [...('columns' in more ? more.columns : [])],
        filters: [...('filters' in more ? more.filters : [])],
      }),
    ),
  ).toThrow(why)
})

import { expect, test } from 'vitest'
import type { Column, ColumnType, Table } from '../connect.ts'
import { type Completing, completeSql } from './complete-sql.ts'

function column(name: string, type: ColumnType = 'string', more: Partial<Column> = {}): Column {
  const flags = { required: false, creatable: true, updatable: true, readable: true }
  return { name, label: name, type, serviceType: type, property: name, ...flags, ...more }
}

function table(name: string, columns: readonly Column[]): Table {
  return {
    name,
    label: name,
    pluralLabel: name,
    entitySet: `${name}s`,
    primaryKey: `${name}id`,
    primaryName: 'name',
    kind: 'standard',
    custom: false,
    columns,
    keys: [],
    relationships: [],
    changeTracking: false,
    optimisticConcurrency: false,
  }
}

const TABLES = [
  table('account', [
    column('name'),
    column('statecode', 'choice', { choices: [{ value: 0, label: 'Active' }] }),
    column('secret', 'string', { readable: false }),
  ]),
  table('contact', [
    column('fullname'),
    column('parentcustomerid', 'lookup', {
      targets: [
        { table: 'account', navigation: 'a' },
        { table: 'contact', navigation: 'c' },
      ],
    }),
  ]),
]

const connection: Completing['connection'] = {
  tables: async () => TABLES,
  table: async (name) => {
    const found = TABLES.find((one) => one.name === name)
    if (!found) throw new Error(`no ${name}`)
    return found
  },
}

const complete = async (line: string, before = ''): Promise<string[]> =>
  (await completeSql(line, { before, connection, signal: new AbortController().signal }))[0]

test.each([
  ['select * from acc', ['account']],
  ['select * from account a join con', ['contact']],
  ['update c', ['contact']],
  ['\\d con', ['contact']],
  ['select * from account where sta', ['statecode', 'statecodename']],
  ['select a.s', []],
  ['select * from account a where a.', ['a.name', 'a.statecode', 'a.statecodename']],
  [
    'select * from account a, contact as c where c.par',
    ['c.parentcustomerid', 'c.parentcustomeridname', 'c.parentcustomeridtype'],
  ],
  ['select name, fullname from account left join contact c on c.full', ['c.fullname']],
  ['select * from contact where account.na', ['account.name']],
  ['select * from d365.co', ['d365.columns']],
  [
    'select * from information_schema.tab',
    ['information_schema.table_constraints', 'information_schema.tables'],
  ],
  ['select * from nothing where nothing.', []],
  ['sel', ['select']],
])('%s', async (line, expected) => {
  expect(await complete(line)).toEqual(expected)
})

test('the lines before belong to the statement', async () => {
  expect(await complete('where ful', 'select revenue, state from contact')).toEqual(['full', 'fullname'])
})

test('a secret column is not offered', async () => {
  expect(await complete('select * from account where sec')).toEqual([])
})

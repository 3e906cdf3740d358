import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Connection } from '../src/connect.ts'
import { openStage, type Stage } from './stage.test-support.ts'

/** SQL over files of this machine, for whoever is allowed to read them. */

let connection: Connection
let close: Stage['close']
let folder: string
let file: string

beforeAll(async () => {
  ;({ connection, folder, close } = await openStage())
  file = join(folder, "o'neil.csv")
  writeFileSync(file, 'name,employees\nContoso Ltd,12\nNowhere Inc,7\nNew Corp,5\n')
})

afterAll(() => close())

const csv = (): string => `read_csv('${file.replaceAll("'", "''")}')`
const localFiles = true

test('a file is joined to a table', async () => {
  const { rows } = await connection.query(
    `select f.name, a.accountid is not null as known from ${csv()} f
     left join (select distinct on (name) * from account) a on a.name = f.name order by f.employees`,
    { localFiles },
  )
  expect(rows.map(([name]) => name)).toEqual(['New Corp', 'Nowhere Inc', 'Contoso Ltd'])
})

test('rows that an environment lacks are written from a query over a file', async () => {
  const input = await connection.openRows(
    `select f.name, f.employees as numberofemployees from ${csv()} f where f.employees < 10`,
  )
  const report = await connection.write('account', input, { mode: 'insert' })
  expect(report).toMatchObject({ read: 2, created: 2, rejected: 0 })
  const { rows } = await connection.query(
    "select name, numberofemployees from account where name in ('Nowhere Inc', 'New Corp') order by 2",
  )
  expect(rows).toEqual([
    ['New Corp', 5],
    ['Nowhere Inc', 7],
  ])
})

test('a Parquet file that was exported reads back', async () => {
  const exported = join(folder, 'accounts.parquet')
  await connection.export('select name, revenue from account', { to: { file: exported, format: 'parquet' } })
  const [there, here] = await Promise.all([
    connection.query('select count(*), sum(revenue) from account'),
    connection.query(`select count(*), sum(revenue) from read_parquet('${exported}')`, { localFiles }),
  ])
  expect(here.rows).toEqual(there.rows)
})

test('a query that was not allowed to reads no file, whatever it is called', async () => {
  await expect(connection.query(`select * from ${csv()}`)).rejects.toThrow(/file of this machine.*\(line 1/s)
  await expect(connection.query("select * from read_text('/etc/passwd')", { localFiles })).rejects.toThrow(
    /Cannot access|disabled/,
  )
  await expect(connection.query("select * from '/etc/passwd.csv'", { localFiles })).rejects.toThrow()
})

test.each([
  ["read_csv('nowhere.csv')", 'IO_FAILED', 'Cannot read nowhere.csv'],
  ["read_csv(['a.csv', 'b.csv'])", 'INPUT_INVALID', ''],
  ["read_csv('a' || '.csv')", 'INPUT_INVALID', 'has to name one file'],
])('%s is refused', async (source, code, message) => {
  await expect(connection.query(`select * from ${source}`, { localFiles })).rejects.toMatchObject({
    code,
    message: expect.stringContaining(message),
  })
})

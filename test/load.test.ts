import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Connection, LoadOptions, LoadPart, RejectedRow } from '../src/connect.ts'
import type { ListeningSandbox } from '../src/sandbox/index.ts'
import { openStage, type Stage } from './stage.test-support.ts'

/** Several files in one load: what is in the environment afterwards. */

let server: ListeningSandbox
let connection: Connection
let close: Stage['close']
let folder: string

beforeAll(async () => {
  ;({ server, connection, folder, close } = await openStage())
  server.sandbox.snapshot()
})

beforeEach(() => server.sandbox.restore())

afterAll(() => close())

async function part(table: string, text: string, more: Partial<LoadPart> = {}): Promise<LoadPart> {
  const path = join(folder, `${table}.csv`)
  writeFileSync(path, text)
  return { name: path, table, input: await connection.openRows(path), mode: 'insert', ...more }
}

async function load(parts: readonly LoadPart[], options: LoadOptions = {}) {
  const rejected: (readonly [string, string, RejectedRow])[] = []
  const { parts: reports } = await connection.load(parts, {
    rejects: (row, { part: { table }, pass }) => {
      rejected.push([table, pass, row])
    },
    ...options,
  })
  const counts = Object.fromEntries(
    reports.map(({ table, created, updated, unchanged, rejected: bad, incomplete }) => [
      table,
      { created, updated, unchanged, rejected: bad, incomplete },
    ]),
  )
  return { reports, counts, rejected }
}

const ask = async (text: string) => (await connection.query(text)).rows
const CREATED = { updated: 0, unchanged: 0, rejected: 0, incomplete: 0 }

describe('relations', () => {
  test('two tables that point to each other, and one to itself, are in with every lookup set', async () => {
    const contacts = await part(
      'contact',
      'lastname,emailaddress1,parentcustomerid.accountnumber\nUno,uno@l.example,L-1\nDue,due@l.example,L-2\n',
    )
    const accounts = await part(
      'account',
      'name,accountnumber,primarycontactid.emailaddress1,parentaccountid.accountnumber\nBig,L-1,uno@l.example,\nSmall,L-2,due@l.example,L-1\n',
    )
    const { counts } = await load([contacts, accounts])
    expect(counts).toEqual({ account: { ...CREATED, created: 2 }, contact: { ...CREATED, created: 2 } })
    expect(
      await ask(
        `select a.name, c.lastname, p.name from account a join contact c on a.primarycontactid = c.contactid
         left join account p on a.parentaccountid = p.accountid where a.accountnumber like 'L-%' order by 1`,
      ),
    ).toEqual([
      ['Big', 'Uno', null],
      ['Small', 'Due', 'Big'],
    ])
  })

  test('a row whose late lookup finds nothing ends rejected once, with what is to be tried again', async () => {
    const accounts = await part(
      'account',
      'name,accountnumber,parentaccountid.accountnumber\nA,M-1,NONE\nB,M-2,M-1\nC,M-1,\n',
    )
    const { counts, rejected } = await load([accounts])
    expect(counts.account).toEqual({ ...CREATED, created: 1, rejected: 2, incomplete: 1 })
    expect(rejected.map(([, pass, { row, code }]) => [pass, row, code])).toEqual([
      ['rows', 3, '0x80060892'],
      ['rest', 1, 'LOOKUP_MISSING'],
    ])
    const late = rejected[1]?.[2].input.values
    expect(late).toEqual({ accountid: expect.any(String), 'parentaccountid.accountnumber': 'NONE' })
    expect(await ask(`select accountid from account where accountnumber = 'M-1'`)).toEqual([
      [late?.accountid],
    ])
  })

  test('a preview makes nothing and asks for no row of the same load', async () => {
    const parts = [
      await part('account', 'name,accountnumber\nA,P-1\n'),
      await part('contact', 'lastname,parentcustomerid.accountnumber\nX,P-1\n'),
    ]
    const { counts } = await load(parts, { dryRun: true })
    expect(counts).toEqual({ account: { ...CREATED, created: 1 }, contact: { ...CREATED, created: 1 } })
    expect(await ask(`select count(*) from account where accountnumber = 'P-1'`)).toEqual([[0n]])
  })
})

test('a state other than the first is set after the row is made', async () => {
  const tasks = await part(
    'task',
    'subject,statecode,statuscode\nOpen,Open,Not Started\nDone,Completed,Completed\nGone,2,\n',
  )
  const { counts } = await load([tasks])
  expect(counts.task).toEqual({ ...CREATED, created: 3 })
  expect(
    await ask(
      `select subject, statecode, statuscode from task where subject in ('Open','Done','Gone') order by 1`,
    ),
  ).toEqual([
    ['Done', 1, 5],
    ['Gone', 2, 6],
    ['Open', 0, 2],
  ])
  const creations = server.sandbox.store
    .table('task')
    .rowsByKey()
    .filter(({ subject }) => subject === 'Done')
  expect(creations).toHaveLength(1)
})

test('pairs of a many-to-many table are tied by keys, and tied again they end unchanged', async () => {
  const pairs = 'accountid.accountnumber,leadid.subject\nN-1,Tie me\n'
  const parts = [
    await part('accountleads', pairs),
    await part('account', 'name,accountnumber\nTied,N-1\n'),
    await part('lead', 'subject,lastname\nTie me,L\n'),
  ]
  expect((await load(parts)).counts).toMatchObject({ accountleads: { ...CREATED, created: 1 } })
  const { reports } = await load([await part('accountleads', `${pairs}NONE,Tie me\n`)])
  expect(reports[0]).toMatchObject({ created: 0, unchanged: 1, rejected: 1 })
  const gone = await load([await part('accountleads', pairs, { mode: 'delete' })])
  expect(gone.reports[0]).toMatchObject({ deleted: 1 })
  expect(
    await ask(
      `select count(*) from accountleads p join account a on a.accountid = p.accountid where a.accountnumber = 'N-1'`,
    ),
  ).toEqual([[0n]])
})

test('an image comes from its path, and a path to what is none is refused', async () => {
  // The smallest picture there is: one pixel.
  const pixel = Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
    'base64',
  )
  writeFileSync(join(folder, 'pixel.png'), pixel)
  const rows = await part(
    'contact',
    'lastname,emailaddress1,entityimage\nSeen,seen@image.example,pixel.png\nLost,lost@image.example,nowhere.png\n',
  )
  const { counts, rejected } = await load([rows], { filesFolder: folder })
  expect(counts.contact).toMatchObject({ created: 1, rejected: 1, incomplete: 1 })
  expect(rejected[0]?.[2]).toMatchObject({ row: 2, column: 'entityimage' })
  const { rows: seen } = await connection.query(
    "select contactid from contact where emailaddress1 = 'seen@image.example'",
  )
  const { body } = await connection.request({
    method: 'GET',
    path: `contacts(${seen[0]?.[0]})/entityimage/$value`,
  })
  expect(Buffer.from(body).equals(pixel)).toBe(true)
})

test('files come from their paths, a large one in chunks', async () => {
  const big = Buffer.alloc(9 * 1024 * 1024, 'abc')
  mkdirSync(join(folder, 'papers'), { recursive: true })
  writeFileSync(join(folder, 'papers', 'big.bin'), big)
  writeFileSync(join(folder, 'papers', 'small.txt'), 'hello')
  const rows = await part(
    'sample_everything',
    'sample_name,sample_code,sample_file\nBig,F-1,papers/big.bin\nSmall,F-2,papers/small.txt\nNone,F-3,\nLost,F-4,papers/none.txt\n',
  )
  const { counts, rejected } = await load([rows], { filesFolder: folder })
  expect(counts.sample_everything).toEqual({ ...CREATED, created: 3, rejected: 1, incomplete: 1 })
  expect(rejected[0]?.[2]).toMatchObject({ row: 4, column: 'sample_file', code: 'INPUT_INVALID' })
  const content = async (code: string) =>
    (
      await connection.request({
        method: 'GET',
        path: `sample_everythings(sample_code='${code}')/sample_file/$value`,
      })
    ).body
  expect(Buffer.from(await content('F-1')).equals(big)).toBe(true)
  expect(Buffer.from(await content('F-2')).toString()).toBe('hello')
  const more = await part(
    'sample_everything',
    'sample_code,sample_file\nF-3,papers/small.txt\nF-9,papers/small.txt\n',
    {
      mode: 'update',
      key: ['sample_code'],
    },
  )
  const { counts: second } = await load([more], { filesFolder: folder })
  expect(second.sample_everything).toMatchObject({ updated: 1, rejected: 1 })
  expect(Buffer.from(await content('F-3')).toString()).toBe('hello')
})

test('a load that was stopped goes on behind what it has done, and ends as if it had not been stopped', async () => {
  const parts = async () => [
    await part('account', 'name,accountnumber,primarycontactid.emailaddress1\nA,R-1,r@l.example\n'),
    await part('contact', 'lastname,emailaddress1,parentcustomerid.accountnumber\nR,r@l.example,R-1\n'),
  ]
  const journalFolder = join(folder, 'load-journals')
  const stop = new AbortController()
  const stopped = load(await parts(), {
    journalFolder,
    signal: stop.signal,
    onPass: ({ part: { table } }) => {
      if (table === 'contact') stop.abort()
    },
  })
  await expect(stopped).rejects.toMatchObject({ code: 'CANCELLED' })
  expect(await ask(`select count(*) from account where accountnumber = 'R-1'`)).toEqual([[1n]])
  const { reports } = await load(await parts(), { journalFolder })
  expect(reports.map(({ table, created, resumed }) => [table, created, resumed])).toEqual([
    ['account', 1, 1],
    ['contact', 1, 0],
  ])
  expect(
    await ask(
      `select a.name, c.lastname from account a join contact c on c.parentcustomerid = a.accountid and a.primarycontactid = c.contactid where a.accountnumber = 'R-1'`,
    ),
  ).toEqual([['A', 'R']])
  expect(readdirSync(journalFolder).filter((name) => !name.endsWith('.done.ndjson'))).toEqual([])
})

describe('inputs', () => {
  test('a query over an environment is written as its rows, by way of a file that does not stay', async () => {
    const input = await connection.openRows(
      `select 'Q-' || accountnumber as accountnumber, name from account where accountnumber is not null order by name limit 7`,
    )
    const { counts } = await load([{ name: 'query', table: 'account', input, mode: 'insert' }])
    expect(counts.account).toEqual({ ...CREATED, created: 7 })
    expect(await ask(`select count(*) from account where accountnumber like 'Q-%'`)).toEqual([[7n]])
    expect(readdirSync(join(folder, 'journals', 'answers'))).toEqual([])
  })
})

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Connection } from '../src/connect.ts'
import type { ListeningSandbox } from '../src/sandbox/index.ts'
import { run } from './sandbox.test-support.ts'
import { openStage, type Stage } from './stage.test-support.ts'

/** INSERT, UPDATE and DELETE: what is in the environment afterwards. */

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

const rows = async (text: string) => (await connection.query(text)).rows
const one = async (text: string) => (await rows(text))[0]?.[0]

describe('UPDATE', () => {
  test('changes the rows its WHERE finds, by expressions over them', async () => {
    const before = await one(
      "select sum(numberofemployees) from account where revenue > 1000000 and name like 'co%'",
    )
    const report = await connection.execute(
      "update account set numberofemployees = coalesce(numberofemployees, 0) + 1, description = upper(name) where revenue > 1000000 and name like 'co%'",
    )
    expect(report.matched).toBeGreaterThan(0)
    expect(report).toMatchObject({ kind: 'update', updated: report.matched, rejected: 0 })
    expect(await one('select count(*) from account where description = upper(name)')).toBe(
      BigInt(report.matched),
    )
    expect(
      Number(
        await one("select sum(numberofemployees) from account where revenue > 1000000 and name like 'co%'"),
      ),
    ).toBe(Number(before) + report.matched)
  })

  test('takes values from other tables', async () => {
    const report = await connection.execute(
      `update account a set description = c.emailaddress1 from contact c
       where a.primarycontactid = c.contactid and c.emailaddress1 is not null and a.revenue > 40000000`,
    )
    expect(report.updated).toBeGreaterThan(0)
    expect(
      await one(
        'select count(*) from account a join contact c on a.primarycontactid = c.contactid where a.description = c.emailaddress1',
      ),
    ).toBe(BigInt(report.updated))
  })

  test('sets lookups, choices by label and dates, and empties columns', async () => {
    const [contact] = await rows('select contactid from contact limit 1')
    await connection.execute(
      "update sample_everything set sample_customerid = $1, sample_customeridtype = 'contact', sample_colour = 'Blue', sample_day = date '2024-02-29', sample_score = null where sample_code = (select min(sample_code) from sample_everything)",
      { parameters: [String(contact?.[0])] },
    )
    expect(
      await rows(
        'select sample_customerid, sample_customeridtype, sample_colourname, sample_day, sample_score from sample_everything where sample_code = (select min(sample_code) from sample_everything)',
      ),
    ).toEqual([[contact?.[0], 'contact', 'Blue', '2024-02-29', null]])
  })

  test('a row found twice is refused, and nothing is changed', async () => {
    await expect(
      connection.execute(
        'update account a set description = c.fullname from contact c where c.parentcustomerid = a.accountid',
      ),
    ).rejects.toThrow('more than once')
    expect(
      await one('select count(*) from account where description is not null and modifiedon > now()'),
    ).toBe(0n)
  })
})

describe('DELETE', () => {
  test('removes what it finds, with sub-queries and USING', async () => {
    const found = await one("select count(*) from task where subject like '%a%'")
    const report = await connection.execute(
      "delete from task where activityid in (select activityid from task where subject like '%a%')",
    )
    expect(BigInt(report.deleted)).toBe(found)
    expect(await one("select count(*) from task where subject like '%a%'")).toBe(0n)
  })
})

describe('INSERT', () => {
  test('of values and of a SELECT', async () => {
    const values = await connection.execute(
      "insert into lead (lastname, subject) values ('One', 'a'), ('Two', 'b')",
    )
    expect(values).toMatchObject({ kind: 'insert', matched: 2, created: 2 })
    const copied = await connection.execute(
      "insert into lead (lastname, subject) select lastname, 'from contact' from contact where lastname is not null order by createdon limit 5",
    )
    expect(copied.created).toBe(5)
    expect(await one("select count(*) from lead where subject in ('a', 'b', 'from contact')")).toBe(7n)
  })

  test('ON CONFLICT by an alternate key creates and updates', async () => {
    const upsert =
      "insert into sample_everything (sample_code, sample_name) values ('NEW-1', 'First'), ('NEW-2', 'Second') on conflict (sample_code) do update set sample_name = excluded.sample_name"
    expect(await connection.execute(upsert)).toMatchObject({ mode: 'upsert', created: 2, updated: 0 })
    expect(await connection.execute(upsert.replace('First', 'Changed'))).toMatchObject({
      created: 0,
      updated: 2,
    })
    expect(await one("select sample_name from sample_everything where sample_code = 'NEW-1'")).toBe('Changed')
  })

  test('rows that do not fit are rejected each with its reason, the others go in', async () => {
    const rejected: string[] = []
    const report = await connection.execute(
      "insert into contact (lastname, preferredcontactmethodcode) values ('Good', 'Email'), ('Bad', 'Pigeon')",
      {
        rejects: ({ message }) => void rejected.push(message),
      },
    )
    expect(report).toMatchObject({ created: 1, rejected: 1 })
    expect(rejected).toEqual([expect.stringContaining('Pigeon')])
  })
})

describe('what is refused changes nothing', () => {
  test.each([
    ['update account set description = 1', /without WHERE/],
    ['delete from account', /without WHERE/],
    ["update account set accountid = '1' where name = 'x'", /primary key/],
    ["update account set nope = 1 where name = 'x'", /nope/],
    ["insert into account values ('x')", /name its columns/],
    [
      "insert into account (name, accountnumber) values ('x', 'y') on conflict (name) do nothing",
      /name is no key of account[\s\S]*\^/,
    ],
    [
      "insert into sample_everything (sample_code, sample_region, sample_number) values ('a', 'b', 1) on conflict do nothing",
      /has to say by which key/,
    ],
    [
      "insert into account (accountid, name) values ('x') on conflict (accountnumber) do nothing",
      /not among the columns/,
    ],
    ["insert into account (name.first) values ('x')", /name is no lookup/],
    ['update account set (name, description) = (1) where true', /value of its own|syntax/],
    [
      'merge into account a using contact c on true when not matched then insert values (1)',
      /name its columns/,
    ],
    [
      'merge into account a using contact c on true when not matched then insert (name, description) values (1)',
      /names 2 columns and has 1 value/,
    ],
    ["delete from account a using contact c where a.name = 'x' returning *", /RETURNING cannot give/],
    ['select 1', /only reads/],
  ])('%s', async (text, why) => {
    server.sandbox.trace.clear()
    await expect(connection.execute(text)).rejects.toThrow(why)
    expect(
      server.sandbox.trace.entries().filter(({ method }) => method === 'PATCH' || method === 'DELETE'),
    ).toEqual([])
  })

  test('query() does not change rows', async () => {
    await expect(connection.query("delete from account where name = 'x'")).rejects.toThrow('only reads')
  })

  test('more rows than allowed', async () => {
    await expect(connection.execute('delete from task where true', { maxRows: 1 })).rejects.toThrow(
      /at most 1 may be changed/,
    )
    expect(Number(await one('select count(*) from task'))).toBeGreaterThan(1)
  })
})

test('the command line: a dry run, the change, and the plan of it', async () => {
  const sql = (...args: readonly string[]) =>
    run(['sql', ...args, '--connection', server.connectionString], { folder })
  const statement = "update account set description = 'seen' where revenue > 45000000"
  expect((await sql('--explain', statement)).stdout).toMatch(
    /^update: each row by PATCH accounts\(<accountid>\), in batches\n│ {3}writes description\n/,
  )
  const dry = await sql(statement, '--dry-run')
  expect(dry).toMatchObject({
    exitCode: 0,
    stdout: expect.stringMatching(
      /^POST \$batch: \d+ requests\n {2}PATCH accounts\([0-9a-f-]{36}\)\n[\s\S]*If-Match: \*\n {2}Content-Type: application\/json\n {2}\{"description":"seen"\}\n[\s\S]*\nDry run: \d+ found, \d+ updated/,
    ),
  })
  expect(await one("select count(*) from account where description = 'seen'")).toBe(0n)
  expect((await sql(statement)).stdout).toMatch(/^\d+ found, \d+ updated, 0 rejected\n$/)
  expect(Number(await one("select count(*) from account where description = 'seen'"))).toBeGreaterThan(0)
  expect(await sql('delete from account')).toMatchObject({
    exitCode: 4,
    stderr: expect.stringContaining('--all-rows'),
  })
})

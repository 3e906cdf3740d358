import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Connection } from '../src/connect.ts'
import type { ListeningSandbox } from '../src/sandbox/index.ts'
import { openStage, type Stage } from './stage.test-support.ts'

/** MERGE, ON CONFLICT, RETURNING and references to rows by their keys: what is in the environment afterwards. */

let server: ListeningSandbox
let connection: Connection
let close: Stage['close']

beforeAll(async () => {
  ;({ server, connection, close } = await openStage())
  server.sandbox.snapshot()
})

beforeEach(() => server.sandbox.restore())

afterAll(() => close())

const rows = async (text: string) => (await connection.query(text)).rows
const one = async (text: string) => (await rows(text))[0]?.[0]
const insertSamples = (values: string) =>
  connection.execute(
    `insert into sample_everything (sample_code, sample_name, sample_number) values ${values}`,
  )
const samples = () =>
  rows(
    "select sample_code, sample_name, sample_number from sample_everything where sample_code like 'M-%' order by 1",
  )

describe('MERGE', () => {
  test('updates, deletes and inserts by the first WHEN that is about a row', async () => {
    await insertSamples("('M-1', 'One', 1), ('M-2', 'Two', 2), ('M-3', 'Three', 3)")
    const report = await connection.execute(`
      merge into sample_everything as t
      using (values ('m-1', 'Uno', 10), ('M-2', 'Dos', 0), ('M-4', 'Cuatro', 4), ('M-5', 'Cinco', -1)) as s(code, name, n)
      on t.sample_code = s.code
      when matched and s.n = 0 then delete
      when matched then update set (sample_name, sample_number) = (s.name, t.sample_number + s.n)
      when not matched and s.n < 0 then do nothing
      when not matched then insert (sample_code, sample_name, sample_number) values (s.code, s.name, s.n)`)
    expect(report).toMatchObject({
      kind: 'merge',
      mode: 'merge',
      matched: 3,
      created: 1,
      updated: 1,
      deleted: 1,
    })
    expect(await samples()).toEqual([
      ['M-1', 'Uno', 11],
      ['M-3', 'Three', 3],
      ['M-4', 'Cuatro', 4],
    ])
  })

  test('rows without one in the source are told apart from rows with one', async () => {
    await insertSamples("('M-1', 'One', 1), ('M-2', 'Two', 2)")
    const report = await connection.execute(`
      merge into sample_everything t using (values ('M-1', 5), ('M-9', 9)) as s(code, n) on t.sample_code = s.code
      when not matched by source and t.sample_code like 'M-%' then delete
      when matched then update set sample_number = s.n
      when not matched by target then insert (sample_code, sample_name) values (s.code, 'new')`)
    expect(report).toMatchObject({ created: 1, updated: 1, deleted: 1, rejected: 0 })
    expect(await samples()).toEqual([
      ['M-1', 'One', 5],
      ['M-9', 'new', null],
    ])
  })

  test('takes a table of the environment as its source', async () => {
    const report = await connection.execute(`
      merge into account a using contact c on a.primarycontactid = c.contactid
      when matched and a.revenue > 40000000 then update set description = c.fullname`)
    expect(report.updated).toBeGreaterThan(0)
    expect(
      await one(
        'select count(*) from account a join contact c on a.primarycontactid = c.contactid where a.description = c.fullname and a.revenue > 40000000',
      ),
    ).toBe(BigInt(report.updated))
  })

  test('asks for the rows that VALUES can meet, not for the table', async () => {
    server.sandbox.trace.clear()
    await connection.execute(`
      merge into sample_everything t using (values ('M-1', 'x')) as s(code, name) on t.sample_code = s.code
      when matched then update set sample_name = s.name`)
    const reads = server.sandbox.trace.entries().filter(({ url }) => url.includes('sample_everythings?'))
    expect(reads).toHaveLength(1)
    expect(decodeURIComponent(reads[0]?.url ?? '')).toContain("sample_code eq 'M-1'")
  })

  test('what a row cannot use is not computed for it', async () => {
    await insertSamples("('M-1', 'One', 1)")
    const report = await connection.execute(`
      merge into sample_everything t using (values ('M-1', 'no number'), ('M-2', '7')) as s(code, n) on t.sample_code = s.code
      when matched then update set sample_name = s.n
      when not matched then insert (sample_code, sample_name, sample_number) values (s.code, s.n, s.n::integer)`)
    expect(report).toMatchObject({ created: 1, updated: 1 })
  })

  test('a row met twice is refused, and nothing is changed', async () => {
    await insertSamples("('M-1', 'One', 1)")
    await expect(
      connection.execute(`
        merge into sample_everything t using (values ('M-1', 1), ('m-1', 2)) as s(code, n) on t.sample_code = s.code
        when matched then update set sample_number = s.n`),
    ).rejects.toThrow('more than once')
    expect(await samples()).toEqual([['M-1', 'One', 1]])
  })
})

describe('ON CONFLICT', () => {
  test('DO NOTHING inserts what is new and leaves the rest alone', async () => {
    await insertSamples("('M-1', 'One', 1)")
    const statement =
      "insert into sample_everything (sample_code, sample_name) values ('m-1', 'changed'), ('M-2', 'Two'), ('M-2', 'again') on conflict (sample_code) do nothing"
    expect(await connection.execute(statement)).toMatchObject({
      mode: 'insert',
      matched: 3,
      created: 1,
      unchanged: 2,
      rejected: 0,
    })
    expect((await samples()).map(([code, name]) => `${code} ${name}`)).toEqual([
      'M-1 One',
      expect.stringMatching(/^M-2 (Two|again)$/),
    ])
    expect(await connection.execute(statement)).toMatchObject({ created: 0, unchanged: 3 })
  })

  test('DO NOTHING without a key takes the one among the columns, by the primary key too', async () => {
    const id = 'aaaaaaaa-0000-4000-8000-00000000beef'
    const statement = `insert into lead (leadid, lastname) values ('${id}', 'First') on conflict do nothing`
    expect(await connection.execute(statement)).toMatchObject({ created: 1, unchanged: 0 })
    expect(await connection.execute(statement)).toMatchObject({ created: 0, unchanged: 1 })
  })

  test('DO UPDATE over the row that is there, with a condition', async () => {
    await insertSamples("('M-1', 'One', 1), ('M-2', 'Two', 20)")
    const report = await connection.execute(`
      insert into sample_everything as t (sample_code, sample_name, sample_number)
      values ('M-1', 'Uno', 5), ('M-2', 'Dos', 5), ('M-3', 'Tres', 5)
      on conflict (sample_code) do update set sample_number = t.sample_number + excluded.sample_number
      where t.sample_number < 10`)
    expect(report).toMatchObject({ kind: 'insert', created: 1, updated: 1, rejected: 0 })
    expect(await samples()).toEqual([
      ['M-1', 'One', 6],
      ['M-2', 'Two', 20],
      ['M-3', 'Tres', 5],
    ])
  })
})

describe('RETURNING', () => {
  test('of an INSERT gives the rows as they are afterwards, in the order of the statement', async () => {
    const { returned } = await connection.execute(
      "insert into lead (lastname, subject) values ('B', 'two'), ('A', 'one') returning lastname as who, subject || '!' as what, statecodename, leadid is not null as has_id",
    )
    expect(returned?.columns.map(({ name }) => name)).toEqual(['who', 'what', 'statecodename', 'has_id'])
    expect(returned?.rows).toEqual([
      ['B', 'two!', 'Open', true],
      ['A', 'one!', 'Open', true],
    ])
  })

  test('of an UPDATE knows the row before and after, and the tables it was joined with', async () => {
    await insertSamples("('M-1', 'One', 1)")
    const { returned } = await connection.execute(`
      update sample_everything t set sample_number = s.n from (values ('M-1', 7, 2.50)) as s(code, n, price)
      where t.sample_code = s.code returning old.sample_number, new.sample_number as after, s.price, t.sample_code`)
    expect(returned?.rows).toEqual([[1, 7, '2.5', 'M-1']])
    expect(returned?.columns.map(({ name }) => name)).toEqual([
      'sample_number',
      'after',
      'price',
      'sample_code',
    ])
  })

  test('of a DELETE gives what is gone, and of nothing written no row but the columns', async () => {
    await insertSamples("('M-1', 'One', 1), ('M-2', 'Two', 2)")
    const gone = await connection.execute(
      "delete from sample_everything where sample_code like 'M-%' returning sample_code, sample_number * 2 as twice",
    )
    expect(gone.returned?.rows.toSorted()).toEqual([
      ['M-1', 2],
      ['M-2', 4],
    ])
    const none = await connection.execute(
      "update sample_everything set sample_name = 'x' where sample_code = 'M-1' returning sample_code, sample_number",
    )
    expect(none.returned).toMatchObject({
      columns: [{ name: 'sample_code' }, { name: 'sample_number' }],
      rows: [],
    })
  })

  test('of a MERGE says what was done with each row', async () => {
    await insertSamples("('M-1', 'One', 1), ('M-2', 'Two', 2)")
    const { returned } = await connection.execute(`
      merge into sample_everything t using (values ('M-1', 1), ('M-2', 0), ('M-3', 1)) as s(code, n) on t.sample_code = s.code
      when matched and s.n = 0 then delete
      when matched then update set sample_name = 'changed'
      when not matched then insert (sample_code, sample_name) values (s.code, 'new')
      returning merge_action(), s.code, t.sample_name, old.sample_number as before`)
    expect(returned?.columns.map(({ name }) => name)).toEqual([
      'merge_action',
      'code',
      'sample_name',
      'before',
    ])
    expect(returned?.rows.toSorted((a, b) => String(a[1]).localeCompare(String(b[1])))).toEqual([
      ['UPDATE', 'M-1', 'changed', 1],
      ['DELETE', 'M-2', 'Two', 2],
      ['INSERT', 'M-3', 'new', null],
    ])
  })

  test('leaves out rows that were rejected, and more rows than one request takes come all', async () => {
    const { returned, rejected } = await connection.execute(
      `insert into contact (lastname, preferredcontactmethodcode)
       select 'R' || i, case when i = 7 then 'Pigeon' else 'Email' end from generate_series(1, 230) as g(i) returning lastname`,
    )
    expect(rejected).toBe(1)
    expect(returned?.rows.map(([name]) => name)).toEqual(
      Array.from({ length: 230 }, (_, at) => `R${at + 1}`).filter((name) => name !== 'R7'),
    )
  })
})

describe('rows named by their keys', () => {
  test('a lookup is set by table and key, an owner by team or user', async () => {
    await insertSamples("('M-1', 'One', 1)")
    const [account] = await rows(
      'select accountid, accountnumber from account where accountnumber is not null limit 1',
    )
    const team = await one('select name from team limit 1')
    await connection.execute(
      "update sample_everything set sample_customerid = ('account', $1), ownerid = ('team', $2) where sample_code = 'M-1'",
      { parameters: [String(account?.[1]), String(team)] },
    )
    expect(
      await rows(
        "select sample_customerid, sample_customeridtype, owneridtype, owneridname from sample_everything where sample_code = 'M-1'",
      ),
    ).toEqual([[account?.[0], 'account', 'team', team]])
  })

  test('in VALUES and in MERGE, beside ids; a row that is not there rejects its own only', async () => {
    const [account] = await rows(
      'select accountid, accountnumber from account where accountnumber is not null limit 1',
    )
    const rejects: string[] = []
    const report = await connection.execute(
      `insert into contact (lastname, parentcustomerid) values
        ('By key', ('account', '${account?.[1]}')), ('By id', ('account', '${account?.[0]}')), ('Missing', ('account', 'no such number'))`,
      { rejects: ({ message }) => void rejects.push(message) },
    )
    expect(report).toMatchObject({ created: 2, rejected: 1 })
    expect(rejects).toEqual(['parentcustomerid: there is no account with accountnumber "no such number".'])
    expect(
      await rows("select lastname, parentcustomerid from contact where lastname like 'By %' order by 1"),
    ).toEqual([
      ['By id', account?.[0]],
      ['By key', account?.[0]],
    ])
  })

  test('a lookup by a column of its row is written with a point', async () => {
    const number = await one('select accountnumber from account where accountnumber is not null limit 1')
    await connection.execute(
      `insert into contact (lastname, parentcustomerid.accountnumber) values ('Pointed', '${number}')`,
    )
    expect(
      await one(
        "select a.accountnumber from contact c join account a on c.parentcustomerid = a.accountid where c.lastname = 'Pointed'",
      ),
    ).toBe(number)
  })

  test('a table the lookup cannot point to is said', async () => {
    const rejects: string[] = []
    await connection.execute(
      "update sample_everything set sample_customerid = ('task', 'x') where sample_code = (select min(sample_code) from sample_everything)",
      { rejects: ({ message }) => void rejects.push(message) },
    )
    expect(rejects).toEqual([expect.stringContaining('it points to account or contact')])
  })
})

describe('SET of several columns at once', () => {
  test('from a list and from a sub-query', async () => {
    await insertSamples("('M-1', 'One', 1)")
    await connection.execute(
      "update sample_everything t set (sample_name, sample_number) = (select max(name), count(*) from account where revenue > 40000000) where sample_code = 'M-1'",
    )
    const [expected] = await rows('select max(name), count(*)::integer from account where revenue > 40000000')
    expect(await samples()).toEqual([['M-1', ...(expected ?? [])]])
  })
})

test('a dry run tells the very requests that would be sent', async () => {
  await insertSamples("('M-1', 'One', 1)")
  const [id] =
    (await rows("select sample_everythingid from sample_everything where sample_code = 'M-1'"))[0] ?? []
  const planned: unknown[] = []
  server.sandbox.trace.clear()
  const report = await connection.execute(
    `merge into sample_everything t using (values ('M-1', 2), ('M-2', 3)) as s(code, n) on t.sample_code = s.code
     when matched then update set sample_number = s.n
     when not matched then insert (sample_code, sample_name) values (s.code, 'new') returning t.sample_code`,
    { dryRun: true, onRequests: (requests) => void planned.push(requests) },
  )
  expect(report).toMatchObject({ dryRun: true, created: 1, updated: 1 })
  expect(report.returned).toBeUndefined()
  expect(planned).toEqual([
    {
      route: 'batch',
      requests: [
        expect.objectContaining({
          method: 'PATCH',
          path: `sample_everythings(${id})`,
          body: '{"sample_number":2}',
        }),
      ],
    },
    {
      route: 'batch',
      requests: [
        expect.objectContaining({
          method: 'POST',
          path: 'sample_everythings',
          body: expect.stringMatching(
            /^\{"sample_everythingid":"[0-9a-f-]{36}","sample_code":"M-2","sample_name":"new"\}$/,
          ),
        }),
      ],
    },
  ])
  expect(
    server.sandbox.trace.entries().filter(({ method }) => method === 'PATCH' || method === 'DELETE'),
  ).toEqual([])
  expect(await samples()).toEqual([['M-1', 'One', 1]])
})

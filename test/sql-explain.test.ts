import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Connection } from '../src/connect.ts'
import type { ListeningSandbox } from '../src/sandbox/index.ts'
import { type Ran, run as runIn } from './sandbox.test-support.ts'
import { openStage, type Stage } from './stage.test-support.ts'

/** What a plan tells: as SQL, from the library, from the command line. */

let server: ListeningSandbox
let folder: string
let connection: Connection
let close: Stage['close']

beforeAll(async () => {
  ;({ server, connection, folder, close } = await openStage())
})

afterAll(() => close())

const run = (...args: readonly string[]): Promise<Ran> =>
  runIn(['sql', ...args, '--connection', server.connectionString], { folder })

/** Lines of an EXPLAIN, with the times that change from run to run left out. */
async function linesOf(text: string): Promise<string[]> {
  const { rows } = await connection.query(text)
  return rows.map(([line]) =>
    String(line)
      .replace(/\b\d+ ms/g, '# ms')
      .replace(/[\d,]+ bytes/, '# bytes'),
  )
}

const JOINED = `select a.name, count(*) from contact c join account a on c.parentcustomerid = a.accountid
where a.revenue > 9e13 and lower(a.name) <> 'x' and c.fullname <> a.name group by 1`

const FETCH =
  "<fetch count='5000' page='1'><entity name='contact'>" +
  "<attribute name='contactid'/><attribute name='fullname'/><attribute name='parentcustomerid'/>" +
  "<link-entity name='account' from='accountid' to='parentcustomerid' alias='_s2' link-type='inner'>" +
  "<attribute name='accountid' alias='_s2__accountid'/><attribute name='name' alias='_s2__name'/>" +
  "<attribute name='revenue' alias='_s2__revenue'/>" +
  "<filter><condition attribute='revenue' operator='gt' value='90000000000000'/></filter>" +
  '</link-entity></entity></fetch>'

const tree = (text: string): string[] => text.trim().split('\n')

describe('EXPLAIN', () => {
  test('is a tree: what is done here, below it each request, and why what stays here does', async () => {
    expect(await linesOf(`explain ${JOINED}`)).toEqual(
      tree(`
Here, over what the requests bring
│   SELECT a.name, count(*) AS count FROM _s1 AS c JOIN _s2 AS a ON c.parentcustomerid = a.accountid WHERE a.revenue > 9e13 AND lower(a.name) <> 'x' AND c.fullname <> a.name GROUP BY 1
│   stays here: filter: c.fullname <> a.name: it is about several tables
└─ _s1: contact
       GET contacts?fetchXml=
         ${FETCH}
       brings _s2 (account) too
       stays here: filter: lower(a.name) <> 'x': no column is compared with a constant
       stays here: aggregates: a condition stays here`),
    )
  })

  test('ANALYZE runs it, and tells what each node cost', async () => {
    const lines = (await linesOf(`explain analyze ${JOINED}`)).map((line) => line.replace(/^[│├└─ ]+/, ''))
    expect(lines).toEqual(expect.arrayContaining(['1 row, # ms', '1 request, 1 page, # bytes, 3 rows, # ms']))
  })

  test.each([
    [
      'explain (analyze, format json)',
      { finished: { rows: 1 }, requests: [{ measured: { rows: 3, pages: 1 } }] },
    ],
    ['explain (format json)', { local: [expect.stringMatching(/^filter: /)] }],
  ])('%s is one document', async (explain, document) => {
    const { columns, rows } = await connection.query(`${explain} ${JOINED}`)
    expect(columns).toEqual([{ name: 'QUERY PLAN', type: 'VARCHAR' }])
    expect(JSON.parse(String(rows[0]?.[0]))).toMatchObject(document)
  })

  test('of a change shows what each row is written by, and writes nothing', async () => {
    server.sandbox.trace.clear()
    expect(await linesOf("explain update account set description = 'big' where revenue > 45000000")).toEqual(
      tree(`
update: each row by PATCH accounts(<accountid>), in batches
│   writes description
└─ Here, over what the requests bring
   │   SELECT account.accountid AS _key, 'big' AS _v1 FROM _s1 AS account WHERE revenue > 45000000
   └─ _s1: account
          GET accounts?$select=accountid,revenue&$filter=revenue gt 45000000`),
    )
    expect((await linesOf("explain delete from account where name = 'x'"))[0]).toBe(
      'delete: each row by DELETE accounts(<accountid>), in batches',
    )
    expect((await linesOf("explain insert into account (name) values ('x')"))[0]).toBe(
      'insert: each row by POST accounts, in batches',
    )
    const upsert = `explain insert into account (accountnumber, name) values ('A', 'x')
      on conflict (accountnumber) do update set name = excluded.name`
    expect((await linesOf(upsert))[0]).toBe(
      'upsert: each row by PATCH accounts(accountnumber=<accountnumber>), in batches',
    )
    expect((await run("explain delete from account where name = 'x'")).stdout).toMatch(/^delete: each row/)
    const methods = server.sandbox.trace.entries().map(({ method }) => method)
    expect(methods.filter((method) => method !== 'GET' && method !== 'POST')).toEqual([])
    expect(server.sandbox.trace.entries().filter(({ url }) => url.includes('$batch'))).toEqual([])
  })

  test.each([
    ['select distinct statecode from account', ['stays here: distinct: equal rows are put together here']],
    [
      'select name from account union select fullname from contact',
      ['stays here: union: the service does not combine results'],
    ],
    [
      'select rank() over (order by revenue) from account',
      ['stays here: window: rank over (…): the service has no windows'],
    ],
    [
      'select name from account a where exists (select 1 from contact c where c.fullname = a.name)',
      [expect.stringMatching(/^stays here: filter: EXISTS \(.*: it has a sub-query/)],
    ],
    [
      'select x.n from (select upper(name) as n from account) x where x.n > 1',
      ['stays here: filter: x.n > 1: it is about what is computed here'],
    ],
    ['select table_name from d365.tables', ['from the metadata of the environment']],
    ['select name from account order by name limit 3', [expect.stringMatching(/^stays here: limit: /)]],
    ['select sum(revenue) from account', [expect.stringMatching(/^stays here: aggregates: sum of money/)]],
  ])('tells the rule and the reason: %s', async (text, expected) => {
    const lines = (await linesOf(`explain ${text}`)).map((line) => line.replace(/^[│├└─ ]+/, ''))
    expect(lines).toEqual(expect.arrayContaining(expected))
  })

  test.each([
    ['explain (format xml) select 1', /EXPLAIN has no format xml/],
    ['explain (nonsense) select 1', /EXPLAIN has no nonsense \(line 1, column 10\)/],
    ["explain analyze delete from account where name = 'x'", /would carry the DELETE out/],
  ])('%s is refused', async (text, message) => {
    await expect(connection.query(text)).rejects.toThrow(message)
  })
})

describe('the command line', () => {
  test('prints the tree for EXPLAIN and --explain alike', async () => {
    const [asked, option] = [await run(`explain ${JOINED}`), await run('--explain', JOINED)]
    expect(asked.stdout).toBe(option.stdout)
    expect(asked.stdout).toMatch(/^Here, over what the requests bring\n│ {3}SELECT /)
  })

  test('--analyze of a change carries it out and shows the tree with it', async () => {
    const statement = "update account set description = 'big' where revenue > 9e13"
    expect((await run('--analyze', statement)).stdout).toMatch(
      /^update: each row by PATCH.*\n[\s\S]*1 request, 1 page, \d+ bytes, 1 row, \d+ ms\n1 found, 1 updated, 0 rejected\n$/,
    )
    expect(JSON.parse((await run('--analyze', statement, '--json')).stdout)).toMatchObject({
      change: { kind: 'update', writes: [{ request: 'PATCH accounts(<accountid>)' }] },
      requests: [{ measured: { rows: 1 } }],
      report: { matched: 1, updated: 1 },
    })
  })
})

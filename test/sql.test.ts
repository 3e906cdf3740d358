import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough, Writable } from 'node:stream'
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest'
import type { Io } from '../src/cli/io.ts'
import { startPrompt } from '../src/cli/sql-prompt.ts'
import { type Connection, connect, type SqlResult } from '../src/connect.ts'
import { APPS, createSandbox, type ListeningSandbox } from '../src/sandbox/index.ts'
import { freshFolder, type Ran, run as runIn } from './sandbox.test-support.ts'

/** SQL over two environments, from the library and from the command line. */

let server: ListeningSandbox
let other: ListeningSandbox
let folder: string
let connection: Connection

beforeAll(async () => {
  ;[server, other] = await Promise.all([
    createSandbox().listen({ port: 0 }),
    createSandbox({ seed: 7 }).listen({ port: 0 }),
  ])
  folder = freshFolder()
  for (const [name, { origin }] of [
    ['main', server],
    ['second', other],
  ] as const) {
    await run(['system', 'add', name, '--service-url', origin])
    await run(
      [
        'credential',
        'add',
        'robot',
        '--system',
        name,
        '--client-id',
        APPS[0]?.clientId ?? '',
        '--client-secret',
        '-',
      ],
      APPS[0]?.secrets[0]?.value,
    )
  }
  connection = await connect({ system: 'main', env: { D365_CONFIG_DIR: folder, D365_SECRET_STORE: 'file' } })
})

afterAll(async () => {
  await connection.close()
  await Promise.all([server.close(), other.close()])
  rmSync(folder, { recursive: true, force: true })
})

afterEach(() => vi.unstubAllEnvs())

function run(args: readonly string[], stdin?: string): Promise<Ran> {
  return runIn(args, { folder, ...(stdin === undefined ? {} : { stdin }) })
}

function requests(): string[] {
  return server.sandbox.trace
    .entries()
    .filter(
      ({ url }) =>
        url.includes('/api/data/') && !url.includes('EntityDefinitions') && !url.includes('organizations'),
    )
    .map(({ url }) => decodeURIComponent(url))
}

const records = ({ columns, rows }: SqlResult) =>
  rows.map((row) => Object.fromEntries(columns.map(({ name }, index) => [name, row[index]])))

describe('answers', () => {
  test('take values apart from the text, in a list or between its words', async () => {
    const expected = await connection.query(
      "select count(*) from account where name <> 'it''s' and revenue > 1000000",
    )
    const listed = await connection.query('select count(*) from account where name <> $1 and revenue > $2', [
      "it's",
      1_000_000,
    ])
    const written =
      await connection.sql`select count(*) from account where name <> ${"it's"} and revenue > ${1_000_000}`
    expect([listed.rows, written.rows]).toEqual([expected.rows, expected.rows])
  })

  test('have the types and the exact digits of the columns', async () => {
    const result = await connection.query(
      `select sample_price, sample_big, sample_day, sample_moment, sample_tags, sample_colourname, sample_customeridtype
       from sample_everything where sample_customerid is not null and sample_big is not null limit 1`,
    )
    expect(result.columns.map(({ type }) => type)).toEqual([
      'DECIMAL(19,4)',
      'BIGINT',
      'DATE',
      'TIMESTAMP WITH TIME ZONE',
      'INTEGER[]',
      'VARCHAR',
      'VARCHAR',
    ])
    expect(records(result)[0]).toMatchObject({
      sample_customeridtype: expect.stringMatching(/^(account|contact)$/),
    })
  })

  test('amounts beyond a float are summed exactly', async () => {
    const [row] = records(
      await connection.query(
        "select sum(revenue) as total, max(revenue) as most from account where revenue > 9e13 or name = 'none'",
      ),
    )
    expect(row).toEqual({ total: '99999999999999.99', most: '99999999999999.99' })
  })

  test('of no rows the smallest and the largest are NULL, whatever their type', async () => {
    const { rows } = await connection.query(
      'select max(createdon) from account where numberofemployees = -1 union all select min(createdon) from account where numberofemployees = -1',
    )
    expect(rows).toEqual([[null], [null]])
    for (const column of ['createdon', 'numberofemployees'])
      expect(
        (await connection.query(`select max(${column}) from account where numberofemployees = -1`)).rows,
      ).toEqual([[null]])
  })

  test('with a limit ask for the rows of the limit, once', async () => {
    await connection.table('account')
    server.sandbox.trace.clear()
    const result = await connection.query(
      'select name from account where revenue > 1000 order by createdon desc limit 5',
    )
    expect(result.rows).toHaveLength(5)
    expect(requests()).toEqual([
      expect.stringContaining(
        'accounts?$select=accountid,createdon,name,revenue&$filter=revenue gt 1000&$orderby=createdon desc',
      ),
    ])
  })

  test('a large table is counted by the service or here, and joined in one request or by the keys of the other side', async () => {
    const many = await createSandbox({ rows: 50_001, table: 'contact' }).listen({ port: 0 })
    await using large = await connect({
      connectionString: many.connectionString,
      env: { D365_CONFIG_DIR: freshFolder(), D365_SECRET_STORE: 'file' },
    })
    try {
      const few = await large.query('select statecode, count(*) from account group by 1')
      expect(few.scans[0]).toMatchObject({ pages: 1, rows: few.rows.length })
      const joined = await large.query(
        "select count(*) from contact c join account a on c.parentcustomerid = a.accountid where a.name = 'AxB'",
      )
      const [contacts, none] = joined.scans
      expect(none).toBeUndefined()
      expect(contacts?.rows).toBeLessThan(1000)
      expect(joined.rows).toEqual([[BigInt(contacts?.rows ?? -1)]])
      // No relation: the keys that one side brings are asked for.
      const byKeys = await large.query(
        "select count(*) from contact c join account a on c.parentcustomerid = coalesce(a.parentaccountid, a.accountid) and c.parentcustomerid = a.parentaccountid where a.name = 'AxB'",
      )
      expect(byKeys.scans.map(({ keys }) => keys)).toEqual([expect.any(Number), undefined])
      const tooMany = await large.query(
        'select count(u.fullname), sum(c.creditlimit_base) from contact c join systemuser u on c.ownerid = u.systemuserid',
      )
      expect(tooMany.scans).toMatchObject([{ parts: [{ here: true }] }])
      expect(tooMany.rows[0]?.[0]).toBe(
        tooMany.scans[0]?.parts?.[0] && BigInt(tooMany.scans[0].parts[0].rows),
      )
      const all = await large.query('select count(*) from contact')
      expect(all.rows).toEqual([[50_001n]])
      expect(all.scans[0]).toMatchObject({ rows: 3, requests: 6 })
    } finally {
      await many.close()
    }
  })

  test('parameters are values, whatever stands in them', async () => {
    const name = "O'Hara & Sons"
    const result = await connection.query('select name from account where name = $1', { parameters: [name] })
    expect(result.rows).toEqual([[name]])
    const none = await connection.query('select name from account where name = $1', {
      parameters: ["x' or 1=1 --"],
    })
    expect(none.rows).toEqual([])
  })

  test('T-SQL spellings are understood', async () => {
    const { rows } = await connection.query(
      "select top 2 [name], isnull([revenue], 0) from [account] where [createdon] > dateadd(year, -50, getdate()) and [name] like N'c%'",
    )
    expect(rows).toHaveLength(2)
  })

  test('the metadata are tables, of which one alone is read where one is asked about', async () => {
    const columns = await connection.query(
      "select column_name, type, targets from d365.columns where table_name = 'account' and type = 'lookup' and column_name like 'primary%'",
    )
    expect(columns.rows).toEqual([['primarycontactid', 'lookup', 'contact']])
    expect(
      (
        await connection.query(
          "select label from d365.choices where table_name = 'account' and column_name = 'statecode' order by value",
        )
      ).rows,
    ).toEqual([['Active'], ['Inactive']])
    const custom = await connection.query(
      'select table_name from d365.tables where custom and table_name like $1',
      { parameters: ['sample%'] },
    )
    expect(custom.rows.flat()).toContain('sample_everything')
    expect(
      (
        await connection.query(
          "select data_type from information_schema.columns where table_name = 'account' and column_name = 'revenue'",
        )
      ).rows,
    ).toEqual([['numeric']])
    await expect(connection.query('select * from d365.nope')).rejects.toThrow('There is no table d365.nope')
  })

  test('several environments are asked in one query', async () => {
    const { rows, plan } = await connection.query(
      'select count(*) from account a full join second.account b on a.accountid = b.accountid',
    )
    expect(Number(rows[0]?.[0])).toBeGreaterThan(0)
    expect(plan.requests.map(({ system }) => system)).toEqual([undefined, 'second'])
    expect(other.sandbox.trace.entries().some(({ url }) => url.includes('accounts?'))).toBe(true)
  })

  test('whole numbers divide as in PostgreSQL, and moments are those of UTC, wherever the machine stands', async () => {
    vi.stubEnv('TZ', 'America/New_York')
    await using elsewhere = await connect(server.connectionString)
    const { rows } = await elsewhere.query(
      "select 7 / 2, timestamptz '2024-02-29 10:00', max(x) over (order by x desc) from (values (null), (1)) v(x) limit 1",
    )
    expect(rows).toEqual([[3, '2024-02-29T10:00:00Z', null]])
  })

  test('each environment is asked its own part, and what comes of both is right', async () => {
    const named = async (schema: string, condition: string) =>
      new Map(
        (
          await connection.query(`select accountnumber, name from ${schema}.account where ${condition}`)
        ).rows.map(([number, name]) => [number, name]),
      )
    const [mine, theirs] = [await named('main', 'revenue > 1e7'), await named('second', 'statecode = 0')]
    const { rows, plan } = await connection.query(
      `select m.accountnumber, m.name, s.name from main.account m
       left join second.account s on s.accountnumber = m.accountnumber and s.statecode = 0
       where m.revenue > 1e7 order by m.accountnumber`,
    )
    expect(plan.requests.map(({ system, request }) => [system, decodeURIComponent(request)])).toEqual([
      ['main', expect.stringContaining('$filter=revenue gt 10000000')],
      ['second', expect.stringContaining('$filter=statecode eq 0')],
    ])
    expect(rows).toEqual([...mine].sort().map(([number, name]) => [number, name, theirs.get(number) ?? null]))
    expect(rows.some(([, name, other]) => other !== null && other !== name)).toBe(true)
  })

  test('a system that is not there is told with those that are', async () => {
    await expect(connection.query('select 1 from third.account')).rejects.toMatchObject({
      code: 'NOT_FOUND',
      message: expect.stringMatching(/third.*\(line 1, column 15\)/s),
      hint: expect.stringMatching(/main|second/),
    })
  })

  test('a cancelled query is an error, never a shorter answer', async () => {
    const stop = new AbortController()
    const asked = connection.query(
      'select count(*) from account a, account b, account c, contact d, contact e',
      { signal: stop.signal },
    )
    stop.abort()
    await expect(asked).rejects.toMatchObject({ code: 'CANCELLED' })
  })

  test('a page that is cut off is an error', async () => {
    const rule = server.sandbox.faults.add({
      path: '/api/data/*/accounts*',
      fault: { kind: 'html', status: 200 },
    })
    try {
      await expect(connection.query('select name from account')).rejects.toMatchObject({
        code: 'RESPONSE_INVALID',
      })
    } finally {
      server.sandbox.faults.remove(rule)
    }
  })

  test.each([
    ["select * from read_csv('/etc/passwd')", /Permission|disabled|Cannot access|file of this machine/],
    ["select getenv('HOME')", /getenv/],
    ['select 1/0 from accountt', /There is no table|no table/i],
  ])('nothing but the tables can be reached: %s', async (text, said) => {
    await expect(connection.query(text)).rejects.toThrow(said)
  })
})

describe('the command line', () => {
  test('prints a table, CSV and JSON with exact numbers', async () => {
    const text = 'select name, revenue from account where revenue > 9e13'
    expect((await run(['sql', text])).stdout).toContain('99999999999999.99')
    expect((await run(['sql', text, '--format', 'csv'])).stdout).toBe('name,revenue\nAxB,99999999999999.99\n')
    expect((await run(['sql', text, '--json'])).stdout).toContain('"revenue":99999999999999.99')
  })

  test('takes the statement from a file, standard input, and parameters', async () => {
    const file = join(folder, 'query.sql')
    writeFileSync(file, 'select count(*) as n from account where name = $1')
    const [fromFile, fromInput] = [
      await run(['sql', '-f', file, '--parameter', 'AxB', '--json']),
      await run(['sql', '-', '--parameter', 'AxB', '--json'], readFileSync(file, 'utf8')),
    ]
    expect(JSON.parse(fromFile.stdout)).toEqual([{ n: 1 }])
    expect(fromInput.stdout).toBe(fromFile.stdout)
  })

  test('writes a file whole, and none when the query fails', async () => {
    const file = join(folder, 'out.csv')
    await run(['sql', 'select name from account limit 3', '--output', file])
    expect(readFileSync(file, 'utf8').trimEnd().split('\n')).toHaveLength(4)
    const failing = await run(['sql', 'select nam from account', '--output', join(folder, 'never.csv')])
    expect(failing).toMatchObject({ exitCode: 4, stderr: expect.stringContaining('Did you mean') })
    expect(existsSync(join(folder, 'never.csv'))).toBe(false)
  })

  test('--explain shows requests and what stays here, --analyze what they brought', async () => {
    const text = "select name from account where revenue > 1000 and lower(name) = 'axb'"
    const explained = await run(['sql', '--explain', text])
    expect(explained.stdout).toContain('GET accounts?$select=accountid,name,revenue&$filter=revenue gt 1000')
    expect(explained.stdout).toContain(
      "stays here: filter: lower(name) = 'axb': no column is compared with a constant",
    )
    expect((await run(['sql', '--analyze', text])).stdout).toMatch(
      /1 request, 1 page, [\d,]+ bytes, [\d,]+ rows?/,
    )
  })

  test('the prompt runs statements, explains, lists and goes on after an error', async () => {
    const {
      connection: asked,
      io,
      printed,
    } = prompt([
      'select count(*)',
      'from account;',
      'explain select name from account limit 1;',
      '\\d account',
      'select nope from account;',
      '\\x',
      '\\timing',
      "select name from account where name = 'AxB';",
      '\\?',
      'quit',
      'select 2;',
    ])
    await startPrompt(io, asked)
    expect(printed()).toContain('(1 row)')
    expect(printed()).toContain('at most 1 row\n')
    expect(printed()).toContain('primarycontactid')
    expect(printed()).toContain('There is no column nope')
    expect(printed()).toContain('── 1 ──\nname  AxB')
    expect(printed()).toMatch(/\(1 row\)\nTime: \d+ ms\n/)
    expect(printed()).toContain('Tab completes tables and columns')
    expect(printed()).not.toContain('?column?')
  })
})

function prompt(lines: readonly string[]) {
  let text = ''
  const sink = () =>
    new Writable({
      write: (chunk, _encoding, done) => {
        text += String(chunk)
        done()
      },
    })
  const stdin = new PassThrough()
  stdin.end(`${lines.join('\n')}\n`)
  const io: Io = {
    stdin,
    stdout: sink(),
    stderr: sink(),
    env: {},
    interactive: false,
    columns: Number.POSITIVE_INFINITY,
    signal: new AbortController().signal,
  }
  return { connection, io, printed: () => text }
}

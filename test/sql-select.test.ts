import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Connection } from '../src/connect.ts'
import { openStage, type Stage } from './stage.test-support.ts'

/** SELECT in full: what PostgreSQL understands is understood, and answered as PostgreSQL would. */

let connection: Connection
let close: Stage['close']

beforeAll(async () => {
  ;({ connection, close } = await openStage())
})

afterAll(() => close())

/** Rows with 64-bit integers as numbers, for reading. */
async function rowsOf(text: string, parameters: readonly (string | number)[] = []): Promise<unknown[][]> {
  const { rows } = await connection.query(text, { parameters })
  return rows.map((row) => row.map((value) => (typeof value === 'bigint' ? Number(value) : value)))
}

/** In any order, where the query asks for none. */
async function expectRows(text: string, expected: readonly (readonly unknown[])[]): Promise<void> {
  const isOrdered = /order by [^()]*$/i.test(text)
  const inOrder = (rows: readonly (readonly unknown[])[]) =>
    isOrdered ? rows : [...rows].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
  expect(inOrder(await rowsOf(text))).toEqual(inOrder(expected))
}

const V = "(values (1, 'a'), (2, 'b'), (2, null)) v(n, t)"

describe('values and derived tables', () => {
  test.each([
    ['values (1), (2)', [[1], [2]]],
    [
      `select * from ${V} order by n, t`,
      [
        [1, 'a'],
        [2, 'b'],
        [2, null],
      ],
    ],
    ['select x.y from (select 1 as y) x', [[1]]],
    ['select * from generate_series(1, 3) g(i)', [[1], [2], [3]]],
    ['select unnest(array[1, 2])', [[1], [2]]],
    ['select t.a from (select 1 as a union all select 2) t order by a desc', [[2], [1]]],
    [`select n, count(*) from ${V} group by n having count(*) > 1`, [[2, 2]]],
    ['table account limit 0', []],
  ])('%s', async (text, expected) => {
    await expectRows(text, expected)
  })
})

describe('joins', () => {
  const JOINED = (kind: string) =>
    `select a.name, c.fullname from account a ${kind} contact c on c.parentcustomerid = a.accountid
     and c.fullname like 'Tove W%' where a.name = 'CONTOSO LTD' or c.fullname like 'Tove W%'`

  test('inner, left, right and full keep the rows each keeps', async () => {
    const counts = []
    for (const kind of ['join', 'left join', 'right join', 'full join'])
      counts.push((await rowsOf(JOINED(kind))).length)
    const [inner = 0, left = 0, right = 0, full = 0] = counts
    expect(inner).toBeGreaterThan(0)
    expect(left).toBeGreaterThan(inner)
    expect(right).toBeGreaterThanOrEqual(inner)
    expect(full).toBe(left + right - inner)
  })

  test.each([
    [`select count(*) from ${V} cross join (values (1), (2)) w(m)`, [[6]]],
    [`select v.t, w.m from ${V} join (values (1), (3)) w(m) on v.n = w.m`, [['a', 1]]],
    [`select * from (select 1 as k, 2 as x) a join (select 1 as k, 3 as y) b using (k)`, [[1, 2, 3]]],
    [`select * from (select 1 as k, 2 as x) a natural join (select 1 as k, 3 as y) b`, [[1, 2, 3]]],
    [
      `select count(*) from account a natural join (select accountid, name from account where revenue > 9e13) b`,
      [[1]],
    ],
    [
      `select a.name, x.n from account a cross join lateral
       (select count(*) as n from contact c where c.parentcustomerid = a.accountid) x where a.name = 'AxB'`,
      [['AxB', 3]],
    ],
    [
      `select count(*) from account a left join lateral
       (select 1 from contact c where c.parentcustomerid = a.accountid limit 1) x on true`,
      [[100]],
    ],
    [`select p.name from account a join account p on a.parentaccountid = p.accountid where false`, []],
  ])('%s', async (text, expected) => {
    await expectRows(text, expected)
  })
})

describe('sub-queries', () => {
  test.each([
    ['select name from account where revenue = (select max(revenue) from account)', [['AxB']]],
    [
      `select a.name, (select count(*) from contact c where c.parentcustomerid = a.accountid)
       from account a where a.name = 'AxB'`,
      [['AxB', 3]],
    ],
    [
      `select count(*) from account a where exists
       (select from contact c where c.parentcustomerid = a.accountid)`,
      [[99]],
    ],
    [
      `select count(*) from account where accountid not in
       (select parentcustomerid from contact where parentcustomerid is not null)`,
      [[1]],
    ],
    ['select count(*) from account where accountid not in (select parentcustomerid from contact)', [[0]]],
    [
      `select name from account where revenue > all
       (select revenue from account where revenue < 46000000)`,
      [['AxB'], ['Coho Toys 47'], ['Tailspin Research 58']],
    ],
    [`select count(*) from account where (statecode, creditonhold) in (select 0, true)`, [[11]]],
    [
      `select count(*) from account a where 2 < (select count(*) from contact c
       where c.parentcustomerid = a.accountid and exists (select 1 from account b where b.accountid = a.accountid))`,
      [[38]],
    ],
  ])('%s', async (text, expected) => {
    const rows = await rowsOf(text)
    expect(rows.length === 1 ? rows : rows.sort()).toEqual(expected)
  })
})

describe('common table expressions', () => {
  test.each([
    [
      'with recursive n(i) as (select 1 union all select i + 1 from n where i < 5) select sum(i) from n',
      [[15]],
    ],
    [
      `with big as materialized (select accountid from account where revenue > 4e7),
       theirs as (select c.* from contact c join big on c.parentcustomerid = big.accountid)
       select count(*) > 0 from theirs`,
      [[true]],
    ],
    ['with account as (select 1 as x) select x from account', [[1]]],
    ['with a as (select 1 as x) select x from a union all select x + 1 from a order by x', [[1], [2]]],
  ])('%s', async (text, expected) => {
    await expectRows(text, expected)
  })
})

describe('set operations, DISTINCT, grouping sets, windows', () => {
  test.each([
    ['select 1 union select 1', [[1]]],
    ['select 1 union all select 1', [[1], [1]]],
    [`select n from ${V} except all select 2`, [[1], [2]]],
    [`select n from ${V} intersect select 2`, [[2]]],
    ["select count(*) from (select 'a' as x union select 'Á') u", [[1]]],
    [`select distinct n from ${V} order by n`, [[1], [2]]],
    [
      `select distinct on (n) n, t from ${V} order by n, t nulls first`,
      [
        [1, 'a'],
        [2, null],
      ],
    ],
    [
      `select n, count(*) from ${V} group by rollup (n) order by n nulls last`,
      [
        [1, 1],
        [2, 2],
        [null, 3],
      ],
    ],
    [
      `select n, t, count(*) from ${V} group by grouping sets ((n), ()) , t having n is null order by t`,
      [
        [null, 'a', 1],
        [null, 'b', 1],
        [null, null, 1],
      ],
    ],
    [
      `select grouping(n), count(*) from ${V} group by cube (n) order by 1, 2`,
      [
        [0, 1],
        [0, 2],
        [1, 3],
      ],
    ],
    [
      `select row_number() over w, sum(n) over w from ${V} window w as (order by n, t) order by 1`,
      [
        [1, 1],
        [2, 3],
        [3, 5],
      ],
    ],
    [
      `select lag(n) over (order by n, t), rank() over (order by n) from ${V} order by n, t`,
      [
        [null, 1],
        [1, 2],
        [2, 2],
      ],
    ],
    [`select count(*) filter (where t is null), array_agg(n order by n desc) from ${V}`, [[1, [2, 2, 1]]]],
    [`select string_agg(t, '-' order by t desc) from ${V}`, [['b-a']]],
    [`select n from ${V} order by n desc, t nulls first fetch first 2 rows only`, [[2], [2]]],
  ])('%s', async (text, expected) => {
    await expectRows(text, expected)
  })
})

describe('expressions as PostgreSQL means them', () => {
  test.each([
    ["'abc' ~ 'b'", true],
    ["'abc' ~* '^A'", true],
    ["'abc' !~ 'x'", true],
    ["'a.c' similar to 'a.c'", true],
    ["'abc' similar to 'a.c'", false],
    ["'abc' similar to '(a|x)_%'", true],
    ["'100%' like '100!%' escape '!'", true],
    ["'100x' like '100\\%'", false],
    ["'É' = 'e' and 'É' like 'e%'", true],
    ['2 between symmetric 3 and 1', true],
    ['7 / 2', 3],
    ['7 / 2.0', 3.5],
    ["to_char(timestamp '2024-02-29 13:05:07', 'YYYY-MM-DD HH24:MI:SS')", '2024-02-29 13:05:07'],
    ["to_date('29.02.2024', 'DD.MM.YYYY')", '2024-02-29'],
    ["date '2024-01-31' + interval '1 month'", '2024-02-29T00:00:00Z'],
    ["extract(isodow from date '2024-03-03')", 7],
    ["btrim('  a ')", 'a'],
    ["octet_length('é')", 2],
    ["rpad('a', 3) || '.'", 'a  .'],
    ["position('b' in 'abc')", 2],
    ["substring('abc' from 2 for 1)", 'b'],
    ['coalesce(null, nullif(1, 1), greatest(1, 2))', 2],
    ['(array[1, 2, 3])[2]', 2],
    ['2 = any(array[1, 2])', true],
    ["'a' is distinct from null", true],
    ["json_build_object('a', 1)", '{"a":1}'],
  ])('%s', async (expression, expected) => {
    expect((await rowsOf(`select ${expression}`))[0]?.[0]).toEqual(expected)
  })

  test('columns without a name get the one PostgreSQL gives them', async () => {
    const { columns } = await connection.query(
      `select count(*), max(n), coalesce(max(t), ''), nullif(1, 2), greatest(1, 2), current_date, 1 + 1,
       case when true then 1 end, cast(max(n) as text), (select 1), exists (select 1) from ${V}`,
    )
    expect(columns.map(({ name }) => name).slice(0, 8)).toEqual([
      'count',
      'max',
      'coalesce',
      'nullif',
      'greatest',
      'current_date',
      '?column?',
      'case',
    ])
  })

  test('parameters stand wherever a value does', async () => {
    expect(await rowsOf('select $1, $2 + 1 from account where name = $1 limit $2', ['AxB', 1])).toEqual([
      ['AxB', 2],
    ])
  })
})

describe('what people bring from SQL Server', () => {
  test.each([
    [
      'select top 2 [name] from [account] where [revenue] is not null order by [revenue] desc',
      [['AxB'], ['Coho Toys 47']],
    ],
    ['select top (1) name from account order by revenue desc nulls last', [['AxB']]],
    [
      "select [a].[name] from [account] [a] left join [contact] [c] on [c].[parentcustomerid] = [a].[accountid] where [a].[name] = N'AxB' group by [a].[name]",
      [['AxB']],
    ],
    ['select distinct top 1 statecode from account order by statecode', [[0]]],
    [
      "select isnull(null, N'x'), len('abc'), charindex('b', 'abc'), iif(1 > 2, 'a', 'b')",
      [['x', 3, 2, 'b']],
    ],
    [
      "select dateadd(month, 1, '2024-01-31'), datediff(day, '2024-01-01', '2024-02-01'), datepart(year, '2024-02-29')",
      [['2024-02-29T00:00:00Z', 31, 2024]],
    ],
    ["select getdate() > '2020-01-01', getutcdate() = getdate()", [[true, true]]],
    ["select name from dbo.account where name = 'AxB'", [['AxB']]],
  ])('%s', async (text, expected) => {
    await expectRows(text, expected)
  })
})

describe('metadata as tables', () => {
  test.each([
    [
      'select schema_name from information_schema.schemata order by 1',
      [['d365'], ['dbo'], ['information_schema']],
    ],
    [
      "select constraint_name, constraint_type from information_schema.table_constraints where table_name = 'account' and constraint_type <> 'FOREIGN KEY' order by 1",
      [
        ['account_pkey', 'PRIMARY KEY'],
        ['accountnumberkey', 'UNIQUE'],
      ],
    ],
    [
      `select k.column_name, r.unique_constraint_name from information_schema.key_column_usage k
       join information_schema.referential_constraints r on r.constraint_name = k.constraint_name
       where k.table_name = 'contact' and k.column_name = 'parentcustomerid' order by 2`,
      [
        ['parentcustomerid', 'account_pkey'],
        ['parentcustomerid', 'contact_pkey'],
      ],
    ],
    [
      "select data_type, numeric_precision, numeric_scale, is_nullable from information_schema.columns where table_name = 'account' and column_name in ('accountid', 'revenue', 'createdon') order by column_name",
      [
        ['uuid', null, null, 'NO'],
        ['timestamp with time zone', null, null, 'YES'],
        ['numeric', 19, 4, 'YES'],
      ],
    ],
    [
      "select key_name, column_name, position from d365.keys where table_name = 'account'",
      [
        ['primary', 'accountid', 1],
        ['accountnumberkey', 'accountnumber', 1],
      ],
    ],
    [
      "select kind, other_table, column_name from d365.relationships where table_name = 'account' and relationship_name = 'account_primary_contact'",
      [['many-to-one', 'contact', 'primarycontactid']],
    ],
    [
      "select label from d365.choices where table_name = 'opportunity' and column_name = 'statecode' order by value",
      [['Open'], ['Won'], ['Lost']],
    ],
    [
      "select count(distinct table_name) from d365.tables where table_name = 'contact' or (not custom and table_name = 'ACCOUNT' and kind is not null)",
      [[2]],
    ],
    ["select count(*) from d365.columns where table_name = 'ACCOUNT' and column_name = 'name'", [[1]]],
  ])('%s', async (text, expected) => {
    await expectRows(text, expected)
  })

  test('a choice, a lookup, money and several choices have the columns this field expects', async () => {
    const { columns, rows } = await connection.query(
      `select sample_colour, sample_colourname, sample_tags, sample_tagsname, sample_customerid is null,
       sample_customeridname, sample_customeridtype, sample_price, sample_price_base, sample_flagname
       from sample_everything where sample_tags is not null and sample_price is not null order by sample_name limit 1`,
    )
    const row = Object.fromEntries(columns.map(({ name }, index) => [name, rows[0]?.[index]]))
    const labels: Readonly<Record<number, string>> = {
      1: 'New',
      2: 'Hot',
      3: 'Old',
      8: 'Rare',
      9: 'Sold, out',
    }
    const tags = Array.isArray(row.sample_tags) ? row.sample_tags : []
    expect(tags.length).toBeGreaterThan(0)
    expect(row.sample_tagsname).toBe(tags.map((tag) => labels[Number(tag)]).join('; '))
    expect(row.sample_price_base).toMatch(/^\d+(\.\d+)?$/)
  })
})

import { describe, expect, test } from 'vitest'
import { printFilter } from '../odata/print-filter.ts'
import { plan, scansOf } from './plan.test-support.ts'

/** SQL in; what is asked of the service out. */

const from = (where: string): string => `select name from account where ${where}`

describe('conditions that are sent', () => {
  test.each([
    ['revenue > 5', 'revenue gt 5'],
    ['5 < revenue', 'revenue gt 5'],
    ['revenue >= 922337203685477.58', 'revenue ge 922337203685477.58'],
    ['revenue <> 5', '(revenue ne 5 and revenue ne null)'],
    ['revenue = -5.50', 'revenue eq -5.50'],
    ['numberofemployees <= 10', 'numberofemployees le 10'],
    ["name = 'O''Neil'", "name eq 'O''Neil'"],
    ["name = 'a' and revenue > 5", "name eq 'a' and revenue gt 5"],
    ["name = 'a' or revenue > 5", "(name eq 'a' or revenue gt 5)"],
    ["(name = 'a' or name = 'b') and revenue > 5", "(name eq 'a' or name eq 'b') and revenue gt 5"],
    ["name like 'Con%'", "startswith(name,'Con')"],
    ["name ilike '%son'", "endswith(name,'son')"],
    ["name like '%o\\_o%'", "contains(name,'o[_]o')"],
    ["name like '100\\%%'", "startswith(name,'100[%]')"],
    ["name like '[EU]%'", "startswith(name,'[[]EU]')"],
    ["name like 'a%b'", "(startswith(name,'a') and endswith(name,'b'))"],
    ["name like 'a_b'", "(startswith(name,'a') and endswith(name,'b'))"],
    ["name like 'abc'", "name eq 'abc'"],
    ["name like '%'", 'name ne null'],
    ["name like '100!%%' escape '!'", "startswith(name,'100[%]')"],
    ["name like 'a\\%' escape ''", "startswith(name,'a\\')"],
    [
      'revenue between symmetric 2 and 1',
      '((revenue ge 2 and revenue le 1) or (revenue ge 1 and revenue le 2))',
    ],
    ['name is null', 'name eq null'],
    ['primarycontactid is not null', '_primarycontactid_value ne null'],
    [
      "primarycontactid = 'AAAA0000-0000-4000-8000-000000000001'",
      '_primarycontactid_value eq aaaa0000-0000-4000-8000-000000000001',
    ],
    ['statecode in (0, 1)', '(statecode eq 0 or statecode eq 1)'],
    ['statecode in (0, null)', 'statecode eq 0'],
    ["statecodename = 'inactive'", 'statecode eq 1'],
    ["'Áctive' = statecodename", 'statecode eq 0'],
    ["creditonholdname = 'Yes'", 'creditonhold eq true'],
    ['statecodename is not null', 'statecode ne null'],
    ['revenue between 1 and 2', '(revenue ge 1 and revenue le 2)'],
    ['creditonhold', 'creditonhold eq true'],
    ['not creditonhold', 'creditonhold eq false'],
    ['creditonhold = true', 'creditonhold eq true'],
    ["founded >= '2024-02-29'", 'founded ge 2024-02-29'],
    ["founded = date '2024-02-29'", 'founded eq 2024-02-29'],
    ["createdon >= '2024-02-29'", 'createdon ge 2024-02-29T00:00:00Z'],
    ["createdon < timestamp '2024-02-29 10:00'", 'createdon lt 2024-02-29T10:00:00Z'],
    ["createdon < '2024-02-29T10:00:00+02:00'", 'createdon lt 2024-02-29T08:00:00Z'],
    ["createdon > '2024-02-29T10:00:00.5Z'", 'createdon ge 2024-02-29T10:00:00Z'],
    ["createdon < '2024-02-29T10:00:00.5Z'", 'createdon le 2024-02-29T10:00:01Z'],
    ["createdon > now() - interval '30 days'", 'createdon gt 2026-01-01T12:00:00Z'],
    ["createdon > now() - interval '2 months'", 'createdon gt 2025-11-30T12:00:00Z'],
    ['createdon < current_date', 'createdon lt 2026-01-31T00:00:00Z'],
    ['createdon > dateadd(day, -1, getdate())', 'createdon gt 2026-01-30T12:00:00Z'],
    ["name = N'a'", "name eq 'a'"],
    ['name = $1 and revenue > $2', "name eq 'p' and revenue gt 7"],
  ])('%s', async (where, filter) => {
    const [scan = ''] = await scansOf(from(where), { parameters: ['p', 7] })
    expect(scan.replace(/^.*? filter /, '')).toBe(filter)
  })
})

describe('conditions that stay here, with the reason', () => {
  test.each([
    ["name <> 'a'", 'trailing blanks'],
    ["name > 'a'", 'ordered differently'],
    ["name not like 'a%'", 'NULL'],
    ['name like name', 'not a constant'],
    ["not (name = 'a')", 'NOT'],
    ['revenue = null', 'never true'],
    ['revenue = numberofemployees', 'two columns'],
    ['revenue * 2 > 5', 'no column is compared with a constant'],
    ['lower(name) = $1', 'no column is compared with a constant'],
    ['statecode not in (0)', 'NOT IN'],
    ["primarycontactid > 'aaaa0000-0000-4000-8000-000000000001'", 'ordered differently'],
    ["primarycontactidname = 'Ann'", 'labels of lookups'],
    ["statecodename <> 'Active'", 'labels are compared by = only'],
    ["tagsname = 'Active'", 'labels of lookups and of several choices'],
    ["statecodename = 'Nothing'", 'no choice has that label'],
    ['statecodename is null', 'label may be NULL'],
    ['latitude = 1.5', 'does not compare with double'],
    ["revenue = '5'", 'does not compare with money'],
    ['numberofemployees = 1.5', 'does not compare with integer'],
    ["founded = '2024-02-30'", 'does not compare with date'],
    ["createdon = 'yesterday'", 'does not compare with datetime'],
    ["createdon <> '2024-02-29T10:00:00.5Z'", 'whole seconds'],
    ["createdon < '9999-12-31T23:59:59.5Z'", 'does not compare with datetime'],
    ["createdon > '1752-12-31'", 'does not compare with datetime'],
    ["founded > '0001-01-01'", 'does not compare with date'],
    ["createdon < timestamp '9999-12-31' + interval '1 day'", 'not a constant'],
    ["name ~ 'a.*'", 'no remote form'],
    ['revenue is distinct from 5', 'no remote form'],
    [
      `name in (${Array.from({ length: 401 }, (_, index) => `'${index}'`).join(',')})`,
      'more than 400 conditions',
    ],
  ])('%s', async (where, why) => {
    const { scans } = await plan(from(where), { parameters: ['p'] })
    expect(scans[0]?.filter).toEqual([])
    expect(scans[0]?.local.join('\n')).toContain(why)
  })

  test('two lists that are too many together: one of them stays here, and so does a limit', async () => {
    const list = (column: string): string =>
      `${column} in (${Array.from({ length: 250 }, (_, index) => index).join(',')})`
    const { scans } = await plan(`${from(`${list('revenue')} and ${list('numberofemployees')}`)} limit 3`)
    expect(printFilter(scans[0]?.filter ?? [])).toMatch(/^\(revenue eq 0 or .*revenue eq 249\)$/)
    expect(scans[0]?.top).toBeUndefined()
    expect(scans[0]?.local.join('\n')).toContain('with the others it has more than 400 conditions')
  })

  test('of an AND what can be sent is sent, of an OR nothing', async () => {
    expect(await scansOf(from("lower(name) = 'a' and revenue > 5"))).toEqual([
      'account(name,revenue) filter revenue gt 5',
    ])
    expect(await scansOf(from("lower(name) = 'a' or revenue > 5"))).toEqual(['account(name,revenue)'])
    expect(await scansOf(from("(lower(name) = 'a' and revenue > 5) or revenue > 9"))).toEqual([
      'account(name,revenue) filter ((revenue gt 5) or revenue gt 9)',
    ])
  })
})

describe('columns', () => {
  test.each([
    ['select name from account', 'account(name)'],
    ['select NAME, Account.Revenue from account', 'account(name,revenue)'],
    ['select count(*) from account where latitude > 1', 'account(latitude)'],
    ['select 1 from account a where a.revenue > numberofemployees', 'account(revenue,numberofemployees)'],
    [
      'select statecodename, primarycontactidname from account',
      'account(statecodename,primarycontactidname)',
    ],
    [
      'select a.* from account a',
      'account(name,revenue,total,total_base,numberofemployees,versionnumber,latitude,creditonhold,statecode,tags,createdon,founded,localon,primarycontactid)',
    ],
    ['select parentcustomeridtype from contact', 'contact(parentcustomeridtype)'],
    ['select x.name from (select name, revenue from account) x order by x.revenue', 'account(name,revenue)'],
    ['select fullname as name from contact order by name', 'contact(fullname)'],
    [
      'select fullname from contact group by fullname having max(createdon) > now()',
      'contact(fullname,createdon)',
    ],
    [
      'select row_number() over (partition by fullname order by createdon) from contact',
      'contact(fullname,createdon)',
    ],
  ])('%s', async (text, scan) => {
    expect(await scansOf(text)).toEqual([scan])
  })

  test('a star beside a label does not show the label twice', async () => {
    const { localSql } = await plan('select *, statecodename from account a')
    expect(localSql).toMatch(
      /^SELECT a\.accountid, a\.name, .*, a\.primarycontactid, statecodename FROM _s1 AS a$/,
    )
  })
})

describe('limits', () => {
  const top = async (text: string) => (await scansOf(text))[0]?.replace(/^account\([^)]*\) ?/, '')

  test.each([
    ['select name from account limit 10', 'top 10'],
    ['select name from account limit 10 offset 5', 'top 15'],
    ['select name from account fetch first 3 rows only', 'top 3'],
    ['select name from account order by createdon desc limit 3', 'order createdon desc top 3'],
    ['select name from account order by revenue desc nulls last limit 3', 'order revenue desc top 3'],
    [
      'select name from account order by founded nulls first, createdon limit 3',
      'order founded asc,createdon asc top 3',
    ],
    [
      'select name from account where revenue > 5 order by revenue limit 3',
      'filter revenue gt 5 order revenue asc top 3',
    ],
    ['select name from account where statecode = 0 limit 3', 'filter statecode eq 0 top 3'],
    [
      'select name from account order by createdon desc, createdon desc, createdon limit 3',
      'order createdon desc top 3',
    ],
    ['select name, createdon as c from account order by c limit 3', ''],
    ['select upper(name) from account limit 3', 'top 3'],
  ])('%s', async (text, expected) => {
    expect(await top(text)).toBe(expected)
  })

  test.each([
    ["select name from account where name = 'a' limit 3", 'more rows through'],
    ["select name from account where lower(name) = 'a' limit 3", 'stays here'],
    ['select name from account order by name limit 3', 'string columns are sorted differently'],
    ['select name from account order by statecode limit 3', 'choice columns are sorted differently'],
    ['select name from account order by accountid limit 3', 'guid columns are sorted differently'],
    ['select name from account order by revenue desc limit 3', 'nulls last'],
    ['select name from account order by revenue limit 3', 'nulls first'],
    ['select name from account where revenue > 5 or name is null order by revenue limit 3', 'nulls first'],
    ['select name, lower(name) as createdon from account order by createdon limit 3', 'name of its own'],
    ['select distinct name from account limit 3', 'distinct clause'],
    ['select sum(revenue) over () from account limit 3', 'sum'],
    ['select unnest(tags) from account limit 3', 'unnest'],
    ['select name from account group by name limit 3', 'group clause'],
    ['select name from account where exists (select 1 from contact) limit 3', 'several tables'],
    ['select a.name from account a join contact c on true limit 3', 'several tables'],
    ['select name from account union select name from account limit 3', 'several tables'],
    ['select name from account limit (select 3)', 'not a constant'],
    ['with a as (select name from account) select * from a limit 3', 'with clause'],
    ['select name from (select name from account) x limit 3', 'not read alone'],
  ])('stays here: %s', async (text, why) => {
    const { scans } = await plan(text)
    expect(scans[0]?.top).toBeUndefined()
    expect(scans[0]?.local.join('\n')).toContain(why)
  })
})

describe('joins', () => {
  const on = 'on c.parentcustomerid = a.accountid'
  const join = (kind: string, more: string): string =>
    `select 1 from contact c ${kind} account a ${on} ${more}`
  const filters = async (text: string) =>
    (await plan(text, { fetchXml: undefined })).scans.map(({ filter }) => printFilter(filter))

  test.each([
    [
      'inner: WHERE reaches both sides',
      join('join', "where a.revenue > 5 and c.fullname = 'x'"),
      ["fullname eq 'x'", 'revenue gt 5'],
    ],
    ['inner: so does ON', join('join', 'and a.revenue > 5'), [undefined, 'revenue gt 5']],
    ['left: ON narrows the right side', join('left join', 'and a.revenue > 5'), [undefined, 'revenue gt 5']],
    [
      'left: ON does not narrow the left side',
      join('left join', "and c.fullname = 'x'"),
      [undefined, undefined],
    ],
    [
      'left: WHERE narrows the left side',
      join('left join', "where c.fullname = 'x'"),
      ["fullname eq 'x'", undefined],
    ],
    [
      'left: WHERE that no NULL passes narrows the right side',
      join('left join', 'where a.revenue > 5'),
      [undefined, 'revenue gt 5'],
    ],
    [
      'left: WHERE that NULL passes does not',
      join('left join', 'where a.revenue is null'),
      [undefined, undefined],
    ],
    [
      'left: nor an OR with such a part',
      join('left join', 'where a.revenue > 5 or a.name is null'),
      [undefined, undefined],
    ],
    [
      'right: ON narrows the left side',
      join('right join', "and c.fullname = 'x'"),
      ["fullname eq 'x'", undefined],
    ],
    [
      'full: ON narrows none',
      join('full join', "and c.fullname = 'x' and a.revenue > 5"),
      [undefined, undefined],
    ],
    [
      'comma: as inner',
      'select 1 from contact c, account a where a.revenue > 5',
      [undefined, 'revenue gt 5'],
    ],
    [
      'a sub-query takes its own conditions',
      'select 1 from contact c where c.parentcustomerid in (select accountid from account where revenue > 5)',
      [undefined, 'revenue gt 5'],
    ],
    [
      'a CTE too',
      'with a as (select accountid from account where revenue > 5) select 1 from a',
      ['revenue gt 5'],
    ],
    [
      'both arms of a UNION',
      "select name from account where revenue > 5 union select fullname from contact where fullname = 'x'",
      ['revenue gt 5', "fullname eq 'x'"],
    ],
    [
      'a condition of an outer query is not for the inner scan',
      "select 1 from contact c where exists (select 1 from account a where c.fullname = 'x')",
      [undefined, undefined],
    ],
  ])('%s', async (_name, text, expected) => {
    expect(await filters(text)).toEqual(expected)
  })

  test('the same table twice is two scans', async () => {
    expect(
      await scansOf(
        'select a.name, b.name from account a join account b on a.name = b.name where b.revenue > 5',
      ),
    ).toEqual(['account(name)', 'account(name,revenue) filter revenue gt 5'])
  })

  test('a schema is the name of an external system', async () => {
    expect(await scansOf('select p.name from prod.account p, account a')).toEqual([
      'prod.account(name)',
      'account()',
    ])
  })
})

describe('what runs here', () => {
  test.each([
    [
      "select name from account where name like 'A%'",
      "SELECT name FROM _s1 AS account WHERE lower(strip_accents(name)) LIKE lower(strip_accents('A%'))",
    ],
    [
      "select name from account where name like '100\\%'",
      "SELECT name FROM _s1 AS account WHERE like_escape(lower(strip_accents(name)), lower(strip_accents(E'100\\\\%')), lower(E'\\\\'))",
    ],
    [
      "select name from account where name not like '100!%' escape '!'",
      "SELECT name FROM _s1 AS account WHERE not_like_escape(lower(strip_accents(name)), lower(strip_accents('100!%')), lower('!'))",
    ],
    [
      'select name from account where revenue not between symmetric 2 and 1',
      'SELECT name FROM _s1 AS account WHERE NOT (revenue BETWEEN 2 AND 1 OR revenue BETWEEN 1 AND 2)',
    ],
    [
      "select name from account where name not ilike 'A%'",
      "SELECT name FROM _s1 AS account WHERE lower(strip_accents(name)) NOT LIKE lower(strip_accents('A%'))",
    ],
    [
      'select count(distinct name) from account',
      'SELECT count(DISTINCT lower(strip_accents(name))) AS count FROM _s1 AS account',
    ],
    [
      'select count(distinct revenue) n from account',
      'SELECT count(DISTINCT revenue) AS n FROM _s1 AS account',
    ],
    ['select isnull(revenue, 0) from account', 'SELECT COALESCE(revenue, 0) AS "isnull" FROM _s1 AS account'],
    [
      'select datediff(day, createdon, founded) d from account',
      "SELECT date_diff('day', createdon, founded) AS d FROM _s1 AS account",
    ],
    ['select len(name) l from account', 'SELECT length(name) AS l FROM _s1 AS account'],
    ['select 1 + 1', 'SELECT 1 + 1 AS "?column?"'],
    ['select c.fullname from prod.contact c', 'SELECT c.fullname FROM _s1 AS c'],
  ])('%s', async (text, local) => {
    expect((await plan(text)).localSql).toBe(local)
  })

  test('without pushdown every table is read whole', async () => {
    expect(await scansOf('select name from account where revenue > 5 limit 3', { pushdown: false })).toEqual([
      'account(name,revenue)',
    ])
  })
})

describe('what cannot be understood points at its place', () => {
  test.each([
    ['select frm account', 'line 1, column 8', /There is no column frm/],
    ['select nam from account', 'line 1, column 8', /There is no column nam/],
    ['select a.nam\nfrom account a', 'line 1, column 8', /There is no column a\.nam/],
    ['select x.name from account a', 'line 1, column 8', /no table or alias x/],
    ['select name from\n  accounts_', 'line 2, column 3', /There is no table accounts_/],
    ['select createdon from account, contact', 'line 1, column 8', /could be a column of account or contact/],
    ['select secret from account', 'line 1, column 8', /There is no column secret/],
    ['selct name from account', 'line 1, column 1', /syntax error/],
    ['select name from account a(x)', 'line 1, column 18', /cannot be renamed/],
    ['select $1 from account', '', /\$1 has no value/],
    ['delete from account', 'line 1, column 1', /DELETE is not understood/],
    ['select 1; select 2', '', /2 statements/],
    ['', '', /no SQL statement/],
  ])('%s', async (text, where, message) => {
    const failed = await plan(text).then(
      () => undefined,
      (error: unknown) => error,
    )
    expect(failed).toMatchObject({ code: 'INPUT_INVALID', message: expect.stringMatching(message) })
    expect(failed).toMatchObject({ message: expect.stringContaining(where) })
  })

  test('near names are offered', async () => {
    await expect(plan('select nam from account')).rejects.toMatchObject({
      hint: expect.stringContaining('name'),
    })
    await expect(plan('select a.revenu from account a')).rejects.toMatchObject({
      hint: 'Did you mean revenue?',
    })
  })
})

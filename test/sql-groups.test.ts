import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Connection } from '../src/connect.ts'
import type { ListeningSandbox } from '../src/sandbox/index.ts'
import { openStage, type Stage } from './stage.test-support.ts'

/** Groups of more rows than the service aggregates at once: 20 here, 50,000 there. */

const LIMIT = 20

let server: ListeningSandbox
let connection: Connection
let close: Stage['close']
let onRequest: (path: string) => void

beforeAll(async () => {
  ;({ server, connection, close } = await openStage({
    empty: true,
    limits: { aggregateRows: LIMIT, dopHint: 3 },
    executionCost: ({ path }) => {
      onRequest(path)
      return 0
    },
  }))
})

beforeEach(() => {
  server.sandbox.reset()
  server.sandbox.limits.configure({ aggregateRows: LIMIT, dopHint: 3 })
  made = 0
  onRequest = () => undefined
})

afterAll(() => close())

let made = 0

/** Accounts created at these moments (`undefined`: NULL), with numbers, states and NULLs that differ. */
function add(...moments: readonly (string | undefined)[]): void {
  const { store } = server.sandbox
  store.transaction(() => {
    for (const createdon of moments) {
      const number = ++made
      store.table('account').insert({
        accountid: `aaaaaaaa-0000-4000-8000-${String(number).padStart(12, '0')}`,
        name: `Account ${number}`,
        statecode: number % 3 === 0 ? 1 : 0,
        ...(number % 4 === 0 ? {} : { numberofemployees: number % 5 === 0 ? -2_147_483_648 : number }),
        ...(number % 7 === 0 ? {} : { industrycode: (number % 3) + 1 }),
        ...(createdon === undefined ? {} : { createdon }),
      })
    }
  })
}

const days = (count: number): string[] =>
  Array.from({ length: count }, (_, day) =>
    new Date(Date.UTC(2020, 0, 1 + day * 3, 7, 5, day % 60)).toISOString().replace('.000Z', 'Z'),
  )

const GROUPED = `select statecode, industrycode, count(*) as n, sum(numberofemployees) as s,
  min(numberofemployees) as low, max(createdon) as last from account
  group by 1, 2 having count(*) > 1 order by n desc, 1, 2 nulls first`
const WHOLE = 'select count(*), sum(numberofemployees), min(createdon), max(numberofemployees) from account'

/** The answer, having seen that it is that of all rows read here. */
async function agreed(query: string) {
  const pushed = await connection.query(query)
  const whole = await connection.query(query, { pushdown: false })
  expect(pushed.rows).toEqual(whole.rows)
  expect(pushed.columns).toEqual(whole.columns)
  const [scan] = pushed.scans
  if (!scan) throw new Error('there is no scan')
  return { ...scan, parts: scan.parts ?? [] }
}

describe('more rows than the service aggregates', () => {
  test.each([GROUPED, WHOLE])('are asked for by ranges of their creation: %s', async (query) => {
    add(...days(300))
    const { parts, rows } = await agreed(query)
    expect(parts.length).toBeGreaterThan(14)
    expect(parts.every(({ here }) => !here)).toBe(true)
    expect(rows).toBe(parts.reduce((sum, part) => sum + part.rows, 0))
    expect(rows).toBeLessThan(260)
  })

  test.each([
    "select date_trunc('month', createdon) as m, count(*), avg(numberofemployees) from account group by 1 order by 1",
    'select year(createdon) as y, quarter(createdon), count(industrycode), sum(distinct industrycode) from account group by 1, 2 order by 1, 2',
    'select createdon::date as d, count(*) from account group by 1 having count(*) > 0 order by 1 desc nulls first limit 5',
    'select distinct statecodename, industrycode from account order by 1, 2 nulls last',
    'select count(distinct industrycode), count(*) filter (where statecode = 1), avg(numberofemployees) filter (where industrycode is null) from account',
    'select statecode, industrycode, count(*), grouping(statecode) from account group by cube (statecode, industrycode) order by 1, 2, 4, 3',
    'select statecode, count(*) as n, rank() over (order by count(*)) as r, sum(count(*)) over () as all from account group by 1 order by r',
    'select year(createdon), month(createdon), max(createdon), min(accountid is null) from account group by 1, 2 order by 1, 2',
  ])('every kind of group recombined: %s', async (query) => {
    add(...days(90), undefined, '2019-12-31T23:59:59Z', '2020-01-01T00:00:00Z', '2020-02-29T23:59:59Z')
    await agreed(query)
  })

  test('with conditions, which stand in every request', async () => {
    add(...days(120))
    const query =
      'select statecode, count(*) from account where industrycode in (1, 2) or statecode = 1 group by 1'
    server.sandbox.trace.clear()
    expect((await agreed(query)).parts.length).toBeGreaterThan(3)
    const asked = server.sandbox.trace.entries().map(({ url }) => decodeURIComponent(url))
    const parted = asked.filter((url) => /aggregate='true'.*createdon/.test(url))
    expect(parted.length).toBeGreaterThan(3)
    for (const url of parted)
      expect(url).toContain("<filter><filter type='or'><condition attribute='industrycode' operator='in'>")
  })

  test('those without a moment are a part of their own', async () => {
    add(...days(30), ...Array.from({ length: 15 }, () => undefined))
    const { parts } = await agreed(GROUPED)
    expect(parts.map(({ filter }) => filter)).toContain('createdon eq null')
    expect(parts.every(({ here }) => !here)).toBe(true)
  })

  test('at one instant they are read and aggregated here, and the others are not', async () => {
    const instant = '2021-05-05T05:05:05Z'
    add(...days(30), ...Array.from({ length: LIMIT + 5 }, () => instant), '2022-01-01T00:00:00Z')
    for (const query of [GROUPED, WHOLE]) {
      const { parts } = await agreed(query)
      expect(parts.filter(({ here }) => here)).toEqual([
        {
          filter: 'createdon ge 2021-05-05T05:05:05Z and createdon lt 2021-05-05T05:05:06Z',
          rows: LIMIT + 5,
          here: true,
        },
      ])
    }
  })

  test.each([
    [
      'all at one instant',
      () => Array.from({ length: 50 }, () => '2021-05-05T05:05:05Z'),
      'createdon ne null',
    ],
    ['all without a moment', () => Array.from({ length: 50 }, () => undefined), 'createdon eq null'],
  ])('%s', async (_name, moments, filter) => {
    add(...moments())
    for (const query of [GROUPED, WHOLE]) {
      const { parts } = await agreed(query)
      expect(parts.filter(({ here }) => here)).toEqual([{ filter, rows: 50, here: true }])
    }
  })

  test('of a table without such a moment are read and aggregated here', async () => {
    const { store } = server.sandbox
    store.transaction(() => {
      for (let number = 0; number < 50; number++)
        store.table('activityparty').insert({
          activitypartyid: `bbbbbbbb-0000-4000-8000-0000000000${10 + number}`,
          participationtypemask: number % 3,
        })
    })
    const { parts } = await agreed(
      'select participationtypemask, count(*) from activityparty group by 1 order by 1',
    )
    expect(parts).toEqual([{ filter: 'all rows', rows: 50, here: true }])
  })

  test('rows that are added meanwhile are counted once or not at all, and all others once', async () => {
    add(...days(200))
    let added = 0
    onRequest = (path) => {
      if (!path.startsWith('accounts') || added >= 60) return
      added += 3
      // Before all others, between them, and after them all.
      add('2001-01-01T00:00:00Z', '2020-06-01T12:00:00Z', '2030-01-01T00:00:00Z')
    }
    const { rows } = await connection.query('select count(*), min(createdon) from account')
    onRequest = () => undefined
    const counted = Number(rows[0]?.[0])
    expect(added).toBe(60)
    expect(counted).toBeGreaterThanOrEqual(200)
    expect(counted).toBeLessThanOrEqual(260)
  })

  test('groups of several pages come whole, in parts and at once', async () => {
    const query = 'select numberofemployees, count(*) from account group by 1 order by 1'
    add(...Array.from({ length: 9000 }, () => '2021-05-05T05:05:05Z'), '2021-06-01T00:00:00Z')
    server.sandbox.limits.configure({ aggregateRows: 50_000 })
    const { rows, requests, parts } = await agreed(query)
    expect(parts).toEqual([])
    expect(requests).toBe(2)
    expect(rows).toBeGreaterThan(5000)
    server.sandbox.limits.configure({ aggregateRows: 8_900 })
    expect((await agreed(query)).parts.map(({ here }) => here)).toContain(true)
  })

  test('metadata are counted here', async () => {
    const { rows } = await connection.query(
      "select count(*), count(distinct kind) from d365.tables where table_name = 'account'",
    )
    expect(rows).toEqual([[1n, 1n]])
  })

  test('EXPLAIN ANALYZE shows the parts', async () => {
    add(...days(25), ...Array.from({ length: LIMIT + 1 }, () => '2020-02-02T02:02:02Z'))
    const { rows } = await connection.query('explain analyze select count(*) from account')
    const text = rows.join('\n')
    expect(text).toMatch(/more rows than the service aggregates at once; asked in \d+ parts:/)
    expect(text).toContain('createdon eq null: 1 group')
    expect(text).toContain(
      'createdon ge 2020-02-02T02:02:02Z and createdon lt 2020-02-02T02:02:03Z: 21 rows read and aggregated here',
    )
  })

  test('a failure that has nothing to do with the limit is told', async () => {
    add(...days(50))
    const rule = server.sandbox.faults.add({
      path: '/api/data/*/accounts*',
      fault: { kind: 'html', status: 200 },
    })
    try {
      await expect(connection.query('select count(*) from account')).rejects.toMatchObject({
        code: 'RESPONSE_INVALID',
      })
    } finally {
      server.sandbox.faults.remove(rule)
    }
  })
})

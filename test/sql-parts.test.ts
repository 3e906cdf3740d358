import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Connection } from '../src/connect.ts'
import type { ListeningSandbox } from '../src/sandbox/index.ts'
import { openStage, type Stage } from './stage.test-support.ts'

/** Large tables by several readers: each row once, whenever it was created. 400 rows are many here, 50,000 there. */

const MANY = 400
/** More than one page. */
const ROWS = 5200

let server: ListeningSandbox
let connection: Connection
let close: Stage['close']
let onRequest: (path: string) => void

beforeAll(async () => {
  ;({ server, connection, close } = await openStage({
    empty: true,
    executionCost: ({ path }) => {
      onRequest(path)
      return 0
    },
  }))
})

beforeEach(() => {
  server.sandbox.reset()
  server.sandbox.limits.configure({ aggregateRows: MANY, dopHint: 3 })
  made = 0
  onRequest = () => undefined
})

afterAll(() => close())

let made = 0

/** Accounts created at these seconds after 2020 began; undefined: nobody knows when. */
function add(...seconds: readonly (number | undefined)[]): void {
  const { store } = server.sandbox
  store.transaction(() => {
    for (const second of seconds) {
      const number = ++made
      store.table('account').insert({
        accountid: `aaaaaaaa-0000-4000-8000-${String(number).padStart(12, '0')}`,
        name: `Account ${number}`,
        statecode: number % 2,
        ...(second === undefined
          ? {}
          : {
              createdon: new Date(Date.UTC(2020, 0, 1) + second * 1000).toISOString().replace('.000Z', 'Z'),
            }),
      })
    }
  })
}

const evenly = (count: number): number[] => Array.from({ length: count }, (_, at) => at * 977)

/** Numbers of the rows an answer brings, and how they were read. */
async function read(query = 'select name from account') {
  const { rows, scans } = await connection.query(query)
  const numbers = rows.map(([name]) => Number(String(name).slice(8))).sort((a, b) => a - b)
  return { numbers, scan: scans[0] }
}

const everyRow = (): number[] => Array.from({ length: made }, (_, at) => at + 1)

describe('a large table', () => {
  test('is read by as many readers as the service recommends, in parts of few rows, each row once', async () => {
    add(...evenly(ROWS))
    const { numbers, scan } = await read()
    expect(numbers).toEqual(everyRow())
    expect(scan?.parted?.readers).toBe(3)
    expect(scan?.parted?.parts).toBeGreaterThan(ROWS / MANY)
    expect(scan?.rows).toBe(ROWS)
  })

  test('however unevenly its rows were created: at one second, at the ends of time, at no time at all', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({ at: fc.integer({ min: 0, max: 10 ** 9 }), rows: fc.integer({ min: 1, max: 900 }) }),
          {
            minLength: 1,
            maxLength: 6,
          },
        ),
        fc.integer({ min: 0, max: 700 }),
        async (heaps, without) => {
          server.sandbox.reset()
          made = 0
          add(...heaps.flatMap(({ at, rows }) => Array.from({ length: rows }, (_, n) => at + (n % 3))))
          add(...Array.from({ length: without }, () => undefined))
          add(...Array.from({ length: ROWS - made }, (_, n) => 5000 + (n % 2)))
          const { numbers, scan } = await read()
          expect(numbers).toEqual(everyRow())
          expect(scan?.parted?.parts).toBeGreaterThan(1)
        },
      ),
      { numRuns: 6, seed: 7 },
    )
  })

  test('conditions stand in every part, and joined rows come with them', async () => {
    add(...evenly(ROWS * 2))
    server.sandbox.trace.clear()
    const { numbers, scan } = await read('select name from account where statecode = 1')
    expect(numbers).toEqual(everyRow().filter((number) => number % 2 === 1))
    const pages = server.sandbox.trace
      .entries()
      .map(({ url }) => decodeURIComponent(url))
      .filter((url) => url.includes('accounts?$select'))
    expect(pages.length).toBeGreaterThan(scan?.parted?.parts ?? Number.POSITIVE_INFINITY)
    for (const url of pages) expect(url).toContain('statecode eq 1')
  })

  test('rows that are added meanwhile come once or not at all, and all others once', async () => {
    add(...evenly(ROWS))
    let added = 0
    onRequest = (path) => {
      if (!path.startsWith('accounts') || added >= 60) return
      added += 3
      add(-1_000_000, 1_000_000, 10 ** 9)
    }
    const { numbers } = await read()
    onRequest = () => undefined
    expect(added).toBe(60)
    expect(new Set(numbers).size).toBe(numbers.length)
    expect(numbers.filter((number) => number <= ROWS)).toEqual(everyRow().slice(0, ROWS))
  })

  /** Of about 50: two thirds count the parts, the rest read them. */
  const AMONG_THE_PAGES = 40

  test('a part that cannot be read is an error, never a shorter answer, and ends the other readers', async () => {
    add(...evenly(ROWS))
    let asked = 0
    onRequest = (path) => {
      if (path === 'accounts' && ++asked === AMONG_THE_PAGES)
        server.sandbox.faults.add({ path: '/api/data/*', fault: { kind: 'html', status: 200 } })
    }
    await expect(connection.query('select name from account')).rejects.toMatchObject({
      code: 'RESPONSE_INVALID',
    })
    server.sandbox.faults.clear()
    expect(asked).toBeLessThanOrEqual(AMONG_THE_PAGES + 3)
  })

  test('a cancellation ends all readers', async () => {
    add(...evenly(ROWS))
    const stop = new AbortController()
    let asked = 0
    onRequest = (path) => {
      if (path === 'accounts' && ++asked === AMONG_THE_PAGES) stop.abort()
    }
    const query = connection.query('select name from account', { signal: stop.signal })
    await expect(query).rejects.toMatchObject({ code: 'CANCELLED' })
    expect(asked).toBeLessThanOrEqual(AMONG_THE_PAGES + 3)
  })
})

describe('is read by one reader', () => {
  test.each([
    ['a table of few pages', 'select name from account', 50_000, 3],
    ['a table of a service that recommends one request at a time', 'select name from account', MANY, 1],
    ['an answer with a limit', 'select name from account limit 5100', MANY, 3],
  ])('%s', async (_name, query, aggregateRows, dopHint) => {
    server.sandbox.limits.configure({ aggregateRows, dopHint })
    add(...evenly(ROWS))
    const { numbers, scan } = await read(query)
    expect(numbers.length).toBeGreaterThan(5000)
    expect(scan?.parted).toBeUndefined()
  })
})

test('who looks on gets the first rows with the first page, by one reader', async () => {
  add(...evenly(ROWS * 2))
  server.sandbox.trace.clear()
  const stream = await connection.stream('select name from account', { firstRows: true })
  const first = await stream.batches.next()
  expect(first.value?.length).toBeGreaterThan(0)
  expect(server.sandbox.trace.entries().length).toBeLessThan(4)
  await stream.close()
})

test('EXPLAIN ANALYZE tells the readers and their parts', async () => {
  add(...evenly(ROWS))
  const { rows } = await connection.query('explain analyze select name from account')
  expect(rows.map(([line]) => line).join('\n')).toMatch(/read by 3 readers, in \d+ parts of createdon/)
})

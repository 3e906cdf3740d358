import fc from 'fast-check'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Connection, RowOutcome, WriteMode, WriteOptions, WriteReport } from '../src/connect.ts'
import type { Fault, ListeningSandbox } from '../src/sandbox/index.ts'
import { run } from './sandbox.test-support.ts'
import { openStage, type Stage } from './stage.test-support.ts'

/** Bulk messages, batches and single requests against a service with transactions: what is there afterwards. */

let server: ListeningSandbox
let connection: Connection
let close: Stage['close']
let folder: string

beforeAll(async () => {
  ;({ server, connection, folder, close } = await openStage())
  server.sandbox.snapshot()
})

beforeEach(() => {
  server.sandbox.restore()
  server.sandbox.faults.clear()
  server.sandbox.trace.clear()
})

afterAll(() => close())

type Row = Record<string, unknown>

const idOf = (at: number): string => `00000000-0000-4000-9000-${String(at).padStart(12, '0')}`
const NOBODY = 'dead0000-0000-4000-9000-000000000000'

async function write(
  table: string,
  rows: readonly Row[],
  options: WriteOptions,
): Promise<{ report: WriteReport; codes: (string | undefined)[] }> {
  const outcomes: RowOutcome[] = []
  const report = await connection.write(table, rows, {
    onOutcome: (outcome) => outcomes.push(outcome),
    ...options,
  })
  outcomes.sort((a, b) => a.row - b.row)
  return { report, codes: outcomes.map((one) => (one.kind === 'rejected' ? one.code : undefined)) }
}

/** What was asked of the service: the last part of each path. */
const asked = (): string[] =>
  server.sandbox.trace
    .entries()
    .filter(({ url }) => url.includes('/api/data/'))
    .map(({ url }) => url.replace(/\?.*/, '').replace(/^.*[/.]/, ''))

const stored = (table: string): readonly Readonly<Record<string, unknown>>[] => [
  ...server.sandbox.store.table(table).rowsByKey(),
]

describe.each(['multiple', 'batch', 'single'] as const)('by the route %s', (route) => {
  test.each<WriteMode>(['insert', 'update', 'upsert'])(
    '%s: the good rows of any mixture are in, the bad ones rejected with their reason',
    async (mode) => {
      const kinds = fc.constantFrom('good', 'good', 'good', 'no contact', 'gone')
      await fc.assert(
        fc.asyncProperty(fc.array(kinds, { maxLength: 40 }), async (input) => {
          server.sandbox.restore()
          const there = input.flatMap((kind, at) =>
            mode === 'insert' || kind === 'gone' ? [] : [{ accountid: idOf(at), name: 'before' }],
          )
          await connection.write('account', there, { mode: 'insert' })
          const before = stored('account').length
          const { report, codes } = await write(
            'account',
            input.map((kind, at) => ({
              accountid: idOf(at),
              name: `${kind} ${at}`,
              primarycontactid: kind === 'no contact' ? NOBODY : '',
            })),
            { mode, route, batchSize: route === 'single' ? 100 : 16 },
          )
          const isBad = (kind: string) => kind === 'no contact' || (kind === 'gone' && mode === 'update')
          expect(codes).toEqual(input.map((kind) => (isBad(kind) ? '0x80040217' : undefined)))
          const good = input.flatMap((kind, at) => (isBad(kind) ? [] : [`${kind} ${at}`]))
          const names = stored('account').flatMap(({ accountid, name }) =>
            String(accountid).startsWith('00000000-0000-4000-9000') && name !== 'before' ? [name] : [],
          )
          expect(names.sort()).toEqual(good.sort())
          expect(stored('account').length - before).toBe(report.created)
          if (mode === 'upsert') expect(report.created).toBe(input.filter((kind) => kind === 'gone').length)
        }),
        { numRuns: route === 'single' ? 3 : 8 },
      )
    },
  )
})

describe('bulk messages', () => {
  const rows = Array.from({ length: 64 }, (_, at) => ({ name: `Bulk ${at}` }))
  const bulk = () => stored('account').filter(({ name }) => String(name).startsWith('Bulk'))

  test('are found in metadata and taken without being asked for', async () => {
    await write('account', rows, { mode: 'insert' })
    expect(asked().filter((path) => path.endsWith('Multiple'))).toEqual(['CreateMultiple'])
    expect(bulk()).toHaveLength(64)
  })

  test('a table that does not take them is refused where they were asked for by name', async () => {
    await expect(
      write('account', [{ accountid: NOBODY }], { mode: 'delete', route: 'multiple' }),
    ).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
    expect(asked().filter((path) => path.endsWith('Multiple'))).toEqual([])
  })

  test.each<[string, Fault]>([
    ['reset before it was carried out', { kind: 'reset', when: 'before' }],
    ['answered by nobody after the commit', { kind: 'reset', when: 'after' }],
    ['answered in part', { kind: 'truncate' }],
    ['throttled', { kind: 'throttle', retryAfterSeconds: 0 }],
    ['refused with 503', { kind: 'error', status: 503, retryAfterSeconds: 0 }],
    ['answered by a gateway', { kind: 'html', status: 502 }],
  ])('one that is %s leaves every row there once', async (_, fault) => {
    server.sandbox.faults.add({ path: '*CreateMultiple', nth: [2], fault })
    const { report } = await write('account', rows, { mode: 'insert', route: 'multiple', batchSize: 16 })
    expect(report).toMatchObject({ created: 64, rejected: 0, inDoubt: 0 })
    expect(
      bulk()
        .map(({ name }) => name)
        .sort(),
    ).toEqual(rows.map(({ name }) => name).sort())
  })

  test('one bad row in a hundred costs few requests more', async () => {
    const bad = [...rows, { name: 'Bulk bad', primarycontactid: NOBODY }, ...rows]
    const { report } = await write('account', bad, { mode: 'insert', route: 'multiple', batchSize: 200 })
    expect(report).toMatchObject({ created: 128, rejected: 1 })
    expect(asked().filter((path) => path === 'CreateMultiple').length).toBeLessThanOrEqual(10)
    expect(asked().filter((path) => path === '$batch')).toHaveLength(1)
  })
})

describe('an elastic table', () => {
  const TABLE = 'contoso_sensordata'
  const KEY = ['contoso_sensordataid', 'partitionid']
  const sensors = (count: number): Row[] =>
    Array.from({ length: count }, (_, at) => ({
      contoso_sensordataid: idOf(at),
      partitionid: `p${at % 3}`,
      contoso_value: at,
    }))

  test('the rows of a message that failed in part are told apart without sending the good ones again', async () => {
    await write(TABLE, sensors(5), { mode: 'insert' })
    server.sandbox.trace.clear()
    const { report, codes } = await write(TABLE, sensors(30), { mode: 'insert', route: 'multiple' })
    expect(report).toMatchObject({ created: 25, rejected: 5 })
    expect(codes.slice(0, 6)).toEqual([...Array.from({ length: 5 }, () => '0x80040237'), undefined])
    expect(asked().filter((path) => path !== 'sdkmessagefilters')).toEqual(['CreateMultiple', '$batch'])
    expect(stored(TABLE)).toHaveLength(30)
  })

  test('rows are deleted by id and partition, those that are not there rejected', async () => {
    await write(TABLE, sensors(20), { mode: 'insert' })
    const { report, codes } = await write(
      TABLE,
      sensors(21).map(({ contoso_value: _, ...key }) => key),
      { mode: 'delete', key: KEY, route: 'multiple' },
    )
    expect(report).toMatchObject({ deleted: 20, rejected: 1 })
    expect(codes.at(-1)).toBe('0x80040217')
    expect(asked()).toContain('DeleteMultiple')
    expect(stored(TABLE)).toHaveLength(0)
  })

  test('an answer lost after the commit doubles and loses nothing', async () => {
    server.sandbox.faults.add({ path: '*CreateMultiple', nth: [1], fault: { kind: 'reset', when: 'after' } })
    const { report } = await write(TABLE, sensors(30), { mode: 'insert', route: 'multiple' })
    expect(report).toMatchObject({ created: 30, rejected: 0 })
    expect(stored(TABLE)).toHaveLength(30)
    server.sandbox.faults.add({ path: '*DeleteMultiple', nth: [1], fault: { kind: 'reset', when: 'after' } })
    const keys = stored(TABLE).map((row) => ({
      contoso_sensordataid: row.contoso_sensordataid,
      partitionid: row.partitionid,
    }))
    expect((await write(TABLE, keys, { mode: 'delete', key: KEY, route: 'multiple' })).report).toMatchObject({
      deleted: 30,
      rejected: 0,
    })
  })
})

test('the command line sends by the route it is told, and knows no others', async () => {
  const args = [
    'write',
    'account',
    '--mode',
    'insert',
    '--from',
    '-',
    '--connection',
    server.connectionString,
  ]
  const stdin = 'name\nBy message\n'
  expect(await run([...args, '--route', 'Multiple'], { folder, stdin })).toMatchObject({ exitCode: 0 })
  expect(asked()).toContain('CreateMultiple')
  const refused = await run([...args, '--route', 'fast'], { folder, stdin })
  expect(refused.stderr).toContain('--route is fast; it must be one of auto, multiple, batch, single.')
})

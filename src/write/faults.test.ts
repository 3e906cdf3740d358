import { describe, expect, test } from 'vitest'
import { D365Error, ServiceError } from '../core/errors.ts'
import { NetworkCause } from '../core/http.ts'
import { account, type FakeService, fakeService, refusal } from './fake-service.test-support.ts'
import { memoryRows } from './input/memory-rows.ts'
import type { WriteMode, WriteOptions } from './options.ts'
import type { WriteReport } from './report.ts'
import { rowId } from './row-id.ts'
import { writeRows } from './write-rows.ts'

const IDS = Array.from({ length: 10 }, (_, at) => `00000000-0000-4000-8000-0000000000${10 + at}`)

function write(
  service: FakeService,
  rows: readonly Record<string, unknown>[],
  options: WriteOptions,
): Promise<WriteReport> {
  return writeRows(service.environment, account, memoryRows(rows), {
    newRunId: () => 'run-1',
    parallel: 1,
    ...options,
  })
}

const accounts = (service: FakeService) => service.rows.get('accounts') ?? new Map()
const lost = (sent: boolean) =>
  new D365Error('NETWORK_FAILED', 'Connection reset.', { cause: new NetworkCause('reset', { sent }) })

/** Throws `error` at the first `times` calls. */
function failing(times: number, error: () => Error): () => void {
  let left = times
  return () => {
    if (left-- > 0) throw error()
  }
}

describe('an answer lost after the service acted', () => {
  const rowsFor = (mode: WriteMode): Record<string, unknown>[] =>
    [0, 1, 2].map((at) => ({
      ...(mode === 'insert' ? {} : { accountid: IDS[at] }),
      ...(mode === 'delete' ? {} : { name: `n${at}` }),
    }))

  test.each<[WriteMode, number]>([
    ['insert', 1],
    ['insert', 100],
    ['update', 1],
    ['update', 100],
    ['upsert', 100],
    ['delete', 1],
    ['delete', 100],
  ])('%s in batches of %i is settled by sending again, and nothing is doubled', async (mode, batchSize) => {
    const service = fakeService()
    if (mode === 'update' || mode === 'delete')
      for (const id of IDS.slice(0, 3)) accounts(service).set(id, { accountid: id })
    service.afterTrip = failing(1, () => lost(true))
    const report = await write(service, rowsFor(mode), { mode, batchSize })
    expect(report).toMatchObject({ read: 3, accepted: 3, rejected: 0, inDoubt: 0 })
    expect([...accounts(service).values()].map(({ name }) => name)).toEqual(
      mode === 'delete' ? [] : ['n0', 'n1', 'n2'],
    )
  })

  test('a key that another row has is not taken for our own', async () => {
    const service = fakeService()
    accounts(service).set('x', { accountid: 'x', accountnumber: 'A1' })
    const report = await write(service, [{ name: 'a', accountnumber: 'A1' }], { mode: 'insert' })
    expect(report).toMatchObject({ created: 0, rejected: 1 })
    expect(service.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'POST accounts',
      `GET accounts(${rowId('run-1', 1)})?$select=accountid`,
    ])
  })

  test('a key out of the input counts as ours only after a lost answer and with equal values', async () => {
    const rows = [
      { accountid: IDS[0], name: 'same' },
      { accountid: IDS[1], name: 'mine' },
    ]
    const taken = fakeService()
    for (const row of rows) accounts(taken).set(row.accountid, { ...row, name: 'other' })
    expect(await write(taken, rows, { mode: 'insert' })).toMatchObject({ created: 0, rejected: 2 })

    const once = fakeService()
    accounts(once).set(IDS[1] ?? '', { accountid: IDS[1], name: 'other' })
    once.afterTrip = failing(1, () => lost(true))
    expect(await write(once, rows, { mode: 'insert' })).toMatchObject({ created: 1, rejected: 1 })
  })

  test('a deletion of a row that never was is rejected while no answer was lost', async () => {
    const service = fakeService()
    service.beforeTrip = failing(1, () => lost(false))
    expect(await write(service, [{ accountid: IDS[0] }], { mode: 'delete' })).toMatchObject({ rejected: 1 })
  })

  test('a service that stays away ends the run with the rows in doubt', async () => {
    const service = fakeService()
    service.afterTrip = failing(99, () => lost(true))
    await expect(write(service, [{ name: 'a' }, { name: 'b' }], { mode: 'insert' })).rejects.toMatchObject({
      name: 'WriteStopped',
      code: 'NETWORK_FAILED',
      report: { read: 2, accepted: 0, inDoubt: 2, notSent: 0 },
    })
    expect(service.trips.length).toBe(8)
    expect(accounts(service).size).toBe(2)
  })
})

describe('a busy service', () => {
  test('single rows of a batch answered 429 are sent again after the wait it asked for, the others are not', async () => {
    const service = fakeService()
    let busy = 2
    service.instead = ({ body }) =>
      String(body).includes('"b"') && busy-- > 0
        ? refusal(429, '0x80072322', 'Number of requests exceeded the limit.', { 'retry-after': '7' })
        : undefined
    const report = await write(service, [{ name: 'a' }, { name: 'b' }, { name: 'c' }], { mode: 'insert' })
    expect(report).toMatchObject({ created: 3, rejected: 0 })
    expect(service.trips[0]).toBe(3)
    expect(service.clock.slept[0]).toBe(7000)
    expect([...accounts(service).values()].map(({ writes }) => writes)).toEqual([1, 1, 1])
  })

  test('a row that is never taken is given up with the service’s reason', async () => {
    const service = fakeService()
    service.instead = ({ body }) =>
      String(body).includes('"b"') ? refusal(503, '', 'Service unavailable.') : undefined
    await expect(
      write(service, [{ name: 'a' }, { name: 'b' }, { name: 'bb' }, { name: 'c' }], {
        mode: 'insert',
        batchSize: 4,
      }),
    ).resolves.toMatchObject({ created: 3, rejected: 1 })
  })
})

describe('a batch refused as a whole', () => {
  test('it is halved until the row that breaks it is alone', async () => {
    const service = fakeService()
    service.beforeTrip = (requests) => {
      if (requests.length > 1 && requests.some(({ body }) => String(body).includes('poison')))
        throw new ServiceError('REQUEST_REFUSED', 'Bad batch.', { status: 400, serviceCode: '' })
    }
    service.instead = ({ body }) =>
      String(body).includes('poison') ? refusal(400, '0x80048d19', 'Unreadable.') : undefined
    const rows = Array.from({ length: 8 }, (_, at) => ({ name: at === 5 ? 'poison' : `n${at}` }))
    expect(await write(service, rows, { mode: 'insert' })).toMatchObject({ created: 7, rejected: 1 })
    expect(service.trips).toEqual([4, 1, 1, 2])
  })

  test('a service that takes no batches at all gets single requests', async () => {
    const service = fakeService()
    const session = service.environment.session
    const environment = {
      ...service.environment,
      session,
      sendBatch: async () => {
        throw new ServiceError('NOT_FOUND', 'No $batch here.', { status: 404, serviceCode: '' })
      },
    }
    const rows = memoryRows([{ name: 'a' }, { name: 'refuse b' }, { name: 'c' }])
    const report = await writeRows(environment, account, rows, { mode: 'insert' })
    expect(report).toMatchObject({ created: 2, rejected: 1 })
    expect(service.trips).toEqual([1, 1, 1])
  })

  test('a token that is not accepted ends the run before any row is in doubt', async () => {
    const service = fakeService()
    service.beforeTrip = () => {
      throw new ServiceError('UNAUTHORIZED', 'Signed out.', { status: 401, serviceCode: '' })
    }
    await expect(write(service, [{ name: 'a' }, { name: 'b' }], { mode: 'insert' })).rejects.toMatchObject({
      code: 'UNAUTHORIZED',
      name: 'ServiceError',
    })
  })
})

describe('order', () => {
  test('rows with the same key are never on the way together and keep their order, whatever is retried', async () => {
    const service = fakeService()
    for (const id of IDS) accounts(service).set(id, { accountid: id })
    const seen: string[][] = []
    service.beforeTrip = (requests) => {
      seen.push(requests.map(({ path }) => path))
    }
    let busy = 3
    service.instead = ({ path }) =>
      path.includes(IDS[0] ?? '-') && busy-- > 0 ? refusal(429, '', 'Busy.') : undefined
    const rows = Array.from({ length: 40 }, (_, at) => ({ accountid: IDS[at % 4], name: `v${at}` }))
    const report = await write(service, rows, { mode: 'update', batchSize: 3, parallel: 3 })
    expect(report).toMatchObject({ updated: 40 })
    for (const paths of seen) expect(new Set(paths).size).toBe(paths.length)
    expect([0, 1, 2, 3].map((at) => accounts(service).get(IDS[at])?.name)).toEqual([
      'v36',
      'v37',
      'v38',
      'v39',
    ])
  })

  test('keys that differ in case only are one key', async () => {
    const service = fakeService()
    const rows = [
      { accountnumber: 'Ä1', name: 'first' },
      { accountnumber: 'ä1 ', name: 'second' },
    ]
    await write(service, rows, { mode: 'upsert', key: ['accountnumber'] })
    expect(service.trips).toEqual([1, 1])
  })

  test('several batches are on the way at a time, as many as asked for and no more', async () => {
    const service = fakeService()
    let now = 0
    let most = 0
    service.beforeTrip = async () => {
      most = Math.max(most, ++now)
      await new Promise((resolve) => setImmediate(resolve))
    }
    service.afterTrip = () => {
      now--
    }
    const rows = Array.from({ length: 60 }, (_, at) => ({ name: `n${at}` }))
    await write(service, rows, { mode: 'insert', batchSize: 2, parallel: 5 })
    expect(most).toBe(5)
  })
})

describe('patience', () => {
  test('an environment that stays throttled longer than the session waits is waited for', async () => {
    const service = fakeService()
    service.beforeTrip = failing(
      2,
      () =>
        new ServiceError('THROTTLED', 'Too many requests.', {
          status: 429,
          serviceCode: '0x80072322',
          retryAfterMs: 60_000,
        }),
    )
    expect(await write(service, [{ name: 'a' }, { name: 'b' }], { mode: 'insert' })).toMatchObject({
      created: 2,
    })
    expect(service.clock.slept).toEqual([60_000, 60_000])
  })
})

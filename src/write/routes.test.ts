import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { D365Error, ServiceError } from '../core/errors.ts'
import { NetworkCause } from '../core/http.ts'
import { account, type FakeService, fakeService, refusal } from './fake-service.test-support.ts'
import { memoryRows } from './input/memory-rows.ts'
import type { WriteMode, WriteOptions, WriteRoute } from './options.ts'
import type { RowOutcome } from './outcome.ts'
import type { WriteReport } from './report.ts'
import { writeRows } from './write-rows.ts'

type Row = Record<string, unknown>

const idOf = (at: number): string => `00000000-0000-4000-8000-${String(at).padStart(12, '0')}`
const accounts = (service: FakeService) => service.rows.get('accounts') ?? new Map<string, Row>()
const lost = () =>
  new D365Error('NETWORK_FAILED', 'Connection reset.', { cause: new NetworkCause('reset', { sent: true }) })

function bulkService(): FakeService {
  const service = fakeService()
  for (const name of ['CreateMultiple', 'UpdateMultiple']) service.messages.add(name)
  return service
}

async function write(
  service: FakeService,
  rows: readonly Row[],
  options: WriteOptions,
): Promise<{ report: WriteReport; outcomes: RowOutcome[] }> {
  const outcomes: RowOutcome[] = []
  const report = await writeRows(service.environment, account, memoryRows(rows), {
    newRunId: () => 'run-1',
    parallel: 1,
    onOutcome: (outcome) => outcomes.push(outcome),
    ...options,
  })
  return { report, outcomes: outcomes.sort((a, b) => a.row - b.row) }
}

/** What left, e.g. `CreateMultiple 200`, `batch 8`, `GET accounts`. */
function watch(service: FakeService): string[] {
  const left: string[] = []
  service.beforeTrip = (requests) => {
    const [first] = requests
    const message = /\.(\w+Multiple)$/.exec(first?.path ?? '')?.[1]
    if (message) left.push(`${message} ${String(first?.body).split('"@odata.type"').length - 1}`)
    else if (first?.path.startsWith('sdkmessagefilters')) left.push('ask')
    else left.push(`${first?.method === 'GET' ? 'look' : 'batch'} ${requests.length}`)
  }
  return left
}

describe('any mixture of good and bad rows', () => {
  type Kind = 'good' | 'refused' | 'twin' | 'gone' | 'busy'
  const cells = (kind: Kind, at: number): Row => {
    if (kind === 'refused') return { name: `refuse ${at}` }
    return { name: `${kind} ${at}`, ...(kind === 'twin' ? { accountnumber: 'T' } : {}) }
  }
  const badCode = (kind: Kind, mode: WriteMode): string | undefined => {
    if (kind === 'refused' && mode !== 'delete') return '0x80040265'
    if (kind === 'gone' && (mode === 'update' || mode === 'delete')) return '0x80040217'
    return kind === 'twin' && mode === 'insert' ? '0x80060892' : undefined
  }

  test.each<[WriteMode, WriteRoute]>(
    (['insert', 'update', 'upsert', 'delete'] as const).flatMap((mode) =>
      (['auto', 'multiple', 'batch', 'single'] as const).flatMap((route): [WriteMode, WriteRoute][] =>
        mode === 'delete' && route === 'multiple' ? [] : [[mode, route]],
      ),
    ),
  )('%s by %s: the good ones go in, each bad one is rejected with its own reason', async (mode, route) => {
    const kinds = fc.constantFrom<Kind>('good', 'good', 'good', 'refused', 'twin', 'gone', 'busy')
    await fc.assert(
      fc.asyncProperty(
        fc.array(kinds, { maxLength: 80 }),
        fc.integer({ min: 2, max: 60 }),
        fc.integer({ min: 1, max: 4 }),
        async (input, batchSize, parallel) => {
          const service = bulkService()
          accounts(service).set('t', { accountid: 't', accountnumber: 'T' })
          input.forEach((kind, at) => {
            if (mode === 'insert' || kind === 'gone') return
            accounts(service).set(idOf(at), { accountid: idOf(at), writes: 0 })
          })
          const wasBusy = new Set<string>()
          service.instead = ({ path, body }) => {
            const text = `${path} ${body}`
            if (!text.includes('"busy') || wasBusy.has(text)) return undefined
            wasBusy.add(text)
            return refusal(429, '0x80072322', 'Too many.', { 'retry-after': '1' })
          }
          const rows = input.map((kind, at) => ({
            ...(mode === 'insert' ? {} : { accountid: idOf(at) }),
            ...(mode === 'delete' ? {} : cells(kind, at)),
          }))
          const { report, outcomes } = await write(service, rows, { mode, route, batchSize, parallel })
          expect(outcomes.map((outcome) => (outcome.kind === 'rejected' ? outcome.code : undefined))).toEqual(
            input.map((kind) => badCode(kind, mode)),
          )
          const good = input.flatMap((kind, at) => (badCode(kind, mode) === undefined ? [at] : []))
          expect(report).toMatchObject({ read: input.length, accepted: good.length, notSent: 0, inDoubt: 0 })
          if (mode === 'upsert') expect(report.created).toBe(input.filter((kind) => kind === 'gone').length)
          const written = [...accounts(service).values()].filter(({ writes }) => writes === 1)
          expect(written.map(({ name }) => name).sort()).toEqual(
            mode === 'delete' ? [] : good.map((at) => cells(input[at] ?? 'good', at).name).sort(),
          )
          if (mode === 'delete') expect(accounts(service).size).toBe(1)
        },
      ),
      { numRuns: 40 },
    )
  })
})

describe('bulk messages', () => {
  const names = (count: number): Row[] => Array.from({ length: count }, (_, at) => ({ name: `n${at}` }))

  test('rows go in by the hundred where the table takes the message, which is asked once in a session', async () => {
    const service = bulkService()
    const left = watch(service)
    const { report } = await write(service, names(500), { mode: 'insert' })
    await write(service, names(20), { mode: 'insert', newRunId: () => 'run-2' })
    expect(report).toMatchObject({ created: 500 })
    expect(left).toEqual([
      'ask',
      ...Array.from({ length: 5 }, () => 'CreateMultiple 100'),
      'CreateMultiple 20',
    ])
  })

  test('few rows go in a batch, and nobody asks', async () => {
    const service = bulkService()
    const left = watch(service)
    await write(service, names(9), { mode: 'insert' })
    expect(left).toEqual(['batch 9'])
  })

  test('each row says its table and its key, and the headers asked for go along', async () => {
    const service = bulkService()
    accounts(service).set(idOf(1), { accountid: idOf(1) })
    const headers = { 'MSCRM.SuppressDuplicateDetection': 'true' }
    const rows = [{ accountid: idOf(1), name: 'a', revenue: '1.50' }]
    await write(service, rows, { mode: 'update', route: 'multiple', headers })
    expect(service.requests.at(-1)).toMatchObject({
      method: 'POST',
      path: 'accounts/Microsoft.Dynamics.CRM.UpdateMultiple',
      headers: { ...headers, 'Content-Type': 'application/json' },
      body: `{"Targets":[{"@odata.type":"Microsoft.Dynamics.CRM.account","accountid":"${idOf(1)}","name":"a","revenue":1.50}]}`,
    })
  })

  test('an upsert by an alternate key names rows by it and tells created from updated', async () => {
    const service = bulkService()
    accounts(service).set(idOf(7), { accountid: idOf(7), accountnumber: "A'1" })
    const left = watch(service)
    const rows = [
      { accountnumber: "A'1", name: 'a' },
      { accountnumber: 'B', name: 'b' },
    ]
    const { report, outcomes } = await write(service, rows, {
      mode: 'upsert',
      key: ['accountnumber'],
      route: 'multiple',
    })
    expect(report).toMatchObject({ created: 1, updated: 1 })
    expect(outcomes).toMatchObject([{ action: 'updated', id: idOf(7) }, { action: 'created' }])
    expect(left).toEqual(['ask', 'ask', 'look 2', 'UpsertMultiple 2'])
    expect(service.requests.at(-1)?.body).toContain(`"@odata.id":"accounts(accountnumber='A''1')","name":"a"`)
  })

  test('a table without the message gets batches, and refuses a route that was asked for by name', async () => {
    const service = fakeService()
    const left = watch(service)
    expect((await write(service, names(150), { mode: 'insert' })).report).toMatchObject({ created: 150 })
    expect(left).toEqual(['ask', 'batch 100', 'batch 20', 'batch 20', 'batch 10'])
    await expect(write(service, names(1), { mode: 'insert', route: 'multiple' })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: 'account takes no bulk message for insert by this key.',
    })
    await expect(
      write(bulkService(), [{ accountnumber: 'A', name: 'b' }], {
        mode: 'update',
        key: ['accountnumber'],
        route: 'multiple',
      }),
    ).rejects.toMatchObject({ code: 'CONFIG_INVALID' })
  })

  test('who may not ask gets batches', async () => {
    const service = bulkService()
    const left = watch(service)
    service.instead = ({ path }) =>
      path.startsWith('sdk') ? refusal(403, '0x80040220', 'No prvReadSdkMessage.') : undefined
    expect((await write(service, names(30), { mode: 'insert' })).report).toMatchObject({ created: 30 })
    expect(left).toEqual(['ask', 'batch 30'])
  })

  test('a message that is not there after all is tried once', async () => {
    const service = bulkService()
    const left = watch(service)
    service.instead = ({ path }) =>
      path.endsWith('Multiple') ? refusal(404, '0x8006088a', 'Resource not found.') : undefined
    const rows = names(250)
    expect((await write(service, rows, { mode: 'insert', batchSize: 100 })).report).toMatchObject({
      created: 250,
    })
    expect(left).toEqual(['ask', 'CreateMultiple 100', 'batch 100', 'batch 100', 'batch 50'])
  })

  test('rows with the same key never share a message and keep their order', async () => {
    const service = bulkService()
    for (const at of [0, 1, 2]) accounts(service).set(idOf(at), { accountid: idOf(at) })
    const rows = Array.from({ length: 60 }, (_, at) => ({ accountid: idOf(at % 3), name: `v${at}` }))
    await write(service, rows, { mode: 'update', route: 'multiple', parallel: 3 })
    expect([0, 1, 2].map((at) => accounts(service).get(idOf(at))?.name)).toEqual(['v57', 'v58', 'v59'])
    for (const { body } of service.requests.filter(({ path }) => path.endsWith('Multiple'))) {
      const ids = [...String(body).matchAll(/"accountid":"([^"]+)"/g)].map(([, found]) => found)
      expect(new Set(ids).size).toBe(ids.length)
    }
  })
})

describe('a bulk message that fails as a whole', () => {
  const options = { mode: 'insert', route: 'multiple', batchSize: 256 } as const
  const mixed = (count: number, isBad: (at: number) => boolean): Row[] =>
    Array.from({ length: count }, (_, at) => ({ name: isBad(at) ? `refuse ${at}` : `n${at}` }))

  test('one bad row costs two requests for each halving at most, and the good ones go in by the message', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: 255 }), async (bad) => {
        const service = bulkService()
        const left = watch(service)
        const { report } = await write(
          service,
          mixed(256, (at) => at === bad),
          options,
        )
        expect(report).toMatchObject({ created: 255, rejected: 1 })
        expect(left.filter((one) => one.startsWith('batch'))).toEqual(['batch 8'])
        expect(left.length - 2).toBeLessThanOrEqual(2 * Math.log2(256 / 8) + 1)
      }),
      { numRuns: 30 },
    )
  })

  test('many bad rows are told apart by batches after a few halvings', async () => {
    await fc.assert(
      fc.asyncProperty(fc.infiniteStream(fc.boolean()), async (coins) => {
        const bad = new Set([...coins.take(256)].flatMap((is, at) => (is ? [at] : [])))
        const service = bulkService()
        const left = watch(service)
        const { report } = await write(
          service,
          mixed(256, (at) => bad.has(at)),
          options,
        )
        expect(report).toMatchObject({ created: 256 - bad.size, rejected: bad.size })
        expect(left.length - 2).toBeLessThanOrEqual(3 * (Math.log2(256 / 8) + 1) + 1)
      }),
      { numRuns: 20 },
    )
  })

  test('where most rows are bad, batches come first for a while', async () => {
    const service = bulkService()
    const left = watch(service)
    await write(
      service,
      mixed(2560, () => true),
      options,
    )
    expect(left.slice(-9)).toEqual(Array.from({ length: 9 }, () => 'batch 256'))
  })

  test('a missing right of some rows is no end of the run: each row has its own answer', async () => {
    const service = bulkService()
    service.instead = ({ body }) =>
      /"n1?7"/.test(String(body)) ? refusal(403, '0x80048306', 'Not this row.') : undefined
    const { report, outcomes } = await write(
      service,
      mixed(40, () => false),
      options,
    )
    expect(report).toMatchObject({ created: 38, rejected: 2 })
    expect(outcomes.flatMap((one) => (one.kind === 'rejected' ? [[one.row, one.code]] : []))).toEqual([
      [8, '0x80048306'],
      [18, '0x80048306'],
    ])
  })
})

describe('a bulk message and an unreliable service', () => {
  const rows = Array.from({ length: 120 }, (_, at) => ({ name: `n${at}` }))

  /** Loses the answer to the first bulk message that was carried out. */
  function loseOnce(service: FakeService): void {
    let left = 1
    service.afterTrip = ([first]) => {
      if (first?.path.endsWith('Multiple') && left-- > 0) throw lost()
    }
  }

  test('an answer lost after the commit is settled by asking; nothing is sent again', async () => {
    const service = bulkService()
    const left = watch(service)
    loseOnce(service)
    const { report } = await write(service, rows, { mode: 'insert', route: 'multiple', batchSize: 120 })
    expect(report).toMatchObject({ created: 120, rejected: 0, inDoubt: 0 })
    expect(accounts(service).size).toBe(120)
    expect([...accounts(service).values()].every(({ writes }) => writes === 1)).toBe(true)
    expect(left).toEqual(['ask', 'CreateMultiple 120', 'look 120'])
  })

  test('an upsert whose answer was lost still tells created from updated', async () => {
    const service = bulkService()
    accounts(service).set(idOf(0), { accountid: idOf(0) })
    loseOnce(service)
    const upserts = [0, 1, 2].map((at) => ({ accountid: idOf(at), name: `n${at}` }))
    const { report } = await write(service, upserts, { mode: 'upsert', route: 'multiple' })
    expect(report).toMatchObject({ created: 2, updated: 1 })
  })

  test('an update whose answer was lost is sent again', async () => {
    const service = bulkService()
    for (const at of [0, 1, 2]) accounts(service).set(idOf(at), { accountid: idOf(at) })
    loseOnce(service)
    const updates = [0, 1, 2].map((at) => ({ accountid: idOf(at), name: `n${at}` }))
    const { report } = await write(service, updates, { mode: 'update', route: 'multiple' })
    expect(report).toMatchObject({ updated: 3, rejected: 0 })
  })

  test.each([
    [429, 'THROTTLED', '0x80072321'],
    [503, 'SERVICE_UNAVAILABLE', '0x80040216'],
  ] as const)(
    'after %i the whole message waits and is sent again, never in halves',
    async (status, code, serviceCode) => {
      const service = bulkService()
      const left = watch(service)
      const note = service.beforeTrip
      let times = 2
      service.beforeTrip = async (requests) => {
        await note(requests)
        if (requests[0]?.path.endsWith('Multiple') && times-- > 0)
          throw new ServiceError(code, 'Wait.', { status, serviceCode, retryAfterMs: 20_000 })
      }
      const { report } = await write(service, rows, { mode: 'insert', route: 'multiple', batchSize: 120 })
      expect(report).toMatchObject({ created: 120 })
      expect(left).toEqual(['ask', 'CreateMultiple 120', 'CreateMultiple 120', 'CreateMultiple 120'])
      expect(service.clock.slept).toEqual([20_000, 20_000])
    },
  )

  test('one sender’s 429 stops all of them', async () => {
    const service = bulkService()
    const leftAt: number[] = []
    let times = 1
    service.beforeTrip = ([first]) => {
      if (!first?.path.endsWith('Multiple')) return
      leftAt.push(service.clock.now())
      if (times-- > 0)
        throw new ServiceError('THROTTLED', 'Wait.', {
          status: 429,
          serviceCode: '0x80072322',
          retryAfterMs: 60_000,
        })
    }
    const start = service.clock.now()
    await write(service, rows, { mode: 'insert', route: 'multiple', batchSize: 10, parallel: 2 })
    expect(leftAt.filter((at) => at > start && at < start + 60_000)).toEqual([])
    expect(leftAt.filter((at) => at === start).length).toBeLessThanOrEqual(2)
  })
})

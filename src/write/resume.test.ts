import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { SessionRequest } from '../service/session.ts'
import { account, type FakeService, fakeService } from './fake-service.test-support.ts'
import { memoryRows } from './input/memory-rows.ts'
import type { WriteMode, WriteOptions } from './options.ts'
import type { RejectedRow } from './outcome.ts'
import type { WriteReport } from './report.ts'
import { writeRows } from './write-rows.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'd365-journal-'))
})
afterEach(() => rm(folder, { recursive: true }))

const id = (at: number): string => `00000000-0000-4000-8000-0000000000${10 + at}`

/** Twelve rows: 4 is refused by the service (for delete: no id), 7 does not fit, and 10 has the key of 2. */
const INPUT: Readonly<Record<WriteMode, readonly Record<string, unknown>[]>> = {
  insert: rowsOf((row) => ({ name: nameOf(row), accountnumber: `A${row}` })),
  update: rowsOf((row) => ({ accountid: id(row === 10 ? 2 : row), name: nameOf(row) })),
  upsert: rowsOf((row) => ({ accountnumber: `A${row === 10 ? 2 : row}`, name: nameOf(row) })),
  delete: rowsOf((row) => ({ accountid: row === 4 || row === 7 ? 'no id' : id(row) })),
}

function rowsOf(make: (row: number) => Record<string, unknown>): Record<string, unknown>[] {
  return Array.from({ length: 12 }, (_, at) => make(at + 1))
}

function nameOf(row: number): string {
  return row === 4 ? 'refuse me' : row === 7 ? 'x'.repeat(21) : `v${row}`
}

function serviceFor(mode: WriteMode): FakeService {
  const service = fakeService()
  if (mode === 'update' || mode === 'delete')
    for (let row = 1; row <= 12; row++) rowsIn(service).set(id(row), { accountid: id(row), writes: 0 })
  return service
}

const rowsIn = (service: FakeService) => service.rows.get('accounts') ?? new Map()

function options(mode: WriteMode, more: Partial<WriteOptions> = {}): WriteOptions {
  return {
    mode,
    ...(mode === 'upsert' ? { key: ['accountnumber'] } : {}),
    batchSize: 3,
    parallel: 1,
    newRunId: () => 'run-1',
    journal: { folder, fingerprint: 'input-1' },
    ...more,
  }
}

function write(
  service: FakeService,
  mode: WriteMode,
  more: Partial<WriteOptions> = {},
): Promise<WriteReport> {
  return writeRows(service.environment, account, memoryRows(INPUT[mode]), options(mode, more))
}

async function journals(): Promise<string[]> {
  return (await readdir(folder)).filter((name) => name.endsWith('.ndjson')).sort()
}

/** What the rows hold, how often each was written left aside. */
function contents(service: FakeService): unknown {
  return [...rowsIn(service).values()].map(({ accountid, accountnumber, name }) => ({
    accountid,
    accountnumber,
    name,
  }))
}

async function undisturbed(mode: WriteMode) {
  const service = serviceFor(mode)
  const trips: SessionRequest[][] = []
  service.beforeTrip = (requests) => {
    trips.push([...requests])
  }
  const report = await write(service, mode)
  const [name = ''] = await journals()
  const text = await readFile(join(folder, name), 'utf8')
  await rm(join(folder, name))
  return { trips, report, text, name: name.replace('.done.', '.open.'), end: contents(service) }
}

describe('a process killed at any point', () => {
  test.each<WriteMode>(['insert', 'update', 'upsert', 'delete'])(
    '%s continues to the same end, nothing lost and nothing doubled',
    async (mode) => {
      const { trips, report, text, name, end } = await undisturbed(mode)
      expect(report).toMatchObject({ read: 12, rejected: 2, accepted: 10 })
      for (const cut of cuts(text)) {
        const left = text.slice(0, cut)
        const sent = wholeLines(left).filter((line) => line.includes('"sent"')).length
        const settled = wholeLines(left).filter((line) => line.includes('"rejected"')).length
        for (const executed of new Set([settled, sent])) {
          const service = serviceFor(mode)
          for (const trip of trips.slice(0, executed))
            await service.environment.sendBatch(trip, { repeatable: false })
          await writeFile(join(folder, name), left)
          const resumed = await write(service, mode, { newRunId: () => 'run-1' })
          expect(contents(service), `journal cut at ${cut}, ${executed} trips executed`).toEqual(end)
          expect(resumed).toMatchObject({ read: 12, rejected: 2, accepted: 10, notSent: 0, inDoubt: 0 })
          expect(await journals()).toEqual([name.replace('.open.', '.done.')])
          await rm(join(folder, name.replace('.open.', '.done.')))
        }
      }
    },
  )
})

/** Every line's end, its middle and one byte before its end; the closing line left out. */
function cuts(journal: string): number[] {
  const found: number[] = []
  let start = 0
  for (const line of wholeLines(journal).slice(0, -1)) {
    found.push(start + Math.floor(line.length / 2), start + line.length, start + line.length + 1)
    start += line.length + 1
  }
  return found
}

function wholeLines(text: string): string[] {
  return text.split('\n').slice(0, -1)
}

describe('journals', () => {
  test('rows settled before are not sent again, and rejected ones are told again', async () => {
    const service = serviceFor('insert')
    let trips = 0
    service.beforeTrip = () => {
      if (++trips === 3) throw new Error('killed')
    }
    await expect(write(service, 'insert')).rejects.toMatchObject({
      name: 'WriteStopped',
      hint: expect.stringContaining('Run the same command again with the same input'),
    })
    const before = service.requests.length
    service.beforeTrip = () => {}
    const rejected: RejectedRow[] = []
    const report = await write(service, 'insert', {
      newRunId: () => 'run-2',
      rejects: (row) => {
        rejected.push(row)
      },
    })
    expect(report).toMatchObject({ runId: 'run-1', created: 10, rejected: 2, resumed: 6 })
    expect(rejected.map(({ row, code, input }) => [row, code, input.values.accountnumber])).toEqual([
      [4, '0x80040265', 'A4'],
      [7, 'INPUT_INVALID', 'A7'],
    ])
    expect(service.requests.slice(before).filter(({ method }) => method === 'POST')).toHaveLength(5)
    expect(rowsIn(service).size).toBe(10)
  })

  test('a run killed twice, the first time in the middle of a line, still ends well', async () => {
    const { text, name, end } = await undisturbed('insert')
    await writeFile(join(folder, name), text.slice(0, text.indexOf('"sent"') + 3))
    const service = serviceFor('insert')
    service.afterTrip = () => {
      throw new Error('killed')
    }
    await expect(write(service, 'insert')).rejects.toThrow('killed')
    service.afterTrip = () => {}
    expect(await write(service, 'insert')).toMatchObject({ created: 10, rejected: 2 })
    expect(contents(service)).toEqual(end)
  })

  test('a run killed between its last line and the closing of its journal is told again, not written again', async () => {
    const { text, name } = await undisturbed('insert')
    expect(text).toContain('"ended"')
    await writeFile(join(folder, name), text)
    const service = serviceFor('insert')
    const report = await write(service, 'insert', { newRunId: () => 'run-2' })
    expect(report).toMatchObject({ runId: 'run-1', created: 10, rejected: 2, resumed: 11 })
    expect(service.requests).toEqual([])
  })

  test('what was on the way when the process died is asked for before anything is sent again', async () => {
    const service = serviceFor('insert')
    let trips = 0
    service.afterTrip = () => {
      if (++trips === 2) throw new Error('killed')
    }
    await expect(write(service, 'insert')).rejects.toThrow('killed')
    service.afterTrip = () => {}
    const before = service.requests.length
    expect(await write(service, 'insert')).toMatchObject({ created: 10, rejected: 2, inDoubt: 0 })
    const asked = service.requests.slice(before).map(({ method }) => method)
    expect(asked.slice(0, 3)).toEqual(['GET', 'GET', 'GET'])
    expect(asked.filter((method) => method === 'POST')).toHaveLength(6)
    expect([...rowsIn(service).values()].every(({ writes }) => writes === 1)).toBe(true)
  })

  test('a cancelled run is left resumable', async () => {
    const service = serviceFor('insert')
    const stop = new AbortController()
    let trips = 0
    service.afterTrip = () => {
      if (++trips === 2) stop.abort()
    }
    await expect(write(service, 'insert', { signal: stop.signal })).rejects.toMatchObject({
      code: 'CANCELLED',
    })
    expect(await journals()).toEqual([expect.stringMatching(/run-1\.open\.ndjson$/)])
    expect(await write(service, 'insert')).toMatchObject({ created: 10, rejected: 2, runId: 'run-1' })
    expect(rowsIn(service).size).toBe(10)
  })

  test('a finished run is closed: the same input again is a new run', async () => {
    const service = serviceFor('update')
    await write(service, 'update')
    expect(await journals()).toEqual([expect.stringMatching(/run-1\.done\.ndjson$/)])
    expect(await write(service, 'update', { newRunId: () => 'run-2' })).toMatchObject({
      runId: 'run-2',
      resumed: 0,
    })
  })

  test('another input, or a wish to begin anew, does not continue an unfinished run', async () => {
    const service = serviceFor('insert')
    service.afterTrip = () => {
      throw new Error('killed')
    }
    await expect(write(service, 'insert')).rejects.toThrow('killed')
    service.afterTrip = () => {}
    const other = { newRunId: () => 'run-2', journal: { folder, fingerprint: 'input-2' } }
    expect(await write(fakeService(), 'insert', other)).toMatchObject({ runId: 'run-2', resumed: 0 })
    const anew = { newRunId: () => 'run-3', journal: { folder, fingerprint: 'input-1', resume: false } }
    expect(await write(fakeService(), 'insert', anew)).toMatchObject({ runId: 'run-3', resumed: 0 })
    expect((await journals()).map((name) => name.replace(/^[^-]+-/, ''))).toEqual(
      expect.arrayContaining(['run-1.abandoned.ndjson', 'run-2.done.ndjson', 'run-3.done.ndjson']),
    )
  })

  test('a run that fails before its first request leaves no journal behind', async () => {
    const rows = memoryRows([{ nmae: 'x' }])
    await expect(writeRows(fakeService().environment, account, rows, options('insert'))).rejects.toThrow(
      'nmae',
    )
    expect(await journals()).toEqual([])
  })

  test('a journal that something else has changed is refused, not guessed at', async () => {
    const service = serviceFor('insert')
    service.afterTrip = () => {
      throw new Error('killed')
    }
    await expect(write(service, 'insert')).rejects.toThrow('killed')
    const [name = ''] = await journals()
    const text = await readFile(join(folder, name), 'utf8')
    await writeFile(join(folder, name), text.replace('{"sent"', '{"snet"'))
    await expect(write(service, 'insert')).rejects.toMatchObject({ code: 'IO_FAILED' })
  })

  test('one input is written to one table by one process at a time', async () => {
    const service = serviceFor('insert')
    let second: Promise<unknown> | undefined
    service.beforeTrip = async () => {
      const journal = { folder, fingerprint: 'input-1', waitMs: 0 }
      second ??= write(fakeService(), 'insert', { journal }).catch((error: unknown) => error)
      await second
    }
    expect(await write(service, 'insert')).toMatchObject({ created: 10 })
    expect(await second).toMatchObject({ code: 'CONFLICT' })
  })

  test('a second command that waited for the first one writes nothing', async () => {
    const service = serviceFor('insert')
    let second: Promise<WriteReport> | undefined
    service.afterTrip = () => {
      second ??= write(service, 'insert', { newRunId: () => 'run-2' })
      second.catch(() => undefined)
    }
    await write(service, 'insert')
    await expect(second).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('has just written the same input'),
    })
    expect(rowsIn(service).size).toBe(10)
  })

  test('a file that changed after its insert was interrupted is not written from the beginning by mistake', async () => {
    const service = serviceFor('insert')
    const from = (fingerprint: string, more: Partial<WriteOptions['journal']> = {}) => ({
      journal: { folder, fingerprint, source: '/data/rows.csv', ...more },
    })
    service.afterTrip = () => {
      throw new Error('killed')
    }
    await expect(write(service, 'insert', from('first'))).rejects.toThrow('killed')
    service.afterTrip = () => {}
    await expect(write(service, 'insert', from('edited'))).rejects.toMatchObject({
      code: 'CONFLICT',
      message: expect.stringContaining('/data/rows.csv has changed'),
      hint: expect.stringContaining('--no-resume'),
    })
    const other = { journal: { folder, fingerprint: 'other', source: '/data/others.csv' } }
    expect(await write(serviceFor('insert'), 'insert', other)).toMatchObject({ created: 10 })
    expect(await write(service, 'insert', from('first'))).toMatchObject({ created: 10, resumed: 0 })
    expect(rowsIn(service).size).toBe(10)
  })

  test('a preview keeps no journal', async () => {
    await write(serviceFor('update'), 'update', { dryRun: true })
    expect(await journals()).toEqual([])
  })
})

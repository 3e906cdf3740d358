import { existsSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { z } from 'zod'
import { openCredentialStore } from '../../connect.ts'
import { APPS, createSandbox, type ListeningSandbox } from '../../sandbox/index.ts'
import { openTestStudio, type TestStudio } from './studio.test-support.ts'

/** Files that are sent up, and runs that outlive pages and the studio itself. */
let sandbox: ListeningSandbox

beforeAll(async () => {
  sandbox = await createSandbox().listen({ port: 0 })
})

afterAll(() => sandbox.close())

async function openStudio(folder?: string): Promise<TestStudio> {
  const studio = await openTestStudio(folder === undefined ? {} : { folder })
  const store = await openCredentialStore({ env: studio.env })
  if ((await store.systems()).length > 0) return studio
  const { clientId, secrets } = APPS.find(({ name }) => name === 'd365 service') ?? {
    clientId: '',
    secrets: [],
  }
  await store.addSystem({ name: 'local', serviceUrl: sandbox.origin })
  await store.addCredential('local', {
    name: 'robot',
    grant: 'client-secret',
    clientId,
    secret: secrets[0]?.value ?? '',
  })
  return studio
}

async function upload(studio: TestStudio, body: string | ReadableStream<Uint8Array>, type = 'text/csv') {
  const response = await studio.fetch(
    new Request(`${studio.origin}/api/write.upload`, {
      method: 'POST',
      headers: { ...studio.headers, 'content-type': type },
      body,
      // Streams need it; the types of the browser do not know it.
      ...{ duplex: 'half' },
    }),
  )
  return { status: response.status, content: z.record(z.string(), z.unknown()).parse(await response.json()) }
}

const writing = (source: unknown) => ({
  environment: { system: 'local', credential: 'robot' },
  source,
  table: 'sample_everything',
  mode: 'insert',
  key: [],
  map: {},
  skipUnchanged: false,
})

const Looked = z.object({ columns: z.array(z.string()), samples: z.array(z.unknown()), about: z.number() })
const Job = z.object({ id: z.string() })
const Ended = z.object({
  job: Job.extend({
    table: z.string(),
    state: z.string(),
    rejects: z.array(z.object({ values: z.record(z.string(), z.unknown()) })),
  }),
})

test('a file of 50 MB is taken piece by piece, looked at without reading it into memory, and gone when the studio is', async () => {
  const studio = await openStudio()
  const line = `code-000000,${'x'.repeat(1000)}\n`
  const lines = Math.ceil(50_000_000 / line.length)
  let sent = 0
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => {
      if (sent === 0) controller.enqueue(Buffer.from('sample_code,sample_notes\n'))
      const some = Math.min(1000, lines - sent)
      if (some === 0) return controller.close()
      controller.enqueue(Buffer.from(line.repeat(some)))
      sent += some
    },
  })
  const { status, content } = await upload(studio, body)
  expect(status).toBe(200)
  expect(content).toMatchObject({ format: 'csv', bytes: expect.any(Number) })
  expect(Number(content.bytes)).toBeGreaterThan(50_000_000)
  const looked = await studio.ask('write.look', {
    environment: { system: 'local', credential: 'robot' },
    source: { upload: content.id },
    table: 'sample_everything',
  })
  expect(Looked.parse(looked.content)).toMatchObject({
    columns: ['sample_code', 'sample_notes'],
    about: lines + 1,
  })
  const uploads = () =>
    readdirSync(tmpdir())
      .filter((name) => name.startsWith('d365-upload-'))
      .some((name) => existsSync(`${tmpdir()}/${name}/${String(content.id)}.csv`))
  expect(uploads()).toBe(true)
  await studio.close()
  expect(uploads()).toBe(false)
})

test('what is no file of rows is refused, and so is a query that reads files of the machine', async () => {
  const studio = await openStudio()
  expect(await upload(studio, 'hello', 'text/plain')).toMatchObject({
    status: 422,
    content: { message: 'A file of type text/plain cannot be written.' },
  })
  expect(
    await studio.ask('write.start', writing({ query: "select * from read_csv('/etc/passwd')" })),
  ).toMatchObject({ content: { message: expect.stringContaining('which this query may not read') } })
  expect(await studio.ask('write.start', writing({ upload: 'gone' }))).toMatchObject({
    content: { message: 'The file is not there any more.' },
  })
  await studio.close()
})

test('a studio that ends in the middle of a run leaves a journal, and the next one goes on with the same file', async () => {
  const csv = `sample_code,sample_name\n${Array.from({ length: 1500 }, (_, at) => `WJ-${at},Row ${at}`).join('\n')}\n`
  const first = await openStudio()
  const started = await first.ask('write.start', writing({ upload: (await upload(first, csv)).content.id }))
  const { id } = Job.parse(started.content)
  const rule = sandbox.sandbox.faults.add({
    path: '/api/data/*/sample_everythings*',
    fault: { kind: 'latency', ms: 60_000 },
    nth: Array.from({ length: 500 }, (_, at) => at + 3),
  })
  await first.close()
  sandbox.sandbox.faults.remove(rule)
  const second = await openStudio(first.env.D365_CONFIG_DIR)
  expect(await second.ask('write.control', { id, action: 'stop' })).toMatchObject({ status: 404 })
  const again = await second.ask('write.start', writing({ upload: (await upload(second, csv)).content.id }))
  const events = await second.listen('write.watch', { id: Job.parse(again.content).id })
  expect(events.at(-2)?.[1]).toMatchObject({ job: { state: 'done', counts: { created: 1500, rejected: 0 } } })
  const counted = await second.ask('connect.query', {
    environment: { system: 'local', credential: 'robot' },
    sql: "select count(*) from sample_everything where sample_code like 'WJ-%'",
  })
  expect(counted.content).toMatchObject({ rows: [['1500']] })
  await second.close()
})

test('mended rows are sent again to where they were rejected, as they were written there', async () => {
  const studio = await openStudio()
  /** How a run stands once it has ended. */
  const ended = async (started: { readonly content: unknown }) => {
    const events = await studio.listen('write.watch', { id: Job.parse(started.content).id })
    return Ended.parse(events.at(-2)?.[1]).job
  }
  const { content } = await upload(studio, 'Code,Score\nWR-1,1\nWR-2,200\n')
  const first = await ended(
    await studio.ask('write.start', {
      ...writing({ upload: content.id }),
      map: { Code: 'sample_code', Score: 'sample_score' },
    }),
  )
  expect(first).toMatchObject({ state: 'done', rejects: [{ values: { sample_code: 'WR-2' } }] })
  const rows = first.rejects.map(({ values }) => ({ ...values, sample_score: '20' }))
  expect(await ended(await studio.ask('write.again', { id: first.id, rows }))).toMatchObject({
    table: 'sample_everything',
    state: 'done',
    rejects: [],
  })
  const stored = await studio.ask('connect.query', {
    environment: { system: 'local', credential: 'robot' },
    sql: "select sample_code, sample_score from sample_everything where sample_code like 'WR-%' order by 1",
  })
  expect(stored.content).toMatchObject({
    rows: [
      ['WR-1', 1],
      ['WR-2', 20],
    ],
  })
  await studio.close()
})

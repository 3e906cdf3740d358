import { describe, expect, test } from 'vitest'
import { account, fakeService } from './fake-service.test-support.ts'
import { csvRows } from './input/csv-rows.ts'
import { memoryRows } from './input/memory-rows.ts'
import type { WriteOptions } from './options.ts'
import type { RowOutcome } from './outcome.ts'
import { writeRows } from './write-rows.ts'

const A = '00000000-0000-4000-8000-00000000000a'
const B = '00000000-0000-4000-8000-00000000000b'

function world(rows: Readonly<Record<string, Record<string, unknown>>>) {
  const service = fakeService()
  for (const [id, row] of Object.entries(rows))
    service.rows.get('accounts')?.set(id, { accountid: id, ...row })
  const outcomes: RowOutcome[] = []
  return {
    service,
    outcomes,
    write: (input: readonly Record<string, unknown>[], options: WriteOptions) =>
      writeRows(service.environment, account, memoryRows(input), {
        onOutcome: (outcome) => outcomes.push(outcome),
        ...options,
      }),
    patches: () => service.requests.filter(({ method }) => method !== 'GET'),
  }
}

describe('rows that would change nothing', () => {
  test('are not sent and end unchanged, the others are sent whole', async () => {
    const { write, patches, outcomes } = world({
      [A]: { name: 'Same', revenue: '10.00' },
      [B]: { name: 'Old' },
    })
    const report = await write(
      [
        { accountid: A, name: 'Same', revenue: '10' },
        { accountid: B, name: 'New' },
      ],
      { mode: 'update', skipUnchanged: true },
    )
    expect(report).toMatchObject({ read: 2, accepted: 1, updated: 1, unchanged: 1, rejected: 0 })
    expect(patches().map(({ path }) => path)).toEqual([`accounts(${B})`])
    expect(outcomes.find(({ kind }) => kind === 'unchanged')).toMatchObject({ row: 1, id: A })
  })

  test('a later row that takes a change back is sent, though the environment held its values when it was read', async () => {
    const { write, service } = world({ [A]: { name: 'First' } })
    const report = await write(
      [
        { accountid: A, name: 'Second' },
        { accountid: A, name: 'First' },
      ],
      { mode: 'update', skipUnchanged: true },
    )
    expect(report).toMatchObject({ updated: 2, unchanged: 0 })
    expect(service.rows.get('accounts')?.get(A)).toMatchObject({ name: 'First' })
  })

  test('an insert leaves rows alone whose key exists, and inserts those without one', async () => {
    const { write, patches } = world({ [A]: { name: 'There' } })
    const report = await write([{ accountid: A, name: 'Other' }, { name: 'New' }], {
      mode: 'insert',
      skipExisting: true,
    })
    expect(report).toMatchObject({ created: 1, unchanged: 1, rejected: 0 })
    expect(patches().map(({ method, path }) => `${method} ${path}`)).toEqual(['POST accounts'])
    await expect(
      write([{ accountid: A, name: 'x' }], { mode: 'update', skipExisting: true }),
    ).rejects.toMatchObject({ code: 'CONFIG_INVALID', message: 'skipExisting has no meaning for update.' })
  })

  test('skipping makes no sense for insert and delete', async () => {
    const { write } = world({})
    await expect(write([{ name: 'x' }], { mode: 'insert', skipUnchanged: true })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    })
  })
})

test('numbers, dates and times of a CSV are read as its locale and zone spell them', async () => {
  const { service } = world({})
  const text = 'Firma;Umsatz;new_when\nContoso;1.234,50;01.07.2024 08:00\n'
  const rows = csvRows(
    (async function* () {
      yield text
    })(),
    { delimiter: ';' },
  )
  const report = await writeRows(service.environment, account, rows, {
    mode: 'insert',
    map: { Firma: 'name', Umsatz: 'revenue', new_when: 'new_call' },
    locale: 'de-DE',
    timeZone: 'Europe/Berlin',
  })
  expect(report).toMatchObject({ created: 1, rejected: 0 })
  expect([...(service.rows.get('accounts')?.values() ?? [])]).toMatchObject([
    { name: 'Contoso', revenue: '1234.50', new_call: '2024-07-01T06:00:00Z' },
  ])
})

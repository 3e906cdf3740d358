import fc from 'fast-check'
import { expect, test } from 'vitest'
import { account, fakeService, refusal } from './fake-service.test-support.ts'
import { memoryRows } from './input/memory-rows.ts'
import type { RejectedRow, RowOutcome } from './outcome.ts'
import { writeRows } from './write-rows.ts'

type Kind = 'good' | 'refused' | 'too long' | 'no number' | 'no contact' | 'busy'

const CODE_OF: Readonly<Record<Kind, string | undefined>> = {
  good: undefined,
  busy: undefined,
  refused: '0x80040265',
  'too long': 'INPUT_INVALID',
  'no number': 'INPUT_INVALID',
  'no contact': 'LOOKUP_MISSING',
}

function rowOf(kind: Kind, at: number): Record<string, unknown> {
  return {
    name:
      kind === 'refused' ? `refuse ${at}` : kind === 'too long' ? `${at}`.padEnd(21, 'x') : `${kind} ${at}`,
    numberofemployees: kind === 'no number' ? 'many' : at,
    'primarycontactid.emailaddress1': kind === 'no contact' ? `nobody${at}` : '',
  }
}

test('any mixture of good and bad rows: the good ones go in, each bad one is rejected with its own reason', async () => {
  const kinds = fc.constantFrom<Kind>('good', 'refused', 'too long', 'no number', 'no contact', 'busy')
  await fc.assert(
    fc.asyncProperty(
      fc.array(kinds, { maxLength: 60 }),
      fc.integer({ min: 1, max: 20 }),
      fc.integer({ min: 1, max: 5 }),
      async (input, batchSize, parallel) => {
        const service = fakeService()
        const wasBusy = new Set<string>()
        service.instead = ({ body }) => {
          const text = String(body)
          if (!text.includes('"busy') || wasBusy.has(text)) return undefined
          wasBusy.add(text)
          return refusal(429, '0x80072322', 'Too many.', { 'retry-after': '1' })
        }
        const rejected: RejectedRow[] = []
        const outcomes: RowOutcome[] = []
        const rows = memoryRows(input.map(rowOf))
        const report = await writeRows(service.environment, account, rows, {
          mode: 'insert',
          batchSize,
          parallel,
          rejects: (row) => {
            rejected.push(row)
          },
          onOutcome: (outcome) => outcomes.push(outcome),
        })
        const bad = input.flatMap((kind, at) =>
          CODE_OF[kind] === undefined ? [] : [[at + 1, CODE_OF[kind]]],
        )
        expect(rejected.map(({ row, code }) => [row, code]).sort(byRow)).toEqual(bad)
        const good = input.flatMap((kind, at) => (CODE_OF[kind] === undefined ? [`${kind} ${at}`] : []))
        const stored = [...(service.rows.get('accounts')?.values() ?? [])]
        expect(stored.map(({ name }) => name).sort()).toEqual(good.sort())
        expect(stored.every(({ writes }) => writes === 1)).toBe(true)
        expect(new Set(outcomes.map(({ row }) => row)).size).toBe(input.length)
        expect(report).toMatchObject({
          read: input.length,
          accepted: good.length,
          created: good.length,
          rejected: bad.length,
          notSent: 0,
          inDoubt: 0,
          complete: true,
        })
      },
    ),
  )
})

function byRow(a: readonly unknown[], b: readonly unknown[]): number {
  return Number(a[0]) - Number(b[0])
}

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { printFilter } from '../odata/print-filter.ts'
import { halves, type Moments, momentsFilter } from './moments.ts'

const at = (text: string): number => Date.parse(text)

test.each([
  ['never', 'createdon eq null'],
  [{}, 'createdon ne null'],
  [{ to: at('2024-02-29T00:00:00Z') }, 'createdon lt 2024-02-29T00:00:00Z'],
  [{ from: at('1969-12-31T23:59:59Z') }, 'createdon ge 1969-12-31T23:59:59Z'],
  [{ from: 0, to: 1000 }, 'createdon ge 1970-01-01T00:00:00Z and createdon lt 1970-01-01T00:00:01Z'],
] satisfies [Moments, string][])('%j is asked for by %s', (range, filter) => {
  const column = { name: 'createdon', property: 'createdon' }
  expect(printFilter(momentsFilter(range, column))).toBe(filter)
})

test('a second is not halved, whatever parts of it the ends are, nor are rows without a moment', () => {
  expect(halves({}, { earliest: 1000, latest: 1999 })).toBeUndefined()
  expect(halves({ from: 1000 }, { earliest: 0, latest: 900 })).toBeUndefined()
  expect(halves('never', { earliest: 0, latest: 9000 })).toBeUndefined()
})

test('halves of halves hold every moment exactly once, those out of bounds too, and end at seconds', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: -4e12, max: 4e12 }),
      fc.integer({ min: 0, max: 40_000 }),
      fc.integer({ min: -5e12, max: 5e12 }),
      (earliest, span, moment) => {
        const bounds = { earliest, latest: earliest + span }
        const leaves: Moments[] = []
        for (const waiting: Moments[] = [{}]; waiting.length > 0; ) {
          const range = waiting.pop() ?? {}
          const smaller = halves(range, bounds)
          if (smaller) waiting.push(...smaller)
          else leaves.push(range)
        }
        expect(leaves.length).toBeLessThanOrEqual(span / 1000 + 2)
        const near = earliest + (Math.abs(moment) % (span + 1))
        for (const one of [moment, near]) expect(leaves.filter((range) => has(range, one))).toHaveLength(1)
      },
    ),
    { seed: 7 },
  )
})

function has(range: Moments, moment: number): boolean {
  if (range === 'never') return false
  const { from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY } = range
  return from <= moment && moment < to
}

import { expect, test } from 'vitest'
import { chartData, labelColumn, ticksFor, valueColumns } from './chart-data.ts'

const RESULT = {
  columns: [
    { name: 'n', type: 'BIGINT' },
    { name: 'state', type: 'VARCHAR' },
    { name: 'sum', type: 'DECIMAL(38,2)' },
  ],
  rows: [
    ['3', 'Open', '10.50'],
    ['1', null, null],
    ['2', 'Lost', '-4'],
  ],
}

test('texts name what numbers are drawn of', () => {
  expect(labelColumn(RESULT)).toBe(1)
  expect(valueColumns(RESULT)).toEqual([0, 2])
})

test('rows without a number are left out and counted, exact numbers are read', () => {
  expect(chartData(RESULT, { kind: 'bar', label: 1, value: 2 })).toEqual({
    points: [
      { label: 'Open', value: 10.5 },
      { label: 'Lost', value: -4 },
    ],
    left: 1,
  })
  expect(chartData(RESULT, { kind: 'pie', label: 1, value: 0 }).points.map(({ label }) => label)).toEqual([
    'Open',
    '(none)',
    'Lost',
  ])
})

test('a picture has room for so many', () => {
  const rows = Array.from({ length: 100 }, (_, at) => [at, `row ${at}`, '1'])
  expect(chartData({ ...RESULT, rows }, { kind: 'pie', label: 1, value: 2 })).toMatchObject({ left: 88 })
})

test.each([
  [
    [3, 17],
    [0, 5, 10, 15, 20],
  ],
  [
    [-4, 10.5],
    [-5, 0, 5, 10, 15],
  ],
  [[0], [0]],
])('the axis of %j has round numbers', (values, ticks) => {
  expect(ticksFor(values)).toEqual(ticks)
})

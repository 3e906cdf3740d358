import { describe, expect, test } from 'vitest'
import type { OutputColumn } from '../output/row-text.ts'
import { chooseFormat } from './choose-format.ts'
import { type RowFormat, rowPrinter } from './row-format.ts'

const COLUMNS: readonly OutputColumn[] = [
  { name: 'name', exactNumber: false },
  { name: 'revenue', exactNumber: true },
  { name: 'big', exactNumber: false },
  { name: 'tags', exactNumber: false },
]

const ROWS = [
  { name: 'Ann "A", Ltd', revenue: '922337203685476.5807', big: 9_007_199_254_740_993n, tags: [1, 9] },
  { name: null, revenue: null, big: null, tags: null },
]

function printed(
  format: RowFormat,
  batches: readonly (typeof ROWS)[],
  width = Number.POSITIVE_INFINITY,
): string {
  const printer = rowPrinter(format, COLUMNS, width)
  return [printer.start(), ...batches.map((batch) => printer.rows(batch)), printer.end()].join('')
}

describe('every digit is printed, and NULL stays NULL', () => {
  test('json: a number of 19 digits is a number, not a text', () => {
    expect(printed('json', [ROWS])).toBe(`[
{"name":"Ann \\"A\\", Ltd","revenue":922337203685476.5807,"big":9007199254740993,"tags":[1,9]},
{"name":null,"revenue":null,"big":null,"tags":null}
]
`)
  })

  test('ndjson: a row a line', () => {
    const lines = printed('ndjson', [ROWS]).split('\n')
    expect(lines).toHaveLength(3)
    expect(lines[0]).toContain('"revenue":922337203685476.5807,"big":9007199254740993')
  })

  test('csv: quoted where a comma or a quote stands in a value, empty for NULL', () => {
    expect(printed('csv', [ROWS])).toBe(
      'name,revenue,big,tags\n"Ann ""A"", Ltd",922337203685476.5807,9007199254740993,1;9\n,,,\n',
    )
  })
})

test('related rows stand in a cell as JSON', () => {
  const printer = rowPrinter('csv', [{ name: 'contacts', exactNumber: false }], Number.POSITIVE_INFINITY)
  expect(printer.rows([{ contacts: [{ fullname: 'Ann' }] }])).toBe('"[{""fullname"":""Ann""}]"\n')
})

test('json of no rows is an empty list, and of several batches one list', () => {
  expect(printed('json', [])).toBe('[]\n')
  expect(JSON.parse(printed('json', [ROWS.slice(1), ROWS.slice(1)]))).toHaveLength(2)
})

test('csv of no rows still names the columns', () => {
  expect(printed('csv', [])).toBe('name,revenue,big,tags\n')
})

test('a table is cut to the terminal, and control characters never reach it', () => {
  const rows = [{ ...ROWS[1], name: 'a\u001b[31mred\nline', revenue: '1', big: 2n, tags: null }]
  const text = rowPrinter('table', COLUMNS, 20)
  const lines = (text.start() + text.rows(rows) + text.end()).trimEnd().split('\n')
  expect(lines).toHaveLength(3)
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(20)
  expect(lines.join('')).not.toContain('\u001b')
  expect(lines[2]).toContain('a[31mred line'.slice(0, 8))
})

test('an unknown format is answered with the known ones', () => {
  expect(chooseFormat({ format: 'CSV' })).toBe('csv')
  expect(() => chooseFormat({ format: 'xml' })).toThrow(
    '--format is xml; it must be one of table, csv, json, ndjson.',
  )
})

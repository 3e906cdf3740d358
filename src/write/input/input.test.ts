import { stringify } from 'csv-stringify/sync'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { RejectedRow } from '../outcome.ts'
import { csvRows } from './csv-rows.ts'
import type { InputRow } from './input-row.ts'
import { memoryRows } from './memory-rows.ts'
import { ndjsonRows } from './ndjson-rows.ts'
import { rejectsPrinter } from './rejects-file.ts'

async function* bytes(text: string, size = 7): AsyncGenerator<Uint8Array> {
  const all = new TextEncoder().encode(text)
  for (let at = 0; at < all.length; at += size) yield all.subarray(at, at + size)
}

async function all(rows: AsyncIterable<InputRow>): Promise<InputRow[]> {
  const found: InputRow[] = []
  for await (const row of rows) found.push(row)
  return found
}

function reject(input: InputRow): RejectedRow {
  return { kind: 'rejected', row: 1, input, code: '0x80040265', message: 'no, "never"' }
}

describe('CSV', () => {
  test('rows know their line; quotes, line breaks, blank lines and a byte order mark are understood', async () => {
    const rows = await all(csvRows(bytes('\ufeffname,city\r\n"a,""b""","x\r\ny"\r\n\r\nc,\r\n')))
    expect(rows.map(({ line, values }) => [line, values])).toEqual([
      [2, { name: 'a,"b"', city: 'x\r\ny' }],
      [5, { name: 'c', city: '' }],
    ])
  })

  test('a row of another width is rejected alone', async () => {
    const rows = await all(csvRows(bytes('a;b\n1\n1;2\n1;2;3\n'), { delimiter: ';' }))
    expect(rows.map(({ fault }) => fault)).toEqual([
      'The row has 1 cells and the header 2.',
      undefined,
      'The row has 3 cells and the header 2.',
    ])
  })

  test.each([
    ['', 'The CSV input is empty; its first line must hold the column names.'],
    ['a,\n1,2', 'Column 2 of the CSV header has no name.'],
    ['a,A\n1,2', 'The CSV header names the column A twice.'],
    ['a;b\n1;2', 'The CSV header is one cell: a;b'],
    ['a,b\n1,"2', 'The CSV input cannot be read: '],
  ])('%j is refused', async (text, message) => {
    await expect(all(csvRows(bytes(text)))).rejects.toMatchObject({
      code: 'INPUT_INVALID',
      message: expect.stringContaining(message),
    })
  })

  test('any table comes back cell by cell', async () => {
    const cell = fc.string({ unit: fc.constantFrom('a', ' ', '"', ',', '\n', 'é', '😀', ';') })
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(cell, cell), { minLength: 1 }), async (cells) => {
        const rows = await all(csvRows(bytes(stringify([['x', 'y'], ...cells], { quoted: true }), 3)))
        expect(rows.map(({ values }) => [values.x, values.y])).toEqual(cells)
      }),
    )
  })
})

describe('NDJSON', () => {
  test('numbers keep their exact text, and a broken line is rejected alone', async () => {
    const rows = await all(
      ndjsonRows(
        bytes('{"m":922337203685477.5807,"i":9007199254740993}\n\n{"m":\n[1]\n{"a":[1,"x"],"n":null}'),
      ),
    )
    expect(rows.map(({ line, values, fault }) => [line, fault ?? values])).toEqual([
      [1, { m: '922337203685477.5807', i: '9007199254740993' }],
      [3, expect.stringContaining('not valid JSON')],
      [4, 'The line is not a JSON object.'],
      [5, { a: ['1', 'x'], n: null }],
    ])
  })
})

describe('the rejects file', () => {
  const rejectsOf = (rows: readonly InputRow[]): string => {
    const print = rejectsPrinter()
    return rows.map((row) => print(reject(row))).join('')
  }

  test('CSV rejects have the shape of the input, and rejecting them again replaces the reason', async () => {
    const rows = await all(csvRows(bytes('name;city\n"a;b";x\n1;2;3\n'), { delimiter: ';' }))
    const first = rejectsOf(rows)
    expect(first).toBe(
      [
        'name;city;d365_error_code;d365_error',
        '"a;b";x;0x80040265;"no, ""never"""',
        '1;2;0x80040265;"no, ""never""";3',
        '',
      ].join('\n'),
    )
    expect(rejectsOf(await all(csvRows(bytes(first), { delimiter: ';' })))).toBe(first)
  })

  test('NDJSON rejects keep the line as it was, digits and all', async () => {
    const rows = await all(ndjsonRows(bytes('{"m": 1.500}\n{}\n')))
    const first = rejectsOf(rows)
    expect(first).toBe(
      [
        '{"m": 1.500,"d365_error_code":"0x80040265","d365_error":"no, \\"never\\""}',
        '{"d365_error_code":"0x80040265","d365_error":"no, \\"never\\""}',
        '',
      ].join('\n'),
    )
    expect(rejectsOf(await all(ndjsonRows(bytes(first))))).toBe(first)
  })

  test('rows from memory become NDJSON', async () => {
    const rows = await all(memoryRows([{ i: 9007199254740993n, d365_error: 'old' }]))
    expect(rejectsOf(rows)).toBe(
      '{"i":9007199254740993,"d365_error_code":"0x80040265","d365_error":"no, \\"never\\""}\n',
    )
  })
})

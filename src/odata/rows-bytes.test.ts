import { expect, test } from 'vitest'
import type { NumberReading } from './page.ts'
import { cutRows } from './rows-bytes.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

/** As texts, to compare them. */
function cut(body: Uint8Array, numbers: NumberReading = {}) {
  const { rows, nextLink } = cutRows(body, numbers)
  return { text: new TextDecoder().decode(rows), nextLink }
}

test('the list is cut out of the answer, with and without a next link', () => {
  expect(cut(bytes('{"@odata.context":"x","value":[{"a":[1]},{"a":[]}]}'))).toEqual({
    text: '[{"a":[1]},{"a":[]}]',
    nextLink: undefined,
  })
  expect(cut(bytes('{"value":[{"a":1}],"@odata.nextLink":"https://x/y?$skiptoken=[1]"}'))).toEqual({
    text: '[{"a":1}]',
    nextLink: 'https://x/y?$skiptoken=[1]',
  })
})

test('markers within texts are not taken for the real ones', () => {
  const row = { a: '"value":[', b: ']}', c: '"@odata.nextLink":"' }
  const { text, nextLink } = cut(bytes(JSON.stringify({ value: [row] })))
  expect(JSON.parse(text)).toEqual([row])
  expect(nextLink).toBeUndefined()
})

test('numbers too long for a float come as texts, and only those of the columns that are exact', () => {
  const page = bytes('{"value":[{"m":922337203685477.5807,"d":0.1},{"m":1.50,"d":2}]}')
  expect(cut(page, { exact: ['m'] }).text).toBe('[{"m":"922337203685477.5807","d":0.1},{"m":"1.50","d":2}]')
})

test.each(['', '{"error":{}}', '{"value":[{"a":1}', '<html>"value":[</html>'])(
  'no list of rows: %s',
  (body) => {
    expect(() => cutRows(bytes(body), {})).toThrow('no list of rows')
  },
)

test('digits are kept in a page of any script, whose bytes stay as they are', () => {
  const page = bytes('{"value":[{"n":"Ünïcødé 日本 😀","m":12345678901234567.5}]}')
  expect(cut(page, { exact: ['m'] }).text).toBe('[{"n":"Ünïcødé 日本 😀","m":"12345678901234567.5"}]')
})

test('half a character becomes a replacement character, a whole one stays', () => {
  const page = bytes('{"value":[{"n":"a\\ud800b","k":"\\ud83d\\ude00","m":12345678901234567.5}]}')
  expect(cut(page, { exact: ['m'] }).text).toBe('[{"n":"a\ufffdb","k":"😀","m":"12345678901234567.5"}]')
})

test('what is told beside the rows is read without them', () => {
  const { facts } = cutRows(bytes('{"@cookie":"<c/>","value":[{"a":[1]}],"@more":true}'), {})
  expect(facts()).toEqual({ '@cookie': '<c/>', '@more': true })
})

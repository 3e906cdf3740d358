import { expect, test } from 'vitest'
import { cutRows } from './rows-text.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

test('the list is cut out of the answer, with and without a next link', () => {
  expect(cutRows(bytes('{"@odata.context":"x","value":[{"a":[1]},{"a":[]}]}'), {})).toMatchObject({
    text: '[{"a":[1]},{"a":[]}]',
    nextLink: undefined,
  })
  expect(
    cutRows(bytes('{"value":[{"a":1}],"@odata.nextLink":"https://x/y?$skiptoken=[1]"}'), {}),
  ).toMatchObject({
    text: '[{"a":1}]',
    nextLink: 'https://x/y?$skiptoken=[1]',
  })
})

test('markers within texts are not taken for the real ones', () => {
  const row = { a: '"value":[', b: ']}', c: '"@odata.nextLink":"' }
  const { text, nextLink } = cutRows(bytes(JSON.stringify({ value: [row] })), {})
  expect(JSON.parse(text)).toEqual([row])
  expect(nextLink).toBeUndefined()
})

test('what is told beside the rows is read without them', () => {
  const page = '{"@cookie":"<c/>","value":[{"a":[1]}],"@more":true}'
  const { text, facts } = cutRows(bytes(page), {})
  expect(text).toBe('[{"a":[1]}]')
  expect(facts()).toEqual({ '@cookie': '<c/>', '@more': true })
})

test('numbers too long for a float come as texts, and only those of the columns that are exact', () => {
  const page = bytes('{"value":[{"m":922337203685477.5807,"d":0.1},{"m":1.50,"d":2}]}')
  expect(cutRows(page, { exact: ['m'] }).text).toBe(
    '[{"m":"922337203685477.5807","d":0.1},{"m":"1.50","d":2}]',
  )
})

test.each(['', '{"error":{}}', '{"value":[{"a":1}', '<html>"value":[</html>'])(
  'no list of rows: %s',
  (body) => {
    expect(() => cutRows(bytes(body), {})).toThrow('no list of rows')
  },
)

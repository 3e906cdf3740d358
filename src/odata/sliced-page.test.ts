import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parsePage } from './page.ts'
import { openPage } from './sliced-page.ts'

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

/** Long enough for several slices in a page of some rows. */
const FILLING = 'x'.repeat(30_000)

const tricky = fc.oneof(
  fc.string({ unit: 'grapheme' }),
  fc.constantFrom('},{"@odata.etag":"', '},{', ']', '"value":[{"@odata.etag":"', '\\', 'Zürich'),
)

const page = fc.record({
  names: fc.array(tricky, { maxLength: 25 }),
  link: fc.option(fc.webUrl(), { nil: undefined }),
})

const textOf = ({ names, link }: { names: readonly string[]; link: string | undefined }): string =>
  JSON.stringify({
    '@odata.context': 'https://x/$metadata#accounts',
    value: names.map((name, number) => ({
      '@odata.etag': `W/"${number}"`,
      name,
      revenue: number + 0.5,
      filling: FILLING,
    })),
    ...(link === undefined ? {} : { '@odata.nextLink': link }),
  })

test('slices together are the rows of the page, whatever the texts hold, and leave the bytes as they were', () => {
  fc.assert(
    fc.property(page, (given) => {
      const body = bytes(textOf(given))
      const before = Buffer.from(body)
      const { slices, nextLink } = openPage(body, { exact: ['revenue'] }, { flat: true })
      const whole = parsePage(before, { exact: ['revenue'] })
      expect([...slices].flat()).toEqual(whole.rows)
      expect(nextLink).toBe(given.link)
      expect(before.equals(body)).toBe(true)
    }),
    { numRuns: 60 },
  )
})

test('a long page comes in several slices, one with related rows in a single one', () => {
  const body = bytes(textOf({ names: Array.from({ length: 20 }, String), link: undefined }))
  expect([...openPage(body, {}, { flat: true }).slices].map((rows) => rows.length)).toEqual([5, 5, 5, 5])
  expect([...openPage(body, {}, { flat: false }).slices].map((rows) => rows.length)).toEqual([20])
})

test('a page cut off anywhere near its end gives no row at all', () => {
  const body = bytes(textOf({ names: Array.from({ length: 20 }, String), link: 'https://x/2' }))
  for (const lost of [1, 2, 10, 40, 100, 40_000])
    expect(() => openPage(body.subarray(0, body.length - lost), {}, { flat: true })).toThrow(
      expect.objectContaining({ code: 'RESPONSE_INVALID' }),
    )
})

test('bytes damaged in the middle are an error, not rows left out', () => {
  const body = bytes(textOf({ names: Array.from({ length: 20 }, String), link: undefined }))
  body.fill(0, 200_000, 200_010)
  const { slices } = openPage(body, {}, { flat: true })
  expect(() => [...slices]).toThrow(expect.objectContaining({ code: 'RESPONSE_INVALID' }))
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { decodeText, exactDecimal, keepDigits, keepLongNumbers, parsePage, peekNextLink } from './page.ts'

/** The digits of an exact value, however the page brought it. */
function digits(value: unknown): string | null {
  return typeof value === 'number' || typeof value === 'string' ? exactDecimal(value) : null
}

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)

describe('exact numbers', () => {
  test('19-digit money, decimals and 64-bit integers keep every digit', () => {
    const { rows } = parsePage(
      bytes(
        '{"value":[{"revenue":922337203685477.5807,"versionnumber":9223372036854775807,"exchangerate": 1.000000000000,"n":1}]}',
      ),
      { exact: ['revenue', 'versionnumber', 'exchangerate'] },
    )
    expect(rows).toEqual([
      {
        revenue: '922337203685477.5807',
        versionnumber: '9223372036854775807',
        exchangerate: '1.000000000000',
        n: 1,
      },
    ])
  })

  test('texts that look like a property and its number are left alone, whatever they hold', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            name: fc.oneof(
              fc.string(),
              fc.constantFrom('"revenue":5', '\\"revenue\\":5', '\\', '"', 'revenue":7,"x'),
            ),
            revenue: fc.oneof(fc.constant(null), fc.bigInt({ min: -(10n ** 18n), max: 10n ** 18n })),
          }),
        ),
        (rows) => {
          const text = `{"value":[${rows.map(({ name, revenue }) => `{"name":${JSON.stringify(name)},"revenue":${revenue ?? 'null'}}`).join(',')}]}`
          const read = parsePage(bytes(text), { exact: ['revenue'] }).rows
          expect(read.map(({ name }) => name)).toEqual(rows.map(({ name }) => name))
          expect(read.map(({ revenue }) => digits(revenue))).toEqual(
            rows.map(({ revenue }) => (revenue === null ? null : String(revenue))),
          )
        },
      ),
      { numRuns: 300 },
    )
  })

  test('without exact columns the text is not touched', () => {
    const text = '{"revenue":1}'
    expect(keepDigits(text, [])).toBe(text)
  })
})

describe('numbers of columns nobody knows', () => {
  const money = '922337203685477.5807'

  test('come as text where they are too long for a float, in related rows and under aliases', () => {
    const text = `{"value":[{"c.revenue":${money},"latitude":1234567890123.125,"primarycontactid":{"annualincome": ${money},"n":12},"n":-9007199254740993}]}`
    expect(parsePage(bytes(text), { known: new Set(['latitude']) }).rows).toEqual([
      {
        'c.revenue': money,
        latitude: 1234567890123.125,
        primarycontactid: { annualincome: money, n: 12 },
        n: '-9007199254740993',
      },
    ])
  })

  test('texts are left alone, whatever they hold', () => {
    const tricky = fc.oneof(
      fc.string(),
      fc.constantFrom(`":${money}`, `"a":${money}`, `\\"a\\":${money}`, '\\', `a":${money},"b`),
    )
    fc.assert(
      fc.property(fc.array(fc.record({ a: tricky, b: tricky })), (rows) => {
        const text = JSON.stringify({ value: rows })
        expect(keepLongNumbers(text, new Set())).toBe(text)
      }),
      { numRuns: 300 },
    )
  })
})

describe('decimals as text', () => {
  test.each([
    [46611562, '46611562'],
    [1234.5, '1234.5'],
    [1e-7, '0.0000001'],
    ['99999999999999.9900', '99999999999999.99'],
    ['100.0000', '100'],
    ['-0.5000000000', '-0.5'],
    ['1000', '1000'],
  ])('%s is %s, whichever way the page brought it', (value, expected) => {
    expect(exactDecimal(value)).toBe(expected)
  })

  test('numbers are printed as JavaScript prints them, without an exponent', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e20, max: 1e20 }),
          fc.integer().map((number) => number / 10_000),
          fc.integer().map((number) => number / 100),
          fc.maxSafeInteger(),
        ),
        (number) => {
          const text = String(number)
          fc.pre(!text.includes('e'))
          expect(exactDecimal(number)).toBe(text)
        },
      ),
      { numRuns: 2000 },
    )
  })

  test('a number of up to 15 digits survives the float it was parsed into', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -99_999_999_999, max: 99_999_999_999 }),
        fc.integer({ min: 0, max: 9999 }),
        (whole, fraction) => {
          const text = `${whole}.${String(fraction).padStart(4, '0')}`
          expect(exactDecimal(Number(text))).toBe(
            exactDecimal(text === '0.0000' || text === '-0.0000' ? '0' : text),
          )
        },
      ),
    )
  })
})

describe('the end of a page', () => {
  test.each(['', '{', '{"value":[{"a":1},', '{"value":[{"a":1}]', '<html>', '{"error":{}}', '{"value":{}}'])(
    'a body cut off or without rows is refused: %s',
    (text) => {
      expect(() => parsePage(bytes(text))).toThrow(expect.objectContaining({ code: 'RESPONSE_INVALID' }))
    },
  )

  test('the next link is seen before the page is parsed, and is the same', () => {
    fc.assert(
      fc.property(fc.webUrl({ withQueryParameters: true }), fc.array(fc.string()), (link, names) => {
        const text = JSON.stringify({ value: names.map((name) => ({ name })), '@odata.nextLink': link })
        expect(peekNextLink(bytes(text))).toBe(link)
        expect(parsePage(bytes(text)).nextLink).toBe(link)
      }),
    )
  })

  test('a link inside a row is not taken for that of the page', () => {
    const text = '{"value":[{"Account_Tasks":[],"Account_Tasks@odata.nextLink":"https://x/1"}]}'
    expect(peekNextLink(bytes(text))).toBeUndefined()
    const last = '{"value":[{"note":"\\"@odata.nextLink\\":\\"https://x/2\\"}"}]}'
    expect(peekNextLink(bytes(last))).toBeUndefined()
  })
})

test('text is decoded the same with and without characters beyond ASCII', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), (text) => {
      expect(decodeText(bytes(text))).toBe(text)
    }),
  )
})

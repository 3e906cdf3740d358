import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { collationKey, compareGuids, compareText, equalText, guidSortKey } from './collation.ts'

describe('text', () => {
  test.each([
    ['Contoso', 'CONTOSO'],
    ['Contoso', 'cöntoso'],
    ['Zoé', 'ZOE'],
    ['trailing', 'trailing   '],
    ['', '   '],
    ['e\u0301', 'é'],
    ['ＡＢＣ', 'abc'],
    ['カタカナ', 'かたかな'],
    ['Straße', 'STRASSE'],
    ['Ærø', 'aerø'],
  ])('%j and %j are equal', (a, b) => {
    expect(equalText(a, b)).toBe(true)
    expect(compareText(a, b)).toBe(0)
  })

  test.each([
    ['Contoso', 'Contosa'],
    [' leading', 'leading'],
    ['a-b', 'ab'],
    ['a b', 'ab'],
    ['A_B', 'AxB'],
    ['tab\t', 'tab'],
    ['株式会社', '株式会'],
    ['Ærø', 'aero'],
    ['کتاب', 'کتب'],
    ['कि', 'का'],
    ['कि', 'क'],
    ['nul\u0000', 'nul'],
  ])('%j and %j differ', (a, b) => {
    expect(equalText(a, b)).toBe(false)
    expect(compareText(a, b)).not.toBe(0)
  })

  test('sorts by letters before case, signs before digits before letters', () => {
    const words = ['b', 'Á', 'a1', '_x', 'C', '10', 'a', '9', 'ab']
    expect([...words].sort(compareText)).toEqual(['_x', '10', '9', 'Á', 'a', 'a1', 'ab', 'b', 'C'])
  })

  test('the order is an order: both ways round, and through a third', () => {
    const text = fc.string({
      unit: fc.constantFrom('a', 'Á', 'ø', 'o', 'ł', 'l', 'ß', 's', ' ', '\u0000'),
      maxLength: 4,
    })
    fc.assert(
      fc.property(text, text, text, (a, b, c) => {
        expect(Math.sign(compareText(a, b)) + Math.sign(compareText(b, a))).toBe(0)
        const [x = '', y = '', z = ''] = [a, b, c].sort(compareText)
        expect([compareText(x, y) <= 0, compareText(y, z) <= 0, compareText(x, z) <= 0]).toEqual([
          true,
          true,
          true,
        ])
      }),
    )
  })

  test('comparison and equality agree, so an index finds what a filter finds', () => {
    const letter = fc.constantFrom(
      'a',
      'A',
      'á',
      'Ä',
      'a\u0301',
      'b',
      'B',
      'ß',
      's',
      'ø',
      'o',
      'æ',
      'ł',
      'l',
      ' ',
      '-',
      '1',
    )
    const text = fc.array(letter, { maxLength: 6 }).map((letters) => letters.join(''))
    fc.assert(
      fc.property(fc.oneof(text, fc.string({ unit: 'grapheme' })), text, (a, b) => {
        expect(compareText(a, b) === 0).toBe(equalText(a, b))
        expect(equalText(a, b)).toBe(collationKey(a) === collationKey(b))
      }),
    )
  })
})

describe('GUIDs', () => {
  test('sort as SQL Server sorts uniqueidentifier: the last group first, bytes of the others from right to left', () => {
    // One byte set in each, from the least to the most significant, as SQL Server lists them.
    const ascending = [
      '01000000-0000-0000-0000-000000000000',
      '00010000-0000-0000-0000-000000000000',
      '00000100-0000-0000-0000-000000000000',
      '00000001-0000-0000-0000-000000000000',
      '00000000-0100-0000-0000-000000000000',
      '00000000-0001-0000-0000-000000000000',
      '00000000-0000-0100-0000-000000000000',
      '00000000-0000-0001-0000-000000000000',
      '00000000-0000-0000-0001-000000000000',
      '00000000-0000-0000-0100-000000000000',
      '00000000-0000-0000-0000-000000000001',
      '00000000-0000-0000-0000-000000000100',
      '00000000-0000-0000-0000-000000010000',
      '00000000-0000-0000-0000-000001000000',
      '00000000-0000-0000-0000-000100000000',
      '00000000-0000-0000-0000-010000000000',
    ]
    expect([...ascending].reverse().sort(compareGuids)).toEqual(ascending)
  })

  test('the order of SqlGuid in the documentation of .NET holds', () => {
    const [a, b, c] = [
      '3aaaaaaa-bbbb-cccc-dddd-2eeeeeeeeeee',
      '2aaaaaaa-bbbb-cccc-dddd-1eeeeeeeeeee',
      '1aaaaaaa-bbbb-cccc-dddd-3eeeeeeeeeee',
    ]
    expect([a, b, c].sort(compareGuids)).toEqual([b, a, c])
  })

  test('the sort key orders as the comparison does, and tells every two apart', () => {
    fc.assert(
      fc.property(fc.uuid(), fc.uuid(), (a, b) => {
        const [left, right] = [guidSortKey(a), guidSortKey(b)]
        expect(Math.sign(compareGuids(a, b))).toBe(left < right ? -1 : left > right ? 1 : 0)
        expect(left === right).toBe(a === b)
      }),
    )
  })
})

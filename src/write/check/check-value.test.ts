import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Column } from '../../catalog/table.ts'
import { account } from '../fake-service.test-support.ts'
import { checkValue } from './check-value.ts'

function column(name: string): Column {
  const found = account.columns.find((candidate) => candidate.name === name)
  if (!found) throw new Error(name)
  return found
}

/** The value as it is sent, or the reason why not. */
function checked(name: string, value: unknown, emptyAsNull = true): unknown {
  const result = checkValue(value, column(name), { emptyAsNull })
  if (result === undefined) return undefined
  switch (result.kind) {
    case 'null':
      return null
    case 'fault':
      return `! ${result.message}`
    case 'text':
      return result.text
    case 'number':
      return result.digits
    case 'boolean':
      return result.value
    case 'lookup':
      return result.id
  }
}

describe('numbers', () => {
  test.each([
    ['revenue', '922337203685477.5807', '922337203685477.5807'],
    ['revenue', ' -12.5 ', '-12.5'],
    ['revenue', '1e3', '1000'],
    ['revenue', '5000000.000000', '5000000.000000'],
    [
      'revenue',
      '922337203685477.5808',
      '! revenue is 922337203685477.5808; it must be from -1000000000000000 to 922337203685477.5807.',
    ],
    [
      'revenue',
      '1.00001',
      '! revenue is 1.00001; it keeps 4 digits after the point, and the service would round.',
    ],
    [
      'revenue',
      '1,000',
      '! revenue is "1,000"; it must be a number such as -1234.50, with a point and no grouping.',
    ],
    [
      'revenue',
      true,
      '! revenue is "true"; it must be a number such as -1234.50, with a point and no grouping.',
    ],
    ['new_rate', 100, '100'],
    ['new_rate', '100.01', '! new_rate is 100.01; it must be from 0 to 100.'],
    ['numberofemployees', '7.0', '7'],
    ['numberofemployees', '7.5', '! numberofemployees is 7.5; it must be a whole number.'],
    ['numberofemployees', 1001, '! numberofemployees is 1001; it must be from 0 to 1000.'],
    ['new_big', 9223372036854775807n, '9223372036854775807'],
    [
      'new_big',
      '9223372036854775808',
      '! new_big is 9223372036854775808; it must be from -9223372036854775808 to 9223372036854775807.',
    ],
  ])('%s: %s', (name, value, expected) => {
    expect(checked(name, value)).toBe(expected)
  })

  test('every 64-bit integer is sent digit by digit', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
        expect(checked('new_big', String(value))).toBe(String(value))
      }),
    )
  })
})

describe('choices', () => {
  test.each([
    ['statuscode', 'ACTIVE', '1'],
    ['statuscode', '2', '2'],
    ['statuscode', 2, '2'],
    ['statuscode', 'twin', '! statuscode is "twin", a label of several choices (3, 4); give the number.'],
    [
      'statuscode',
      '5',
      '! statuscode is "5"; it must be one of 1 (Active), 2 (Inactive), 3 (Twin), 4 (twin).',
    ],
    ['new_hobbies', '1;9', '1,9'],
    ['new_hobbies', '9, 1,9', '9,1'],
    [
      'new_hobbies',
      'chess; go',
      '! new_hobbies is "chess"; it must be one of 1 (Hiking), 2 (Chess; Go), 9 (Ski).',
    ],
    ['new_hobbies', ['Chess; Go', 1], '2,1'],
    ['new_hobbies', [], null],
    ['donotemail', 'Do not allow', true],
    ['donotemail', '0', false],
    ['donotemail', 1, true],
    ['donotemail', 'yes', '! donotemail is "yes"; it must be true, false, 1, 0, "Allow", "Do Not Allow".'],
  ])('%s: %j', (name, value, expected) => {
    expect(checked(name, value)).toBe(expected)
  })
})

describe('dates', () => {
  test.each([
    ['new_founded', '2024-02-29', '2024-02-29'],
    ['new_founded', '2024-02-29T00:00:00Z', '2024-02-29'],
    ['new_founded', '2023-02-29', '! new_founded is 2023-02-29, a day that does not exist.'],
    [
      'new_founded',
      '1752-12-31',
      '! new_founded is 1752-12-31; the first day that can be kept is 1753-01-01.',
    ],
    ['new_founded', '29.02.2024', '! new_founded is "29.02.2024"; it must be a date such as 2024-02-29.'],
    [
      'new_founded',
      '2024-02-29T13:00:00Z',
      '! new_founded is "2024-02-29T13:00:00Z"; it must be a date such as 2024-02-29.',
    ],
    ['new_call', '2024-01-01T12:00:00+02:00', '2024-01-01T10:00:00Z'],
    ['new_call', '2024-01-01 12:00', '2024-01-01T12:00:00Z'],
    ['new_call', '2024-01-01', '2024-01-01T00:00:00Z'],
    ['new_call', '2024-01-01T12:00:00.250Z', '2024-01-01T12:00:00.25Z'],
    ['new_call', new Date(Date.UTC(2024, 0, 1)), '2024-01-01T00:00:00Z'],
    [
      'new_call',
      '2024-01-01T24:00:00Z',
      '! new_call is "2024-01-01T24:00:00Z"; 24:00:00 is not a time of day.',
    ],
    ['new_call', '01/02/2024', '! new_call is "01/02/2024"; it must be a time such as 2024-02-29T13:45:00Z.'],
    ['new_wall', '2024-01-01T12:00', '2024-01-01T12:00:00Z'],
    [
      'new_wall',
      '2024-01-01T12:00+02:00',
      '! new_wall is "2024-01-01T12:00+02:00"; the column keeps the time of the wall clock, so it must have no offset (or Z).',
    ],
  ])('%s: %s', (name, value, expected) => {
    expect(checked(name, value)).toBe(expected)
  })

  test('every moment is the same moment with any offset', () => {
    const day = fc.date({ min: new Date('1754-01-01'), max: new Date('9998-01-01'), noInvalidDate: true })
    fc.assert(
      fc.property(day, fc.integer({ min: -14 * 60, max: 14 * 60 }), (moment, offset) => {
        const at = Math.floor(moment.getTime() / 1000) * 1000
        const local = new Date(at + offset * 60_000).toISOString().slice(0, 19)
        const two = (value: number) => String(Math.floor(Math.abs(value))).padStart(2, '0')
        const zone = `${offset < 0 ? '-' : '+'}${two(offset / 60)}:${two(offset % 60)}`
        expect(Date.parse(String(checked('new_call', `${local}${zone}`)))).toBe(at)
      }),
    )
  })
})

describe('text, ids and nothing', () => {
  test.each([
    ['name', 'x'.repeat(20), 'x'.repeat(20)],
    ['name', 'x'.repeat(21), `! name has 21 characters; it holds at most 20: "${'x'.repeat(21)}".`],
    ['name', 12, '12'],
    ['name', '  ', '  '],
    ['name', { a: 1 }, '! name holds an object; it takes one value.'],
    ['name', ['a'], '! name holds a list; it takes one value.'],
    ['revenue', '  ', null],
    ['name', '', null],
    ['name', null, null],
    ['name', undefined, undefined],
    [
      'primarycontactid',
      'Ann',
      '! primarycontactid is "Ann"; it must be an id such as 5a4d0b0c-1f2e-4a3b-8c9d-0123456789ab.',
    ],
    ['primarycontactid', '{5A4D0B0C-0000-4000-8000-00000000D365}', '5a4d0b0c-0000-4000-8000-00000000d365'],
  ])('%s: %j', (name, value, expected) => {
    expect(checked(name, value)).toBe(expected)
  })

  test('with emptyAsNull off nothing but NULL clears', () => {
    expect(checked('name', '', false)).toBeUndefined()
    expect(checked('name', null, false)).toBeNull()
  })
})

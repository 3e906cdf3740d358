import { expect, test } from 'vitest'
import { autoNumber, isAutoNumberFormat, sequenceIn } from './auto-number.ts'

const FORMAT = 'WID-{SEQNUM:5}-{RANDSTRING:6}-{DATETIMEUTC:yyyyMMddhhmmss}'
const now = Date.UTC(2026, 0, 2, 15, 4, 5, 67)

test('a number has its sequence padded, its letters and its moment', () => {
  expect(autoNumber(FORMAT, { number: 1000, now })).toMatch(/^WID-01000-[A-Z0-9]{6}-20260102030405$/)
  expect(autoNumber('{DATETIMEUTC:d/M/yy HH.f}', { number: 1, now })).toBe('2/1/26 15.0')
  expect(autoNumber('{SEQNUM:3}', { number: 123_456, now })).toBe('123456')
  expect(autoNumber('CAS', { number: 1, now })).toBe('CAS')
})

test('the sequence is found again in a number, and nowhere else', () => {
  expect(sequenceIn(FORMAT, autoNumber(FORMAT, { number: 1234, now }))).toBe(1234)
  expect(sequenceIn(FORMAT, 'WID-12')).toBeUndefined()
  expect(sequenceIn('a.b{SEQNUM:1}', 'axb7')).toBeUndefined()
})

test.each([
  [FORMAT, true],
  ['CAS-{SEQNUM:4}', true],
  ['{SEQNUM}', false],
  ['{SEQNUM:3}{SEQNUM:4}', false],
  ['{RANDSTRING:7}', false],
  ['{OTHER:1}', false],
  ['open {', false],
])('is %s a format: %s', (format, expected) => {
  expect(isAutoNumberFormat(format)).toBe(expected)
})

import { describe, expect, test } from 'vitest'
import { textForm, zoneOffset } from './text-form.ts'

describe('numbers', () => {
  test.each([
    ['de-DE', '1.234.567,80', '1234567.80'],
    ['de-DE', '-0,5', '-0.5'],
    ['de-DE', '1.234', '1234'],
    ['de-DE', '1234.5', undefined],
    ['de-DE', '1.23', undefined],
    ['de-CH', "1'234.50", '1234.50'],
    ['fr-FR', '1 234,5', '1234.5'],
    ['fr-FR', '1\u202f234,5', '1234.5'],
    ['en-US', '1,234.5', '1234.5'],
    ['en-US', '1,5', undefined],
    ['en-IN', '12,34,567.8', '1234567.8'],
    ['de-DE', '12,5 €', undefined],
  ])('in %s %s is %s', (locale, text, digits) => {
    expect(textForm(locale).number(text)).toBe(digits)
  })
})

describe('dates', () => {
  test.each([
    ['de-DE', '31.12.2024', '2024-12-31'],
    ['de-DE', '1.2.2024 8:05', '2024-02-01T08:05'],
    ['en-US', '2/1/2024 8:05 PM', '2024-02-01T20:05'],
    ['en-US', '2/1/2024 12:05 a.m.', '2024-02-01T00:05'],
    ['en-GB', '01/02/2024', '2024-02-01'],
    ['ja-JP', '2024/02/01', '2024-02-01'],
    ['de-DE', '2024-02-01T10:00:00Z', '2024-02-01T10:00:00Z'],
    ['de-DE', '31.12.24', undefined],
    ['de-DE', 'gestern', undefined],
  ])('in %s %s is %s', (locale, text, date) => {
    expect(textForm(locale).date(text)).toBe(date)
  })
})

describe('time zones', () => {
  const berlin = zoneOffset('Europe/Berlin')
  test.each([
    ['2024-01-15T12:00:00', 60],
    ['2024-07-15T12:00:00', 120],
    ['2024-03-31T01:59:59', 60],
    ['2024-03-31T03:00:00', 120],
    ['2024-10-27T02:30:00', 120],
    ['2024-10-27T03:00:00', 60],
  ])('Berlin is %s ahead at that minute: %s', (text, minutes) => {
    expect(berlin(text)).toBe(minutes)
  })
})

test('what is no locale or zone is refused by name', () => {
  expect(() => textForm('de_DE')).toThrow(/de_DE.*no locale/)
  expect(() => zoneOffset('Berlin')).toThrow(/Berlin.*no time zone/)
})

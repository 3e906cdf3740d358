import { expect, test } from 'vitest'
import { adaptiveSize, fixedSize } from './request-size.ts'

/** Sends full requests to a service that takes so long for a row. */
function settle(msPerRow: number, requests: number, options = { start: 200, most: 1000 }): number {
  const size = adaptiveSize(options)
  for (let at = 0; at < requests; at++) size.took(size.current() * msPerRow, size.current())
  return size.current()
}

test.each([0.5, 1, 1.2, 2, 5, 20, 60])('rows of %d ms leave in requests of 0.25 to 0.5 s', (msPerRow) => {
  const ms = settle(msPerRow, 10) * msPerRow
  expect(ms).toBeGreaterThanOrEqual(249)
  expect(ms).toBeLessThanOrEqual(501)
})

test('a request never holds more rows than may be, nor fewer than a few', () => {
  expect(settle(0.1, 20)).toBe(1000)
  expect(settle(2000, 20)).toBe(5)
  expect(settle(0.1, 20, { start: 100, most: 100 })).toBe(100)
})

test('small requests, and answers that took no time, say nothing', () => {
  const size = adaptiveSize({ start: 200, most: 1000 })
  size.took(5, 3)
  size.took(0, 200)
  expect(size.current()).toBe(200)
})

test('a size that was asked for stays', () => {
  const size = fixedSize(10)
  size.took(60_000, 10)
  expect(size.current()).toBe(10)
})

import { expect, test } from 'vitest'
import { giveBack } from './give-back.ts'

test('a large body gives its memory back', () => {
  const body = new Uint8Array(1_000_000)
  giveBack(body)
  expect(body.byteLength).toBe(0)
})

test.each([
  ['a small body', new Uint8Array(1000)],
  ['a part of a larger buffer', new Uint8Array(new ArrayBuffer(2_000_000), 0, 1_000_000)],
  ['a body in shared memory', new Uint8Array(new SharedArrayBuffer(1_000_000))],
])('%s is left alone', (_, body) => {
  const size = body.byteLength
  giveBack(body)
  expect(body.byteLength).toBe(size)
})

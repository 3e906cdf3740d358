import fc from 'fast-check'
import { expect, test } from 'vitest'
import { boundaryOf, readParts } from './multipart.ts'

test('a boundary may be quoted, and needs multipart/mixed', () => {
  expect(boundaryOf('multipart/mixed;boundary=batch_1')).toBe('batch_1')
  expect(boundaryOf('Multipart/Mixed; charset=utf-8; Boundary = "batch 1"')).toBe('batch 1')
  expect(boundaryOf('multipart/related; boundary=b')).toBeUndefined()
  expect(boundaryOf('multipart/mixed')).toBeUndefined()
  expect(boundaryOf(null)).toBeUndefined()
})

test('a boundary that begins like another does not end its parts', () => {
  const parts = readParts('--b\r\n\r\none\r\n--b2\r\n--b\r\n\r\ntwo\r\n--b--', 'b')
  expect(parts?.map(({ content }) => content)).toEqual(['one\r\n--b2', 'two'])
})

test('any contents come back byte for byte, with either line end', () => {
  // A carriage return at the end of a content belongs to the line end before the boundary.
  const content = fc
    .string({ unit: 'binary-ascii' })
    .filter((text) => !text.includes('--') && !text.endsWith('\r'))
  fc.assert(
    fc.property(fc.array(content, { minLength: 1 }), fc.constantFrom('\r\n', '\n'), (contents, end) => {
      const text = `${contents.map((one) => `--b${end}X-Name: v${end}${end}${one}${end}`).join('')}--b--${end}`
      const parts = readParts(text, 'b')
      expect(parts?.map((part) => part.content)).toEqual(contents)
      expect(parts?.[0]?.headers.get('x-name')).toBe('v')
    }),
    { numRuns: 200 },
  )
})

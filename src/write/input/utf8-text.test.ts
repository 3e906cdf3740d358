import { expect, test } from 'vitest'
import { utf8Text } from './utf8-text.ts'

async function textOf(...chunks: readonly (readonly number[] | string)[]): Promise<string> {
  async function* bytes() {
    for (const chunk of chunks) yield typeof chunk === 'string' ? chunk : Uint8Array.from(chunk)
  }
  let text = ''
  for await (const piece of utf8Text(bytes())) text += piece
  return text
}

const utf8 = (text: string): number[] => [...new TextEncoder().encode(text)]

test('characters cut apart between two chunks are put together', async () => {
  const all = utf8('a,é,€,😀')
  for (let at = 1; at < all.length; at++)
    expect(await textOf(all.slice(0, at), all.slice(at))).toBe('a,é,€,😀')
})

test('UTF-16 is known by its byte order mark', async () => {
  expect(await textOf([0xff, 0xfe, 0xfc, 0x00, 0x0a, 0x00])).toMatch(/ü\n$/)
})

test('a byte that is no character is an error that names its line', async () => {
  const bad = [...utf8('name\nGood\nM'), 0xfc, ...utf8('ller\n')]
  await expect(textOf(bad)).rejects.toThrow('line 3 has bytes that are no characters')
  await expect(textOf(utf8('name\n'), [...utf8('M'), 0xfc, 0x6c])).rejects.toThrow('line 2')
  await expect(textOf([...utf8('name\nM'), 0xc3])).rejects.toThrow('line 2')
})

import { expect, test } from 'vitest'
import { interleave } from './interleave.ts'

/** A source whose items come when the test says so, and what became of it. */
function source(name: string, log: string[]) {
  const gates: (() => void)[] = []
  async function* items(signal: AbortSignal): AsyncGenerator<string> {
    log.push(`${name} begins`)
    try {
      for (let at = 1; at <= 2; at++) {
        await new Promise<void>((come, fail) => {
          gates.push(come)
          signal.addEventListener('abort', () => fail(signal.reason))
        })
        yield `${name}${at}`
      }
    } finally {
      log.push(`${name} ends`)
    }
  }
  return { items, come: () => gates.shift()?.() }
}

test('as many sources as allowed are under way, their items come as they are ready', async () => {
  const log: string[] = []
  const [a, b, c] = [source('a', log), source('b', log), source('c', log)]
  const taken = interleave([a.items, b.items, c.items], 2)
  const first = taken.next()
  expect(log).toEqual(['a begins', 'b begins'])
  b.come()
  expect((await first).value).toBe('b1')
  const second = taken.next()
  b.come()
  expect((await second).value).toBe('b2')
  const third = taken.next()
  await Promise.resolve()
  a.come()
  expect((await third).value).toBe('a1')
  await taken.return(undefined)
  expect(log.slice(0, 4)).toEqual(['a begins', 'b begins', 'b ends', 'c begins'])
  expect(log.slice(4).toSorted()).toEqual(['a ends', 'c ends'])
})

test('a failure of one source is thrown, and ends the others', async () => {
  const log: string[] = []
  const good = source('good', log)
  // biome-ignore lint/correctness/useYield: it fails before its first item.
  async function* bad(): AsyncGenerator<string> {
    throw new Error('lost')
  }
  const taken = interleave([good.items, bad], 2)
  const failing = taken.next()
  good.come()
  await expect(failing.then(() => taken.next())).rejects.toThrow('lost')
  expect(log).toEqual(['good begins', 'good ends'])
})

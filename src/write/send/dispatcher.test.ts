import fc from 'fast-check'
import { expect, test } from 'vitest'
import { createDispatcher } from './dispatcher.ts'

interface Item {
  readonly key: string | undefined
  readonly at: number
}

test('every item is sent once, in order within its key, never two of a key together, for any mixture', async () => {
  const keys = fc.constantFrom(undefined, 'a', 'b', 'c')
  await fc.assert(
    fc.asyncProperty(
      fc.array(keys, { maxLength: 80 }),
      fc.integer({ min: 1, max: 7 }),
      fc.integer({ min: 1, max: 4 }),
      fc.infiniteStream(fc.nat(3)),
      async (input, batchSize, parallel, delays) => {
        const items = input.map((key, at) => ({ key, at }))
        const sent: Item[] = []
        const busy = new Set<string>()
        let onTheWay = 0
        const dispatcher = createDispatcher<Item>({
          batchSize: () => batchSize,
          parallel: () => parallel,
          keyOf: ({ key }) => key,
          async send(batch) {
            expect(++onTheWay).toBeLessThanOrEqual(parallel)
            expect(batch.length).toBeLessThanOrEqual(batchSize)
            for (const { key } of batch) {
              if (key === undefined) continue
              expect(busy.has(key)).toBe(false)
              busy.add(key)
            }
            const turns = delays.next().value ?? 0
            for (let turn = 0; turn < turns; turn++) await Promise.resolve()
            sent.push(...batch)
            for (const { key } of batch) if (key !== undefined) busy.delete(key)
            onTheWay--
          },
        })
        for (const item of items) await dispatcher.push(item)
        await dispatcher.drain()
        expect(sent.map(({ at }) => at).sort((a, b) => a - b)).toEqual(items.map(({ at }) => at))
        for (const key of ['a', 'b', 'c']) {
          const order = sent.filter((item) => item.key === key).map(({ at }) => at)
          expect(order).toEqual([...order].sort((a, b) => a - b))
        }
      },
    ),
  )
})

test('after a failed send nothing more leaves, and push and drain tell the failure', async () => {
  let sends = 0
  const dispatcher = createDispatcher<Item>({
    batchSize: () => 1,
    parallel: () => 1,
    keyOf: () => undefined,
    async send() {
      sends++
      throw new Error('broken')
    },
  })
  await expect(dispatcher.push({ key: undefined, at: 0 })).rejects.toThrow('broken')
  await expect(dispatcher.push({ key: undefined, at: 1 })).rejects.toThrow('broken')
  await expect(dispatcher.drain()).rejects.toThrow('broken')
  expect(sends).toBe(1)
})

test('push waits while enough is on hand, so that the input is not read ahead of the service', async () => {
  const gates: (() => void)[] = []
  const dispatcher = createDispatcher<Item>({
    batchSize: () => 1,
    parallel: () => 1,
    keyOf: () => undefined,
    send: () => new Promise((resolve) => gates.push(resolve)),
  })
  await dispatcher.push({ key: undefined, at: 0 })
  await dispatcher.push({ key: undefined, at: 1 })
  let pushed = false
  const third = dispatcher.push({ key: undefined, at: 2 }).then(() => {
    pushed = true
  })
  await new Promise((resolve) => setImmediate(resolve))
  expect(pushed).toBe(false)
  gates[0]?.()
  await third
  expect(pushed).toBe(true)
})

import { expect, test } from 'vitest'
import { createParallelism } from './parallelism.ts'

/** Runs rounds against a service that works on `capacity` requests at full speed and shares its time among more. */
function settle(
  parallelism: ReturnType<typeof createParallelism>,
  { capacity, rounds, msPerRow = 1 }: { capacity: number; rounds: number; msPerRow?: number },
): number {
  for (let round = 0; round < rounds; round++) {
    const atOnce = parallelism.current()
    for (let at = 0; at < atOnce; at++)
      parallelism.took(msPerRow * Math.max(1, atOnce / capacity), 'multiple')
  }
  return parallelism.current()
}

const limits = { concurrent: 52 }

test('it begins low and doubles up to what the service recommends', () => {
  const parallelism = createParallelism({ limits, recommended: () => 16 })
  expect(parallelism.current()).toBe(4)
  expect(settle(parallelism, { capacity: 100, rounds: 1 })).toBe(8)
  expect(settle(parallelism, { capacity: 100, rounds: 9 })).toBe(16)
})

test.each([
  ['no advice', undefined],
  ['advice of 0', 0],
  ['advice that is too high', 52],
])('with %s it stays where more at once would not be faster', (_, hint) => {
  const parallelism = createParallelism({ limits, recommended: () => hint })
  const settled = settle(parallelism, { capacity: 16, rounds: 100 })
  expect(settled).toBeGreaterThanOrEqual(14)
  expect(settled).toBeLessThanOrEqual(18)
})

test('advice is a cap, also where it is lower than the beginning, and it may change', () => {
  let hint = 2
  const parallelism = createParallelism({ limits, recommended: () => hint })
  expect(settle(parallelism, { capacity: 16, rounds: 10 })).toBe(2)
  hint = 8
  expect(settle(parallelism, { capacity: 16, rounds: 10 })).toBe(8)
})

test('a service that has become slower for everybody is not taken for one we slow down', () => {
  const parallelism = createParallelism({ limits, recommended: () => 16 })
  settle(parallelism, { capacity: 16, rounds: 20 })
  expect(settle(parallelism, { capacity: 16, rounds: 60, msPerRow: 3 })).toBe(16)
})

test('too many at once, says the service: fewer', () => {
  const parallelism = createParallelism({ limits, recommended: () => 20 })
  settle(parallelism, { capacity: 100, rounds: 10 })
  parallelism.tooMany()
  expect(parallelism.current()).toBe(14)
})

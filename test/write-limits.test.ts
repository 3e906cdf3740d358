import { expect, test } from 'vitest'
import { idealSeconds, type Load, simulate, simulateFixed } from '../bench/write-model.ts'

/**
 * Whole writes against a model of the service with a tenth of its limits, in simulated time: the same on every
 * machine. `npm run bench:write` prints more of these.
 */

const LOAD: Load = { route: 'multiple', rows: 30_000 }
const ideal = idealSeconds(LOAD.route, LOAD.rows, 50)

test.each<[string, Partial<Load>, number]>([
  ['advised well', { hint: 16 }, 0.92],
  ['not advised', {}, 0.86],
  ['told nothing at all', { tells: false }, 0.86],
])('%s, a write comes near the best the limits allow and is never refused', async (_, told, part) => {
  const { seconds, refused, lost, doubled } = await simulate({ ...LOAD, ...told })
  expect({ refused, lost, doubled }).toEqual({ refused: 0, lost: 0, doubled: 0 })
  expect(ideal / seconds).toBeGreaterThanOrEqual(part)
})

test('it is not slower than the best fixed number of requests at a time, found by trying', async () => {
  const ours = await simulate({ ...LOAD, hint: 16, penalty: false })
  const fixed = []
  for (const parallel of [4, 8, 16])
    fixed.push(await simulateFixed({ ...LOAD, penalty: false }, { parallel, rowsPerRequest: 50 }))
  expect(ours.seconds).toBeLessThanOrEqual(1.05 * Math.min(...fixed.map(({ seconds }) => seconds)))
})

test('two application users take little more than half the time of one', async () => {
  const load = { ...LOAD, rows: 50_000, hint: 16 }
  const [one, two] = [await simulate(load), await simulate({ ...load, users: 2 })]
  expect(two).toMatchObject({ refused: 0, lost: 0, doubled: 0 })
  expect(one.seconds / two.seconds).toBeGreaterThanOrEqual(1.8)
})

import { expect, test } from 'vitest'
import { dataverse } from '../../capabilities/dataverse.ts'
import type { Clock } from '../../core/clock.ts'
import { account, answer, fakeService } from '../fake-service.test-support.ts'
import { memoryRows } from '../input/memory-rows.ts'
import { writeRows } from '../write-rows.ts'
import { laneOf } from './lane.ts'

const WINDOW = { windowMs: 30_000, requests: 10, executionMs: 1_000_000 }

function smallService(clock?: Clock) {
  const service = fakeService()
  const { environment } = service
  const session = {
    ...environment.session,
    capabilities: { ...dataverse, limits: { ...dataverse.limits, ...WINDOW } },
  }
  return { service, environment: { ...environment, session, ...(clock ? { clock } : {}) } }
}

test('two runs of one session share the budget', async () => {
  const { service, environment } = smallService()
  const leftAt: number[] = []
  service.beforeTrip = () => {
    leftAt.push(service.clock.now())
  }
  const rows = Array.from({ length: 9 }, (_, at) => ({ name: `n${at}` }))
  const start = service.clock.now()
  for (const run of ['run-1', 'run-2'])
    await writeRows(environment, account, memoryRows(rows), {
      mode: 'insert',
      route: 'single',
      newRunId: () => run,
    })
  expect(leftAt.map((at) => (at - start) / 1000)).toEqual([...Array(9).fill(0), ...Array(9).fill(30.3)])
})

test('rows that wait for the budget when the run is cancelled are not in doubt', async () => {
  const cancel = new AbortController()
  const { environment } = smallService({
    now: () => 0,
    sleep: async () => {
      cancel.abort()
      throw cancel.signal.reason
    },
  })
  const rows = Array.from({ length: 20 }, (_, at) => ({ name: `n${at}` }))
  await expect(
    writeRows(environment, account, memoryRows(rows), {
      mode: 'insert',
      route: 'single',
      parallel: 1,
      signal: cancel.signal,
    }),
  ).rejects.toMatchObject({ code: 'CANCELLED', report: { accepted: 9, inDoubt: 0, notSent: 11 } })
})

test('what the service says is left counts, although others spent it', async () => {
  const { service, environment } = smallService()
  let remaining = 2
  const session = {
    ...environment.session,
    request: async () => answer(204),
    limits: () => ({
      remainingRequests: remaining,
      remainingExecutionMs: undefined,
      recommendedParallelism: undefined,
    }),
  }
  const { session: limited } = laneOf({ ...environment, session }, environment.clock)
  for (let at = 0; at < 7; at++) {
    await limited.request({ method: 'GET', path: 'WhoAmI' })
    remaining = remaining === 2 ? 1 : 2
  }
  expect(service.clock.slept.length).toBeGreaterThan(0)
})

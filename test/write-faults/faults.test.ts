import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Fault } from '../../src/sandbox/index.ts'
import { CELLS, countsOf, createRig, type Rig } from './rig.test-support.ts'

/** Every fault, every kind of write, every route: the end is that of an undisturbed run, row by row. */

let rig: Rig
beforeAll(async () => {
  rig = await createRig()
})
afterAll(() => rig.close())

const FAULTS: readonly (readonly [string, Fault])[] = [
  ['429 for the number of requests', { kind: 'throttle', limit: 'requests', retryAfterSeconds: 7 }],
  ['429 for execution time', { kind: 'throttle', limit: 'executionTime', retryAfterSeconds: 30 }],
  ['429 for requests at a time', { kind: 'throttle', limit: 'concurrency', retryAfterSeconds: 2 }],
  ['503', { kind: 'error', status: 503, retryAfterSeconds: 5 }],
  ['502 of a gateway', { kind: 'html', status: 502 }],
  ['503 of a gateway', { kind: 'html', status: 503 }],
  ['a connection reset before', { kind: 'reset', when: 'before' }],
  ['an answer lost after the commit', { kind: 'reset', when: 'after' }],
  ['a truncated answer', { kind: 'truncate', bytes: 20 }],
  ['a token refused in the middle', { kind: 'unauthorized' }],
]

describe.each(CELLS)('$mode by $route', (cell) => {
  let undisturbed: { readonly rows: readonly string[]; readonly report: object }
  beforeAll(async () => {
    await rig.prepare(cell)
    const report = await rig.write(cell)
    undisturbed = { rows: rig.rows(cell), report: countsOf(report, cell) }
    expect(report.accepted).toBe(24)
  })

  test.each(FAULTS)('%s', async (_, fault) => {
    await rig.prepare(cell)
    rig.breakDown(cell, fault, fault.kind === 'unauthorized' ? [2] : [2, 3])
    const report = await rig.write(cell)
    expect(rig.server.sandbox.faults.rules()[0]?.struck).toBeGreaterThanOrEqual(1)
    expect(rig.rows(cell)).toEqual(undisturbed.rows)
    expect(countsOf(report, cell)).toEqual(undisturbed.report)
  })
})

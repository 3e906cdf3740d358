import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { axe } from './axe.test-support.ts'
import { CELLS, type Cell, createRig, type Rig } from './rig.test-support.ts'

/**
 * A process that ends at any moment, simulated: from then on nothing of it goes out and nothing comes back, and the
 * journal is what the disk holds at that moment. `test/kill.test.ts` does it to real processes.
 */

let rig: Rig
let folder: string
beforeAll(async () => {
  rig = await createRig()
  folder = mkdtempSync(join(tmpdir(), 'd365-killed-'))
})
afterAll(async () => {
  await rig.close()
  rmSync(folder, { recursive: true, force: true })
})

const SEEDS = Array.from({ length: process.env.D365_LONG ? 50 : 5 }, (_, seed) => seed)

let run = 0

/** Kills a write at the moment, then runs it again over the journal that was left. */
async function killed(cell: Cell, moment: number) {
  await rig.prepare(cell)
  const journal = join(folder, `run-${++run}`)
  const left = `${journal}-left`
  const options = (at: string) => ({ journal: { folder: at, fingerprint: 'input', waitMs: 0 } })
  const fall = axe(moment, () =>
    cpSync(journal, left, { recursive: true, filter: (name) => !name.endsWith('.lock') }),
  )
  await expect(
    rig.write(cell, { ...options(journal), signal: fall.signal }, fall.around),
  ).rejects.toMatchObject({ code: expect.any(String) })
  return rig.write(cell, { ...options(left), newRunId: () => 'another run' })
}

describe.each(CELLS)('$mode by $route', (cell) => {
  let expected: readonly string[]
  let moments: number
  beforeAll(async () => {
    await rig.prepare(cell)
    const { around, seen } = axe(Number.POSITIVE_INFINITY, () => undefined)
    await rig.write(cell, {}, around)
    expected = rig.rows(cell)
    moments = seen()
  })

  test.each(SEEDS)('killed at a moment of seed %i', async (seed) => {
    const moment = 1 + ((seed * 0x9e3779b1 + 7) % moments)
    const report = await killed(cell, moment)
    expect(rig.rows(cell)).toEqual(expected)
    expect(report).toMatchObject({ read: 24, accepted: 24, rejected: 0, inDoubt: 0, notSent: 0 })
  })
})

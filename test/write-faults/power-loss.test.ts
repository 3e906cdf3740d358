import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { axe } from './axe.test-support.ts'
import { CELLS, createRig, type Rig } from './rig.test-support.ts'

/** A machine that loses its power at any moment: of the journal, only what was synced is there afterwards. */

const disk = vi.hoisted(() => ({ durable: new Map<string, string>() }))

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>()
  return {
    ...real,
    open: async (...args: Parameters<typeof real.open>) => {
      const file = await real.open(...args)
      const path = String(args[0])
      const { appendFile, datasync } = file
      let written = ''
      file.appendFile = async (text) => {
        written += String(text)
        await appendFile.call(file, text)
      }
      file.datasync = async () => {
        const synced = written
        await datasync.call(file)
        // A slow disk: whoever does not wait for it is ahead of it.
        for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve))
        disk.durable.set(path, synced)
      }
      return file
    },
  }
})

let rig: Rig
let folder: string
beforeAll(async () => {
  rig = await createRig()
  folder = mkdtempSync(join(tmpdir(), 'd365-power-'))
})
afterAll(async () => {
  await rig.close()
  rmSync(folder, { recursive: true, force: true })
})

const SEEDS = process.env.D365_LONG ? 20 : 2

describe.each(CELLS)('$mode by $route', (cell) => {
  test('what was synced is enough to go on', async () => {
    await rig.prepare(cell)
    const undisturbed = axe(Number.POSITIVE_INFINITY, () => undefined)
    await rig.write(cell, {}, undisturbed.around)
    const expected = rig.rows(cell)
    for (let seed = 0; seed < SEEDS; seed++) {
      const moment = 1 + ((seed * 0x9e3779b1 + 11) % undisturbed.seen())
      const left = join(folder, `${cell.mode}-${cell.route}-${seed}`)
      const options = (at: string) => ({ journal: { folder: at, fingerprint: 'input', waitMs: 0 } })
      await rig.prepare(cell)
      disk.durable.clear()
      const fall = axe(moment, () => {
        mkdirSync(left)
        for (const [path, text] of disk.durable) writeFileSync(join(left, basename(path)), text)
      })
      const writing = rig.write(cell, { ...options(`${left}-lost`), signal: fall.signal }, fall.around)
      await expect(writing).rejects.toMatchObject({ code: expect.any(String) })
      const report = await rig.write(cell, { ...options(left), newRunId: () => 'another run' })
      expect(rig.rows(cell), `at moment ${moment}`).toEqual(expected)
      expect(report).toMatchObject({ read: 24, accepted: 24, rejected: 0, inDoubt: 0, notSent: 0 })
    }
  })
})

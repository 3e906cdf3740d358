import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { CELLS, createRig, type Rig } from './rig.test-support.ts'

/** A disk that is full before the journal's end: the run stops, and continues once there is room. */

const disk = vi.hoisted(() => ({ room: Number.POSITIVE_INFINITY, written: 0 }))

/** Files take what there is room for, half a line if it must be, as a disk does. */
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>()
  return {
    ...real,
    open: async (...args: Parameters<typeof real.open>) => {
      const file = await real.open(...args)
      const appendFile = file.appendFile.bind(file)
      file.appendFile = async (text) => {
        const line = String(text)
        const fits = line.slice(0, Math.max(0, disk.room - disk.written))
        disk.written += line.length
        await appendFile(fits)
        if (fits.length < line.length)
          throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
      }
      return file
    },
  }
})

let rig: Rig
let folder: string
beforeAll(async () => {
  rig = await createRig()
  folder = mkdtempSync(join(tmpdir(), 'd365-full-'))
})
afterAll(async () => {
  await rig.close()
  rmSync(folder, { recursive: true, force: true })
})

describe.each(CELLS)('$mode by $route', (cell) => {
  test('full after any part of the journal, with room again nothing is lost and nothing doubled', async () => {
    const options = (name: string) => ({
      journal: {
        folder: join(folder, `${cell.mode}-${cell.route}-${name}`),
        fingerprint: 'input',
        waitMs: 0,
      },
    })
    await rig.prepare(cell)
    disk.written = 0
    await rig.write(cell, options('whole'))
    const expected = rig.rows(cell)
    const journalLength = disk.written
    const header = 250
    for (const part of [0.01, 0.3, 0.5, 0.7, 0.99]) {
      await rig.prepare(cell)
      disk.written = 0
      disk.room = Math.floor(header + part * (journalLength - header))
      await expect(rig.write(cell, options(String(part)))).rejects.toMatchObject({
        code: 'IO_FAILED',
        message: expect.stringContaining('The journal could not be written: ENOSPC'),
      })
      disk.room = Number.POSITIVE_INFINITY
      const report = await rig.write(cell, options(String(part)))
      expect(rig.rows(cell), `room for ${part} of the journal`).toEqual(expected)
      expect(report).toMatchObject({ accepted: 24, rejected: 0, inDoubt: 0, notSent: 0 })
    }
  })
})

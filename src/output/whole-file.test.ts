import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { writeWholeFile } from './whole-file.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'd365-output-'))
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

test('the file is not there until everything is written', async () => {
  const path = join(folder, 'rows.csv')
  await writeWholeFile(path, async (append) => {
    await append('first\n')
    expect(existsSync(path)).toBe(false)
    await append('second\n')
  })
  expect(readFileSync(path, 'utf8')).toBe('first\nsecond\n')
  expect(readdirSync(folder)).toEqual(['rows.csv'])
})

test('when writing stops in the middle, the file of before is untouched and nothing else is left', async () => {
  const path = join(folder, 'rows.csv')
  writeFileSync(path, 'before')
  const stopped = writeWholeFile(path, async (append) => {
    await append('half')
    throw new Error('the service went away')
  })
  await expect(stopped).rejects.toThrow('the service went away')
  expect(readFileSync(path, 'utf8')).toBe('before')
  expect(readdirSync(folder)).toEqual(['rows.csv'])
})

test('a folder that is not there is named with what to do', async () => {
  await expect(writeWholeFile(join(folder, 'no/rows.csv'), (append) => append('x'))).rejects.toMatchObject({
    code: 'IO_FAILED',
    message: expect.stringContaining(join(folder, 'no/rows.csv')),
    hint: expect.stringContaining('folder exists'),
  })
})

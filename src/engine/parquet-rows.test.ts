import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { literal, openDuck } from './duck.ts'
import { parquetRows } from './parquet-rows.ts'

let folder: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'd365-parquet-'))
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

async function saved(sql: string): Promise<string> {
  const path = join(folder, `${Math.abs(sql.length)}.parquet`)
  const duck = await openDuck({ reads: [path] })
  const session = await duck.session()
  await session.run(`copy (${sql}) to ${literal(path)} (format parquet)`)
  await duck.close()
  return path
}

test('rows come in order with exact values, beyond the size of a chunk', async () => {
  const path = await saved(
    `select range as n, (range * 1.0001)::decimal(30,4) as d, 9223372036854775807::bigint as b, null as x from range(5000)`,
  )
  const rows = []
  for await (const row of parquetRows(path)) rows.push(row)
  expect(rows).toHaveLength(5000)
  expect(rows[4999]).toEqual({ n: 4999n, d: '4999.4999', b: 9223372036854775807n, x: null })
})

test('a file that is missing or none is refused by name', async () => {
  const missing = parquetRows(join(folder, 'none.parquet'))
  await expect(missing.next()).rejects.toMatchObject({ code: 'IO_FAILED' })
  const path = join(folder, 'text.parquet')
  writeFileSync(path, 'name\nContoso\n')
  await expect(parquetRows(path).next()).rejects.toMatchObject({
    code: 'INPUT_INVALID',
    message: expect.stringContaining(path),
  })
})

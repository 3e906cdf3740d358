import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Connection } from '../src/connect.ts'
import type { ListeningSandbox } from '../src/sandbox/index.ts'
import { freshFolder } from './sandbox.test-support.ts'
import { openStage, type Stage } from './stage.test-support.ts'

/** Answers as files and as streams: whole, exact, or not at all. */

let server: ListeningSandbox
let connection: Connection
let close: Stage['close']
let folder: string

beforeAll(async () => {
  ;({ server, connection, folder, close } = await openStage())
})

afterAll(() => close())

/** Rows of a Parquet file as texts, read by a DuckDB of its own. */
async function parquet(file: string, select: string): Promise<string[][]> {
  const instance = await DuckDBInstance.create(':memory:')
  const session = await instance.connect()
  const result = await session.run(`${select} from read_parquet('${file}')`)
  const rows = (await result.getRows()).map((row) => row.map(String))
  session.closeSync()
  instance.closeSync()
  return rows
}

const COLUMNS = 'accountid, name, revenue, createdon, statecode, statecodename, creditonhold'

describe('a Parquet file', () => {
  test('holds every row, with the types of the columns', async () => {
    const file = join(folder, 'typed.parquet')
    const { finished } = await connection.export(`select ${COLUMNS} from account`, {
      to: { file, format: 'parquet' },
    })
    const [[count] = []] = await parquet(file, 'select count(*)')
    expect(Number(count)).toBe(finished.rows)
    expect(finished.rows).toBe(server.sandbox.store.table('account').rowsByKey().length)
    const types = await parquet(file, `select ${COLUMNS.replace(/\w+/g, 'typeof($&)')}`)
    expect(types[0]).toEqual([
      'UUID',
      'VARCHAR',
      'DECIMAL(19,4)',
      'TIMESTAMP WITH TIME ZONE',
      'INTEGER',
      'VARCHAR',
      'BOOLEAN',
    ])
  })

  test('is the same whether the rows went through in parts or in one', async () => {
    const [parts, whole] = [join(folder, 'parts.parquet'), join(folder, 'whole.parquet')]
    const select = 'select contactid, fullname, birthdate from contact'
    await connection.export(select, { to: { file: parts, format: 'parquet' } })
    await connection.export(`${select} order by contactid`, { to: { file: whole, format: 'parquet' } })
    const ordered = async (file: string) => (await parquet(file, 'select *')).map(String).sort()
    expect(await ordered(parts)).toEqual(await ordered(whole))
  })

  test('of an empty answer has its columns', async () => {
    const file = join(folder, 'empty.parquet')
    await connection.export("select name, revenue from account where name = 'nobody'", {
      to: { file, format: 'parquet' },
    })
    expect(await parquet(file, 'select count(*)')).toEqual([['0']])
    expect(await parquet(file, 'select name, revenue')).toEqual([])
  })

  test('of columns with the same name tells them apart', async () => {
    const file = join(folder, 'twins.parquet')
    await connection.export('select a.name, b.name from account a join account b using (accountid)', {
      to: { file, format: 'parquet' },
    })
    const [row = []] = await parquet(file, 'select name = name_2')
    expect(row).toEqual(['true'])
  })
})

describe('COPY', () => {
  test.each(['csv', 'json', 'ndjson', 'parquet'])('writes %s, by the end of its name', async (format) => {
    const file = join(folder, `copied.${format}`)
    const report = await connection.export(`copy (select name from account limit 3) to '${file}'`)
    expect(report).toMatchObject({ file, format, finished: { rows: 3 } })
    expect(existsSync(file)).toBe(true)
  })

  test('takes a table, columns of it, and a format', async () => {
    const file = join(folder, 'table.txt')
    await connection.export(`copy account (name, revenue) to '${file}' with (format csv, header)`)
    expect(readFileSync(file, 'utf8')).toMatch(/^name,revenue\n/)
  })

  test.each([
    ["copy (select name from account) to 'x.xlsx'", 'The format of x.xlsx is not clear'],
    ["copy account from 'x.csv'", 'COPY … FROM'],
    ['copy account to stdout', 'COPY has to name a file'],
    ["copy account to 'x.csv' (delimiter ';')", 'COPY has no option delimiter'],
  ])('%s is refused', async (statement, message) => {
    await expect(connection.export(statement)).rejects.toThrow(message)
  })

  test('is no query', async () => {
    await expect(connection.query("copy account to 'x.csv'")).rejects.toThrow('COPY writes the file x.csv')
  })
})

describe('nothing of a file is there', () => {
  test.each(['csv', 'parquet'] as const)('after a failure: %s', async (format) => {
    const empty = freshFolder()
    const failing = "select name, error('stop here') from account"
    await expect(
      connection.export(failing, { to: { file: join(empty, `x.${format}`), format } }),
    ).rejects.toThrow('stop here')
    expect(readdirSync(empty)).toEqual([])
  })

  test.each(['csv', 'parquet'] as const)('where its folder does not exist: %s', async (format) => {
    const file = join(folder, 'nowhere', `x.${format}`)
    await expect(
      connection.export('select name from account', { to: { file, format } }),
    ).rejects.toMatchObject({ code: 'IO_FAILED' })
  })

  test('after its time is over', async () => {
    const empty = freshFolder()
    server.sandbox.faults.add({ path: '*accounts*', fault: { kind: 'latency', ms: 400 } })
    try {
      await expect(
        connection.export('select name from account', {
          to: { file: join(empty, 'x.csv'), format: 'csv' },
          timeoutMs: 40,
        }),
      ).rejects.toMatchObject({ code: 'TIMED_OUT' })
      expect(readdirSync(empty)).toEqual([])
    } finally {
      server.sandbox.faults.clear()
    }
  })
})

describe('a stream', () => {
  test('gives every row, and what it cost at the end', async () => {
    const stream = await connection.stream('select contactid, fullname from contact')
    const ids = new Set<unknown>()
    for await (const rows of stream.batches) for (const [id] of rows) ids.add(id)
    expect(ids.size).toBe(server.sandbox.store.table('contact').rowsByKey().length)
    expect(stream.columns.map(({ name }) => name)).toEqual(['contactid', 'fullname'])
    expect(stream.cost()).toMatchObject({ finished: { rows: ids.size }, scans: [{ rows: ids.size }] })
  })

  test('throws where the answer has no end, and is never a shorter one', async () => {
    const stop = new AbortController()
    const stream = await connection.stream('select a.contactid from contact a cross join contact b', {
      signal: stop.signal,
    })
    const taking = (async () => {
      for await (const _ of stream.batches) stop.abort()
    })()
    await expect(taking).rejects.toMatchObject({ code: 'CANCELLED' })
  })

  test('that is left early holds nothing', async () => {
    const stream = await connection.stream('select contactid from contact')
    await stream.close()
    expect(await connection.query('select 1 as one')).toMatchObject({ rows: [[1]] })
  })
})

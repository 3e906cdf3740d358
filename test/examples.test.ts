import { readdirSync, readFileSync } from 'node:fs'
import { parse } from 'csv-parse/sync'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Connection, SqlResult } from '../src/connect.ts'
import type { ListeningSandbox } from '../src/sandbox/index.ts'
import { freshFolder, run } from './sandbox.test-support.ts'
import { openStage, type Stage } from './stage.test-support.ts'

/** The questions of `examples/`: answered as the file beside them says, at no more cost than they promise. */

const examples = new URL('../examples/', import.meta.url).pathname
const folders = ['analyst', 'tpch']
const files = folders.flatMap((folder) =>
  readdirSync(`${examples}${folder}`)
    .filter((name) => name.endsWith('.sql'))
    .sort()
    .map((name) => `${folder}/${name}`),
)

let server: ListeningSandbox
let connection: Connection
let close: Stage['close']

beforeAll(async () => {
  ;({ server, connection, close } = await openStage())
})

afterAll(() => close())

function expectedOf(file: string): string[][] {
  const text = readFileSync(`${examples}${file.replace('/', '/expected/').replace('.sql', '.csv')}`, 'utf8')
  return parse(text)
}

const shown = ({ columns, rows }: SqlResult): string[][] => [
  columns.map(({ name }) => name),
  ...rows.map((row) => row.map((value) => (value === null ? '' : String(value)))),
]

const total = ({ scans }: SqlResult, what: 'requests' | 'rows'): number =>
  scans.reduce((sum, scan) => sum + scan[what], 0)

describe('every question', () => {
  test.each(files)('%s', async (file) => {
    const text = readFileSync(`${examples}${file}`, 'utf8')
    const [, requests, rows] =
      /^-- At most ([\d,]+) requests? and ([\d,]+) rows? from the service\.$/m.exec(text) ?? []
    const answer = await connection.query(text)
    expect(shown(answer)).toEqual(expectedOf(file))
    expect(total(answer, 'requests')).toBeLessThanOrEqual(Number(requests))
    expect(total(answer, 'rows')).toBeLessThanOrEqual(Number(rows))
    expect(shown(await connection.query(text, { pushdown: false }))).toEqual(shown(answer))
  })

  test('stands in the README of the examples, with what it asks', () => {
    const readme = readFileSync(`${examples}README.md`, 'utf8')
    for (const file of files) {
      const [question = ''] = readFileSync(`${examples}${file}`, 'utf8').split('\n')
      expect(readme).toContain(`[${question.slice(3)}](${file})`)
    }
    expect(files.filter((file) => file.startsWith('analyst/'))).toHaveLength(30)
  })

  test('runs from its file on the command line', async () => {
    const file = `${examples}analyst/02-accounts-by-status.sql`
    const args = ['sql', '-f', file, '--connection', server.connectionString, '--format', 'csv']
    const { stdout, exitCode } = await run(args, { folder: freshFolder() })
    expect(exitCode).toBe(0)
    expect(parse(stdout)).toEqual(expectedOf('analyst/02-accounts-by-status.sql'))
  })
})

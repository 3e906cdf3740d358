import { DuckDBInstance } from '@duckdb/node-api'
import { expect, test } from 'vitest'
import { SCALAR_FUNCTIONS } from './scalar-functions.ts'

test('none of them is an aggregate or changes from call to call, as the engine has it', async () => {
  const instance = await DuckDBInstance.create(':memory:')
  const connection = await instance.connect()
  const result = await connection.run(
    "select distinct function_name from duckdb_functions() where function_type = 'aggregate' or stability = 'VOLATILE'",
  )
  const others = new Set((await result.getRows()).map(([name]) => String(name)))
  connection.closeSync()
  instance.closeSync()
  expect([...SCALAR_FUNCTIONS].filter((name) => others.has(name))).toEqual([])
  expect(others.has('list')).toBe(true)
})

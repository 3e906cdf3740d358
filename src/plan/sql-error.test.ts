import { expect, test } from 'vitest'
import { D365Error } from '../core/errors.ts'
import { parseStatement } from './parse.ts'

async function positionIn(text: string): Promise<string | undefined> {
  const failure = await parseStatement(text).catch((error: unknown) => error)
  if (!(failure instanceof D365Error) || failure.position === undefined) return undefined
  return text.slice(failure.position, failure.position + 5)
}

test('an error points to its place in characters, whatever stands before it', async () => {
  expect(await positionIn('select name frm account where')).toBe('accou')
  expect(await positionIn("select 'naïve 😀 名前' as x fro account x")).toBe('fro a')
})

import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import writeFileAtomic from 'write-file-atomic'
import { configFolder } from '../connect.ts'

/** What was typed at the prompt of `d365 sql`, newest first; kept between sessions where only its owner can read it. */
export async function readHistory(env: NodeJS.Dict<string>): Promise<string[]> {
  const text = await readFile(historyFile(env), 'utf8').catch(() => '')
  return text.split('\n').filter((line) => line !== '')
}

export async function saveHistory(env: NodeJS.Dict<string>, lines: readonly string[]): Promise<void> {
  await mkdir(configFolder(env), { recursive: true, mode: 0o700 })
  await writeFileAtomic(historyFile(env), `${lines.slice(0, MAX_LINES).join('\n')}\n`, { mode: 0o600 })
}

const MAX_LINES = 1000

function historyFile(env: NodeJS.Dict<string>): string {
  return join(configFolder(env), 'sql-history')
}

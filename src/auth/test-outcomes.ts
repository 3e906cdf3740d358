import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import writeFileAtomic from 'write-file-atomic'
import { whileLocked } from './file-lock.ts'
import { asObject, readJsonObject, textOf } from './json-object.ts'

/** How the last test of each saved credential ended. Beside the settings: losing it loses no setting. */
export interface TestOutcome {
  /** In ms since 1970. */
  readonly at: number
  readonly ok: boolean
  /** Who the service took us for, or what was wrong; never a secret. */
  readonly detail: string
}

export async function readTestOutcomes(folder: string): Promise<ReadonlyMap<string, TestOutcome>> {
  const text = await readFile(pathIn(folder), 'utf8').catch(() => '{}')
  const entries = Object.entries(readJsonObject(text) ?? {}).flatMap(([id, entry]) => {
    const { at, ok, detail } = asObject(entry) ?? {}
    const told = textOf(detail)
    return typeof at === 'number' && typeof ok === 'boolean' && told !== undefined
      ? [[id, { at, ok, detail: told }] as const]
      : []
  })
  return new Map(entries)
}

/** `outcome` undefined forgets what is known of a credential. */
export async function recordTestOutcome(
  folder: string,
  id: string,
  outcome: TestOutcome | undefined,
): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  await whileLocked(join(folder, 'locks', 'tests'), async () => {
    const known = Object.fromEntries(await readTestOutcomes(folder))
    const { [id]: _old, ...rest } = known
    const next = outcome === undefined ? rest : { ...rest, [id]: outcome }
    await writeFileAtomic(pathIn(folder), `${JSON.stringify(next, null, 2)}\n`, { mode: 0o600 })
  })
}

const pathIn = (folder: string): string => join(folder, 'tests.json')

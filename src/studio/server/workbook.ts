import { mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import writeFileAtomic from 'write-file-atomic'
import { z } from 'zod'
import { configFolder } from '../../connect.ts'
import { D365Error } from '../../core/errors.ts'

/**
 * Queries that were saved and queries that ran, with the credential each runs with: kept beside the settings, where only
 * their owner can read them. They are texts of statements, so values may be in them; rows never are.
 */
const Place = z.object({ system: z.string().exactOptional(), credential: z.string().exactOptional() })

const SavedQuery = Place.extend({ name: z.string(), text: z.string() })
const PastQuery = Place.extend({ text: z.string(), at: z.number() })

const Workbook = z.object({ saved: z.array(SavedQuery).readonly(), history: z.array(PastQuery).readonly() })

export type SavedQuery = z.infer<typeof SavedQuery>
export type PastQuery = z.infer<typeof PastQuery>
export type Workbook = z.infer<typeof Workbook>

/** Statements that are remembered. */
const MOST_HISTORY = 200

type Env = Readonly<Record<string, string | undefined>>

export async function readWorkbook(env: Env): Promise<Workbook> {
  const text = await readFile(fileOf(env), 'utf8').catch(() => undefined)
  if (text === undefined) return { saved: [], history: [] }
  const parsed = Workbook.safeParse(jsonIn(text))
  if (parsed.success) return parsed.data
  throw new D365Error('CONFIG_INVALID', `${fileOf(env)} is not as the studio wrote it.`, {
    hint: 'Mend it, or move it away to begin with no saved queries.',
  })
}

/** Under the name of a saved one it takes its place. */
export function saveQuery(env: Env, query: SavedQuery): Promise<void> {
  return change(env, ({ saved, history }) => ({
    saved: [...saved.filter(({ name }) => name !== query.name), query].sort((a, b) =>
      a.name < b.name ? -1 : 1,
    ),
    history,
  }))
}

export function forgetQuery(env: Env, wanted: string): Promise<void> {
  return change(env, ({ saved, history }) => ({
    saved: saved.filter(({ name }) => name !== wanted),
    history,
  }))
}

/** The newest first; a statement that runs again moves up. */
export function rememberQuery(env: Env, query: PastQuery): Promise<void> {
  return change(env, ({ saved, history }) => ({
    saved,
    history: [query, ...history.filter(({ text }) => text !== query.text)].slice(0, MOST_HISTORY),
  }))
}

let last: Promise<unknown> = Promise.resolve()

/** One after the other, so that two tabs lose nothing of each other. */
function change(env: Env, next: (old: Workbook) => Workbook): Promise<void> {
  const turn = last.then(async () => {
    const changed = next(await readWorkbook(env))
    await mkdir(configFolder(env), { recursive: true, mode: 0o700 })
    await writeFileAtomic(fileOf(env), `${JSON.stringify(changed, null, 2)}\n`, { mode: 0o600 })
  })
  last = turn.catch(() => undefined)
  return turn
}

function fileOf(env: Env): string {
  return join(configFolder(env), 'studio-queries.json')
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

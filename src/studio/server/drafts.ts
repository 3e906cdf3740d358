import {
  type Connection,
  type ConnectionSettings,
  connect,
  formatConnectionString,
  type TokenSet,
} from '../../connect.ts'
import { D365Error } from '../../core/errors.ts'
import { newGuid } from '../../core/guid.ts'
import type { Log } from '../../core/log.ts'
import type { KeptSecrets } from './connect-form.ts'

/**
 * What people enter before they save it. It lives in the memory of this process only, tokens included:
 * what was entered only to test is gone when the studio ends.
 */
export interface Draft {
  readonly settings: Pick<ConnectionSettings, 'system' | 'credential' | 'options'>
  /** Every secret that was entered, also those the chosen kind of sign-in does not use. */
  readonly secrets: KeptSecrets
  /** What a sign-in here brought. */
  readonly tokens?: TokenSet | undefined
}

export interface Drafts {
  /** Keeps `draft` under `id`, or under a new one; other settings than before end the old connection. */
  put(id: string | undefined, draft: Draft): string
  /** Throws NOT_FOUND after a restart of the studio. */
  get(id: string): Draft
  connection(id: string): Promise<Connection>
  close(): Promise<void>
}

interface Kept {
  readonly draft: Draft
  readonly connection: Promise<Connection> | undefined
}

/** A page that is reloaded begins a new draft: the oldest are dropped beyond so many. */
const MOST_DRAFTS = 50

export interface DraftsOptions {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly log: Log
}

export function createDrafts({ env, log }: DraftsOptions): Drafts {
  const drafts = new Map<string, Kept>()
  const find = (id: string): Kept => {
    const kept = drafts.get(id)
    if (kept) return kept
    throw new D365Error('NOT_FOUND', 'These settings were not saved, and the studio was restarted since.', {
      hint: 'Open Connect and enter them again, or choose a saved system.',
    })
  }
  const end = async (id: string): Promise<void> => {
    const kept = drafts.get(id)
    drafts.delete(id)
    await (await kept?.connection)?.close()
  }
  /** Its connection ends by itself; whether that went well matters to nobody. */
  const drop = (id: string): void => void end(id).catch(() => undefined)
  return {
    put: (given, draft) => {
      const known = given === undefined ? undefined : drafts.get(given)
      const id = known && given !== undefined ? given : newGuid()
      const same = known && JSON.stringify(known.draft.settings) === JSON.stringify(draft.settings)
      if (!same) drop(id)
      drafts.set(id, { draft, connection: same ? known.connection : undefined })
      for (const oldest of [...drafts.keys()].slice(0, Math.max(0, drafts.size - MOST_DRAFTS))) drop(oldest)
      return id
    },
    get: (id) => find(id).draft,
    connection: (id) => {
      const { draft, connection: open } = find(id)
      const connection =
        open ??
        connect({
          connectionString: formatConnectionString(draft.settings, { secrets: 'shown' }),
          keepTokens: false,
          env,
          log,
        })
      drafts.set(id, { draft, connection })
      return connection
    },
    close: async () => {
      await Promise.allSettled([...drafts.keys()].map(end))
    },
  }
}

import { type Connection, type ConnectionSettings, connect, formatConnectionString } from '../../connect.ts'
import { D365Error } from '../../core/errors.ts'
import { newGuid } from '../../core/guid.ts'

/**
 * What people enter before they save it. It lives in the memory of this process only, tokens included:
 * what was entered only to test is gone when the studio ends.
 */
export type DraftSettings = Pick<ConnectionSettings, 'system' | 'credential' | 'options'>

export interface Drafts {
  /** Keeps `settings` under `id`, or under a new one; other settings than before end the old connection. */
  put(id: string | undefined, settings: DraftSettings): string
  /** Throws NOT_FOUND after a restart of the studio. */
  get(id: string): DraftSettings
  connection(id: string): Promise<Connection>
  remove(id: string): Promise<void>
  close(): Promise<void>
}

interface Draft {
  readonly settings: DraftSettings
  readonly connection: Promise<Connection> | undefined
}

/** A page that is reloaded begins a new draft: the oldest are dropped beyond so many. */
const MOST_DRAFTS = 50

export function createDrafts({
  env,
}: {
  readonly env: Readonly<Record<string, string | undefined>>
}): Drafts {
  const drafts = new Map<string, Draft>()
  const find = (id: string): Draft => {
    const draft = drafts.get(id)
    if (draft) return draft
    throw new D365Error('NOT_FOUND', 'These settings were not saved, and the studio was restarted since.', {
      hint: 'Open Connect and enter them again, or choose a saved system.',
    })
  }
  const remove = async (id: string): Promise<void> => {
    const draft = drafts.get(id)
    drafts.delete(id)
    await (await draft?.connection)?.close()
  }
  return {
    put: (given, settings) => {
      const known = given === undefined ? undefined : drafts.get(given)
      const id = known && given !== undefined ? given : newGuid()
      const same = known && JSON.stringify(known.settings) === JSON.stringify(settings)
      if (!same) {
        void remove(id).catch(() => undefined)
        drafts.set(id, { settings, connection: undefined })
      }
      for (const oldest of [...drafts.keys()].slice(0, Math.max(0, drafts.size - MOST_DRAFTS)))
        void remove(oldest).catch(() => undefined)
      return id
    },
    get: (id) => find(id).settings,
    connection: (id) => {
      const draft = find(id)
      const connection =
        draft.connection ??
        connect({
          connectionString: formatConnectionString(draft.settings, { secrets: 'shown' }),
          keepTokens: false,
          env,
        })
      drafts.set(id, { ...draft, connection })
      return connection
    },
    remove,
    close: async () => {
      await Promise.allSettled([...drafts.keys()].map(remove))
    },
  }
}

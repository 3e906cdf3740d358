import { join } from 'node:path'
import { type LockOptions, whileLocked } from './file-lock.ts'
import { readJsonObject, textOf } from './json-object.ts'
import { type SecretStore, UnreadableSecret } from './secret-store.ts'
import type { TokenSet } from './token-set.ts'

/** Where tokens live between two commands, one entry per credential. */
export interface StoredTokens extends TokenSet {
  /** Digest of the settings the access token was fetched with: other settings must not use it. */
  readonly accessPrint: string
  /** Digest of the settings the refresh token belongs to. */
  readonly refreshPrint: string
}

export interface TokenStore {
  /** Runs `work` while no other process on this machine does so for the same id. */
  exclusively<T>(
    id: string,
    work: () => Promise<T>,
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<T>
  read(id: string): Promise<StoredTokens | undefined>
  /** Replaces the entry as a whole: at no time is neither the old nor the new one there. */
  write(id: string, tokens: StoredTokens): Promise<void>
  remove(id: string): Promise<void>
}

export interface FileTokenStoreOptions extends Pick<LockOptions, 'staleMs'> {
  readonly folder: string
  readonly secrets: SecretStore
}

export function createFileTokenStore({ folder, secrets, staleMs }: FileTokenStoreOptions): TokenStore {
  const entry = (id: string) => `tokens-${id}`
  return {
    exclusively: (id, work, { signal } = {}) =>
      whileLocked(join(folder, 'locks', entry(id)), work, { signal, staleMs }),
    read: async (id) => {
      const text = await secrets.read(entry(id)).catch((error: unknown) => {
        // Tokens can be fetched again; those of another key are as good as none.
        if (error instanceof UnreadableSecret) return undefined
        throw error
      })
      return text === undefined ? undefined : parseTokens(text)
    },
    write: (id, tokens) => secrets.write(entry(id), JSON.stringify(tokens)),
    remove: (id) => secrets.remove(entry(id)),
  }
}

/** Keeps tokens as long as the process lives: for demonstrations and tests. */
export function createMemoryTokenStore(): TokenStore {
  const kept = new Map<string, StoredTokens>()
  const queues = new Map<string, Promise<unknown>>()
  return {
    exclusively: (id, work) => {
      const turn = (queues.get(id) ?? Promise.resolve()).then(work, work)
      queues.set(
        id,
        turn.catch(() => {}),
      )
      return turn
    },
    read: async (id) => kept.get(id),
    write: async (id, tokens) => {
      kept.set(id, tokens)
    },
    remove: async (id) => {
      kept.delete(id)
    },
  }
}

function parseTokens(text: string): StoredTokens | undefined {
  const entry = readJsonObject(text)
  const accessToken = textOf(entry?.accessToken)
  const accessPrint = textOf(entry?.accessPrint)
  const refreshPrint = textOf(entry?.refreshPrint)
  if (!entry || !accessToken || !accessPrint || !refreshPrint || typeof entry.obtainedAt !== 'number')
    return undefined
  const refreshToken = textOf(entry.refreshToken)
  const scope = textOf(entry.scope)
  return {
    accessToken,
    accessPrint,
    refreshPrint,
    obtainedAt: entry.obtainedAt,
    expiresAt: typeof entry.expiresAt === 'number' ? entry.expiresAt : undefined,
    ...(refreshToken === undefined ? {} : { refreshToken }),
    ...(scope === undefined ? {} : { scope }),
  }
}

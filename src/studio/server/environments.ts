import { z } from 'zod'
import { aboutTheMachine, type Connection, connect, openCredentialStore } from '../../connect.ts'
import type { Log } from '../../core/log.ts'
import type { Drafts } from './drafts.ts'

/** Which environment a question is about, and as whom: saved names, or what was entered and is not saved yet. */
export const EnvironmentChoice = z.union([
  z.object({ system: z.string().min(1), credential: z.string().min(1).exactOptional() }),
  z.object({ draft: z.string().min(1) }),
])

export type EnvironmentChoice = z.infer<typeof EnvironmentChoice>

export interface Environments {
  /** The connection of a saved external system and credential, or of a draft; opened at the first use and then kept. */
  open(choice: EnvironmentChoice): Promise<Connection>
  /** Saved settings changed: the next question opens a new connection. Work that goes on keeps the old one. */
  forget(): void
  close(): Promise<void>
}

export interface EnvironmentsOptions {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly drafts: Drafts
  readonly log?: Log | undefined
}

export function createEnvironments({ env, drafts, log }: EnvironmentsOptions): Environments {
  const current = new Map<string, Promise<Connection>>()
  const opened = new Set<Promise<Connection>>()
  const openSaved = (system: string, credential: string | undefined) =>
    connect({
      system,
      ...(credential === undefined ? {} : { credential }),
      // The person chose by name: variables that override saved settings would change it unseen.
      env: aboutTheMachine(env),
      ...(log === undefined ? {} : { log }),
    })
  return {
    open: async (choice) => {
      if ('draft' in choice) return drafts.connection(choice.draft)
      const { system, credential } = choice
      // Another process may have changed the settings: what they say now is part of the key.
      const saved = await (await openCredentialStore({ env })).system(system)
      const key = JSON.stringify([saved, credential])
      const known = current.get(key) ?? openSaved(system, credential)
      current.set(key, known)
      opened.add(known)
      known.catch(() => {
        current.delete(key)
        opened.delete(known)
      })
      return known
    },
    forget: () => current.clear(),
    close: async () => {
      current.clear()
      for (const connection of await Promise.allSettled(opened))
        if (connection.status === 'fulfilled') await connection.value.close()
      opened.clear()
    },
  }
}

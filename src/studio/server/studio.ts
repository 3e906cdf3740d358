import { systemClock } from '../../core/clock.ts'
import type { Log } from '../../core/log.ts'
import { createActivity } from './activity.ts'
import { createApp } from './app.ts'
import { type Assets, createAssets } from './assets.ts'
import { createDrafts } from './drafts.ts'
import { createEnvironments } from './environments.ts'
import { createKeys } from './keys.ts'
import { createUploads } from './uploads.ts'
import { createWriteJobs } from './write-jobs.ts'

/** The studio without a port: requests in, responses out. `listen.ts` puts it on one. */
export interface Studio {
  fetch(request: Request): Promise<Response>
  /** The address to open, with a key in it: for one use, or for as long as the studio runs. */
  address(options: { readonly once: boolean; readonly page?: string }): string
  close(): Promise<void>
}

export interface StudioOptions {
  /** Where it is reached, in order of preference, e.g. `http://127.0.0.1:8366`. All of one scheme. */
  readonly origins: () => readonly string[]
  /** Environment variables of the process. Default: those of the process. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** The built pages. Default: those beside the program. */
  readonly assets?: Assets
  /** Opens the studio beside the key; needed where other machines reach it. */
  readonly password?: string | undefined
  readonly startSandbox?: StartSandbox
  readonly log?: Log
}

/** Starts a sandbox on this machine; what it prints to connect to it. */
export type StartSandbox = () => Promise<StartedSandbox>

export interface StartedSandbox {
  readonly serviceUrl: string
  readonly connectionString: string
  readonly people: readonly { readonly account: string; readonly password: string }[]
  readonly applications: readonly { readonly name: string; readonly clientId: string }[]
  close(): Promise<void>
}

export function createStudio(options: StudioOptions): Studio {
  const { origins, env = process.env, assets = createAssets(), password, startSandbox, log } = options
  const keys = createKeys({ password })
  const activity = createActivity({ clock: systemClock })
  const told: Log = (...event) => {
    activity.log(...event)
    log?.(...event)
  }
  const drafts = createDrafts({ env, log: told })
  const environments = createEnvironments({ env, drafts, log: told })
  const uploads = createUploads()
  const writes = createWriteJobs({ clock: systemClock })
  let sandbox: Promise<StartedSandbox> | undefined
  const startOnce: StartSandbox | undefined =
    startSandbox &&
    (() => {
      sandbox ??= startSandbox()
      return sandbox
    })
  const app = createApp({
    keys,
    assets,
    hosts: () => origins().map((origin) => new URL(origin).host),
    get secure() {
      return origins()[0]?.startsWith('https:') ?? false
    },
    asksPassword: password !== undefined,
    context: {
      env,
      clock: systemClock,
      environments,
      drafts,
      activity,
      uploads,
      writes,
      startSandbox: startOnce,
    },
  })
  return {
    fetch: async (request) => app.fetch(request),
    address: ({ once, page = '' }) => `${origins()[0]}/#/${page}?key=${keys.issue({ once })}`,
    close: async () => {
      await writes.close()
      await environments.close()
      await drafts.close()
      await uploads.close()
      await (await sandbox)?.close()
    },
  }
}

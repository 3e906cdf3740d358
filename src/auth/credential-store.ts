import { D365Error } from '../core/errors.ts'
import { newGuid } from '../core/guid.ts'
import { nearNames } from '../core/near.ts'
import { configFolder, readEnvironment } from './environment.ts'
import { readJsonObject, textOf } from './json-object.ts'
import { maskSecret } from './secret.ts'
import { openSecretStore, type SecretProtection } from './secret-store.ts'
import type { Credential, ExternalSystem } from './settings.ts'
import { changeSettings, readSettings, type SavedCredential, type SavedSystem } from './settings-file.ts'
import { readTestOutcomes, recordTestOutcome, type TestOutcome } from './test-outcomes.ts'
import { createFileTokenStore, type TokenStore } from './token-store.ts'

/** Saved systems and their credentials, by name. Names are compared without case; secrets lie apart, encrypted. */
export interface CredentialStore {
  readonly folder: string
  /** What protects the secrets, plainly. */
  readonly protection: SecretProtection
  /** Where the tokens of saved credentials live; the key is the credential's id. */
  readonly tokens: TokenStore
  systems(): Promise<readonly SavedSystem[]>
  /** Name of the one that is meant where none is named; undefined: none was made the default. */
  defaultSystem(): Promise<string | undefined>
  /** Without a name: the default one, or the only one. Throws NOT_FOUND with near names. */
  system(name?: string): Promise<SavedSystem>
  /** The first system becomes the default. */
  addSystem(system: ExternalSystem, options?: { readonly makeDefault?: boolean }): Promise<void>
  /** Replaces what is given and keeps the rest; a new `name` renames. */
  changeSystem(name: string, changes: Partial<ExternalSystem>): Promise<void>
  /** With its credentials, secrets and tokens. */
  removeSystem(name: string): Promise<void>
  makeDefaultSystem(name: string): Promise<void>
  /** With its secrets. Without a name: the default one of the system, or the only one. */
  credential(system?: string, name?: string): Promise<LoadedCredential>
  addCredential(
    system: string | undefined,
    credential: Credential,
    options?: { readonly makeDefault?: boolean },
  ): Promise<void>
  changeCredential(system: string | undefined, name: string, changes: Partial<Credential>): Promise<void>
  removeCredential(system: string | undefined, name: string): Promise<void>
  makeDefaultCredential(system: string | undefined, name: string): Promise<void>
  /** What is known of a credential beside its settings, by its id. */
  status(id: string): Promise<CredentialStatus>
}

export interface CredentialStatus {
  /** How its last test ended; undefined: never tested since it was saved. */
  readonly tested: TestOutcome | undefined
  /** Of the token in the store, in ms since 1970; undefined where none is there or it does not tell. */
  readonly tokenExpiresAt: number | undefined
  /** Is a refresh token there, that fetches the next one without a person? */
  readonly renewable: boolean
}

export interface LoadedCredential {
  readonly id: string
  readonly credential: Credential
  readonly system: ExternalSystem
}

export interface CredentialStoreOptions {
  /** Environment variables of the machine. Default: those of the process. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined
}

export async function openCredentialStore({
  env = process.env,
}: CredentialStoreOptions = {}): Promise<CredentialStore> {
  const folder = configFolder(env)
  const secrets = await openSecretStore({ folder, prefer: readEnvironment(env).secretStore })
  const tokens = createFileTokenStore({ folder, secrets })
  const forget = async ({ id }: SavedCredential) => {
    await secrets.remove(`credential-${id}`)
    await tokens.remove(id)
    await recordTestOutcome(folder, id, undefined)
  }
  const loadSecrets = async (id: string) => readSecrets(await secrets.read(`credential-${id}`))
  const saveSecrets = (id: string, credential: Partial<Credential>) =>
    secrets.write(`credential-${id}`, JSON.stringify(secretsOf(credential)))
  /** Changes one system, found by name, and writes the settings. */
  const changeOne = (
    name: string | undefined,
    change: (system: SavedSystem, others: readonly SavedSystem[]) => SavedSystem | Promise<SavedSystem>,
  ) =>
    changeSettings(folder, async (settings) => {
      const old = pickSystem(settings.systems, name, settings.defaultSystem)
      const changed = await change(
        old,
        settings.systems.filter((system) => system !== old),
      )
      const isDefault = settings.defaultSystem !== undefined && same(settings.defaultSystem, old.name)
      return {
        ...settings,
        systems: settings.systems.map((system) => (system === old ? changed : system)),
        ...(isDefault ? { defaultSystem: changed.name } : {}),
      }
    })
  const systemNamed = async (name?: string) => {
    const { systems, defaultSystem } = await readSettings(folder)
    return pickSystem(systems, name, defaultSystem)
  }

  return {
    folder,
    protection: secrets.protection,
    tokens,
    systems: async () => (await readSettings(folder)).systems,
    defaultSystem: async () => (await readSettings(folder)).defaultSystem,
    system: systemNamed,

    addSystem: async (system, { makeDefault = false } = {}) => {
      await changeSettings(folder, (settings) => {
        refuseTwin('external system', system.name, settings.systems)
        const isDefault = makeDefault || settings.systems.length === 0
        return {
          ...settings,
          systems: [...settings.systems, { ...system, credentials: [] }],
          ...(isDefault ? { defaultSystem: system.name } : {}),
        }
      })
    },

    changeSystem: async (name, changes) => {
      await changeOne(name, (system, others) => {
        if (changes.name !== undefined) refuseTwin('external system', changes.name, others)
        return { ...system, ...changes }
      })
    },

    removeSystem: async (name) => {
      let orphans: readonly SavedCredential[] = []
      await changeSettings(folder, ({ systems, defaultSystem }) => {
        const system = pickSystem(systems, name, undefined)
        orphans = system.credentials
        const left = systems.filter((one) => one !== system)
        const keep = defaultSystem !== undefined && !same(defaultSystem, name) ? defaultSystem : left[0]?.name
        return { systems: left, ...(keep === undefined ? {} : { defaultSystem: keep }) }
      })
      for (const credential of orphans) await forget(credential)
    },

    makeDefaultSystem: async (name) => {
      await changeSettings(folder, (settings) => ({
        ...settings,
        defaultSystem: pickSystem(settings.systems, name, undefined).name,
      }))
    },

    credential: async (systemName, name) => {
      const system = await systemNamed(systemName)
      const { id, ...saved } = pickCredential(system, name)
      return { id, system: plainSystem(system), credential: withSecrets(saved, await loadSecrets(id)) }
    },

    addCredential: async (systemName, credential, { makeDefault = false } = {}) => {
      await changeOne(systemName, async (system) => {
        refuseTwin(`credential of ${system.name}`, credential.name, system.credentials)
        const id = newGuid()
        // Secrets first: a credential that is listed always has them.
        await saveSecrets(id, credential)
        const isDefault = makeDefault || system.credentials.length === 0
        return {
          ...system,
          credentials: [...system.credentials, { id, ...withoutSecrets(credential) }],
          ...(isDefault ? { defaultCredential: credential.name } : {}),
        }
      })
    },

    changeCredential: async (systemName, name, changes) => {
      await changeOne(systemName, async (system) => {
        const { id, ...saved } = pickCredential(system, name)
        const others = system.credentials.filter((one) => one.id !== id)
        if (changes.name !== undefined) refuseTwin(`credential of ${system.name}`, changes.name, others)
        const changed = { ...withSecrets(saved, await loadSecrets(id)), ...changes }
        await saveSecrets(id, changed)
        const wasDefault =
          system.defaultCredential !== undefined && same(system.defaultCredential, saved.name)
        return {
          ...system,
          credentials: system.credentials.map((one) =>
            one.id === id ? { id, ...withoutSecrets(changed) } : one,
          ),
          ...(wasDefault ? { defaultCredential: changed.name } : {}),
        }
      })
    },

    removeCredential: async (systemName, name) => {
      const removed = pickCredential(await systemNamed(systemName), name)
      await changeOne(systemName, ({ defaultCredential, ...system }) => {
        const left = system.credentials.filter((one) => one.id !== removed.id)
        const keep =
          defaultCredential !== undefined && !same(defaultCredential, removed.name)
            ? defaultCredential
            : left[0]?.name
        return { ...system, credentials: left, ...(keep === undefined ? {} : { defaultCredential: keep }) }
      })
      await forget(removed)
    },

    makeDefaultCredential: async (systemName, name) => {
      await changeOne(systemName, (system) => ({
        ...system,
        defaultCredential: pickCredential(system, name).name,
      }))
    },

    status: async (id) => {
      const kept = await tokens.read(id)
      return {
        tested: (await readTestOutcomes(folder)).get(id),
        tokenExpiresAt: kept?.expiresAt,
        renewable: kept?.refreshToken !== undefined,
      }
    },
  }
}

/** A credential as it may be shown: secrets reduced to a few last characters at most. */
export function maskCredential(credential: Credential): Credential {
  const { certificate, ...rest } = credential
  return {
    ...rest,
    ...(rest.secret === undefined ? {} : { secret: maskSecret(rest.secret) }),
    ...(rest.accessToken === undefined ? {} : { accessToken: maskSecret(rest.accessToken) }),
    ...(rest.refreshToken === undefined ? {} : { refreshToken: maskSecret(rest.refreshToken) }),
    ...(certificate === undefined
      ? {}
      : {
          certificate: {
            ...certificate,
            ...(certificate.password === undefined ? {} : { password: '••••' }),
          },
        }),
  }
}

function pickSystem(
  systems: readonly SavedSystem[],
  name: string | undefined,
  fallback: string | undefined,
): SavedSystem {
  return pick('external system', systems, name, fallback, 'd365 system add')
}

function pickCredential(system: SavedSystem, name: string | undefined): SavedCredential {
  const kind = `credential of ${system.name}`
  return pick(
    kind,
    system.credentials,
    name,
    system.defaultCredential,
    `d365 credential add --system "${system.name}"`,
  )
}

function pick<T extends { readonly name: string }>(
  kind: string,
  entries: readonly T[],
  name: string | undefined,
  fallback: string | undefined,
  howToAdd: string,
): T {
  const wanted = name ?? fallback ?? (entries.length === 1 ? entries[0]?.name : undefined)
  const found = wanted === undefined ? undefined : entries.find((entry) => same(entry.name, wanted))
  if (found) return found
  const names = entries.map((entry) => entry.name)
  const near = wanted === undefined ? [] : nearNames(wanted, names)
  if (names.length === 0)
    throw new D365Error('NOT_FOUND', `There is no ${kind} yet.`, { hint: `Add one: \`${howToAdd}\`.` })
  throw new D365Error(
    'NOT_FOUND',
    wanted === undefined
      ? `No ${kind} was chosen, and there are ${names.length}.`
      : `There is no ${kind} named ${wanted}.`,
    { hint: near.length > 0 ? `Did you mean ${near.join(' or ')}?` : `There are: ${names.join(', ')}.` },
  )
}

function refuseTwin(kind: string, name: string, entries: readonly { readonly name: string }[]): void {
  if (name.trim() === '') throw new D365Error('CONFIG_INVALID', `The name of a ${kind} must not be empty.`)
  if (entries.some((entry) => same(entry.name, name)))
    throw new D365Error('CONFIG_INVALID', `There is already a ${kind} named ${name}.`, {
      hint: 'Choose another name, or remove that one first.',
    })
}

const same = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase()

function plainSystem({ credentials: _, defaultCredential: __, ...system }: SavedSystem): ExternalSystem {
  return system
}

type Secrets = Pick<Credential, 'secret' | 'accessToken' | 'refreshToken'> & { readonly password?: string }

function secretsOf({ secret, accessToken, refreshToken, certificate }: Partial<Credential>) {
  return { secret, accessToken, refreshToken, password: certificate?.password }
}

function readSecrets(text: string | undefined): Secrets {
  const entry = readJsonObject(text ?? '{}')
  const of = <K extends keyof Secrets>(key: K): { [P in K]?: string } => {
    const value = textOf(entry?.[key])
    const out: { [P in K]?: string } = {}
    if (value !== undefined) out[key] = value
    return out
  }
  return { ...of('secret'), ...of('accessToken'), ...of('refreshToken'), ...of('password') }
}

function withoutSecrets({
  secret: _,
  accessToken: __,
  refreshToken: ___,
  certificate,
  ...rest
}: Credential): Omit<SavedCredential, 'id'> {
  if (certificate === undefined) return rest
  const { password: ____, ...file } = certificate
  return { ...rest, certificate: file }
}

function withSecrets(saved: Omit<SavedCredential, 'id'>, { password, ...secrets }: Secrets): Credential {
  const { certificate, ...rest } = saved
  if (certificate === undefined) return { ...rest, ...secrets }
  return {
    ...rest,
    ...secrets,
    certificate: { ...certificate, ...(password === undefined ? {} : { password }) },
  }
}

import { D365Error } from '../core/errors.ts'
import type { ConnectionOptions } from './connection-properties.ts'
import { parseConnectionString } from './connection-string.ts'
import { openCredentialStore } from './credential-store.ts'
import { impliedGrant, readEnvironment } from './environment.ts'
import { openSecretStore } from './secret-store.ts'
import type { Credential, ExternalSystem } from './settings.ts'
import { createFileTokenStore, createMemoryTokenStore, type TokenStore } from './token-store.ts'

/**
 * Which external system and credential are meant: what the caller gives, else a connection string, else the saved
 * ones; environment variables override single values of what was saved.
 */
export interface SettingsChoice {
  /** The system itself, or the name of a saved one. */
  readonly system?: ExternalSystem | string | undefined
  /** The credential itself, or the name of a saved one. */
  readonly credential?: Credential | string | undefined
  readonly connectionString?: string | undefined
  /** False: no token is read from or written to this machine's store. Default true. */
  readonly keepTokens?: boolean | undefined
  /** Environment variables of the machine. */
  readonly env: Readonly<Record<string, string | undefined>>
}

export interface ChosenSettings {
  readonly system: ExternalSystem
  readonly credential: Credential
  readonly options: ConnectionOptions
  /** What has no effect or was replaced, for people to see. */
  readonly notes: readonly string[]
  readonly loginHosts: readonly string[]
  /** Where the tokens of this credential are kept between processes. */
  readonly tokens: TokenStore
  /** Key of the tokens there; undefined for credentials that are not saved. */
  readonly id: string | undefined
  /** Folder of settings, caches and journals. */
  readonly folder: string
}

export async function chooseSettings(choice: SettingsChoice): Promise<ChosenSettings> {
  const chosen = await findSettings(choice)
  return choice.keepTokens === false ? { ...chosen, tokens: createMemoryTokenStore() } : chosen
}

async function findSettings(choice: SettingsChoice): Promise<ChosenSettings> {
  const { env } = choice
  const environment = readEnvironment(env)
  const { loginHosts, secretStore } = environment
  const saved = await openCredentialStore({ env })
  const { folder } = saved
  const named = choice.system !== undefined || choice.credential !== undefined
  const text = choice.connectionString ?? (named ? undefined : environment.connectionString)
  if (text !== undefined) {
    if (named)
      throw new D365Error(
        'CONFIG_INVALID',
        'A connection string and a system or credential were given together.',
        {
          hint: 'Give the connection string alone, or the names of a saved system and credential.',
        },
      )
    const { system, credential, options, notes } = parseConnectionString(text)
    const tokens = createFileTokenStore({
      folder,
      secrets: await openSecretStore({ folder, prefer: secretStore }),
    })
    return {
      system,
      credential,
      options,
      notes: [...notes, ...environment.notes],
      loginHosts,
      tokens,
      id: undefined,
      folder,
    }
  }
  const rest = { options: {}, notes: environment.notes, loginHosts, tokens: saved.tokens, folder }
  if (typeof choice.system === 'object' && typeof choice.credential === 'object')
    return { ...rest, system: choice.system, credential: choice.credential, id: undefined }
  const fromEnvironment = environmentOnly(environment.system, environment.credential)
  if (fromEnvironment && !named && environment.systemName === undefined)
    return { ...rest, ...fromEnvironment, id: undefined }
  const asked = typeof choice.system === 'string' ? choice.system : environment.systemName
  const partial = Object.keys(environment.system).length + Object.keys(environment.credential).length > 0
  if (partial && asked === undefined && choice.system === undefined && (await saved.systems()).length === 0)
    throw incompleteEnvironment(environment.system.serviceUrl)
  const systemName = typeof choice.system === 'string' ? choice.system : environment.systemName
  const system = typeof choice.system === 'object' ? choice.system : await saved.system(systemName)
  if (typeof choice.credential === 'object')
    return {
      ...rest,
      system: { ...system, ...environment.system },
      credential: choice.credential,
      id: undefined,
    }
  const loaded = await saved.credential(system.name, choice.credential ?? environment.credentialName)
  const overridden = Object.keys(environment.credential).length > 0
  return {
    ...rest,
    system: { ...loaded.system, ...environment.system },
    credential: { ...loaded.credential, ...environment.credential },
    // Another secret or client must not find the tokens of the saved one.
    id: overridden ? undefined : loaded.id,
  }
}

/** Variables that are meant as settings, without a saved system they could override. */
function incompleteEnvironment(serviceUrl: string | undefined): D365Error {
  const missing =
    serviceUrl === undefined
      ? 'D365_SERVICE_URL is missing'
      : 'D365_CLIENT_SECRET, D365_CERTIFICATE, D365_ACCESS_TOKEN or D365_REFRESH_TOKEN is missing'
  return new D365Error('CONFIG_INVALID', `The D365_* variables are not complete: ${missing}.`, {
    hint: 'Set it, or save the system: d365 system add NAME --service-url URL. A person signs in with D365_CLIENT_ID and D365_GRANT=browser.',
  })
}

/** A system and credential made of variables alone. */
function environmentOnly(
  system: Partial<Omit<ExternalSystem, 'name'>>,
  credential: Partial<Omit<Credential, 'name'>>,
): { readonly system: ExternalSystem; readonly credential: Credential } | undefined {
  const { serviceUrl } = system
  const grant = credential.grant ?? impliedGrant(credential)
  if (serviceUrl === undefined || grant === undefined) return undefined
  const name = 'environment variables'
  return { system: { ...system, name, serviceUrl }, credential: { ...credential, name, grant } }
}

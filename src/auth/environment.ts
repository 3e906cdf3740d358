import { homedir } from 'node:os'
import { resolve } from 'node:path'
import envPaths from 'env-paths'
import { D365Error } from '../core/errors.ts'
import { nearNames } from '../core/near.ts'
import { present } from './present.ts'
import { type Credential, type ExternalSystem, GRANTS, isGrantName } from './settings.ts'

/** The `D365_*` environment variables: each one's meaning, once. Help texts are printed from here. */
export const ENVIRONMENT_VARIABLES = {
  D365_CONNECTION: 'Connection string; used in place of saved systems and credentials.',
  D365_SYSTEM: 'Name of the saved external system to use.',
  D365_CREDENTIAL: 'Name of the saved credential to use.',
  D365_SERVICE_URL: 'Service URL; overrides that of the saved system.',
  D365_AUTH_URI: 'Address of the sign-in page; overrides that of the saved system.',
  D365_TOKEN_URI:
    'Address of the token endpoint, with or without `POST `; overrides that of the saved system.',
  D365_SCOPE: 'Scopes separated by blanks; overrides those of the saved system.',
  D365_TENANT: 'Tenant ID or domain, where no URI names one.',
  D365_GRANT: `Kind of sign-in: ${GRANTS.join(', ')}. Default: the one the other variables mean.`,
  D365_CLIENT_ID: 'Application (client) ID.',
  D365_CLIENT_SECRET: 'Client secret, with or without single quotes.',
  D365_CERTIFICATE: 'Path of a PEM or PFX file with certificate and private key.',
  D365_CERTIFICATE_PASSWORD: 'Password of that file.',
  D365_ACCESS_TOKEN: 'Access token fetched by somebody else.',
  D365_REFRESH_TOKEN: 'Refresh token.',
  D365_REDIRECT_URI: 'Redirect URI of the browser sign-in. Default http://localhost on a free port.',
  D365_TOKEN_FILE: 'File with a federated token. Default: AZURE_FEDERATED_TOKEN_FILE.',
  D365_LOGIN_HOSTS: 'Further login hosts to trust, separated by commas: for a sandbox.',
  D365_CONFIG_DIR: 'Folder of settings and secrets. Default: the usual one of the operating system.',
  D365_SECRET_STORE:
    '`keychain` or `file`: where the key of the stored secrets is. Default: the keychain where one works.',
} as const

export type EnvironmentVariable = keyof typeof ENVIRONMENT_VARIABLES

/** Variables that other parts read; named here so that they are not taken for misspelt ones. */
const OTHERS = ['D365_LONG']

type Env = Readonly<Record<string, string | undefined>>

export interface EnvironmentSettings {
  readonly connectionString: string | undefined
  readonly systemName: string | undefined
  readonly credentialName: string | undefined
  /** What overrides the saved system. */
  readonly system: Partial<Omit<ExternalSystem, 'name'>>
  /** What overrides the saved credential. */
  readonly credential: Partial<Omit<Credential, 'name'>>
  readonly loginHosts: readonly string[]
  readonly secretStore: 'keychain' | 'file' | undefined
  /** Variables beginning with `D365_` that mean nothing, each with the near names. */
  readonly notes: readonly string[]
}

/** Without the variables that set a system or a credential: for whoever is given both. */
export function aboutTheMachine(env: Env): Env {
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => !name.startsWith('D365_') || MACHINE.includes(name)),
  )
}

const MACHINE: readonly string[] = ['D365_CONFIG_DIR', 'D365_SECRET_STORE', 'D365_LOGIN_HOSTS']

/** Empty variables count as not set. Throws CONFIG_INVALID for a value that is none of those allowed. */
export function readEnvironment(env: Env): EnvironmentSettings {
  const get = (name: EnvironmentVariable): string | undefined => env[name] || undefined
  const grant = get('D365_GRANT')
  if (grant !== undefined && !isGrantName(grant)) throw notOneOf('D365_GRANT', grant, GRANTS)
  const secretStore = get('D365_SECRET_STORE')
  if (secretStore !== undefined && secretStore !== 'keychain' && secretStore !== 'file')
    throw notOneOf('D365_SECRET_STORE', secretStore, ['keychain', 'file'])
  const path = get('D365_CERTIFICATE')
  const password = get('D365_CERTIFICATE_PASSWORD')
  const credential = present({
    clientId: get('D365_CLIENT_ID'),
    secret: get('D365_CLIENT_SECRET'),
    certificate: path === undefined ? undefined : { path, ...present({ password }) },
    accessToken: get('D365_ACCESS_TOKEN'),
    refreshToken: get('D365_REFRESH_TOKEN'),
    redirectUri: get('D365_REDIRECT_URI'),
    tokenFile: get('D365_TOKEN_FILE'),
  })
  return {
    connectionString: get('D365_CONNECTION'),
    systemName: get('D365_SYSTEM'),
    credentialName: get('D365_CREDENTIAL'),
    system: present({
      serviceUrl: get('D365_SERVICE_URL'),
      authUri: get('D365_AUTH_URI'),
      tokenUri: get('D365_TOKEN_URI'),
      scope: get('D365_SCOPE'),
      tenant: get('D365_TENANT'),
    }),
    credential: { ...credential, ...present({ grant: grant ?? impliedGrant(credential) }) },
    loginHosts: (get('D365_LOGIN_HOSTS') ?? '')
      .split(',')
      .map((host) => host.trim())
      .filter((host) => host !== ''),
    secretStore,
    notes: unknownVariables(env),
  }
}

/** The kind of sign-in that what is given means; undefined where nothing that signs in is given. */
export function impliedGrant(credential: Partial<Omit<Credential, 'name'>>): Credential['grant'] | undefined {
  if (credential.refreshToken !== undefined) return credential.accessToken ? 'access-token' : 'refresh-token'
  if (credential.accessToken !== undefined) return 'access-token'
  if (credential.certificate !== undefined) return 'client-certificate'
  if (credential.secret !== undefined) return 'client-secret'
  if (credential.tokenFile !== undefined) return 'workload-identity'
  return undefined
}

/** Where settings are kept: `D365_CONFIG_DIR`, or the folder the operating system has for it. */
export function configFolder(env: Env): string {
  const given = env.D365_CONFIG_DIR
  if (!given) return envPaths('d365', { suffix: '' }).config
  return resolve(given.replace(/^~(?=[/\\]|$)/, homedir()))
}

function unknownVariables(env: Env): readonly string[] {
  const known = Object.keys(ENVIRONMENT_VARIABLES)
  return Object.keys(env)
    .filter((name) => name.startsWith('D365_') && !known.includes(name) && !OTHERS.includes(name))
    .map((name) => {
      const near = nearNames(name, known)
      return `The environment variable ${name} means nothing to d365.${near.length > 0 ? ` Did you mean ${near.join(' or ')}?` : ''}`
    })
}

function notOneOf(name: string, value: string, allowed: readonly string[]): D365Error {
  return new D365Error('CONFIG_INVALID', `${name} is ${value}; it must be one of ${allowed.join(', ')}.`, {
    hint: `Unset ${name} to use the default.`,
  })
}

import { type Credential, connect, type ExternalSystem, openCredentialStore } from '../../connect.ts'
import type { CallContext } from './call.ts'
import { keptOf } from './connect-form.ts'
import type { Draft } from './drafts.ts'
import type { EnvironmentChoice } from './environments.ts'

export interface SaveWish {
  readonly draft: string
  /** Names to save under. What has them already is changed. */
  readonly system: string
  readonly credential: string
  readonly makeDefault: boolean
}

/** Keeps a draft: only now anything of it, its secrets and tokens included, is written to this machine. */
export async function saveDraft(wish: SaveWish, context: CallContext): Promise<EnvironmentChoice> {
  const { env, drafts, environments } = context
  const { settings, tokens } = drafts.get(wish.draft)
  const store = await openCredentialStore({ env })
  const saved = (await store.systems()).find(({ name }) => same(name, wish.system))
  const system = { ...unset(SYSTEM_FIELDS), ...settings.system, name: wish.system }
  const asDefault = { makeDefault: wish.makeDefault }
  if (saved) await store.changeSystem(saved.name, system)
  else await store.addSystem({ ...settings.system, name: wish.system }, asDefault)
  const credential = { ...withoutTokens(settings.credential, tokens !== undefined), name: wish.credential }
  const known = saved?.credentials.find(({ name }) => same(name, wish.credential))
  if (known)
    await store.changeCredential(wish.system, known.name, { ...unset(CREDENTIAL_FIELDS), ...credential })
  else await store.addCredential(wish.system, credential, asDefault)
  if (wish.makeDefault) {
    await store.makeDefaultSystem(wish.system)
    await store.makeDefaultCredential(wish.system, wish.credential)
  }
  const choice = { system: wish.system, credential: wish.credential }
  if (tokens !== undefined) {
    await using connection = await connect({ ...choice, env })
    await connection.signIn.signIn(async () => tokens)
  }
  environments.forget()
  return choice
}

/** A saved system and credential as a draft, with its secrets. Without a credential: a new one for the system. */
export async function loadDraft(
  { system: name, credential }: { readonly system: string; readonly credential?: string },
  { env }: CallContext,
): Promise<Draft> {
  const store = await openCredentialStore({ env })
  const { credentials: _credentials, defaultCredential: _default, ...system } = await store.system(name)
  const loaded = credential === undefined ? undefined : (await store.credential(name, credential)).credential
  const settings = {
    system,
    credential: loaded ?? { name: 'new credential', grant: 'client-secret' as const },
    options: {},
  }
  return { settings, secrets: keptOf(settings.credential) }
}

const same = (one: string, other: string): boolean => one.toLowerCase() === other.toLowerCase()

const SYSTEM_FIELDS = [
  'authUri',
  'tokenUri',
  'scope',
  'tenant',
] as const satisfies readonly (keyof ExternalSystem)[]

const CREDENTIAL_FIELDS = [
  'clientId',
  'secret',
  'certificate',
  'accessToken',
  'refreshToken',
  'redirectUri',
  'tokenFile',
] as const satisfies readonly (keyof Credential)[]

/** What was emptied must not stay: the store keeps what is not named. */
function unset(fields: readonly string[]): Readonly<Record<string, undefined>> {
  return Object.fromEntries(fields.map((field) => [field, undefined]))
}

/** Tokens that a sign-in brought live in the store of tokens, where they are renewed. */
function withoutTokens(credential: Credential, fetched: boolean): Credential {
  if (!fetched) return credential
  const { accessToken: _access, refreshToken: _refresh, ...rest } = credential
  return rest
}

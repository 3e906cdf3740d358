import { TENANT_NAME } from '../seed/directory.ts'
import { EntraError } from './errors.ts'
import type { IdentityState } from './state.ts'

/** Which resource a request asks a token for, and with which rights. */
export interface Asked {
  /** The audience exactly as asked: a trailing slash stays. */
  readonly audience: string
  /** Scopes as the answer names them. */
  readonly scope: string
  /** The same in the words of v2, with `offline_access`: what a refresh token stands for. */
  readonly grant: string
  readonly offline: boolean
  readonly openid: boolean
}

const OIDC = new Set(['openid', 'profile', 'email', 'offline_access'])

/** Where a scope names several resources: a refresh goes by the first, everything else is refused. */
export type SeveralResources = 'refuse' | 'first'

export interface ScopeReading {
  readonly state: IdentityState
  readonly app: { readonly name: string }
  readonly several?: SeveralResources
}

/** `scope` of v2. Rights without a host belong to Microsoft Graph, which is not here. */
export function readScope(scope: string, { state, app, several = 'refuse' }: ScopeReading): Asked {
  const scopes = scope.split(/\s+/).filter((one) => one !== '')
  if (scopes.length === 0) throw new EntraError(900144, ['scope'])
  const rights = scopes.filter((one) => !OIDC.has(one)).map((right) => readRight(right, app))
  const [first] = rights
  const own = rights.filter(({ audience }) => audience === first?.audience)
  if (own.length < rights.length && several === 'refuse') throw new EntraError(700022, [scope])
  if (first !== undefined) requireResource(first.audience, state)
  if (own.length > 1 && own.some(({ name }) => name === '.default')) throw new EntraError(70011, [scope])
  for (const { name } of own)
    if (name !== '.default' && name !== 'user_impersonation')
      throw new EntraError(650053, [app.name, name, DATAVERSE])
  const granted = [...new Set(own.map(({ text }) => text)), ...scopes.filter((one) => OIDC.has(one))]
  return {
    audience: first?.audience ?? GRAPH,
    scope: granted.filter((one) => one !== 'offline_access').join(' '),
    grant: granted.join(' '),
    offline: scopes.includes('offline_access'),
    openid: scopes.includes('openid'),
  }
}

/** Microsoft Graph, for sign-ins that ask for nothing but who the person is. */
const GRAPH = '00000003-0000-0000-c000-000000000000'

/** Dynamics 365, every environment of it. */
const DATAVERSE = '00000007-0000-0000-c000-000000000000'

interface Right {
  readonly text: string
  readonly audience: string
  readonly name: string
}

function readRight(text: string, app: { readonly name: string }): Right {
  const [, audience, name] = /^(https?:\/\/\S+?|api:\/\/\S+?)\/([\w.]+)$/.exec(text) ?? []
  if (audience !== undefined && name !== undefined) return { text, audience, name }
  if (text.includes('://')) throw new EntraError(70011, [text])
  throw new EntraError(650053, [app.name, text, GRAPH])
}

/** The scope of an application signing in as itself. */
export function readAppScope(scope: string | undefined, state: IdentityState): string {
  if (!scope) throw new EntraError(900144, ['scope'])
  const [, audience] = /^(\S+)\/\.default$/.exec(scope.trim()) ?? []
  if (audience === undefined) throw new EntraError(1002012, [scope])
  requireResource(audience, state)
  return audience
}

/** Throws 500011 unless one of the environments is meant, with or without `api` label and trailing slash. */
export function requireResource(audience: string, { resources }: IdentityState): void {
  const wanted = normal(audience)
  if (resources().some((resource) => normal(resource) === wanted)) return
  throw new EntraError(500011, [audience, TENANT_NAME])
}

export function normal(resource: string): string {
  return resource
    .toLowerCase()
    .replace(/\/+$/, '')
    .replace(/^(https?:\/\/[^./]+)\.api\./, '$1.')
}

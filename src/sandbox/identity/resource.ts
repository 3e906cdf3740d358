import { TENANT_NAME } from '../seed/directory.ts'
import { EntraError } from './errors.ts'
import type { IdentityState } from './state.ts'

/** Which resource a request asks a token for, and with which rights. */
export interface Asked {
  /** The audience exactly as asked: a trailing slash stays. */
  readonly audience: string
  /** Scopes as the answer names them. */
  readonly scope: string
  readonly offline: boolean
  readonly openid: boolean
}

const OIDC = new Set(['openid', 'profile', 'email', 'offline_access'])

/** `scope` of v2. Rights without a host belong to Microsoft Graph, which is not here. */
export function readScope(scope: string, state: IdentityState, app: { readonly name: string }): Asked {
  const scopes = scope.split(/\s+/).filter((one) => one !== '')
  if (scopes.length === 0) throw new EntraError(900144, ['scope'])
  const rights = scopes.filter((one) => !OIDC.has(one))
  const audiences = [...new Set(rights.map((right) => audienceOf(right, app)))]
  if (audiences.length > 1) throw new EntraError(700022, [scope])
  const [audience] = audiences
  if (audience !== undefined) requireResource(audience, state)
  return {
    audience: audience ?? GRAPH,
    scope: [...rights, ...scopes.filter((one) => OIDC.has(one) && one !== 'offline_access')].join(' '),
    offline: scopes.includes('offline_access'),
    openid: scopes.includes('openid'),
  }
}

/** Microsoft Graph, for sign-ins that ask for nothing but who the person is. */
const GRAPH = '00000003-0000-0000-c000-000000000000'

function audienceOf(right: string, app: { readonly name: string }): string {
  const match = /^(https?:\/\/[^\s]+?|api:\/\/[^\s]+?)\/([\w.]+)$/.exec(right)
  if (!match) {
    if (right.includes('://')) throw new EntraError(70011, [right])
    throw new EntraError(650053, [app.name, right])
  }
  return match[1] ?? ''
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

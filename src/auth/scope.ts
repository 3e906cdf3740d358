import { resourceOf } from './service-url.ts'

/** Scopes of the v2 endpoints: one resource, named rights, and the words that belong to no resource. */
const OIDC = ['openid', 'profile', 'email', 'offline_access']

export interface ScopeFacts {
  /** Every scope, in order, once. */
  readonly all: readonly string[]
  /** Those that name a right on a resource. */
  readonly rights: readonly string[]
  /** Origins of the resources they name, without the `api` label; a scope without a host is listed in `hostless`. */
  readonly resources: readonly string[]
  /** Rights without a host, which Entra takes for Microsoft Graph. */
  readonly hostless: readonly string[]
  readonly offline: boolean
}

/** Scopes separated by blanks, as Entra wants them; quotes around the whole are taken off. */
export function readScope(raw: string): ScopeFacts {
  const text = raw.trim().replace(/^(['"])(.*)\1$/s, '$2')
  const all = [...new Set(text.split(/\s+/).filter((scope) => scope !== ''))]
  const rights = all.filter((scope) => !OIDC.includes(scope.toLowerCase()))
  const hosted = rights.filter((scope) => URL.canParse(scope))
  return {
    all,
    rights,
    resources: [...new Set(hosted.map((scope) => resourceOf(originOf(scope))))],
    hostless: rights.filter((scope) => !URL.canParse(scope)),
    offline: all.some((scope) => scope.toLowerCase() === 'offline_access'),
  }
}

/** What an application signing in as itself asks for. */
export const appScope = (resource: string): string => `${resource}/.default`

/** What a person signing in asks for; `offline_access` brings the refresh token. */
export const userScope = (resource: string): string => `${resource}/user_impersonation offline_access`

/** The same scope with `offline_access`: without it a refresh may come back without a new refresh token. */
export function withOfflineAccess(scope: string): string {
  const { all, offline } = readScope(scope)
  return (offline ? all : [...all, 'offline_access']).join(' ')
}

/** `api://GUID/right` has no web origin: its scheme and authority stand for it. */
function originOf(scope: string): string {
  const url = new URL(scope)
  return url.origin === 'null' ? `${url.protocol}//${url.host}` : url.origin
}

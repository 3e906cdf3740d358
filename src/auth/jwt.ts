import { readJsonObject, textOf } from './json-object.ts'

/**
 * What a token says of itself, to explain errors. Nothing is verified and nothing is decided by it:
 * an access token is opaque to everybody but the service it is for.
 */
export interface TokenFacts {
  /** Person (user principal name) or application id. */
  readonly who: string | undefined
  readonly kind: 'user' | 'application'
  readonly clientId: string | undefined
  readonly tenant: string | undefined
  readonly audience: string | undefined
  readonly scopes: readonly string[]
  /** In ms since 1970. */
  readonly issuedAt: number | undefined
  /** In ms since 1970. */
  readonly expiresAt: number | undefined
  /** `1.0` or `2.0`; the resource decides it, not the endpoint. */
  readonly version: string | undefined
}

/** Undefined where `token` is not a JSON Web Token. Blanks and line breaks of a careless paste are tolerated. */
export function readToken(token: string): TokenFacts | undefined {
  const parts = token.replace(/\s+/g, '').split('.')
  const claims = parts.length === 3 ? readJsonObject(Buffer.from(parts[1] ?? '', 'base64url')) : undefined
  if (claims === undefined) return undefined
  const clientId = textOf(claims.appid) ?? textOf(claims.azp)
  const user = textOf(claims.upn) ?? textOf(claims.preferred_username) ?? textOf(claims.unique_name)
  const scopes = (textOf(claims.scp) ?? '').split(' ').filter((scope) => scope !== '')
  const person = user !== undefined || scopes.length > 0
  return {
    who: user ?? textOf(claims.name) ?? (person ? textOf(claims.oid) : clientId),
    kind: person ? 'user' : 'application',
    clientId,
    tenant: textOf(claims.tid),
    audience: textOf(claims.aud),
    scopes,
    issuedAt: secondsToMs(claims.iat),
    expiresAt: secondsToMs(claims.exp),
    version: textOf(claims.ver),
  }
}

function secondsToMs(value: unknown): number | undefined {
  const seconds = Number(value)
  return value !== undefined && Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : undefined
}

import { D365Error } from '../core/errors.ts'
import { readJsonObject, textOf } from './json-object.ts'

/** What a token endpoint gave, and when. */
export interface TokenSet {
  readonly accessToken: string
  /** In ms since 1970, by this machine's clock at receipt. */
  readonly obtainedAt: number
  /** In ms since 1970; undefined where nothing tells. */
  readonly expiresAt: number | undefined
  readonly refreshToken?: string
  readonly scope?: string
}

/**
 * Reads a successful answer. v1 and managed identities send numbers as text, v2 sends numbers.
 * The end is counted from receipt: the server's own `expires_on` would import its clock.
 */
export function readTokenSet(body: Uint8Array, now: number): TokenSet {
  const answer = readJsonObject(body)
  const accessToken = textOf(answer?.access_token)
  if (answer === undefined || accessToken === undefined) throw unreadable('no access_token')
  const type = textOf(answer.token_type)
  if (type !== undefined && type.toLowerCase() !== 'bearer') throw unreadable(`a token of type ${type}`)
  const seconds = Number(answer.expires_in)
  if (answer.expires_in !== undefined && !(Number.isFinite(seconds) && seconds > 0))
    throw unreadable(`a life of ${String(answer.expires_in).slice(0, 40)} seconds`)
  const refreshToken = textOf(answer.refresh_token)
  const scope = textOf(answer.scope)
  return {
    accessToken,
    obtainedAt: now,
    expiresAt: answer.expires_in === undefined ? undefined : now + seconds * 1000,
    ...(refreshToken === undefined ? {} : { refreshToken }),
    ...(scope === undefined ? {} : { scope }),
  }
}

function unreadable(what: string): D365Error {
  return new D365Error('RESPONSE_INVALID', `The token endpoint answered with success but with ${what}.`, {
    hint: 'Check that the Token URI is that of Entra ID and that no proxy answers in its place.',
  })
}

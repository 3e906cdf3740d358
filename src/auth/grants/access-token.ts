import { D365Error } from '../../core/errors.ts'
import { readToken } from '../jwt.ts'
import type { Credential } from '../settings.ts'
import type { TokenSet } from '../token-set.ts'

/** A token somebody else fetched. Nothing can be renewed; the token itself may tell when it ends. */
export function accessTokenGrant(credential: Credential, now: number): TokenSet {
  const accessToken = (credential.accessToken ?? '').replace(/^\s*Bearer\s+/i, '').replace(/\s+/g, '')
  if (accessToken === '')
    throw new D365Error('CONFIG_INVALID', `Credential ${credential.name} has no access token.`, {
      hint: 'Paste one, or choose another kind of sign-in: `d365 credential add --help` lists them.',
    })
  const facts = readToken(accessToken)
  return { accessToken, obtainedAt: facts?.issuedAt ?? now, expiresAt: facts?.expiresAt }
}

/** Why a token given by hand is of no more use. */
export function accessTokenEnded(expiresAt: number | undefined, now: number): D365Error {
  const ended = expiresAt !== undefined && expiresAt <= now
  return new D365Error(
    'SIGN_IN_REQUIRED',
    ended
      ? `The access token expired at ${new Date(expiresAt).toISOString()}.`
      : 'The service does not accept the access token, and there is no refresh token to renew it.',
    {
      hint: ended
        ? 'Fetch a new one, or add a refresh token or client secret so that d365 can renew it.'
        : 'Check that it was fetched for this environment (`d365 token` shows its audience), or sign in another way.',
    },
  )
}

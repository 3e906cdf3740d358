import { userAudienceField } from '../target.ts'
import type { TokenSet } from '../token-set.ts'
import { needClientId, proveClient } from './client-proof.ts'
import { type GrantContext, requestTokens } from './grant.ts'

/**
 * New tokens for a refresh token. Every use brings a new one, which replaces it;
 * an answer without one leaves the old in force.
 */
export async function refreshTokenGrant(
  context: GrantContext,
  refreshToken: string,
  signal?: AbortSignal,
): Promise<TokenSet & { readonly refreshToken: string }> {
  const { target } = context
  const tokens = await requestTokens(context, {
    grant: 'refresh_token',
    form: {
      client_id: needClientId(context),
      grant_type: 'refresh_token',
      refresh_token: refreshToken,
      ...userAudienceField(target),
      ...(await proveClient(context)),
    },
    resends: 1,
    uninterrupted: true,
    signal,
  })
  return { ...tokens, refreshToken: tokens.refreshToken ?? refreshToken }
}

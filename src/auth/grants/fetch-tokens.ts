import { D365Error } from '../../core/errors.ts'
import { isAppGrant } from '../settings.ts'
import type { TokenSet } from '../token-set.ts'
import { clientCertificateGrant } from './client-certificate.ts'
import { clientSecretGrant } from './client-secret.ts'
import type { GrantContext } from './grant.ts'
import { managedIdentityGrant } from './managed-identity.ts'
import { refreshTokenGrant } from './refresh-token.ts'
import { workloadIdentityGrant } from './workload-identity.ts'

/** New tokens without a person: by the refresh token at hand, or by the application signing in as itself. */
export async function fetchTokens(
  context: GrantContext,
  refreshToken: string | undefined,
  signal?: AbortSignal,
): Promise<TokenSet> {
  const { name, grant } = context.credential
  if (!isAppGrant(grant)) {
    if (refreshToken !== undefined) return await refreshTokenGrant(context, refreshToken, signal)
    throw new D365Error('SIGN_IN_REQUIRED', `Nobody is signed in with credential ${name}.`, {
      hint: /\s/.test(name)
        ? 'Run `d365 login` with the same settings.'
        : `Run \`d365 login --credential ${name}\`.`,
    })
  }
  if (grant === 'client-certificate') return await clientCertificateGrant(context, signal)
  if (grant === 'workload-identity') return await workloadIdentityGrant(context, signal)
  if (grant === 'managed-identity') return await managedIdentityGrant(context, signal)
  return await clientSecretGrant(context, signal)
}

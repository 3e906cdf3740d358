import { D365Error } from '../../core/errors.ts'
import { readSecret } from '../secret.ts'
import { audienceField } from '../target.ts'
import type { TokenSet } from '../token-set.ts'
import { needClientId } from './client-proof.ts'
import { type GrantContext, requestTokens } from './grant.ts'

/** Client credentials with a secret: the application signs in as itself. */
export async function clientSecretGrant(context: GrantContext, signal?: AbortSignal): Promise<TokenSet> {
  const { credential, target } = context
  if (!credential.secret)
    throw new D365Error('CONFIG_INVALID', `Credential ${credential.name} has no client secret.`, {
      hint: 'Entra admin center > App registrations > your app > Certificates & secrets > New client secret.',
    })
  return await requestTokens(context, {
    grant: 'client_credentials',
    form: {
      client_id: needClientId(context),
      ...audienceField(target),
      client_secret: readSecret(credential.secret).value,
      grant_type: 'client_credentials',
    },
    signal,
  })
}

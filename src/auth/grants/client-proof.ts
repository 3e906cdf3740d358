import { D365Error } from '../../core/errors.ts'
import { readSecret } from '../secret.ts'
import { loadCertificate, signAssertion } from './client-assertion.ts'
import type { GrantContext } from './grant.ts'

/** How the application proves itself where a person signs in: a secret or certificate where it has one (Web platform), else nothing. */
export async function proveClient(context: GrantContext): Promise<Record<string, string>> {
  const { credential, target, clock } = context
  if (credential.secret !== undefined) return { client_secret: readSecret(credential.secret).value }
  if (credential.certificate === undefined) return {}
  const certificate = await loadCertificate(credential.certificate)
  return signAssertion(certificate, {
    clientId: needClientId(context),
    audience: target.tokenUri,
    now: clock.now(),
    thumbprint: credential.certificate.thumbprint,
  })
}

export function needClientId({ credential }: GrantContext): string {
  if (credential.clientId) return credential.clientId
  throw new D365Error('CONFIG_INVALID', `Credential ${credential.name} has no client ID.`, {
    hint: 'Copy Application (client) ID from entra.microsoft.com > App registrations > your app > Overview.',
  })
}

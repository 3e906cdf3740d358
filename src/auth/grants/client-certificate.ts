import { D365Error } from '../../core/errors.ts'
import type { HttpResponse } from '../../core/http.ts'
import { codesIn } from '../aadsts.ts'
import { audienceField } from '../target.ts'
import type { TokenSet } from '../token-set.ts'
import { loadCertificate, signAssertion } from './client-assertion.ts'
import { needClientId } from './client-proof.ts'
import { acceptTokens, type GrantContext, type GrantRequest, sendGrant } from './grant.ts'

/**
 * Client credentials with a certificate. A machine whose clock is off signs statements Entra finds out of time:
 * then the answer's Date header tells the server's time, and the statement is made once more with that.
 */
export async function clientCertificateGrant(context: GrantContext, signal?: AbortSignal): Promise<TokenSet> {
  const { credential, target, clock, log } = context
  const setting = credential.certificate
  if (setting === undefined)
    throw new D365Error('CONFIG_INVALID', `Credential ${credential.name} has no certificate.`, {
      hint: 'Give the path of a PEM or PFX file that holds certificate and private key.',
    })
  const certificate = await loadCertificate(setting)
  const clientId = needClientId(context)
  const requestAt = async (now: number): Promise<GrantRequest> => ({
    grant: 'client_credentials',
    form: {
      client_id: clientId,
      ...audienceField(target),
      ...(await signAssertion(certificate, {
        clientId,
        audience: target.tokenUri,
        now,
        thumbprint: setting.thumbprint,
      })),
      grant_type: 'client_credentials',
    },
    signal,
  })
  const request = await requestAt(clock.now())
  const response = await sendGrant(context, request)
  const serverNow = outOfTime(response) ? Date.parse(response.headers.date ?? '') : Number.NaN
  if (Number.isNaN(serverNow)) return acceptTokens(context, request, response)
  log('warn', 'clock differs from Entra ID', { offsetMs: serverNow - clock.now() })
  const corrected = await requestAt(serverNow)
  return acceptTokens(context, corrected, await sendGrant(context, corrected))
}

/** AADSTS700024: the assertion is not within its valid time range. */
function outOfTime({ status, body }: HttpResponse): boolean {
  return status >= 400 && codesIn(new TextDecoder().decode(body)).includes(700024)
}

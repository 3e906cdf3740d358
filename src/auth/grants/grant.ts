import type { HttpResponse } from '../../core/http.ts'
import { readSecret } from '../secret.ts'
import { type Credential, isAppGrant } from '../settings.ts'
import type { SignInTarget } from '../target.ts'
import { tokenError } from '../token-error.ts'
import { sendTokenRequest, type TokenRequest, type TokenTransport } from '../token-request.ts'
import { readTokenSet, type TokenSet } from '../token-set.ts'

/** What every grant is given, and the one way it asks the token endpoint. */
export interface GrantContext extends TokenTransport {
  readonly target: SignInTarget
  readonly credential: Credential
  /** Environment variables of the machine: managed and workload identities are described there. */
  readonly env: Readonly<Record<string, string | undefined>>
}

export type GrantRequest = Omit<TokenRequest, 'url'> & { readonly url?: string }

/** Sends the request to the Token URI and reads the tokens; a refusal is thrown as it is explained to people. */
export async function requestTokens(context: GrantContext, request: GrantRequest): Promise<TokenSet> {
  return acceptTokens(context, request, await sendGrant(context, request))
}

export function sendGrant(context: GrantContext, request: GrantRequest): Promise<HttpResponse> {
  return sendTokenRequest(context, { url: context.target.tokenUri, ...request })
}

export function acceptTokens(context: GrantContext, request: GrantRequest, response: HttpResponse): TokenSet {
  if (response.status === 200) return readTokenSet(response.body, context.clock.now())
  throw refusal(context, request, response)
}

export function refusal(
  { credential, target, clock }: GrantContext,
  { form = {}, url }: GrantRequest,
  response: HttpResponse,
): Error {
  return tokenError(response, {
    host: new URL(url ?? target.tokenUri).host,
    now: clock.now(),
    clientId: credential.clientId,
    tenant: target.tenant || undefined,
    resource: target.resource,
    app: isAppGrant(credential.grant),
    secrets: secretsOf(credential, form),
  })
}

/** Every value that must not come back in a message, as configured and as sent. */
export function secretsOf(
  credential: Credential,
  form: Readonly<Record<string, string | undefined>> = {},
): readonly string[] {
  const { secret, accessToken, refreshToken, certificate } = credential
  const sent = [
    form.client_secret,
    form.refresh_token,
    form.code,
    form.code_verifier,
    form.device_code,
    form.client_assertion,
  ]
  return [
    secret,
    secret === undefined ? undefined : readSecret(secret).value,
    accessToken,
    refreshToken,
    certificate?.password,
    ...sent,
  ].flatMap((value) => (value === undefined ? [] : [value]))
}

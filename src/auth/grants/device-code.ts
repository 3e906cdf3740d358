import { D365Error } from '../../core/errors.ts'
import { readJsonObject, textOf } from '../json-object.ts'
import { userAudienceField } from '../target.ts'
import { oauthErrorOf } from '../token-error.ts'
import type { TokenSet } from '../token-set.ts'
import { needClientId, proveClient } from './client-proof.ts'
import { acceptTokens, type GrantContext, type GrantRequest, refusal, sendGrant } from './grant.ts'

/** A person signs in on another device: they type a short code, and we ask every few seconds whether they did. */
export interface DeviceCode {
  readonly userCode: string
  readonly verificationUri: string
  /** The service's own sentence, in the user's language where Entra knows it. */
  readonly message: string
  /** In ms since 1970. */
  readonly expiresAt: number
}

export interface DeviceCodeOptions {
  /** Shows the code and the address to the person. */
  readonly onCode: (code: DeviceCode) => void | Promise<void>
  readonly signal?: AbortSignal | undefined
}

/** Asked for by `slow_down` on top of the interval. https://www.rfc-editor.org/rfc/rfc8628#section-3.5 */
const SLOW_DOWN_MS = 5000

const GRANT_TYPE = 'urn:ietf:params:oauth:grant-type:device_code'

export async function deviceCodeGrant(
  context: GrantContext,
  { onCode, signal }: DeviceCodeOptions,
): Promise<TokenSet> {
  const { clock } = context
  const { code, secretCode, intervalMs } = await askForCode(context, signal)
  await onCode(code)
  for (let waitMs = intervalMs; ; ) {
    await clock.sleep(waitMs, signal)
    if (clock.now() >= code.expiresAt) throw expired()
    const request = await pollRequest(context, secretCode, signal)
    const response = await sendGrant(context, request)
    const error = response.status === 200 ? undefined : oauthErrorOf(response.body)
    if (error === 'slow_down') waitMs += SLOW_DOWN_MS
    else if (error !== 'authorization_pending') return acceptTokens(context, request, response)
  }
}

async function askForCode(context: GrantContext, signal: AbortSignal | undefined) {
  const { target, clock } = context
  const request: GrantRequest & { url: string } = {
    grant: 'device_code (start)',
    url: target.deviceCodeUri,
    form: { client_id: needClientId(context), ...userAudienceField(target) },
    signal,
  }
  const response = await sendGrant(context, request)
  if (response.status !== 200) throw refusal(context, request, response)
  const answer = readJsonObject(response.body)
  const secretCode = textOf(answer?.device_code)
  const userCode = textOf(answer?.user_code)
  const verificationUri = textOf(answer?.verification_uri) ?? textOf(answer?.verification_url)
  const lifeS = Number(answer?.expires_in)
  const intervalS = Number(answer?.interval ?? 5)
  if (!secretCode || !userCode || !verificationUri || !(lifeS > 0) || !(intervalS >= 0))
    throw new D365Error('RESPONSE_INVALID', 'Entra ID answered without a device code.', {
      hint: 'Check the Token URI, or sign in with the browser.',
    })
  const message = textOf(answer?.message) ?? `Open ${verificationUri} and enter the code ${userCode}.`
  const code: DeviceCode = { userCode, verificationUri, message, expiresAt: clock.now() + lifeS * 1000 }
  return { code, secretCode, intervalMs: intervalS * 1000 }
}

/** v1 names the code's field differently. */
async function pollRequest(
  context: GrantContext,
  secretCode: string,
  signal: AbortSignal | undefined,
): Promise<GrantRequest> {
  const { target } = context
  const v1 = target.version === 1
  return {
    grant: 'device_code',
    form: {
      grant_type: v1 ? 'device_code' : GRANT_TYPE,
      client_id: needClientId(context),
      ...(v1 ? { code: secretCode, ...userAudienceField(target) } : { device_code: secretCode }),
      ...(await proveClient(context)),
    },
    signal,
  }
}

function expired(): D365Error {
  return new D365Error('SIGN_IN_REQUIRED', 'The device code expired before anybody entered it.', {
    hint: 'Start the sign-in again and enter the new code within its time.',
  })
}

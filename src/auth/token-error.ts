import { retryAfterMs } from '../core/backoff.ts'
import { type D365Error, type ErrorCode, ServiceError } from '../core/errors.ts'
import type { HttpResponse } from '../core/http.ts'
import { redact } from '../core/redact.ts'
import { type AdviceContext, adviseOn, codesIn } from './aadsts.ts'
import { asObject, type JsonObject, readJsonObject, textOf } from './json-object.ts'

/** Turns what a token endpoint refused into a sentence, a next step, and the decision whether a person is needed. */
export interface TokenErrorContext extends AdviceContext {
  readonly host: string
  /** Now, in ms since 1970. */
  readonly now: number
  /** Values sent that must not come back in a message. */
  readonly secrets: readonly string[]
  /** An application signing in as itself: no person could help. */
  readonly app?: boolean
}

/** `error` values after which only a person at a browser can continue. */
const NEEDS_PERSON = [
  'invalid_grant',
  'interaction_required',
  'consent_required',
  'login_required',
  'access_denied',
  'authorization_declined',
  'expired_token',
  'bad_verification_code',
]

const NEEDS_PERSON_SUBERROR = [
  'message_only',
  'additional_action',
  'basic_action',
  'user_password_expired',
  'consent_required',
  'bad_token',
]

/** The protocol's `error` of a refusal, or undefined where the body is no OAuth error. */
export function oauthErrorOf(body: Uint8Array): string | undefined {
  return textOf(readJsonObject(body)?.error)
}

export function tokenError(response: HttpResponse, context: TokenErrorContext): D365Error {
  const body = readJsonObject(response.body)
  const retry = retryAfterMs(response.headers['retry-after'], context.now)
  if (body === undefined) return notEntra(response, context)
  return signInError({ ...flatten(body), status: response.status, retryAfterMs: retry }, context)
}

export interface Refusal {
  readonly status: number
  readonly error: string
  readonly description: string
  readonly suberror: string | undefined
  readonly codes: readonly number[]
  readonly requestId: string | undefined
  readonly retryAfterMs?: number | undefined
}

/** A refusal from the token endpoint, or the one a sign-in page sent back in a redirect. */
export function signInError(refusal: Refusal, context: TokenErrorContext): ServiceError {
  const advice = adviseOn(refusal.codes, context)
  const number = advice?.code ?? refusal.codes.at(-1)
  const said = redact(firstLine(refusal.description), context.secrets)
  const what = refusal.error || `HTTP ${refusal.status}`
  return new ServiceError(
    errorCode(refusal, context),
    advice?.message ??
      (said === '' ? `${context.host} refused the sign-in (${what}).` : `Sign-in refused: ${said}`),
    {
      hint: advice?.hint ?? plainHint(refusal, context),
      status: refusal.status,
      serviceCode: number === undefined ? refusal.error : `AADSTS${number}`,
      requestId: refusal.requestId,
      retryAfterMs: refusal.retryAfterMs,
    },
  )
}

function errorCode({ status, error, suberror }: Refusal, { app }: TokenErrorContext): ErrorCode {
  if (status === 429) return 'THROTTLED'
  if (status >= 500 || error === 'temporarily_unavailable' || error === 'server_error')
    return 'SERVICE_UNAVAILABLE'
  const person = NEEDS_PERSON.includes(error) || NEEDS_PERSON_SUBERROR.includes(suberror ?? '')
  return person && !app ? 'SIGN_IN_REQUIRED' : 'SIGN_IN_FAILED'
}

/** Entra's own shape, and the nested `{error: {code, message}}` of gateways and managed-identity endpoints. */
function flatten(body: JsonObject): Omit<Refusal, 'status'> {
  const nested = asObject(body.error)
  const description = textOf(body.error_description) ?? textOf(nested?.message) ?? ''
  const listed = Array.isArray(body.error_codes) ? body.error_codes.filter(isNumber) : []
  const ids = [
    ['trace', textOf(body.trace_id) ?? /Trace ID: ([0-9a-f-]{36})/i.exec(description)?.[1]],
    ['correlation', textOf(body.correlation_id) ?? /Correlation ID: ([0-9a-f-]{36})/i.exec(description)?.[1]],
  ].flatMap(([name, id]) => (id === undefined ? [] : [`${name} ${id}`]))
  return {
    error: (textOf(body.error) ?? textOf(nested?.code) ?? '').slice(0, 100),
    description,
    suberror: textOf(body.suberror),
    codes: listed.length > 0 ? listed : codesIn(description),
    requestId: ids.length === 0 ? undefined : ids.join(', '),
  }
}

function notEntra({ status, headers, body }: HttpResponse, context: TokenErrorContext): D365Error {
  const type = headers['content-type'] ?? 'no content type'
  const busy = status === 429 ? 'THROTTLED' : status >= 500 ? 'SERVICE_UNAVAILABLE' : undefined
  const codes = codesIn(new TextDecoder().decode(body.subarray(0, 65_536)))
  if (codes.length > 0)
    return signInError(
      { status, error: '', description: '', suberror: undefined, codes, requestId: undefined },
      context,
    )
  return new ServiceError(
    busy ?? 'RESPONSE_INVALID',
    `${context.host} answered the sign-in with HTTP ${status} and ${redact(type)} instead of Entra ID's JSON.`,
    {
      hint: 'A proxy or another program answered. Check the Token URI, and HTTPS_PROXY and NO_PROXY on this machine.',
      status,
      serviceCode: '',
      retryAfterMs: retryAfterMs(headers['retry-after'], context.now),
    },
  )
}

function plainHint({ error }: Refusal, { host }: TokenErrorContext): string {
  if (error === 'access_denied' || error === 'authorization_declined')
    return 'The sign-in was cancelled or refused on the page. Sign in again and choose Accept.'
  if (error === 'expired_token') return 'Start the sign-in again and finish it in time.'
  return `The reason is in the sign-in logs of the tenant: entra.microsoft.com > Monitoring > Sign-in logs (${host}).`
}

/** Trace ids, correlation ids and times follow on their own lines; they are kept apart as requestId. */
const firstLine = (description: string): string => description.split(/\r?\n/)[0]?.trim().slice(0, 500) ?? ''

const isNumber = (value: unknown): value is number => typeof value === 'number'

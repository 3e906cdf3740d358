import { createHash, randomBytes } from 'node:crypto'
import { D365Error } from '../../core/errors.ts'
import { codesIn } from '../aadsts.ts'
import { sameSecret } from '../secret.ts'
import { isAppGrant } from '../settings.ts'
import { userAudienceField } from '../target.ts'
import { signInError } from '../token-error.ts'
import type { TokenSet } from '../token-set.ts'
import { needClientId, proveClient } from './client-proof.ts'
import { type GrantContext, requestTokens, secretsOf } from './grant.ts'

/**
 * Authorization code with PKCE, in its three steps: the address of the sign-in page, what comes back, the redemption.
 * How the answer travels back (a listener, a pasted address) is not decided here.
 */
export interface AuthorizationStart {
  /** Open this in the person's browser. */
  readonly url: string
  readonly redirectUri: string
  /** 256 random bits; the answer must carry it, once. */
  readonly state: string
  /** Secret until the code is redeemed. */
  readonly verifier: string
}

export interface AuthorizationOptions {
  readonly redirectUri: string
  /** Account to suggest, e.g. `ann@contoso.com`. */
  readonly loginHint?: string | undefined
  /** Default `select_account`: the browser may be signed in as somebody else. */
  readonly prompt?: 'select_account' | 'login' | 'consent' | 'none' | undefined
}

export function startAuthorization(
  context: GrantContext,
  { redirectUri, loginHint, prompt = 'select_account' }: AuthorizationOptions,
): AuthorizationStart {
  const { target } = context
  const state = randomBytes(32).toString('base64url')
  const verifier = randomBytes(32).toString('base64url')
  const url = new URL(target.authUri)
  const parameters: Record<string, string | undefined> = {
    client_id: needClientId(context),
    response_type: 'code',
    redirect_uri: redirectUri,
    response_mode: 'query',
    ...userAudienceField(target),
    state,
    code_challenge: challengeOf(verifier),
    code_challenge_method: 'S256',
    prompt,
    login_hint: loginHint,
  }
  for (const [name, value] of Object.entries(parameters))
    if (value !== undefined) url.searchParams.set(name, value)
  return { url: url.href, redirectUri, state, verifier }
}

/** S256 of RFC 7636. */
export function challengeOf(verifier: string): string {
  return createHash('sha256').update(verifier).digest('base64url')
}

/**
 * The code in the query the browser came back with. A wrong or missing state is refused before anything else is read,
 * so that nobody can slip in the code of another sign-in.
 */
export function readCallback(
  context: GrantContext,
  start: AuthorizationStart,
  query: URLSearchParams,
): string {
  if (!sameSecret(query.get('state') ?? '', start.state))
    throw new D365Error(
      'SIGN_IN_FAILED',
      'The answer belongs to another sign-in than the one started here.',
      {
        hint: 'Start the sign-in again and use only the page it opens.',
      },
    )
  const code = query.get('code')
  const error = query.get('error')
  if (code !== null && code !== '' && error === null) return code
  const description = query.get('error_description') ?? ''
  const { target, credential, clock } = context
  throw signInError(
    {
      status: 400,
      error: error ?? 'no code',
      description,
      suberror: query.get('error_subcode') ?? undefined,
      codes: codesIn(description),
      requestId: undefined,
    },
    {
      host: new URL(target.authUri).host,
      now: clock.now(),
      clientId: credential.clientId,
      tenant: target.tenant,
      resource: target.resource,
      app: isAppGrant(credential.grant),
      secrets: [...secretsOf(credential), start.state, start.verifier],
    },
  )
}

/** The code of an address copied from the browser, for redirect URIs that lead somewhere else than here. */
export function readPastedRedirect(context: GrantContext, start: AuthorizationStart, pasted: string): string {
  const text = pasted.trim().replace(/^(['"<])(.*)(['">])$/s, '$2')
  if (!URL.canParse(text))
    throw new D365Error('INPUT_INVALID', 'What was pasted is not an address.', {
      hint: `After signing in, copy the whole address of the page the browser ends on; it begins with ${start.redirectUri}.`,
    })
  const url = new URL(text)
  return readCallback(
    context,
    start,
    url.search === '' ? new URLSearchParams(url.hash.slice(1)) : url.searchParams,
  )
}

/** Sent once only: a code works once, and a lost answer asks for a new sign-in. */
export async function redeemCode(
  context: GrantContext,
  start: AuthorizationStart,
  { code, signal }: { readonly code: string; readonly signal?: AbortSignal | undefined },
): Promise<TokenSet> {
  const { target } = context
  return await requestTokens(context, {
    grant: 'authorization_code',
    form: {
      client_id: needClientId(context),
      grant_type: 'authorization_code',
      code,
      redirect_uri: start.redirectUri,
      code_verifier: start.verifier,
      ...userAudienceField(target),
      ...(await proveClient(context)),
    },
    resends: 0,
    signal,
  })
}

import { createHash } from 'node:crypto'
import type { Clock } from '../core/clock.ts'
import { D365Error, ERROR_CODES } from '../core/errors.ts'
import type { Http } from '../core/http.ts'
import { type Log, silentLog } from '../core/log.ts'
import { accessTokenEnded, accessTokenGrant } from './grants/access-token.ts'
import { fetchTokens } from './grants/fetch-tokens.ts'
import type { GrantContext } from './grants/grant.ts'
import type { Credential, ExternalSystem } from './settings.ts'
import { type Flight, startFlight } from './single-flight.ts'
import { resolveTarget, type SignInTarget } from './target.ts'
import type { TokenSet } from './token-set.ts'
import type { AccessToken, TokenSource } from './token-source.ts'
import type { StoredTokens, TokenStore } from './token-store.ts'

/**
 * Keeps one credential supplied with a good access token: from memory, from what another process fetched,
 * or from Entra. One renewal at a time, in this process and across processes; the newest refresh token
 * is on disk before anybody gets the access token that came with it.
 */
export interface TokenSourceOptions {
  readonly system: ExternalSystem
  readonly credential: Credential
  readonly http: Http
  readonly clock: Clock
  /** Uniform in [0, 1). */
  readonly random: () => number
  readonly store: TokenStore
  /** Key in the store. Default: derived from the settings, so that the same settings find their tokens again. */
  readonly id?: string | undefined
  readonly log?: Log | undefined
  /** Login hosts to trust beside Microsoft's. Default none. */
  readonly loginHosts?: readonly string[] | undefined
  /** Environment variables of the machine. Default: those of the process. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined
}

export interface CredentialTokenSource extends TokenSource {
  /** Where it signs in, discovered at most once. */
  target(signal?: AbortSignal): Promise<SignInTarget>
  /** Lets a person sign in (`browserGrant`, `deviceCodeGrant`, a pasted code) and keeps what comes back. */
  signIn(run: (context: GrantContext) => Promise<TokenSet>, signal?: AbortSignal): Promise<AccessToken>
  /** Forgets the tokens, here and in the store. */
  signOut(): Promise<void>
}

/** Renewed this long before its end, or at 10 % of its life where that is less. */
const MOST_MARGIN_MS = 300_000

export function createTokenSource(options: TokenSourceOptions): CredentialTokenSource {
  const { system, credential, http, clock, random, store, log = silentLog, env = process.env } = options
  const id =
    options.id ?? print([system.serviceUrl, system.tokenUri, system.tenant, ...identityOf(credential)])
  let current: StoredTokens | undefined
  let unsaved: StoredTokens | undefined
  let refused: { readonly refreshToken: string | undefined; readonly error: D365Error } | undefined
  let resolved: SignInTarget | undefined
  let flight: Flight<StoredTokens> | undefined

  const target = async (signal?: AbortSignal): Promise<SignInTarget> => {
    resolved ??= await resolveTarget({
      system,
      grant: credential.grant,
      http,
      loginHosts: options.loginHosts,
      signal,
    })
    return resolved
  }

  const contextFor = (where: SignInTarget): GrantContext => ({
    target: where,
    credential,
    http,
    clock,
    random,
    log,
    env,
  })

  const keep = async (tokens: TokenSet, where: SignInTarget): Promise<StoredTokens> => {
    unsaved = { ...tokens, ...printsOf(credential, where) }
    await store.write(id, unsaved)
    current = unsaved
    unsaved = undefined
    return current
  }

  const obtain = async (failed: string | undefined, signal: AbortSignal): Promise<StoredTokens> => {
    const good = (tokens: StoredTokens | undefined): tokens is StoredTokens =>
      tokens !== undefined && tokens.accessToken !== failed && clock.now() < renewAt(tokens)
    if (good(current)) return current
    const given = credential.accessToken === undefined ? undefined : handed(credential, clock.now())
    if (good(given)) return given
    if (credential.grant === 'access-token' && credential.refreshToken === undefined)
      return endOfGiven(given, failed, clock.now())
    const where = await target(signal)
    return await store.exclusively(
      id,
      async () => {
        const stored = unsaved ?? (await store.read(id))
        if (unsaved !== undefined) await store.write(id, unsaved)
        const prints = printsOf(credential, where)
        const mine = stored?.accessPrint === prints.accessPrint ? stored : undefined
        if (good(mine)) {
          current = mine
          return mine
        }
        const refreshToken =
          (stored?.refreshPrint === prints.refreshPrint ? stored.refreshToken : undefined) ??
          credential.refreshToken
        if (refused !== undefined && refused.refreshToken === refreshToken) throw refused.error
        try {
          return await keep(await fetchTokens(contextFor(where), refreshToken, signal), where)
        } catch (error) {
          if (error instanceof D365Error && error.code === 'SIGN_IN_REQUIRED')
            refused = { refreshToken, error }
          return stillGood(error, mine, failed)
        }
      },
      { signal },
    )
  }

  /** Entra cannot be reached, but the token it gave is not over yet: work goes on. */
  const stillGood = (error: unknown, tokens: StoredTokens | undefined, failed: string | undefined) => {
    const theirs = error instanceof D365Error && ERROR_CODES[error.code].fault === 'service'
    const alive = tokens?.expiresAt !== undefined && tokens.expiresAt > clock.now()
    if (!theirs || !alive || tokens.accessToken === failed) throw error
    log('warn', 'renewal failed, the old token is still good', { code: error.code })
    return tokens
  }

  const obtainOnce = async (failed: string | undefined, signal: AbortSignal | undefined) => {
    for (;;) {
      const running = flight
      if (running === undefined || running.abandoned) {
        const mine: Flight<StoredTokens> = startFlight((aborted) =>
          obtain(failed, aborted).finally(() => {
            if (flight === mine) flight = undefined
          }),
        )
        flight = mine
        return await mine.join(signal)
      }
      const tokens = await running.join(signal)
      if (tokens.accessToken !== failed) return tokens
    }
  }

  return {
    target,
    token: async ({ signal } = {}) => {
      if (current !== undefined && clock.now() < renewAt(current)) return publicToken(current)
      return publicToken(await obtainOnce(undefined, signal))
    },
    renew: async (failed, { signal } = {}) => publicToken(await obtainOnce(failed.value, signal)),
    signIn: async (run, signal) => {
      const where = await target(signal)
      const tokens = await run(contextFor(where))
      const kept = await store.exclusively(id, () => keep(tokens, where), { signal })
      refused = undefined
      return publicToken(kept)
    },
    signOut: async () => {
      await store.exclusively(id, () => store.remove(id))
      current = undefined
      unsaved = undefined
    },
  }
}

/** When a token is renewed, in ms since 1970; a token that does not tell its end is used until it is refused. */
export function renewAt({ obtainedAt, expiresAt }: TokenSet): number {
  if (expiresAt === undefined) return Number.POSITIVE_INFINITY
  return expiresAt - Math.min(MOST_MARGIN_MS, Math.max(0, expiresAt - obtainedAt) * 0.1)
}

/** A token given by hand belongs to no entry of the store. */
function handed(credential: Credential, now: number): StoredTokens {
  return { ...accessTokenGrant(credential, now), accessPrint: '', refreshPrint: '' }
}

/** Nothing can renew it, so it is used to its very end. */
function endOfGiven(given: StoredTokens | undefined, failed: string | undefined, now: number): StoredTokens {
  const alive = given !== undefined && given.accessToken !== failed && now < (given.expiresAt ?? Infinity)
  if (alive) return given
  throw accessTokenEnded(given?.expiresAt, now)
}

function publicToken({ accessToken, expiresAt }: TokenSet): AccessToken {
  return { value: accessToken, expiresAt }
}

/** A refresh token belongs to user and application only; an access token to everything it was asked with. */
function printsOf(credential: Credential, { authority, tokenUri, resource, scope }: SignInTarget) {
  const identity = identityOf(credential)
  return {
    refreshPrint: print([authority, ...identity]),
    accessPrint: print([
      tokenUri,
      resource,
      scope,
      credential.secret,
      credential.certificate?.path,
      ...identity,
    ]),
  }
}

function identityOf({ grant, clientId, refreshToken, tokenFile }: Credential): (string | undefined)[] {
  return [grant, clientId, refreshToken, tokenFile]
}

function print(values: readonly (string | undefined)[]): string {
  return createHash('sha256')
    .update(JSON.stringify(values.map((value) => value ?? null)))
    .digest('hex')
}

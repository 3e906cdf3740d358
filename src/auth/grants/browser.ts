import { D365Error } from '../../core/errors.ts'
import type { TokenSet } from '../token-set.ts'
import {
  type AuthorizationOptions,
  readCallback,
  redeemCode,
  startAuthorization,
} from './authorization-code.ts'
import type { GrantContext } from './grant.ts'
import { openLoopbackListener } from './loopback-listener.ts'

/** A person signs in with their own browser; the answer comes back to a listener on this machine. */
export interface BrowserOptions extends Omit<AuthorizationOptions, 'redirectUri'> {
  /** Opens the address, or shows it where no browser can be opened. */
  readonly openBrowser: (url: string) => void | Promise<void>
  /** How long the person has, in ms. Default 300,000 (5 minutes). */
  readonly timeoutMs?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/** Registered for a native app as `http://localhost`: Entra ignores the port then. */
export const NATIVE_REDIRECT_URI = 'http://localhost'

const SIGN_IN_TIMEOUT_MS = 300_000

export async function browserGrant(context: GrantContext, options: BrowserOptions): Promise<TokenSet> {
  const { openBrowser, timeoutMs = SIGN_IN_TIMEOUT_MS, signal, loginHint, prompt } = options
  const listener = await openLoopbackListener(context.credential.redirectUri ?? NATIVE_REDIRECT_URI)
  const over = new AbortController()
  try {
    const start = startAuthorization(context, { redirectUri: listener.redirectUri, loginHint, prompt })
    const code = listener.answer(start.state, (query) => readCallback(context, start, query))
    await openBrowser(start.url)
    const waiting = AbortSignal.any([over.signal, ...(signal ? [signal] : [])])
    const late = context.clock.sleep(timeoutMs, waiting).then(() => {
      throw timedOut(timeoutMs, listener.redirectUri)
    })
    return await redeemCode(context, start, { code: await Promise.race([code, late]), signal })
  } finally {
    over.abort(new Error('The sign-in is over.'))
    await listener.close()
  }
}

function timedOut(timeoutMs: number, redirectUri: string): D365Error {
  return new D365Error(
    'TIMED_OUT',
    `Nobody finished the sign-in within ${Math.round(timeoutMs / 1000)} seconds.`,
    {
      hint: `If the page showed an error, it was meant for you: AADSTS50011 means that the redirect URI ${redirectUri} is not registered (App registrations > your app > Authentication). Without a browser on this machine use a device code.`,
    },
  )
}

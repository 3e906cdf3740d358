import { D365Error, ServiceError } from '../../core/errors.ts'
import { isLoopback } from '../loopback.ts'
import type { TokenSet } from '../token-set.ts'
import {
  type AuthorizationOptions,
  type AuthorizationStart,
  readCallback,
  readPastedRedirect,
  redeemCode,
  startAuthorization,
} from './authorization-code.ts'
import type { GrantContext } from './grant.ts'
import { openLoopbackListener } from './loopback-listener.ts'

/** A person signs in with their own browser; the answer comes back to a listener on this machine. */
export interface BrowserOptions extends Omit<AuthorizationOptions, 'redirectUri'> {
  /** Opens the address, or shows it where no browser can be opened. */
  readonly openBrowser: (url: string) => void | Promise<void>
  /**
   * Told, before the browser is opened, how an address that the person copied is handed in. With it a redirect URI
   * may lead somewhere else than to this machine. Default: only the browser itself brings the answer.
   */
  readonly onPaste?: ((paste: PasteRedirect) => void) | undefined
  /** How long the person has, in ms. Default 300,000 (5 minutes). */
  readonly timeoutMs?: number | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * Takes the address the browser ended on, once. Throws INPUT_INVALID or SIGN_IN_FAILED for one that is no answer to
 * this sign-in; the waiting goes on then.
 */
export type PasteRedirect = (address: string) => void

/** Registered for a native app as `http://localhost`: Entra ignores the port then. */
export const NATIVE_REDIRECT_URI = 'http://localhost'

const SIGN_IN_TIMEOUT_MS = 300_000

export async function browserGrant(context: GrantContext, options: BrowserOptions): Promise<TokenSet> {
  const { openBrowser, onPaste, timeoutMs = SIGN_IN_TIMEOUT_MS, signal, loginHint, prompt } = options
  const registered = context.credential.redirectUri ?? NATIVE_REDIRECT_URI
  const listener = onPaste && !leadsHere(registered) ? undefined : await openLoopbackListener(registered)
  const over = new AbortController()
  try {
    const redirectUri = listener?.redirectUri ?? registered
    const start = startAuthorization(context, { redirectUri, loginHint, prompt })
    const answers = [
      ...(listener ? [listener.answer(start.state, (query) => readCallback(context, start, query))] : []),
      ...(onPaste ? [pastedCode(context, start, onPaste)] : []),
    ]
    await openBrowser(start.url)
    const waiting = AbortSignal.any([over.signal, ...(signal ? [signal] : [])])
    const late = context.clock.sleep(timeoutMs, waiting).then(() => {
      throw timedOut(timeoutMs, redirectUri)
    })
    return await redeemCode(context, start, { code: await Promise.race([...answers, late]), signal })
  } finally {
    over.abort(new Error('The sign-in is over.'))
    await listener?.close()
  }
}

function leadsHere(redirectUri: string): boolean {
  if (!URL.canParse(redirectUri)) return false
  const { protocol, hostname } = new URL(redirectUri)
  return protocol === 'http:' && isLoopback(hostname)
}

/** The code of the first pasted address that answers this sign-in; Entra's refusal in such an address ends it. */
function pastedCode(
  context: GrantContext,
  start: AuthorizationStart,
  onPaste: (paste: PasteRedirect) => void,
): Promise<string> {
  const code = new Promise<string>((resolve, reject) => {
    let taken = false
    onPaste((address) => {
      if (taken)
        throw new D365Error('SIGN_IN_FAILED', 'An answer to this sign-in was pasted already.', {
          hint: 'Start the sign-in again: each answer works once.',
        })
      try {
        resolve(readPastedRedirect(context, start, address))
      } catch (error) {
        if (!(error instanceof ServiceError)) throw error
        reject(error)
      }
      taken = true
    })
  })
  code.catch(() => {})
  return code
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

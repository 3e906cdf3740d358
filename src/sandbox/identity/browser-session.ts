import { opaque } from './issue-tokens.ts'
import type { BrowserSession, IdentityState } from './state.ts'

/** Who is signed in to a browser: a cookie here, the person and their factors in the state. */
const NAME = 'sandbox_session'

/** The cookie that stands for a session. */
export function remember(session: BrowserSession, { browserSessions }: IdentityState): string {
  const value = opaque(32)
  browserSessions.set(value, session)
  return `${NAME}=${value}; Path=/; HttpOnly; SameSite=Lax`
}

export function rememberedSession(
  request: Request,
  { browserSessions }: IdentityState,
): BrowserSession | undefined {
  return browserSessions.get(cookieOf(request))
}

export function forget(request: Request, { browserSessions }: IdentityState): void {
  browserSessions.delete(cookieOf(request))
}

export const FORGOTTEN_COOKIE = `${NAME}=; Path=/; Max-Age=0`

function cookieOf({ headers }: Request): string {
  return new RegExp(`(?:^|;\\s*)${NAME}=([\\w-]+)`).exec(headers.get('cookie') ?? '')?.[1] ?? ''
}

import type { MiddlewareHandler } from 'hono'
import { getCookie, setCookie } from 'hono/cookie'
import { D365Error } from '../../core/errors.ts'
import type { Keys } from './keys.ts'
import { problemResponse } from './problem.ts'

/**
 * Who is let in. A web page somewhere else can make the browser send requests here, and can even give this machine
 * a name of its own (DNS rebinding): so the Host must be one of ours, whatever changes or asks anything must come from
 * our own page, and the session's cookie must be shown.
 */
export interface GuardOptions {
  /** Hosts with port this studio is reached by, e.g. `127.0.0.1:8366`. */
  readonly hosts: () => readonly string[]
  readonly secure: boolean
  readonly keys: Keys
}

export function knownHost({ hosts }: GuardOptions): MiddlewareHandler {
  return async ({ req }, next) => {
    const host = (req.header('host') ?? new URL(req.url).host).toLowerCase()
    if (!hosts().includes(host)) return new Response('Not the address of this studio.\n', { status: 421 })
    return next()
  }
}

export function ownPage({ hosts, secure }: GuardOptions): MiddlewareHandler {
  return async ({ req }, next) => {
    const origin = req.header('origin')
    const site = req.header('sec-fetch-site')
    const own = hosts().some((host) => origin === `${secure ? 'https' : 'http'}://${host}`)
    if (own && (site === undefined || site === 'same-origin')) return next()
    return problemResponse(
      new D365Error('FORBIDDEN', 'The request came from another page than the studio.', {
        hint: 'Open the address that d365 printed, and use only that page.',
      }),
    )
  }
}

export function session(options: GuardOptions): MiddlewareHandler {
  return async (context, next) => {
    const shown = getCookie(context, cookieName(options))
    if (shown !== undefined && options.keys.isSession(shown)) return next()
    return problemResponse(
      new D365Error('SIGN_IN_REQUIRED', 'This page is not signed in to the studio.', {
        hint: 'Open the address that d365 printed when it started: it carries the key.',
      }),
    )
  }
}

type Context = Parameters<MiddlewareHandler>[0]

export function startSession(context: Context, session: string, options: GuardOptions): void {
  setCookie(context, cookieName(options), session, {
    httpOnly: true,
    sameSite: 'Strict',
    path: '/',
    secure: options.secure,
  })
}

/** Cookies do not tell ports apart: two studios on one machine must not end each other's session. */
function cookieName({ hosts }: GuardOptions): string {
  return `d365-studio-${new URL(`http://${hosts()[0] ?? 'localhost'}`).port || '80'}`
}

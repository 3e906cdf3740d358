import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'

/**
 * Who may talk to the studio. The address that is opened carries a key after its `#`, which no browser sends to a
 * server or names to another page; the studio's page hands it in and gets a cookie, which is what later requests show.
 */
export interface Keys {
  /** A new key; `once` for one that other users of this machine could see, e.g. in the arguments of a browser. */
  issue(options: { readonly once: boolean }): string
  /** The session for a key or the password; undefined where it is not good. */
  exchange(given: { readonly key: string } | { readonly password: string }): string | undefined
  isSession(session: string): boolean
}

export interface KeysOptions {
  /** Asked for where the studio is open to other machines. Default: none opens it. */
  readonly password?: string | undefined
}

/** Wrong answers in all until the studio takes no more: a password is guessed by trying. */
const MOST_FAILURES = 20

export function createKeys({ password }: KeysOptions = {}): Keys {
  const keys = new Map<string, { readonly once: boolean }>()
  const sessions = new Set<string>()
  let failures = 0
  const takes = (given: { readonly key: string } | { readonly password: string }): boolean => {
    if ('password' in given)
      return password !== undefined && timingSafeEqual(digest(given.password), digest(password))
    // Looked up by digest: how long it takes tells nothing of the key.
    const name = digest(given.key).toString('hex')
    const key = keys.get(name)
    if (key?.once) keys.delete(name)
    return key !== undefined
  }
  return {
    issue: ({ once }) => {
      const key = randomText()
      keys.set(digest(key).toString('hex'), { once })
      return key
    },
    exchange: (given) => {
      if (failures >= MOST_FAILURES) return undefined
      if (!takes(given)) {
        failures++
        return undefined
      }
      const session = randomText()
      sessions.add(digest(session).toString('hex'))
      return session
    },
    isSession: (session) => sessions.has(digest(session).toString('hex')),
  }
}

/** 256 random bits. */
const randomText = (): string => randomBytes(32).toString('base64url')

const digest = (text: string): Buffer => createHash('sha256').update(text).digest()

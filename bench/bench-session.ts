import { dataverse } from '../src/capabilities/dataverse.ts'
import { systemClock } from '../src/core/clock.ts'
import { silentLog } from '../src/core/log.ts'
import { createHttp } from '../src/service/http.ts'
import { createSession, type Session } from '../src/service/session.ts'

/** A session as a connection has it, to a server that asks for no sign-in. */
export function openSession(origin: string): { readonly session: Session; close(): Promise<void> } {
  const { http, close } = createHttp()
  const session = createSession({
    http,
    tokens: {
      token: async () => ({ value: 'token', expiresAt: undefined }),
      renew: async (failed) => failed,
    },
    capabilities: dataverse,
    root: `${origin}/api/data/v9.2/`,
    clock: systemClock,
    random: Math.random,
    log: silentLog,
  })
  return { session, close }
}

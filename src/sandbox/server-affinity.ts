/**
 * The affinity cookie: an environment runs on several web servers, each counting limits for itself, and a client
 * that keeps cookies stays on one of them.
 */
import { createHash } from 'node:crypto'
import type { Incoming } from './server-exchange.ts'

export interface Affinity {
  /** The server a request lands on, 0 to `servers` - 1: the one in its cookie, else the next in turn. */
  serverOf(headers: Headers, servers: number): number
  /** Header that keeps the client there. */
  cookie(incoming: Incoming, server: number): Readonly<Record<string, string>>
}

export function createAffinity(): Affinity {
  let next = -1
  const names: string[] = []
  const nameOf = (server: number): string => {
    const name = names[server] ?? createHash('sha256').update(`server ${server}`).digest('hex')
    names[server] = name
    return name
  }
  return {
    serverOf(headers, servers) {
      const cookie = /(?:^|;\s*)ARRAffinity=([0-9a-f]+)/.exec(headers.get('cookie') ?? '')?.[1]
      if (cookie !== undefined) {
        for (let server = 0; server < servers; server++) if (cookie === nameOf(server)) return server
      }
      next = (next + 1) % servers
      return next
    },
    cookie({ origin }, server) {
      const { protocol, hostname } = new URL(origin)
      const secure = protocol === 'https:' ? 'Secure;' : ''
      return { 'Set-Cookie': `ARRAffinity=${nameOf(server)};Path=/;HttpOnly;${secure}Domain=${hostname}` }
    },
  }
}

import { createServer } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { isIP } from 'node:net'
import { createAdaptorServer } from '@hono/node-server'
import { D365Error } from '../../core/errors.ts'
import { createStudio, type Studio, type StudioOptions } from './studio.ts'

/** Puts the studio on a port: of this machine alone, or, with TLS and a password, of others too. */
export interface ListenOptions extends Omit<StudioOptions, 'origins'> {
  /** 0 for any free one. */
  readonly port: number
  /** Address to listen on. Default `127.0.0.1`. */
  readonly listen?: string
  readonly tls?: { readonly certificate: string; readonly key: string } | undefined
}

export async function listenStudio({
  port,
  listen = '127.0.0.1',
  tls,
  ...options
}: ListenOptions): Promise<Studio> {
  const loopback = isLoopback(listen)
  if (!loopback) checkOpenToOthers(listen, { tls, password: options.password })
  let origins: readonly string[] = []
  const studio = createStudio({ ...options, origins: () => origins })
  const server = createAdaptorServer({
    fetch: studio.fetch,
    ...(tls === undefined
      ? { createServer }
      : { createServer: createTlsServer, serverOptions: { cert: tls.certificate, key: tls.key } }),
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause) => reject(notFree(port, listen, cause)))
    server.listen({ port, host: listen, exclusive: true }, resolve)
  })
  const address = server.address()
  const taken = typeof address === 'object' && address !== null ? address.port : port
  origins = hostNames(listen).map((host) => `${tls ? 'https' : 'http'}://${host}:${taken}`)
  return {
    ...studio,
    close: async () => {
      await new Promise((resolve) => {
        server.close(resolve)
        if ('closeAllConnections' in server) server.closeAllConnections()
      })
      await studio.close()
    },
  }
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}

function hostNames(listen: string): readonly string[] {
  const own = listen.includes(':') ? `[${listen}]` : listen
  return isLoopback(listen) ? [...new Set([own, '127.0.0.1', 'localhost'])] : [own]
}

function checkOpenToOthers(listen: string, { tls, password }: Pick<ListenOptions, 'tls' | 'password'>): void {
  if (/^(0\.0\.0\.0|::|\*)$/.test(listen))
    throw new D365Error('CONFIG_INVALID', `--listen is ${listen}, which is no name to open the studio by.`, {
      hint: 'Give the name or address that people open, e.g. --listen studio.contoso.com: other names are refused.',
    })
  if (tls === undefined)
    throw new D365Error(
      'CONFIG_INVALID',
      `--listen ${listen} opens the studio to other machines, and there is no TLS: secrets would cross the network in the clear.`,
      { hint: 'Give --tls-cert and --tls-key, or leave --listen out and use an SSH tunnel.' },
    )
  if (password === undefined || password.length < LEAST_PASSWORD)
    throw new D365Error(
      'CONFIG_INVALID',
      `--listen ${listen} opens the studio to other machines, and there is no password of at least ${LEAST_PASSWORD} characters.`,
      { hint: 'Give --password @FILE or --password env:NAME.' },
    )
}

/** Characters of a password that keeps others out. */
const LEAST_PASSWORD = 12

function notFree(port: number, listen: string, cause: unknown): D365Error {
  return new D365Error('IO_FAILED', `The studio cannot listen on ${listen}, port ${port}.`, {
    hint: 'Perhaps one is running there already. --port 0 takes any free port.',
    cause,
  })
}

/**
 * One origin for everything: a path below `/api/data` is the Web API, `/sandbox` the control pages, the rest Entra ID;
 * over TLS the host name decides. Behind one `fetch`, and behind one port where it listens.
 */
import { type Clock, systemClock } from '../core/clock.ts'
import { D365Error } from '../core/errors.ts'
import { control, isControlPath } from './control.ts'
import { createFaults, type Faults } from './faults.ts'
import { afterSignIn, insteadOfSignIn } from './identity-faults.ts'
import { createLimits, type LimitOptions, type Limits } from './limits.ts'
import { type CostedRequest, createApiServer, isServicePath } from './sandbox-api.ts'
import type { SandboxData } from './sandbox-data.ts'
import { certificateHosts, cloudOrigins, hostRole, isLoopbackName } from './sandbox-hosts.ts'
import { APPS, ORGANIZATION_NAME, TENANT_ID } from './seed/directory.ts'
import { startServer } from './server.ts'
import { createAffinity } from './server-affinity.ts'
import {
  type Incoming,
  incomingFrom,
  type Outgoing,
  outgoingFrom,
  requestFrom,
  responseFrom,
} from './server-exchange.ts'
import type { Store } from './store/store.ts'
import { createTrace, type Trace } from './trace.ts'
import type { Dispatch } from './web-api/dispatch.ts'

export interface ServingOptions {
  /** Origin that addresses and tokens carry before it listens. Default `http://localhost:8365`. */
  readonly origin?: string
  /** Default: the real time. */
  readonly clock?: Clock
  /** Service protection; see `limits.ts` for the defaults, which are the service's. */
  readonly limits?: LimitOptions
  /** Execution time counted for a request, in ms. Default: the time it really takes. */
  readonly executionCost?: (request: CostedRequest) => number
  /** Requests the trace keeps. Default 1,000. */
  readonly traceSize?: number
  /** Seed of the faults that have a probability. Default 1. */
  readonly faultSeed?: number
}

/** What the sandbox's folders provide to be served together. */
export interface SandboxParts<I extends IdentityService> {
  readonly data: SandboxData
  readonly dispatch: Dispatch
  readonly createIdentity: (options: IdentitySetting) => I
  readonly createAuthority: () => TlsAuthority | Promise<TlsAuthority>
}

export interface IdentityService {
  fetch(request: Request): Promise<Response> | Response
  verify(bearer: string): Verified | Promise<Verified>
}

type Verified = { readonly ok: true; readonly claims: unknown } | { readonly ok: false }

export interface IdentitySetting {
  readonly clock: Clock
  readonly origin: () => string
  readonly resources: () => readonly string[]
}

export interface TlsAuthority {
  readonly caPem: string
  issue(hosts: readonly string[]): Certificate | Promise<Certificate>
}

interface Certificate {
  readonly key: string
  readonly cert: string
}

export interface Sandbox<I extends IdentityService = IdentityService> {
  /** Everything a socket would answer, without one. Rejects where a fault breaks the connection. */
  fetch(request: Request): Promise<Response>
  listen(options?: ListenOptions): Promise<ListeningSandbox<I>>
  /** The current data; another object after `reset` or `restore`. */
  readonly store: Store
  readonly identity: I
  readonly faults: Faults
  readonly limits: Limits
  readonly trace: Trace
  /** Data, faults, limits and trace as they were at the start. Tokens stay good. */
  reset(): void
  /** Remembers all data under `name`. Default name `default`. */
  snapshot(name?: string): void
  /** False where there is no such snapshot. */
  restore(name?: string): boolean
}

export interface ListenOptions {
  /** 0 takes a free one. Default 0. */
  readonly port?: number
  /** Default 127.0.0.1. */
  readonly host?: string
  /** HTTPS with a certificate of the sandbox's own authority. Default false. */
  readonly tls?: boolean
}

export interface ListeningSandbox<I extends IdentityService = IdentityService> {
  readonly origin: string
  readonly serviceUrl: string
  readonly authUri: string
  readonly tokenUri: string
  /** Client credentials of the System Administrator application. */
  readonly connectionString: string
  /** With TLS: the authority to trust, PEM. */
  readonly caPem: string | undefined
  readonly sandbox: Sandbox<I>
  /** Saves the data where there is a folder for it, ends open connections and frees the port. `await using` does too. */
  close(): Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

const DEFAULT_ORIGIN = 'http://localhost:8365'

export function assembleSandbox<I extends IdentityService>(
  options: ServingOptions,
  { data, dispatch, createIdentity, createAuthority }: SandboxParts<I>,
): Sandbox<I> {
  const clock = options.clock ?? systemClock
  const faults = createFaults(options.faultSeed === undefined ? {} : { seed: options.faultSeed })
  const limits = createLimits(options.limits ?? {}, clock)
  const trace = createTrace(options.traceSize === undefined ? {} : { size: options.traceSize })
  let own = options.origin ?? DEFAULT_ORIGIN
  const seen = new Set([own, ...cloudOrigins(ORGANIZATION_NAME)])
  const resources = (): readonly string[] => [...seen]
  const skewed: Clock = { now: () => clock.now() + faults.clockSkewMs, sleep: clock.sleep }
  const identity = createIdentity({ clock: skewed, origin: () => own, resources })
  const serveApi = createApiServer({
    store: () => data.current,
    dispatch,
    verify: async (bearer) => {
      const result = await identity.verify(bearer)
      return result.ok ? result.claims : undefined
    },
    tenantId: TENANT_ID,
    resources,
    limits,
    faults,
    trace,
    affinity: createAffinity(),
    clock,
    ...(options.executionCost ? { executionCost: options.executionCost } : {}),
  })
  const reset = (): void => {
    data.reset()
    faults.clear()
    limits.reset()
    trace.clear()
  }

  async function handle(incoming: Incoming, anyHost: boolean): Promise<Outgoing> {
    const { hostname } = new URL(incoming.origin)
    const role = hostRole(hostname)
    if (role === 'other' && !anyHost) return misdirected(hostname)
    if (role !== 'login') remember(incoming.origin)
    if (role !== 'login' && isServicePath(incoming.path)) return serveApi(incoming)
    if (role === 'environment') return notFound()
    if (isControlPath(incoming.path)) {
      const parts = {
        store: () => data.current,
        trace,
        faults,
        limits,
        reset,
        snapshot: data.snapshot,
        restore: data.restore,
      }
      return control(incoming, parts)
    }
    if (incoming.path === '/' && role === 'loopback') return redirect('/sandbox')
    return serveIdentity(incoming)
  }

  /** Names of this machine differ from client to client; each one that was used is a resource tokens may name. */
  function remember(origin: string): void {
    if (!seen.has(origin) && seen.size < MAX_ORIGINS) seen.add(origin)
  }

  async function serveIdentity(incoming: Incoming): Promise<Outgoing> {
    const started = performance.now()
    const strikes = faults.strike(incoming.method, incoming.path)
    for (const fault of strikes) if (fault.kind === 'latency') await clock.sleep(fault.ms)
    const struck = { strikes, now: clock.now() }
    const outgoing = insteadOfSignIn(struck) ?? afterSignIn(await signIn(incoming), struck)
    trace.add({
      at: new Date(clock.now()).toISOString(),
      method: incoming.method,
      url: incoming.query === '' ? incoming.path : `${incoming.path}?${incoming.query}`,
      status: outgoing.kind === 'answer' ? outgoing.status : 0,
      durationMs: Math.round((performance.now() - started) * 10) / 10,
      ...(strikes.length > 0 ? { note: strikes.map(({ kind }) => `fault: ${kind}`).join('; ') } : {}),
    })
    return outgoing
  }

  /** A fault of ours is an answer too: a connection that breaks would be taken for one of the network. */
  async function signIn(incoming: Incoming): Promise<Outgoing> {
    try {
      return await outgoingFrom(await identity.fetch(requestFrom(incoming, await incoming.body())))
    } catch (error) {
      const headers = [['Content-Type', 'text/plain; charset=utf-8']] as const
      return { kind: 'answer', status: 500, headers, body: `The sandbox failed: ${String(error)}` }
    }
  }

  const sandbox: Sandbox<I> = {
    fetch: async (request) => {
      await data.open()
      return responseFrom(await handle(await incomingFrom(request), false))
    },
    listen: (listenOptions = {}) => listen(listenOptions),
    get store() {
      return data.current
    },
    identity,
    faults,
    limits,
    trace,
    reset,
    snapshot: (name = 'default') => data.snapshot(name),
    restore: (name = 'default') => data.restore(name),
  }

  async function listen({
    port = 0,
    host = '127.0.0.1',
    tls = false,
  }: ListenOptions): Promise<ListeningSandbox<I>> {
    await data.open()
    const authority = tls ? await createAuthority() : undefined
    const anyHost = !isLoopbackName(host)
    const server = await startServer({
      port,
      host,
      tls: await authority?.issue(certificateHosts(host)),
      handle: (incoming) => handle(incoming, anyHost),
    }).catch((error: unknown) => {
      throw listenFailure({ host, port, error })
    })
    const name = anyHost ? host : 'localhost'
    const origin = `${tls ? 'https' : 'http'}://${name.includes(':') ? `[${name}]` : name}:${server.port}`
    remember(origin)
    if (options.origin === undefined) own = origin
    // What a killed process loses is what was written since. A failure is told when the sandbox closes.
    const saving = setInterval(() => void data.save().catch(() => undefined), SAVE_EVERY_MS).unref()
    const close = async (): Promise<void> => {
      clearInterval(saving)
      await server.close()
      await data.save()
    }
    return {
      ...addressesOf(origin),
      caPem: authority?.caPem,
      sandbox,
      close,
      [Symbol.asyncDispose]: close,
    }
  }

  return sandbox
}

/** How often changed data goes to the folder, where there is one. */
const SAVE_EVERY_MS = 5000

/** Keeps a stranger's Host headers from filling memory. */
const MAX_ORIGINS = 256

function addressesOf(
  origin: string,
): Pick<ListeningSandbox, 'origin' | 'serviceUrl' | 'authUri' | 'tokenUri' | 'connectionString'> {
  const serviceUrl = `${origin}/api/data/v9.2/`
  const authUri = `${origin}/${TENANT_ID}/oauth2/v2.0/authorize`
  const tokenUri = `${origin}/${TENANT_ID}/oauth2/v2.0/token`
  const [app] = APPS
  const secret = app?.secrets[0]?.value ?? ''
  const connectionString = `ServiceURL=${serviceUrl};AuthenticationMethod=OAuth2;ClientID=${app?.clientId};ClientSecret={${secret}}`
  return { origin, serviceUrl, authUri, tokenUri, connectionString }
}

function listenFailure({ host, port, error }: { host: string; port: number; error: unknown }): D365Error {
  const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
  if (code === 'EADDRINUSE') {
    return new D365Error('CONFIG_INVALID', `Port ${port} on ${host} is in use.`, {
      hint: 'Choose another with --port, or 0 for any free one.',
      cause: error,
    })
  }
  return new D365Error('IO_FAILED', `The sandbox cannot listen on ${host}:${port} (${code}).`, {
    hint: 'Ports below 1024 need rights; the address has to be one of this machine.',
    cause: error,
  })
}

function misdirected(host: string): Outgoing {
  return text(
    421,
    `The sandbox does not answer for the host '${host}'. Listen on that address, or use localhost.\n`,
  )
}

function notFound(): Outgoing {
  return text(404, 'Not Found\n')
}

function redirect(location: string): Outgoing {
  return { kind: 'answer', status: 302, headers: [['Location', location]], body: undefined }
}

function text(status: number, body: string): Outgoing {
  return { kind: 'answer', status, headers: [['Content-Type', 'text/plain; charset=utf-8']], body }
}

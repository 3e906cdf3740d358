import { promisify } from 'node:util'
import { constants, gunzip, gunzipSync } from 'node:zlib'
import { EnvHttpProxyAgent, request as undiciRequest } from 'undici'
import { D365Error } from '../core/errors.ts'
import { type Http, type HttpRequest, type HttpResponse, NetworkCause } from '../core/http.ts'

/**
 * The network: keep-alive connections, proxies and certificates by the usual environment variables
 * (HTTPS_PROXY, HTTP_PROXY, NO_PROXY, NODE_EXTRA_CA_CERTS). No cookies, so that requests spread over the
 * service's web servers; no redirects, so that a token never follows one.
 */
export interface HttpOptions {
  /** Longest wait for a connection, in ms. Default 10,000. */
  readonly connectTimeoutMs?: number
  /** Longest wait for a whole answer where the request names none, in ms. Default 300,000. */
  readonly timeoutMs?: number
  /** Open connections per host. Default 64: above the service's own limit of 52 requests at a time. */
  readonly connections?: number
  /** Proxy to use in place of the one in the environment, e.g. `http://user:password@proxy:8080`. */
  readonly proxyUrl?: string | undefined
}

/** The address where Azure hands tokens to its own machines. */
const NEVER_PROXIED = ['169.254.169.254']

export interface ClosableHttp {
  readonly http: Http
  close(): Promise<void>
}

export function createHttp(options: HttpOptions = {}): ClosableHttp {
  const { connectTimeoutMs = 10_000, timeoutMs = 300_000, connections = 64 } = options
  const agent = new EnvHttpProxyAgent({
    connections,
    connect: { timeout: connectTimeoutMs },
    pipelining: 1,
    noProxy: noProxy(process.env.NO_PROXY ?? process.env.no_proxy ?? ''),
    ...(options.proxyUrl === undefined ? {} : { httpProxy: options.proxyUrl, httpsProxy: options.proxyUrl }),
  })
  const http: Http = async (request) => {
    const limitMs = request.timeoutMs ?? timeoutMs
    // Not AbortSignal.timeout: its timers would outlive a million quick requests by minutes.
    const timeout = new AbortController()
    const timer = setTimeout(() => timeout.abort(), limitMs)
    const signal = request.signal ? AbortSignal.any([request.signal, timeout.signal]) : timeout.signal
    let answered = false
    try {
      const { statusCode, headers, body } = await undiciRequest(request.url, {
        method: request.method,
        headers: { 'accept-encoding': 'gzip', ...lowerCase(request.headers) },
        body: request.body ?? null,
        dispatcher: agent,
        signal,
        bodyTimeout: 0,
        headersTimeout: 0,
      })
      answered = true
      const flat = flatten(headers)
      const bytes = new Uint8Array(await body.arrayBuffer())
      return { status: statusCode, headers: flat, body: await decode(bytes, flat, request) }
    } catch (error) {
      throw explain(error, request, { answered, limitMs, timeout: timeout.signal })
    } finally {
      clearTimeout(timer)
    }
  }
  return { http, close: () => agent.destroy() }
}

/** `*`, which turns proxies off, counts only where it stands alone. */
function noProxy(hosts: string): string {
  const listed = hosts.split(/[\s,]+/).filter((host) => host !== '')
  return listed.includes('*') ? '*' : [...listed, ...NEVER_PROXIED].join(',')
}

/** Header names in lower case, so that a caller's `Accept-Encoding` replaces ours. */
function lowerCase(headers: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
}

function flatten(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).flatMap(([name, value]) =>
      value === undefined ? [] : [[name.toLowerCase(), Array.isArray(value) ? value.join(', ') : value]],
    ),
  )
}

const gunzipAside = promisify(gunzip)

/** Larger bodies are unpacked on another thread, while this one parses the page before. */
const UNPACK_ASIDE_BYTES = 64 * 1024

/** Unpacked in one call into one buffer of the size the last four bytes tell: twice as fast as streaming. */
async function decode(
  bytes: Uint8Array,
  headers: HttpResponse['headers'],
  request: HttpRequest,
): Promise<Uint8Array> {
  const encoding = headers['content-encoding']?.toLowerCase() ?? 'identity'
  if (encoding === 'identity' || bytes.length === 0) return bytes
  if (encoding !== 'gzip' && encoding !== 'x-gzip') throw undecodable(request, `content encoding ${encoding}`)
  const options = { chunkSize: chunkSize(bytes), finishFlush: constants.Z_FINISH }
  try {
    return bytes.length < UNPACK_ASIDE_BYTES ? gunzipSync(bytes, options) : await gunzipAside(bytes, options)
  } catch (cause) {
    throw undecodable(request, 'a gzip body that is cut off or damaged', cause)
  }
}

const MIN_CHUNK_BYTES = 1024

/** No gzip body unpacks to more than this many times its size: a damaged trailer must not ask for gigabytes. */
const MAX_GZIP_RATIO = 1032

function chunkSize(bytes: Uint8Array): number {
  if (bytes.length < 4) return MIN_CHUNK_BYTES
  const size = new DataView(bytes.buffer, bytes.byteOffset).getUint32(bytes.length - 4, true)
  return Math.max(MIN_CHUNK_BYTES, Math.min(size + 64, bytes.length * MAX_GZIP_RATIO))
}

interface Circumstances {
  readonly answered: boolean
  readonly limitMs: number
  readonly timeout: AbortSignal
}

function explain(
  error: unknown,
  request: HttpRequest,
  { answered, limitMs, timeout }: Circumstances,
): unknown {
  if (error instanceof D365Error) return error
  const { host } = new URL(request.url)
  if (request.signal?.aborted)
    return new D365Error('CANCELLED', 'Cancelled.', { cause: request.signal.reason })
  if (timeout.aborted)
    return new D365Error('TIMED_OUT', `${host} did not answer within ${limitMs / 1000} s.`, {
      hint: 'Try again; if it happens often, read fewer columns or smaller pages.',
      cause: new NetworkCause('timed out', { sent: true }),
    })
  const refused = proxyStatus(error)
  if (refused !== undefined) return proxyRefused(refused, host, error)
  const code = codeOf(error)
  const sent = answered || !NEVER_SENT.has(code ?? '')
  const reason =
    REASONS[code ?? ''] ??
    (answered ? 'The connection broke in the middle of the answer' : 'The connection broke')
  return new D365Error(
    answered ? 'RESPONSE_INVALID' : 'NETWORK_FAILED',
    `${reason} (${host}${code ? `, ${code}` : ''}).`,
    {
      hint: hintFor(code),
      cause: new NetworkCause(error instanceof Error ? error.message : String(error), {
        sent,
        permanent: PERMANENT.test(code ?? ''),
        cause: error,
      }),
    },
  )
}

/** What a proxy answered in place of a connection: `Proxy response (407) !== 200 when HTTP Tunneling`. */
function proxyStatus(error: unknown): number | undefined {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) {
    const status = /Proxy response \((\d{3})\)/.exec(cause.message)?.[1]
    if (status !== undefined) return Number(status)
  }
  return undefined
}

/** Nothing reached the service. Trying a wrong password again could lock the account at the proxy. */
function proxyRefused(status: number, host: string, error: unknown): D365Error {
  return new D365Error('NETWORK_FAILED', `The proxy answered ${status} and does not connect to ${host}.`, {
    hint:
      status === 407
        ? 'The proxy wants a user and password: put them into HTTPS_PROXY (http://user:password@proxy:8080), or ProxyUser and ProxyPassword.'
        : `Have the proxy allow ${host}, or name it in NO_PROXY if it can be reached directly.`,
    cause: new NetworkCause(`proxy answered ${status}`, {
      sent: false,
      permanent: status >= 400 && status < 500,
      cause: error,
    }),
  })
}

/** Codes that mean no byte of the request reached the server. */
const NEVER_SENT = new Set([
  'ENOTFOUND',
  'EAI_AGAIN',
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_HAS_EXPIRED',
  'ERR_TLS_CERT_ALTNAME_INVALID',
  'ERR_SSL_WRONG_VERSION_NUMBER',
  'EPROTO',
])

/** Codes that trying again does not change. */
const PERMANENT = /^ENOTFOUND$|^EPROTO$|SSL_WRONG_VERSION|CERT|SELF_SIGNED|UNABLE_TO_/

const REASONS: Readonly<Record<string, string>> = {
  ENOTFOUND: 'The host name does not exist',
  EAI_AGAIN: 'The host name could not be looked up',
  ECONNREFUSED: 'Nothing listens at that address',
  ECONNRESET: 'The connection was reset',
  ERR_SSL_WRONG_VERSION_NUMBER: 'The server at this port does not speak TLS (https)',
  EPROTO: 'The server at this port does not speak TLS (https)',
  UND_ERR_CONNECT_TIMEOUT: 'No connection within the time limit',
  UND_ERR_SOCKET: 'The connection was closed',
  CERT_HAS_EXPIRED: 'The certificate has expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'The certificate is for another host',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'The certificate is self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'The certificate comes from an unknown authority',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'The certificate comes from an unknown authority',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'The certificate comes from an unknown authority',
}

function hintFor(code: string | undefined): string {
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return 'Check the spelling of the URL, and whether this machine needs a proxy (HTTPS_PROXY).'
  if (code && /EPROTO|SSL_WRONG_VERSION/.test(code))
    return 'Check the port, and whether the URL has to begin with http:// (a sandbox on this machine) or https://.'
  if (code && /CERT|SELF_SIGNED|VERIFY|ISSUER/.test(code))
    return 'If your network inspects TLS, point NODE_EXTRA_CA_CERTS at its root certificate (PEM).'
  return 'Check the network and whether this machine needs a proxy (HTTPS_PROXY, NO_PROXY).'
}

function codeOf(error: unknown): string | undefined {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause)
    if ('code' in cause && typeof cause.code === 'string') return cause.code
  return undefined
}

function undecodable(request: HttpRequest, what: string, cause?: unknown): D365Error {
  return new D365Error('RESPONSE_INVALID', `${new URL(request.url).host} answered with ${what}.`, {
    hint: 'The answer was not used. Try again; if it stays, a proxy on the way may be changing answers.',
    cause: new NetworkCause(what, { sent: true, cause }),
  })
}

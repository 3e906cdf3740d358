/**
 * The socket side: node:http or node:https under one handler. Written directly on node:http because a page of rows
 * is one string to send, and every layer in between costs a share of it.
 */
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { isLoopbackAddress } from './sandbox-hosts.ts'
import { BodyTooLarge, bytesOf, type Incoming, MAX_BODY_BYTES, type Outgoing } from './server-exchange.ts'

export interface ServerOptions {
  readonly port: number
  readonly host: string
  readonly tls?: { readonly key: string; readonly cert: string } | undefined
  readonly handle: (incoming: Incoming) => Promise<Outgoing>
}

export interface RunningServer {
  readonly port: number
  /** Ends open connections and frees the port. */
  close(): Promise<void>
}

/** Room for a URL of 32,768 characters, a token and the rest. */
const MAX_HEADER_BYTES = 128 * 1024
/** Longer than clients keep idle connections, so that the server is never the first to hang up. */
const KEEP_ALIVE_MS = 65_000

export async function startServer({ port, host, tls, handle }: ServerOptions): Promise<RunningServer> {
  const scheme = tls ? 'https' : 'http'
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    serve(request, response, { scheme, handle }).catch((error: unknown) => {
      response.destroy(error instanceof Error ? error : undefined)
    })
  }
  const settings = { maxHeaderSize: MAX_HEADER_BYTES, keepAliveTimeout: KEEP_ALIVE_MS, noDelay: true }
  const server = tls
    ? createHttpsServer({ ...settings, ...tls }, listener)
    : createHttpServer(settings, listener)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.removeListener('error', reject)
      resolve()
    })
  })
  const address = server.address()
  return {
    port: isAddressInfo(address) ? address.port : port,
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()))
        server.closeAllConnections()
      }),
  }
}

function isAddressInfo(address: string | AddressInfo | null): address is AddressInfo {
  return typeof address === 'object' && address !== null
}

interface Serving {
  readonly scheme: 'http' | 'https'
  readonly handle: (incoming: Incoming) => Promise<Outgoing>
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  { scheme, handle }: Serving,
): Promise<void> {
  const url = request.url ?? '/'
  const mark = url.indexOf('?')
  const incoming: Incoming = {
    method: request.method ?? 'GET',
    path: mark < 0 ? url : url.slice(0, mark),
    query: mark < 0 ? '' : url.slice(mark + 1),
    headers: headersOf(request),
    origin: `${scheme}://${safeHost(request)}`,
    fromLoopback: isLoopbackAddress(request.socket.remoteAddress),
    body: () => readBody(request),
  }
  const outgoing = await handle(incoming)
  if (outgoing.kind === 'reset') {
    // Only a plain TCP socket can send RST; a TLS connection is closed without a goodbye.
    if (scheme === 'http') request.socket.resetAndDestroy()
    else request.socket.destroy()
    return
  }
  await send(response, outgoing, /\bgzip\b/.test(incoming.headers.get('accept-encoding') ?? ''))
}

/** A Host header that cannot be part of a URL counts as none. */
function safeHost(request: IncomingMessage): string {
  const host = request.headers.host ?? ''
  return /^[\w.-]+(:\d+)?$|^\[[\da-f:]+\](:\d+)?$/i.test(host) ? host : 'invalid'
}

function headersOf({ rawHeaders }: IncomingMessage): Headers {
  const headers = new Headers()
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]
    const value = rawHeaders[at + 1]
    if (name !== undefined && value !== undefined) headers.append(name, value)
  }
  return headers
}

async function readBody(request: IncomingMessage): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of request) {
    if (!(chunk instanceof Uint8Array)) continue
    size += chunk.length
    if (size > MAX_BODY_BYTES) throw new BodyTooLarge()
    chunks.push(chunk)
  }
  return chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)
}

const compress = promisify(gzip)
/** Smaller answers are sent as they are. */
const GZIP_FROM_BYTES = 1024
/** The best ratio for the time on pages of JSON. */
const GZIP_LEVEL = 4

type Answer = Extract<Outgoing, { kind: 'answer' }>

async function send(
  response: ServerResponse,
  { status, headers, body, cutAt }: Answer,
  gzipped: boolean,
): Promise<void> {
  for (const [name, value] of headers) response.appendHeader(name, value)
  if (body === undefined) {
    response.writeHead(status, status === 204 || status === 304 ? {} : { 'Content-Length': '0' }).end()
    return
  }
  const plain = bytesOf(body)
  if (cutAt !== undefined) return cut(response, { status, bytes: plain, cutAt })
  const squeeze = gzipped && plain.length >= GZIP_FROM_BYTES && !response.hasHeader('content-encoding')
  if (squeeze) response.setHeader('Content-Encoding', 'gzip').setHeader('Vary', 'Accept-Encoding')
  const bytes = squeeze ? await compress(plain, { level: GZIP_LEVEL }) : plain
  response.writeHead(status, { 'Content-Length': String(bytes.length) }).end(bytes)
}

interface CutAnswer {
  readonly status: number
  readonly bytes: Uint8Array
  readonly cutAt: number
}

/** Promises the whole length, sends a part, hangs up. */
function cut(response: ServerResponse, { status, bytes, cutAt }: CutAnswer): Promise<void> {
  response.writeHead(status, { 'Content-Length': String(bytes.length) })
  response.flushHeaders()
  return new Promise((resolve) => {
    response.write(bytes.subarray(0, cutAt), () => {
      response.destroy()
      resolve()
    })
  })
}

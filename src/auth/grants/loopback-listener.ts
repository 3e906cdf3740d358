import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { D365Error, toD365Error } from '../../core/errors.ts'
import { isLoopback } from '../loopback.ts'
import { sameSecret } from '../secret.ts'

/**
 * Waits on this machine for the browser to come back, for the time of one sign-in.
 * Listens on 127.0.0.1 and ::1, because `localhost` may lead to either; takes one answer; sends the browser on
 * to a clean address, so that the code stays in no history.
 */
export interface LoopbackListener {
  /** Exactly as it must be sent to Entra, port included. */
  readonly redirectUri: string
  /**
   * Resolves with what `read` makes of the first answer that carries `state`; rejects with what it throws.
   * Answers with another state are turned away, and the waiting goes on.
   */
  answer(state: string, read: (query: URLSearchParams) => string): Promise<string>
  close(): Promise<void>
}

/** Tries for a free port that both addresses have. */
const MOST_TRIES = 5

const DONE_PATH = '/signed-in'

/** After an answer the browser still fetches the clean page; it gets this long. */
const LAST_PAGE_MS = 1000

const PAGE_HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-store',
  'referrer-policy': 'no-referrer',
  'x-frame-options': 'DENY',
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
  connection: 'close',
}

/** `registered` without a port: a free one is taken (native app). With a port: that one, as registered (Web). */
export async function openLoopbackListener(registered: string): Promise<LoopbackListener> {
  const wanted = checkRedirectUri(registered)
  const answered = deferred<string>()
  const shown = deferred<void>()
  let waiting: { state: string; read: (query: URLSearchParams) => string } | undefined
  let ended: 'no' | 'well' | 'badly' = 'no'

  const isAnswer = (url: URL): boolean =>
    url.pathname === wanted.pathname &&
    ended === 'no' &&
    waiting !== undefined &&
    sameSecret(url.searchParams.get('state') ?? '', waiting.state)

  const take = (query: URLSearchParams, response: ServerResponse): void => {
    try {
      answered.resolve(waiting?.read(query) ?? '')
      ended = 'well'
    } catch (error) {
      answered.reject(error)
      ended = 'badly'
    }
    response.writeHead(303, { ...PAGE_HEADERS, location: DONE_PATH }).end()
  }

  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    const url = new URL(request.url ?? '/', `http://${wanted.hostname}`)
    if (!isLoopback(hostOf(request.headers.host))) page(response, 421, 'Wrong address', 'Nothing is here.')
    else if (request.method !== 'GET')
      page(response, 405, 'Not possible', 'This address only takes an answer.')
    else if (isAnswer(url)) take(url.searchParams, response)
    else if (url.pathname === DONE_PATH && ended !== 'no') {
      response.once('finish', () => shown.resolve())
      if (ended === 'well') page(response, 200, 'Signed in', 'You can close this page and go back to d365.')
      else page(response, 200, 'Not signed in', 'The reason is shown where you started d365.')
    } else if (url.searchParams.has('state'))
      page(response, 400, 'Not expected', 'No sign-in is waiting for this answer. Start it again.')
    else page(response, 404, 'Nothing here', 'This address only takes the answer of a sign-in.')
  }

  const { servers, port } = await listenOnBoth(handle, wanted)
  return {
    redirectUri: withPort(registered, wanted, port),
    answer: (state, read) => {
      waiting = { state, read }
      return answered.promise
    },
    close: async () => {
      if (ended !== 'no') await Promise.race([shown.promise, unrefTimeout(LAST_PAGE_MS)])
      await closeAll(servers)
    },
  }
}

function checkRedirectUri(registered: string): URL {
  const url = URL.canParse(registered) ? new URL(registered) : undefined
  if (url?.protocol === 'http:' && (url.hostname === 'localhost' || url.hostname === '127.0.0.1')) return url
  throw new D365Error('CONFIG_INVALID', `The redirect URI ${registered} does not lead to this machine.`, {
    hint: 'Register and use http://localhost, or sign in and paste the address the browser ends on.',
  })
}

/** Byte for byte what was registered, with the port put in: no slash appears that was not there. */
function withPort(registered: string, wanted: URL, port: number): string {
  if (wanted.port !== '' || /^http:\/\/[^/]+:80(\/|$)/i.test(registered)) return registered
  return registered.replace(/^(http:\/\/[^/?#]+)/i, `$1:${port}`)
}

async function listenOnBoth(
  handle: (request: IncomingMessage, response: ServerResponse) => void,
  wanted: URL,
): Promise<{ servers: Server[]; port: number }> {
  const fixed = wanted.port === '' ? 0 : Number(wanted.port)
  for (let tries = 1; ; tries++) {
    const first = createServer(handle)
    let port: number
    try {
      port = await listen(first, '127.0.0.1', fixed)
    } catch (cause) {
      throw portTaken(fixed, cause)
    }
    const second = createServer(handle)
    try {
      await listen(second, '::1', port)
      return { servers: [first, second], port }
    } catch (error) {
      const taken = error instanceof Error && 'code' in error && error.code === 'EADDRINUSE'
      // A machine without IPv6 resolves localhost to 127.0.0.1 anyway.
      if (!taken) return { servers: [first], port }
      await closeAll([first])
      if (fixed !== 0 || tries >= MOST_TRIES) throw portTaken(port, error)
    }
  }
}

function listen(server: Server, host: string, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host, port, exclusive: true }, () => {
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : port)
    })
  })
}

function portTaken(port: number, cause: unknown): D365Error {
  return new D365Error('IO_FAILED', `Port ${port} on this machine is not free for the sign-in's answer.`, {
    hint: 'Close the program that uses it, or register another redirect URI with another port.',
    cause: toD365Error(cause),
  })
}

async function closeAll(servers: readonly Server[]): Promise<void> {
  await Promise.all(
    servers.map(
      (server) =>
        new Promise((resolve) => {
          server.close(resolve)
          server.closeAllConnections()
        }),
    ),
  )
}

const unrefTimeout = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms).unref()
  })

/** A promise and its two ends; nobody waiting for it yet is no error. */
function deferred<T>(): {
  promise: Promise<T>
  resolve: (value: T) => void
  reject: (error: unknown) => void
} {
  let resolve: (value: T) => void = () => {}
  let reject: (error: unknown) => void = () => {}
  const promise = new Promise<T>((yes, no) => {
    resolve = yes
    reject = no
  })
  promise.catch(() => {})
  return { promise, resolve, reject }
}

const hostOf = (header: string | undefined): string =>
  URL.canParse(`http://${header}`) ? new URL(`http://${header}`).hostname : ''

function page(response: ServerResponse, status: number, title: string, text: string): void {
  response
    .writeHead(status, PAGE_HEADERS)
    .end(
      `<!doctype html><html lang="en"><meta charset="utf-8"><title>${title} - d365</title>` +
        '<style>body{font:1rem/1.5 system-ui,sans-serif;max-width:32rem;margin:20vh auto;padding:0 1rem}</style>' +
        `<h1>${title}</h1><p>${text}</p></html>`,
    )
}

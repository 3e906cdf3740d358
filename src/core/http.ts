/**
 * The one way out to the network, as an argument: bytes out, bytes in.
 * It never follows redirects, keeps no cookies and does not judge the status.
 */
export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE' | 'HEAD'
  readonly url: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  readonly signal?: AbortSignal | undefined
  /** Longest wait for the whole answer, in ms. The transport has its own default. */
  readonly timeoutMs?: number
}

export interface HttpResponse {
  readonly status: number
  /** Names in lower case; a repeated header is joined with `, `. */
  readonly headers: Readonly<Record<string, string>>
  /** The whole body, decompressed. A body shorter than promised is an error, never a short answer. */
  readonly body: Uint8Array
}

/**
 * Rejects with D365Error NETWORK_FAILED (DNS, connection, TLS, proxy, reset; `sent` in the cause tells whether
 * the request may have reached the server), RESPONSE_INVALID (truncated or undecodable body), TIMED_OUT or CANCELLED.
 */
export type Http = (request: HttpRequest) => Promise<HttpResponse>

/** Cause of a NETWORK_FAILED, RESPONSE_INVALID or TIMED_OUT error of the transport. */
export class NetworkCause extends Error {
  override readonly name = 'NetworkCause'
  /** May the server have acted on the request? */
  readonly sent: boolean
  /** Will the same request fail the same way again (unknown host, untrusted certificate)? */
  readonly permanent: boolean
  constructor(
    message: string,
    { sent, permanent = false, cause }: { sent: boolean; permanent?: boolean; cause?: unknown },
  ) {
    super(message, { cause })
    this.sent = sent
    this.permanent = permanent
  }
}

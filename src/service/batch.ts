import { D365Error } from '../core/errors.ts'
import { newGuid } from '../core/guid.ts'
import { NetworkCause } from '../core/http.ts'
import { type BatchAnswer, type BatchPart, parseBatch, printBatch } from '../odata/multipart.ts'
import type { Session, SessionRequest, SessionResponse } from './session.ts'

/** Many requests in one. Each part is executed as a request of its own, so it carries all headers that one would. */
export interface BatchOptions {
  /** May the whole be sent again when its fate is unknown? */
  readonly repeatable: boolean
  /** See SessionRequest. Default true. */
  readonly patient?: boolean
  readonly signal?: AbortSignal | undefined
}

/** Every part answered for itself (continue on error), in the order of the requests. */
export async function sendBatch(
  session: Session,
  requests: readonly SessionRequest[],
  { repeatable, patient = true, signal }: BatchOptions,
): Promise<SessionResponse[]> {
  const { batch } = session.capabilities
  if (requests.length === 0) return []
  if (requests.length > batch.maxRequests)
    throw new D365Error(
      'BUG',
      `${requests.length} requests in one batch; at most ${batch.maxRequests} are allowed.`,
    )
  const boundary = `batch_${newGuid()}`
  const response = await session.request({
    method: 'POST',
    path: '$batch',
    headers: { ...batch.continueOnError, 'Content-Type': `multipart/mixed; boundary="${boundary}"` },
    body: printBatch(
      requests.map((request) => toPart(session, request)),
      boundary,
    ),
    repeatable,
    patient,
    signal,
  })
  const answers = parseBatch(new TextDecoder().decode(response.body), response.headers['content-type'] ?? '')
  if (answers.length !== requests.length)
    throw new D365Error(
      'RESPONSE_INVALID',
      `A batch of ${requests.length} requests was answered ${answers.length} times.`,
      {
        cause: new NetworkCause('parts are missing', { sent: true }),
      },
    )
  return answers.map(toResponse)
}

function toPart(session: Session, { method, path, headers, body }: SessionRequest): BatchPart {
  const url = new URL(absolute(session, path))
  return {
    method,
    path: `${url.pathname}${url.search}`,
    headers: { ...session.capabilities.headers, ...session.headers, ...headers },
    body: typeof body === 'object' ? new TextDecoder().decode(body) : body,
  }
}

function absolute({ root }: Session, path: string): string {
  return URL.canParse(path) ? path : new URL(`${root}${path}`).href
}

function toResponse({ status, headers, body }: BatchAnswer): SessionResponse {
  return { status, headers, body: new TextEncoder().encode(body) }
}

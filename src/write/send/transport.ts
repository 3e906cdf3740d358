import type { SessionRequest, SessionResponse } from '../../service/session.ts'

/**
 * Many requests in one, each answered for itself (continue on error), answers in the order of the requests.
 * Rejects as `Session.request` does where the whole of it failed; an answer with too few parts is RESPONSE_INVALID.
 */
export type SendBatch = (
  requests: readonly SessionRequest[],
  options: {
    /** May the whole be sent again when its fate is unknown? */
    readonly repeatable: boolean
    /** False: a busy service (429, 503) is the caller's business. Default true. */
    readonly patient?: boolean
    readonly signal?: AbortSignal | undefined
  },
) => Promise<readonly SessionResponse[]>

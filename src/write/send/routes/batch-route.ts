import { D365Error } from '../../../core/errors.ts'
import { rowRequest } from '../../request/row-request.ts'
import type { WriteItem } from '../../request/write-item.ts'
import { readAnswer } from '../answer.ts'
import { isBatchRefused } from '../failure.ts'
import type { SendBatch } from '../transport.ts'
import { answered, type Route } from './route.ts'
import type { RouteContext } from './single-route.ts'

/** Many rows in one request, each answered for itself. A batch refused as a whole is halved down to single requests. */
export function batchRoute(context: RouteContext & { readonly sendBatch: SendBatch }, next: Route): Route {
  const { sendBatch, carry, clock, signal, capabilities } = context
  const requestsOf = (items: readonly WriteItem[]) => items.map((item) => rowRequest(item, context))
  return {
    name: 'batch',
    maxRows: capabilities.batch.maxRequests,
    handOnRows: 1,
    // Single requests are dear: halving to the end costs less than giving up on it.
    mostHalvings: () => Number.POSITIVE_INFINITY,
    next,
    // Without continue-on-error an earlier part may have been carried out, and part of a whole cannot tell.
    refusal: (error) =>
      isBatchRefused(error) ? { executed: true, halve: true, keyTaken: false } : undefined,
    requests: requestsOf,
    async carry(items) {
      const parts = await carry(
        () => sendBatch(requestsOf(items), { repeatable: false, patient: false, signal }),
        items.length,
      )
      if (parts.length !== items.length)
        throw new D365Error(
          'RESPONSE_INVALID',
          `The batch held ${items.length} requests and its answer ${parts.length}.`,
        )
      return parts.map((part) => answered(readAnswer(part, clock.now())))
    },
  }
}

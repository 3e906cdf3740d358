import type { Clock } from '../../../core/clock.ts'
import { D365Error } from '../../../core/errors.ts'
import type { Session } from '../../../service/session.ts'
import { type RequestContext, rowRequest } from '../../request/row-request.ts'
import { answerOf, readAnswer } from '../answer.ts'
import { isAboutTheRow } from '../failure.ts'
import { answered, type Route } from './route.ts'

export interface RouteContext extends RequestContext {
  readonly session: Session
  /** Waits for the budget, sends, and notes what it took. */
  readonly carry: Carry
  readonly clock: Clock
  readonly signal: AbortSignal | undefined
}

export type Carry = <Answer>(send: () => Promise<Answer>, rows: number) => Promise<Answer>

/** One row, one request. The last resort: whatever the service says is about this row. */
export function singleRoute(context: RouteContext): Route {
  const { session, carry, clock, signal } = context
  return {
    name: 'single',
    maxRows: 1,
    handOnRows: 1,
    mostHalvings: () => 0,
    next: undefined,
    refusal: () => undefined,
    requests: (items) => items.map((item) => rowRequest(item, context)),
    async carry(items) {
      const [item] = items
      if (!item || items.length > 1) throw new D365Error('BUG', `A single request for ${items.length} rows.`)
      try {
        const request = { ...rowRequest(item, context), repeatable: false, patient: false, signal }
        const response = await carry(() => session.request(request), 1)
        return [answered(readAnswer(response, clock.now()))]
      } catch (error) {
        if (error instanceof D365Error && isAboutTheRow(error)) return [answered(answerOf(error))]
        throw error
      }
    },
  }
}

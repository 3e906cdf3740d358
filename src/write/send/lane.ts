import type { Clock } from '../../core/clock.ts'
import { D365Error, ServiceError } from '../../core/errors.ts'
import { NetworkCause } from '../../core/http.ts'
import type { Session } from '../../service/session.ts'
import { createParallelism, type Parallelism } from './parallelism.ts'
import { type Pause, sharedPause } from './pause.ts'
import type { SendBatch } from './transport.ts'
import { type SendWindow, sendWindow } from './window.ts'

/** One signed-in user's way to the service: limits are counted for each user, so each has a budget of its own. */
export interface Lane {
  /** Its requests wait for the budget before they leave. */
  readonly session: Session
  readonly sendBatch: SendBatch
  /** Stops all senders of the user. */
  readonly pause: Pause
  /** Requests to have on the way at once, of all users of a run together: advice is about the environment. */
  readonly parallel: () => number
  /** Could a request leave now? */
  readonly isOpen: () => boolean
  /** Sends when there is budget for one more request; `onTook` is told the ms from leaving to the answer. */
  readonly carry: <Answer>(send: () => Promise<Answer>, options: CarryOptions) => Promise<Answer>
  readonly user: User
  /** What a request that wrote so many rows took, in ms: tells whether more at once would be faster. */
  readonly took: (ms: number, sent: { readonly rows: number; readonly kind: string }) => void
  /** A limit was met; `code` is the service's. */
  readonly refused: (code: string) => void
}

export interface User {
  readonly session: Session
  readonly sendBatch: SendBatch
}

export interface CarryOptions {
  readonly signal: AbortSignal | undefined
  readonly onTook?: (ms: number) => void
}

/** The lanes of a run, the first user's first. A budget is its user's, so all runs of a session share one. */
export function lanesOf(users: readonly User[], clock: Clock): readonly Lane[] {
  const [first] = users
  if (!first) throw new D365Error('BUG', 'There is no user to write as.')
  const shared = laneOf(first, clock)
  return [shared, ...users.slice(1).map((user) => ({ ...laneOf(user, clock), ...sharedOf(shared) }))]
}

function sharedOf({ parallel, took, refused }: Lane): Pick<Lane, 'parallel' | 'took' | 'refused'> {
  return { parallel, took, refused }
}

export function laneOf(user: User, clock: Clock): Lane {
  const { session, sendBatch } = user
  const budget = budgetOf(session, clock)
  const { pause, window, parallelism, refused } = budget
  const carry: Lane['carry'] = async (send, { signal, onTook }) => {
    const leave = await window.enter(signal).catch(neverLeft)
    const started = clock.now()
    try {
      const answer = await send()
      const ms = clock.now() - started
      budget.quickestMs = Math.min(budget.quickestMs, ms)
      onTook?.(ms)
      return answer
    } catch (error) {
      if (error instanceof ServiceError) refused(error.serviceCode.toLowerCase())
      throw error
    } finally {
      leave()
      window.learn(session.limits())
    }
  }
  return {
    user,
    carry,
    pause,
    refused,
    parallel: parallelism.current,
    isOpen: window.isOpen,
    took: (ms, { rows, kind }) =>
      parallelism.took((ms - Math.min(budget.quickestMs, MOST_TRAVEL * ms)) / rows, kind),
    sendBatch: (requests, options) => carry(() => sendBatch(requests, options), { signal: options.signal }),
    session: {
      ...session,
      request: (request) => carry(() => session.request(request), { signal: request.signal }),
    },
  }
}

/** Whoever cancels the wait is told that the rows of this request are not in doubt. */
function neverLeft(reason: unknown): never {
  throw new D365Error('CANCELLED', 'Cancelled.', {
    cause: new NetworkCause('cancelled before the request left', { sent: false, cause: reason }),
  })
}

interface Budget {
  readonly pause: Pause
  readonly window: SendWindow
  readonly parallelism: Parallelism
  readonly refused: (code: string) => void
  /** About what the way there and back takes. */
  quickestMs: number
}

/** A session with further headers is another object; what it was told of its limits is the same. */
const budgets = new WeakMap<Session['limits'], Budget>()

/** The user's at this service protection, shared by everything that goes over the session. */
function budgetOf(session: Session, clock: Clock): Budget {
  const known = budgets.get(session.limits)
  if (known) return known
  const { limits } = session.capabilities
  const pause = sharedPause(clock)
  const parallelism = createParallelism({
    limits,
    recommended: () => session.limits().recommendedParallelism,
  })
  const budget: Budget = {
    pause,
    parallelism,
    window: sendWindow({ clock, limits, pause }),
    refused: (code) => {
      if (code === limits.codes.concurrent) parallelism.tooMany()
    },
    quickestMs: Number.POSITIVE_INFINITY,
  }
  budgets.set(session.limits, budget)
  return budget
}

/** The quickest request worked too: so much of the time of another one is taken for its way, at most. */
const MOST_TRAVEL = 0.25

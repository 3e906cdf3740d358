import { backoffMs } from '../../core/backoff.ts'
import type { Clock } from '../../core/clock.ts'
import { D365Error, ServiceError } from '../../core/errors.ts'
import { NetworkCause } from '../../core/http.ts'
import type { Session } from '../../service/session.ts'
import type { WriteItem } from '../request/row-request.ts'
import { type Answer, answerOf, readAnswer } from './answer.ts'
import { type JudgeContext, judge, type Rejection, type Verdict } from './judge.ts'
import type { Pause } from './pause.ts'
import type { SendBatch } from './transport.ts'

export interface SettledItem {
  readonly item: WriteItem
  readonly verdict: Extract<Verdict, { kind: 'accepted' | 'rejected' }>
}

export interface SendContext extends JudgeContext {
  readonly session: Session
  readonly sendBatch: SendBatch
  readonly pause: Pause
  readonly clock: Clock
  readonly random: () => number
  readonly signal: AbortSignal | undefined
  /** One row a request and no batch around it. */
  readonly single: boolean
  /** Looks whether the row an insert wanted to make is there, made by an earlier attempt. */
  readonly isAlreadyIn: (items: readonly WriteItem[]) => Promise<readonly boolean[]>
  /** Told as soon as rows are settled, a batch possibly in several parts. */
  readonly onSettled: (settled: readonly SettledItem[]) => Promise<void>
  /** Told when nobody knows whether these rows were written. */
  readonly onDoubt: (items: readonly WriteItem[]) => void
}

/** Times one row is sent, answers lost and busy service counted alike, before it or the run is given up. */
const MAX_ATTEMPTS = 8
const BACKOFF = { baseMs: 500, capMs: 30_000 } as const

/**
 * Sends rows until each is settled. A busy service pauses all senders; a lost answer is settled by sending again;
 * a batch refused as a whole is halved, down to single requests.
 */
export async function sendItems(items: readonly WriteItem[], context: SendContext): Promise<void> {
  const { pause, random, signal } = context
  let waiting = items
  for (let attempt = 0; waiting.length > 0; attempt++) {
    await pause.over(signal)
    signal?.throwIfAborted()
    const reply = await ask(waiting, attempt, context)
    if (reply.kind === 'lost') {
      waiting = waiting.map((item) => ({ ...item, uncertain: item.uncertain || reply.executed }))
      pause.extend(reply.waitMs ?? backoffMs(attempt, { ...BACKOFF, random }))
      continue
    }
    if (reply.kind === 'refused') {
      const uncertain = waiting.map((item) => ({ ...item, uncertain: true }))
      if (uncertain.length === 1) return sendItems(uncertain, { ...context, single: true })
      const half = Math.ceil(uncertain.length / 2)
      await sendItems(uncertain.slice(0, half), context)
      return sendItems(uncertain.slice(half), context)
    }
    const { again, waitMs } = await settleAnswered(waiting, reply.answers, { ...context, attempt })
    if (again.length > 0) pause.extend(waitMs ?? backoffMs(attempt, { ...BACKOFF, random }))
    waiting = again
  }
}

type Reply =
  | { readonly kind: 'answers'; readonly answers: readonly Answer[] }
  /** No answer came; `executed`: the service may have acted. */
  | { readonly kind: 'lost'; readonly executed: boolean; readonly waitMs: number | undefined }
  /** The batch itself was refused. */
  | { readonly kind: 'refused' }

/** Throws what makes going on pointless: a lost right or token, a full stop of the service, a cancellation. */
async function ask(items: readonly WriteItem[], attempt: number, context: SendContext): Promise<Reply> {
  try {
    return { kind: 'answers', answers: await route(items, context) }
  } catch (error) {
    if (!(error instanceof D365Error)) {
      context.onDoubt(items)
      throw error
    }
    const refused = !context.single && WHOLE_REFUSED.has(error.code)
    const executed = refused || mayHaveBeenExecuted(error)
    if (executed) context.onDoubt(items)
    if (refused) return { kind: 'refused' }
    const resendable = !executed || context.mode !== 'insert' || items.every(({ id }) => id !== undefined)
    if (!isPassing(error) || !resendable || attempt + 1 >= MAX_ATTEMPTS) throw error
    return { kind: 'lost', executed, waitMs: error instanceof ServiceError ? error.retryAfterMs : undefined }
  }
}

/** A batch too large, not known, or ended by one of its rows. Unlike a 403, which is about the user. */
const WHOLE_REFUSED: ReadonlySet<string> = new Set(['REQUEST_REFUSED', 'NOT_FOUND', 'CONFLICT'])
/** Failures after which the fate of the request is unknown. */
const LOST: ReadonlySet<string> = new Set([
  'NETWORK_FAILED',
  'RESPONSE_INVALID',
  'TIMED_OUT',
  'SERVICE_UNAVAILABLE',
])

function mayHaveBeenExecuted(error: D365Error): boolean {
  if (error.cause instanceof NetworkCause) return error.cause.sent
  if (error instanceof ServiceError && error.status === 503) return false
  return LOST.has(error.code) || isTimeout(error) || error.code === 'CANCELLED'
}

/** Does time mend it? The session has been patient already; a long write is more so. */
function isPassing(error: D365Error): boolean {
  if (error.cause instanceof NetworkCause && error.cause.permanent) return false
  return LOST.has(error.code) || isTimeout(error) || error.code === 'THROTTLED'
}

function isTimeout(error: D365Error): boolean {
  return error instanceof ServiceError && error.status === 408
}

async function route(items: readonly WriteItem[], context: SendContext): Promise<readonly Answer[]> {
  const { session, sendBatch, clock, signal, single } = context
  const [first] = items
  if (first && single) {
    try {
      const response = await session.request({ ...first.request, repeatable: false, signal })
      return [readAnswer(response, clock.now())]
    } catch (error) {
      if (error instanceof ServiceError && isAboutTheRow(error)) return [answerOf(error)]
      throw error
    }
  }
  const parts = await sendBatch(
    items.map(({ request }) => request),
    { repeatable: false, signal },
  )
  if (parts.length !== items.length)
    throw new D365Error(
      'RESPONSE_INVALID',
      `The batch held ${items.length} requests and its answer ${parts.length}.`,
    )
  return parts.map((part) => readAnswer(part, clock.now()))
}

/** The service reports some refusals of a row as 500, with a code; one without a code is a failure. */
function isAboutTheRow({ status, serviceCode }: ServiceError): boolean {
  return status === 500 ? serviceCode !== '' : status < 500 && !NOT_ABOUT_THE_ROW.includes(status)
}

const NOT_ABOUT_THE_ROW: readonly number[] = [401, 408, 429]

async function settleAnswered(
  items: readonly WriteItem[],
  answers: readonly Answer[],
  context: SendContext & { readonly attempt: number },
): Promise<{ again: WriteItem[]; waitMs: number | undefined }> {
  const settled: SettledItem[] = []
  const looks: { item: WriteItem; otherwise: Rejection }[] = []
  const again: WriteItem[] = []
  let waitMs: number | undefined
  items.forEach((item, at) => {
    const answer = answers[at]
    if (!answer) return
    const verdict = judge(item, answer, context)
    if (verdict.kind === 'look') looks.push({ item, otherwise: verdict.otherwise })
    else if (verdict.kind !== 'again') settled.push({ item, verdict })
    else if (context.attempt + 1 >= MAX_ATTEMPTS) settled.push({ item, verdict: givenUp(answer) })
    else {
      again.push({ ...item, uncertain: item.uncertain || verdict.executed === 'unknown' })
      if (verdict.waitMs !== undefined) waitMs = Math.max(waitMs ?? 0, verdict.waitMs)
    }
  })
  context.onDoubt(again.filter(({ uncertain }) => uncertain))
  if (settled.length > 0) await context.onSettled(settled)
  if (looks.length > 0) await settleLooks(looks, context)
  return { again, waitMs }
}

function givenUp({ status, code, message }: Answer): Rejection {
  return {
    kind: 'rejected',
    code: code || `HTTP ${status}`,
    message: `Given up after ${MAX_ATTEMPTS} attempts: ${message}`,
  }
}

async function settleLooks(
  looks: readonly { readonly item: WriteItem; readonly otherwise: Rejection }[],
  context: SendContext,
): Promise<void> {
  const found = await context.isAlreadyIn(looks.map(({ item }) => item))
  await context.onSettled(
    looks.map(({ item, otherwise }, at) => ({
      item,
      verdict:
        found[at] === true ? ({ kind: 'accepted', action: 'created', id: item.id } as const) : otherwise,
    })),
  )
}

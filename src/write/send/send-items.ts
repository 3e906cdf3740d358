import { backoffMs } from '../../core/backoff.ts'
import type { Clock } from '../../core/clock.ts'
import { D365Error, ServiceError } from '../../core/errors.ts'
import type { WriteItem } from '../request/write-item.ts'
import type { Answer } from './answer.ts'
import { isBusyService, isPassing, mayHaveBeenExecuted } from './failure.ts'
import { type JudgeContext, judge, type Rejection, type Verdict } from './judge.ts'
import type { Pause } from './pause.ts'
import type { Refusal, Route, RowReply } from './routes/route.ts'

export interface SettledItem {
  readonly item: WriteItem
  readonly verdict: Extract<Verdict, { kind: 'accepted' | 'rejected' }>
}

export interface SendContext extends JudgeContext {
  readonly pause: Pause
  readonly clock: Clock
  readonly random: () => number
  readonly signal: AbortSignal | undefined
  /** Looks whether the row an insert wanted to make is there, made by an earlier attempt. */
  readonly isAlreadyIn: (items: readonly WriteItem[]) => Promise<readonly boolean[]>
  /** Told as soon as rows are settled, a request's rows possibly in several parts. */
  readonly onSettled: (settled: readonly SettledItem[]) => Promise<void>
  /** Told the service's code of a limit that was met. */
  readonly onLimit: (code: string) => void
  /** Told when nobody knows whether these rows were written. */
  readonly onDoubt: (items: readonly WriteItem[]) => void
}

/** Answers lost in succession before the run is given up. */
const MAX_ATTEMPTS = 8
/** Times a busy service is come back to, each time after the wait it asked for: hours, where others use the budget up. */
const MAX_BUSY = 100
const BACKOFF = { baseMs: 500, capMs: 30_000 } as const

/**
 * Sends rows until each is settled. A busy service pauses all senders; after a lost answer the service is asked what
 * it made of inserts, and what it does not have is sent again; a request refused as a whole is halved until the next
 * route can tell the rows apart.
 */
export async function sendItems(
  items: readonly WriteItem[],
  route: Route,
  context: SendContext,
): Promise<void> {
  for (let from = 0; from < items.length; from += route.maxRows) {
    const part = items.slice(from, from + route.maxRows)
    let left = route.mostHalvings(part.length)
    const mayHalve = (): boolean => {
      if (left === 0) route.onManyHalvings?.()
      return left-- > 0
    }
    await sendPart(part, { ...context, route, mayHalve })
  }
}

interface PartContext extends SendContext {
  readonly route: Route
  /** Counts a halving; false: there were enough of them. */
  readonly mayHalve: () => boolean
}

type PartEnd = 'through' | 'refused'

async function sendPart(items: readonly WriteItem[], context: PartContext): Promise<PartEnd> {
  const { pause, random, signal, route } = context
  let waiting = items
  let isLost = false
  for (let attempt = 0, busy = 0; waiting.length > 0; ) {
    await pause.over(signal)
    signal?.throwIfAborted()
    if (isLost) {
      const open = await withoutThoseIn(waiting, context).catch(orLost(attempt))
      if (open === 'lost') {
        pause.extend(backoffMs(attempt++, { ...BACKOFF, random }))
        continue
      }
      isLost = false
      waiting = open
      if (waiting.length === 0) break
    }
    const reply = await ask(waiting, { attempt, busy }, context)
    if (reply.kind === 'busy') {
      pause.extend(reply.waitMs ?? backoffMs(busy, { ...BACKOFF, random }))
      busy++
      continue
    }
    if (reply.kind === 'lost') {
      isLost = reply.executed
      if (isLost) waiting = uncertain(waiting)
      pause.extend(reply.waitMs ?? backoffMs(attempt, { ...BACKOFF, random }))
      attempt++
      continue
    }
    if (reply.kind === 'refused') {
      await settleRefused(waiting, reply.refusal, context)
      return 'refused'
    }
    const { again, untold, waitMs } = await settleAnswered(waiting, reply.replies, { ...context, busy })
    if (again.length > 0) pause.extend(waitMs ?? backoffMs(busy, { ...BACKOFF, random }))
    busy++
    if (untold.length > 0) await sendNext(untold, route, context)
    waiting = again
  }
  return 'through'
}

type Reply =
  | { readonly kind: 'replies'; readonly replies: readonly RowReply[] }
  | { readonly kind: 'busy'; readonly waitMs: number | undefined }
  /** No answer came; `executed`: the service may have acted. */
  | { readonly kind: 'lost'; readonly executed: boolean; readonly waitMs: number | undefined }
  /** The request itself was refused. */
  | { readonly kind: 'refused'; readonly refusal: Refusal }

/** Throws what makes going on pointless: a lost right or token, a full stop of the service, a cancellation. */
async function ask(
  items: readonly WriteItem[],
  { attempt, busy }: { readonly attempt: number; readonly busy: number },
  context: PartContext,
): Promise<Reply> {
  const { route, mode, onDoubt } = context
  try {
    return { kind: 'replies', replies: await route.carry(items) }
  } catch (error) {
    if (!(error instanceof D365Error)) {
      onDoubt(items)
      throw error
    }
    const refusal = route.refusal(error)
    const executed = refusal?.executed ?? mayHaveBeenExecuted(error)
    if (executed) onDoubt(items)
    if (refusal) return { kind: 'refused', refusal }
    if (isBusyService(error) && busy + 1 < MAX_BUSY) return { kind: 'busy', waitMs: error.retryAfterMs }
    const resendable = !executed || mode !== 'insert' || items.every(({ id }) => id !== undefined)
    if (!isPassing(error) || !resendable || attempt + 1 >= MAX_ATTEMPTS) throw error
    return { kind: 'lost', executed, waitMs: error instanceof ServiceError ? error.retryAfterMs : undefined }
  }
}

/** Takes a failure that passes for an answer that did not come. */
function orLost(attempt: number): (error: unknown) => 'lost' {
  return (error) => {
    if (error instanceof D365Error && isPassing(error) && attempt + 1 < MAX_ATTEMPTS) return 'lost'
    throw error
  }
}

/** Finds the rows to blame: those that are in already are settled, the others halved or left to the next route. */
async function settleRefused(
  refused: readonly WriteItem[],
  { executed, halve, keyTaken }: Refusal,
  context: PartContext,
): Promise<void> {
  const all = executed ? uncertain(refused) : refused
  const items = keyTaken ? await withoutThoseIn(all, context) : all
  if (items.length < all.length) {
    await sendPart(items, context)
    return
  }
  await (halve ? sendHalves(items, context) : sendNext(items, context.route, context))
}

/** Where the first half goes through, a row of the second is to blame, and the whole of that is not tried. */
async function sendHalves(items: readonly WriteItem[], context: PartContext): Promise<void> {
  const { route, mayHalve } = context
  if (items.length <= route.handOnRows || !mayHalve()) return sendNext(items, route, context)
  const half = Math.ceil(items.length / 2)
  const [first, second] = [items.slice(0, half), items.slice(half)]
  if ((await sendPart(first, context)) === 'refused') await sendPart(second, context)
  else await sendHalves(second, context)
}

function sendNext(items: readonly WriteItem[], { next, name }: Route, context: SendContext): Promise<void> {
  if (!next) throw new D365Error('BUG', `The ${name} route left ${items.length} rows unsettled.`)
  return sendItems(items, next, context)
}

function uncertain(items: readonly WriteItem[]): readonly WriteItem[] {
  return items.map((item) => ({ ...item, uncertain: true }))
}

/**
 * Settles the inserts that an earlier request put in; other kinds of writes do no harm when they are sent again.
 * One that is still being carried out is not there yet: then sending again fails for a taken key, and asking
 * once more tells.
 */
export async function withoutThoseIn(
  items: readonly WriteItem[],
  context: SendContext,
): Promise<readonly WriteItem[]> {
  if (context.mode !== 'insert') return items
  const doubtful = items.filter(({ id, uncertain }) => uncertain && id !== undefined)
  if (doubtful.length === 0) return items
  const found = await context.isAlreadyIn(doubtful)
  const isIn = new Set(doubtful.filter((_, at) => found[at] === true))
  if (isIn.size > 0) await context.onSettled([...isIn].map(settledAsCreated))
  return items.filter((item) => !isIn.has(item))
}

async function settleAnswered(
  items: readonly WriteItem[],
  replies: readonly RowReply[],
  context: SendContext & { readonly busy: number },
): Promise<{ again: WriteItem[]; untold: WriteItem[]; waitMs: number | undefined }> {
  const settled: SettledItem[] = []
  const looks: { item: WriteItem; otherwise: Rejection }[] = []
  const again: WriteItem[] = []
  const untold: WriteItem[] = []
  let waitMs: number | undefined
  items.forEach((item, at) => {
    const reply = replies[at]
    if (!reply) throw new D365Error('BUG', `Row ${item.ready.row} was sent and has no reply.`)
    if (reply.kind === 'untold') {
      untold.push({ ...item, uncertain: item.uncertain || reply.executed })
      return
    }
    const { answer } = reply
    const verdict = judge(item, answer, context)
    if (verdict.kind === 'look') looks.push({ item, otherwise: verdict.otherwise })
    else if (verdict.kind !== 'again') settled.push({ item, verdict })
    else if (context.busy + 1 >= (verdict.executed === 'no' ? MAX_BUSY : MAX_ATTEMPTS))
      settled.push({ item, verdict: givenUp(answer) })
    else {
      context.onLimit(answer.code)
      again.push({ ...item, uncertain: item.uncertain || verdict.executed === 'unknown' })
      if (verdict.waitMs !== undefined) waitMs = Math.max(waitMs ?? 0, verdict.waitMs)
    }
  })
  context.onDoubt([...again, ...untold].filter(({ uncertain }) => uncertain))
  if (settled.length > 0) await context.onSettled(settled)
  if (looks.length > 0) await settleLooks(looks, context)
  return { again, untold, waitMs }
}

function givenUp({ status, code, message }: Answer): Rejection {
  return {
    kind: 'rejected',
    code: code || `HTTP ${status}`,
    message: `Given up after ${MAX_ATTEMPTS} or more attempts: ${message}`,
  }
}

async function settleLooks(
  looks: readonly { readonly item: WriteItem; readonly otherwise: Rejection }[],
  context: SendContext,
): Promise<void> {
  const found = await context.isAlreadyIn(looks.map(({ item }) => item))
  await context.onSettled(
    looks.map(({ item, otherwise }, at) =>
      found[at] === true ? settledAsCreated(item) : { item, verdict: otherwise },
    ),
  )
}

function settledAsCreated(item: WriteItem): SettledItem {
  return { item, verdict: { kind: 'accepted', action: 'created', id: item.id } }
}

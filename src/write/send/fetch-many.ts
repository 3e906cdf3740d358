import type { Capabilities } from '../../capabilities/capabilities.ts'
import { backoffMs } from '../../core/backoff.ts'
import type { Clock } from '../../core/clock.ts'
import { D365Error } from '../../core/errors.ts'
import type { Session } from '../../service/session.ts'
import { type Answer, answerOf, isBusy, isFateUnknown, readAnswer } from './answer.ts'
import { isAboutTheRow, isBatchRefused } from './failure.ts'
import type { Pause } from './pause.ts'
import type { SendBatch } from './transport.ts'

export type Fetched =
  | { readonly kind: 'found'; readonly body: Readonly<Record<string, unknown>> }
  | { readonly kind: 'missing' }
  | { readonly kind: 'refused'; readonly code: string; readonly message: string }

/** Reads many single resources, several batches at a time; answers in the order of the paths. */
export type FetchMany = (paths: readonly string[]) => Promise<readonly Fetched[]>

export interface FetchContext {
  readonly session: Session
  readonly sendBatch: SendBatch
  readonly capabilities: Capabilities
  readonly pause: Pause
  readonly clock: Clock
  readonly random: () => number
  readonly batchSize: () => number
  readonly parallel: () => number
  readonly signal: AbortSignal | undefined
}

const MAX_ATTEMPTS = 8

export function isMissing(fetched: Fetched): fetched is Extract<Fetched, { kind: 'missing' }> {
  return fetched.kind === 'missing'
}

export function fetcher(context: FetchContext): FetchMany {
  return async (paths) => {
    const { parallel } = context
    const found: Fetched[] = []
    for (let from = 0; from < paths.length; ) {
      const batchSize = context.batchSize()
      const together = Array.from({ length: parallel() }, (_, at) =>
        paths.slice(from + at * batchSize, from + (at + 1) * batchSize),
      ).filter((batch) => batch.length > 0)
      const answers = await Promise.all(together.map((batch) => fetchBatch(batch, context)))
      found.push(...answers.flat())
      from += together.length * batchSize
    }
    return found
  }
}

async function fetchBatch(paths: readonly string[], context: FetchContext): Promise<Fetched[]> {
  const { pause, random, signal, capabilities } = context
  const found = new Map<string, Fetched>()
  let waiting = [...new Set(paths)]
  for (let attempt = 0; waiting.length > 0; attempt++) {
    await pause.over(signal)
    const answers = await ask(waiting, context)
    const again: string[] = []
    waiting.forEach((path, at) => {
      const answer = answers[at]
      if (answer && (isBusy(answer) || isFateUnknown(answer)) && attempt + 1 < MAX_ATTEMPTS) {
        again.push(path)
        pause.extend(answer.retryAfterMs ?? backoffMs(attempt, { baseMs: 1000, capMs: 30_000, random }))
      } else if (answer) found.set(path, fetched(answer, capabilities))
    })
    waiting = again
  }
  return paths.map((path) => found.get(path) ?? unanswered(path))
}

/** In one batch; one by one where the service takes no batch. */
async function ask(paths: readonly string[], context: FetchContext): Promise<readonly Answer[]> {
  const { sendBatch, clock, signal } = context
  const requests = paths.map((path) => ({ method: 'GET', path }) as const)
  try {
    const parts = await sendBatch(requests, { repeatable: true, signal })
    return parts.map((part) => readAnswer(part, clock.now()))
  } catch (error) {
    if (!isBatchRefused(error)) throw error
    const answers: Answer[] = []
    for (const path of paths) answers.push(await askOne(path, context))
    return answers
  }
}

async function askOne(path: string, { session, clock, signal }: FetchContext): Promise<Answer> {
  try {
    return readAnswer(await session.request({ method: 'GET', path, signal }), clock.now())
  } catch (error) {
    if (error instanceof D365Error && isAboutTheRow(error)) return answerOf(error)
    throw error
  }
}

function fetched(answer: Answer, { codes }: Capabilities): Fetched {
  if (answer.status < 400) return { kind: 'found', body: answer.body }
  if (answer.status === 404 || codes.notFound.includes(answer.code)) return { kind: 'missing' }
  return { kind: 'refused', code: answer.code || `HTTP ${answer.status}`, message: answer.message }
}

function unanswered(path: string): never {
  throw new D365Error(
    'RESPONSE_INVALID',
    `The batch answered fewer requests than it held; ${path} has no answer.`,
  )
}

import { AsyncLocalStorage } from 'node:async_hooks'
import type { Clock } from '../../core/clock.ts'
import type { Log } from '../../core/log.ts'
import { type Problem, problemOf } from './problem.ts'

/**
 * What the studio did for its pages: each call that asked something of Dynamics, with the requests it took. Requests are
 * told apart by who asked, whatever runs at the same time. Paths are those of the log: cut, without secrets and bodies.
 */
export interface Work {
  readonly id: number
  /** Name of the call: `sql.run`. */
  readonly call: string
  /** The system and credential it was for; undefined for settings that are not saved. */
  readonly system: string | undefined
  /** ms since 1970. */
  readonly at: number
  /** How long it took; undefined while it runs. */
  readonly ms: number | undefined
  readonly state: 'running' | 'done' | 'failed' | 'stopped'
  readonly requests: number
  readonly bytes: number
  /** The last requests, the newest first. */
  readonly recent: readonly SentRequest[]
  readonly problem: Problem | undefined
}

export interface SentRequest {
  readonly method: string
  readonly path: string
  readonly status: number
  readonly ms: number
}

export interface Activity {
  /** To be given to connections: their requests are counted for whoever asked. */
  readonly log: Log
  answer<T>(call: Called, run: () => Promise<T>): Promise<T>
  events<E>(call: Called, signal: AbortSignal, run: () => AsyncIterable<E>): AsyncIterable<E>
  /** What was done, the newest first: now, and again whenever it changes. */
  watch(signal: AbortSignal): AsyncGenerator<readonly Work[]>
}

export interface Called {
  readonly name: string
  readonly input: unknown
}

/** Pieces of work that are kept, and requests of each. */
const MOST_WORKS = 500
const MOST_REQUESTS = 100

export function createActivity({ clock }: { readonly clock: Clock }): Activity {
  const works = new Map<number, Work>()
  const current = new AsyncLocalStorage<number>()
  let numbered = 0
  let watchers: (() => void)[] = []

  const change = (id: number, next: (old: Work) => Work): void => {
    const old = works.get(id)
    if (!old) return
    works.set(id, next(old))
    for (const tell of watchers.splice(0)) tell()
  }
  const begin = ({ name, input }: Called): number => {
    const id = ++numbered
    const [oldest] = works.keys()
    if (works.size >= MOST_WORKS && oldest !== undefined) works.delete(oldest)
    works.set(id, {
      id,
      call: name,
      system: systemIn(input),
      at: clock.now(),
      ms: undefined,
      state: 'running',
      requests: 0,
      bytes: 0,
      recent: [],
      problem: undefined,
    })
    return id
  }
  const end = (id: number, state: Work['state'], problem?: Problem): void => {
    change(id, (old) => ({ ...old, state, problem, ms: clock.now() - old.at }))
    // What asked nothing of Dynamics and went well is nothing to look at.
    if (state === 'done' && works.get(id)?.requests === 0) works.delete(id)
  }

  return {
    log: (_level, event, fields = {}) => {
      const id = current.getStore()
      if (id === undefined || event !== 'request') return
      const sent = sentRequest(fields)
      change(id, (old) => ({
        ...old,
        requests: old.requests + 1,
        bytes: old.bytes + (typeof fields.bytes === 'number' ? fields.bytes : 0),
        recent: [sent, ...old.recent].slice(0, MOST_REQUESTS),
      }))
    },
    async answer(call, run) {
      if (isLooking(call)) return run()
      const id = begin(call)
      try {
        const answered = await current.run(id, run)
        end(id, 'done')
        return answered
      } catch (error) {
        end(id, 'failed', problemOf(error))
        throw error
      }
    },
    async *events(call, signal, run) {
      if (isLooking(call)) return yield* run()
      const id = begin(call)
      const source = current.run(id, () => run()[Symbol.asyncIterator]())
      let state: Work['state'] = 'stopped'
      try {
        for (;;) {
          const next = await current.run(id, () => source.next())
          if (next.done) break
          yield next.value
        }
        state = 'done'
      } catch (error) {
        state = signal.aborted ? 'stopped' : 'failed'
        if (state === 'failed') end(id, state, problemOf(error))
        throw error
      } finally {
        if (state !== 'done') await current.run(id, async () => source.return?.())
        if (state !== 'failed') end(id, state)
      }
    },
    async *watch(signal) {
      while (!signal.aborted) {
        const changed = new Promise<void>((resolve) => {
          watchers = [...watchers, resolve]
          signal.addEventListener('abort', () => resolve(), { once: true })
        })
        yield [...works.values()].reverse()
        await changed
        // Many requests a second are one picture.
        await clock.sleep(TOGETHER_MS, signal).catch(() => undefined)
      }
    },
  }
}

const TOGETHER_MS = 200

/** Who looks at the activity is no part of it. */
function isLooking({ name }: Called): boolean {
  return name.startsWith('activity.')
}

function sentRequest({ method, path, status, ms }: Readonly<Record<string, unknown>>): SentRequest {
  return { method: String(method), path: String(path), status: Number(status), ms: Number(ms) }
}

function systemIn(input: unknown): string | undefined {
  if (typeof input !== 'object' || input === null || !('environment' in input)) return undefined
  const { environment } = input
  if (typeof environment !== 'object' || environment === null || !('system' in environment)) return undefined
  const credential = 'credential' in environment ? ` · ${String(environment.credential)}` : ''
  return `${String(environment.system)}${credential}`
}

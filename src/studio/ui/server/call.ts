import type { z } from 'zod'
import type { Api } from '../../server/api.ts'
import type { Answer, Download, Events, Transfer } from '../../server/call.ts'
import type { Wire } from '../../server/json.ts'
import type { Problem } from '../../server/problem.ts'
import { ProblemError } from './problem-error.ts'
import { readEvents } from './read-events.ts'

/** Asks the studio's server. Names, questions and answers are typed from the server's own list of calls. */
type Of<Kind> = { [K in keyof Api]: Api[K] extends Kind ? K : never }[keyof Api]

export type AnswerName = Of<Answer<z.ZodType, unknown>>
export type EventsName = Of<Events<z.ZodType, unknown>>
export type DownloadName = Of<Download<z.ZodType>>
export type TransferName = Of<Transfer>

export type Input<K extends AnswerName | EventsName | DownloadName> = Api[K] extends {
  readonly schema: infer S extends z.ZodType
}
  ? z.input<S>
  : never
export type Output<K extends AnswerName> = Api[K] extends Answer<z.ZodType, infer O> ? Wire<O> : never
export type Event<K extends EventsName> = Api[K] extends Events<z.ZodType, infer E> ? Wire<E> : never

interface CallOptions {
  readonly signal?: AbortSignal | undefined
}

export async function call<K extends AnswerName>(
  name: K,
  input: Input<K>,
  { signal }: CallOptions = {},
): Promise<Output<K>> {
  const response = await send(name, JSON.stringify(input), { signal, type: JSON_TYPE })
  return response.json()
}

/** Events until the server is done; throws when it fails, or when the stream stops before its end. */
export async function* listen<K extends EventsName>(
  name: K,
  input: Input<K>,
  { signal }: CallOptions = {},
): AsyncGenerator<Event<K>, void, undefined> {
  const response = await send(name, JSON.stringify(input), { signal, type: JSON_TYPE })
  yield* readEvents<Event<K>>(response)
}

/** A file of the server's. */
export async function fetchFile<K extends DownloadName>(
  name: K,
  input: Input<K>,
  { signal }: CallOptions = {},
): Promise<Blob> {
  return (await send(name, JSON.stringify(input), { signal, type: JSON_TYPE })).blob()
}

/** Sends a file up: the answer as it comes. */
export function transfer(
  name: TransferName,
  body: BodyInit,
  { signal, type }: CallOptions & { readonly type: string },
): Promise<Response> {
  return send(name, body, { signal, type })
}

/** Hands the key or the password in; the browser gets a cookie for it. */
export async function enter(given: { readonly key: string } | { readonly password: string }): Promise<void> {
  await send('enter', JSON.stringify(given), { type: JSON_TYPE })
}

const JSON_TYPE = 'application/json'

async function send(
  name: string,
  body: BodyInit,
  { signal, type }: CallOptions & { readonly type: string },
): Promise<Response> {
  let response: Response
  try {
    response = await fetch(`/api/${name}`, {
      method: 'POST',
      headers: { 'content-type': type },
      body,
      ...(signal ? { signal } : {}),
    })
  } catch (error) {
    if (signal?.aborted) throw error
    throw new ProblemError(UNREACHABLE)
  }
  if (response.ok) return response
  throw new ProblemError(await readProblem(response))
}

const UNREACHABLE: Problem = {
  code: 'NETWORK_FAILED',
  fault: 'service',
  message: 'The studio does not answer.',
  hint: 'It was probably stopped in the terminal. Start it again with d365 studio, and open the address it prints.',
}

async function readProblem(response: Response): Promise<Problem> {
  try {
    return await response.json()
  } catch {
    return { code: 'BUG', fault: 'bug', message: `The studio answered ${response.status} without a reason.` }
  }
}

import { Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { z } from 'zod'
import { D365Error } from '../../core/errors.ts'
import { api } from './api.ts'
import { type Assets, SAFE } from './assets.ts'
import type { Call, CallContext } from './call.ts'
import { eventStream } from './event-stream.ts'
import { type GuardOptions, knownHost, ownPage, session, startSession } from './guard.ts'
import { printJson } from './json.ts'
import { problemResponse } from './problem.ts'

export interface AppOptions extends GuardOptions {
  readonly assets: Assets
  readonly context: Omit<CallContext, 'signal'>
  /** Is there a password to come in with? */
  readonly asksPassword: boolean
}

/** Most bytes of a question. Files go by `transfer`, which reads them piece by piece. */
const MOST_QUESTION_BYTES = 10_000_000

/** Nobody who is not let in yet may send more than a key or a password. */
const MOST_ENTRY_BYTES = 4096

const Entry = z.union([z.object({ key: z.string() }), z.object({ password: z.string() })])

/** Every request of the studio: its pages for anybody at the right address, its data for whoever has a session. */
export function createApp(options: AppOptions): { fetch(request: Request): Response | Promise<Response> } {
  const app = new Hono()
  app.use(knownHost(options))
  app.use('/api/*', ownPage(options))
  app.post('/api/enter', bodyLimit({ maxSize: MOST_ENTRY_BYTES, onError: tooLarge }), async (context) => {
    const given = Entry.safeParse(await readJson(context.req.raw))
    const opened = given.success ? options.keys.exchange(given.data) : undefined
    if (opened === undefined) return problemResponse(notLetIn(options.asksPassword))
    startSession(context, opened, options)
    return context.json({})
  })
  app.use('/api/*', session(options))
  app.post('/api/:name', async ({ req }) => {
    const call = callNamed(req.param('name'))
    const request = req.raw
    const context = { ...options.context, signal: request.signal }
    if (call.kind === 'transfer') return safe(await call.run(request, context))
    const input = await readJson(request)
    const called = { name: req.param('name'), input }
    const { activity } = context
    if (call.kind === 'download') return safe(await activity.answer(called, () => call.run(input, context)))
    if (call.kind === 'answer') return json(await activity.answer(called, () => call.run(input, context)))
    return safe(
      eventStream((left) => {
        const signal = AbortSignal.any([left, request.signal])
        return activity.events(called, signal, () => call.run(input, { ...context, signal }))
      }),
    )
  })
  app.get('*', ({ req }) => options.assets(req.raw))
  app.onError(problemResponse)
  app.notFound(() => new Response('Not found.\n', { status: 404, headers: SAFE }))
  return { fetch: (request) => app.fetch(request) }
}

const tooLarge = (): Response => new Response('Too large.\n', { status: 413, headers: SAFE })

const CALLS: ReadonlyMap<string, Call> = new Map(Object.entries(api))

function callNamed(name: string): Call {
  const call = CALLS.get(name)
  if (call) return call
  throw new D365Error('NOT_FOUND', `The studio has no call ${name}.`, {
    hint: 'The page is of another version than the program: load it again.',
  })
}

/** Only as JSON: a form of another page can send text, but not this type. */
async function readJson(request: Request): Promise<unknown> {
  if (!/^application\/json\b/i.test(request.headers.get('content-type') ?? ''))
    throw new D365Error('INPUT_INVALID', 'The question is not JSON.')
  const text = await request.text()
  if (text.length > MOST_QUESTION_BYTES)
    throw new D365Error(
      'INPUT_INVALID',
      `The question has ${text.length} characters; ${MOST_QUESTION_BYTES} is the limit.`,
      { hint: 'Send a file in its place.' },
    )
  try {
    const content: unknown = JSON.parse(text)
    return content
  } catch (cause) {
    throw new D365Error('INPUT_INVALID', 'The question is not JSON.', { cause })
  }
}

function json(content: unknown): Response {
  return safe(
    new Response(printJson(content), {
      headers: { 'content-type': 'application/json', 'cache-control': 'no-store' },
    }),
  )
}

function safe(response: Response): Response {
  for (const [name, value] of Object.entries(SAFE)) response.headers.set(name, value)
  return response
}

function notLetIn(asksPassword: boolean): D365Error {
  return asksPassword
    ? new D365Error('SIGN_IN_REQUIRED', 'This is not the password of the studio.', {
        hint: 'Whoever started it chose it. After 20 wrong ones it must be started again.',
      })
    : new D365Error('SIGN_IN_REQUIRED', 'The key in the address is not good, or was used already.', {
        hint: 'Open the address that d365 printed in the terminal; after a restart there is a new one.',
      })
}

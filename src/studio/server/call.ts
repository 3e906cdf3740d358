import { z } from 'zod'
import type { Clock } from '../../core/clock.ts'
import { D365Error } from '../../core/errors.ts'
import type { Activity } from './activity.ts'
import type { Drafts } from './drafts.ts'
import type { Environments } from './environments.ts'
import type { StartSandbox } from './studio.ts'
import type { Uploads } from './uploads.ts'
import type { WriteJobs } from './write-jobs.ts'

/**
 * What the browser may ask for, each written once: the shape of the question is a schema, checked when it arrives;
 * the shape of the answer is what the function returns. The browser's side is typed from here (`ui/server/call.ts`).
 */
export interface CallContext {
  /** Environment variables of the process: where settings are kept, which login hosts to trust. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
  /** Connections that are kept open, one for each external system and credential in use. */
  readonly environments: Environments
  /** What was entered and not saved, with its secrets. */
  readonly drafts: Drafts
  /** What the studio did for its pages. */
  readonly activity: Activity
  /** Files of rows that were sent up. */
  readonly uploads: Uploads
  /** Rows that are being written. */
  readonly writes: WriteJobs
  /** Starts the sandbox, once; undefined where there is none to start. */
  readonly startSandbox: StartSandbox | undefined
  /** Aborts when the browser gives up waiting. Hand it on to whatever takes time. */
  readonly signal: AbortSignal
}

/** One question, one answer. */
export interface Answer<S extends z.ZodType, O> {
  readonly kind: 'answer'
  readonly schema: S
  readonly run: (input: unknown, context: CallContext) => Promise<O>
}

/** One question, many events until it is done: progress, checks, rows. */
export interface Events<S extends z.ZodType, E> {
  readonly kind: 'events'
  readonly schema: S
  readonly run: (input: unknown, context: CallContext) => AsyncIterable<E>
}

/** One question, a file to save. */
export interface Download<S extends z.ZodType> {
  readonly kind: 'download'
  readonly schema: S
  readonly run: (input: unknown, context: CallContext) => Promise<Response>
}

/** A file that is sent up, unwrapped: the request as it came, and whatever it is answered with. */
export interface Transfer {
  readonly kind: 'transfer'
  readonly run: (request: Request, context: CallContext) => Promise<Response>
}

export type Call = Answer<z.ZodType, unknown> | Events<z.ZodType, unknown> | Download<z.ZodType> | Transfer

export function answer<S extends z.ZodType, O>(
  schema: S,
  run: (input: z.output<S>, context: CallContext) => Promise<O> | O,
): Answer<S, O> {
  return { kind: 'answer', schema, run: async (input, context) => run(read(schema, input), context) }
}

export function events<S extends z.ZodType, E>(
  schema: S,
  run: (input: z.output<S>, context: CallContext) => AsyncIterable<E>,
): Events<S, E> {
  return { kind: 'events', schema, run: (input, context) => run(read(schema, input), context) }
}

export function download<S extends z.ZodType>(
  schema: S,
  run: (input: z.output<S>, context: CallContext) => Promise<Response>,
): Download<S> {
  return { kind: 'download', schema, run: async (input, context) => run(read(schema, input), context) }
}

export function transfer(run: Transfer['run']): Transfer {
  return { kind: 'transfer', run }
}

/** For questions without any detail. */
export const nothing = z.object({})

function read<S extends z.ZodType>(schema: S, input: unknown): z.output<S> {
  const checked = schema.safeParse(input)
  if (checked.success) return checked.data
  const [issue] = checked.error.issues
  const where = issue?.path.join('.') || 'The request'
  // Values stay out of the message: one of them may be a secret.
  throw new D365Error('INPUT_INVALID', `${where}: ${issue?.message ?? 'not as expected'}.`)
}

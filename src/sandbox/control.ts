/**
 * `/sandbox`: what a person or a test does to the sandbox itself. Only for this machine: the other end and the
 * host name have to be loopback, and a page of another origin cannot change anything.
 */
import { controlPage } from './control-page.ts'
import type { Faults } from './faults.ts'
import { readFaultRule } from './faults-reader.ts'
import type { LimitOptions, Limits } from './limits.ts'
import { isLoopbackName } from './sandbox-hosts.ts'
import type { Incoming, Outgoing } from './server-exchange.ts'
import type { Store } from './store/store.ts'
import type { Trace } from './trace.ts'

export interface ControlOptions {
  readonly store: () => Store
  readonly trace: Trace
  readonly faults: Faults
  readonly limits: Limits
  /** Everything as it was at the start. */
  readonly reset: () => void
  /** Remembers all data under a name. */
  readonly snapshot: (name: string) => void
  /** Undefined name: no such snapshot. */
  readonly restore: (name: string) => boolean
}

export function isControlPath(path: string): boolean {
  return path === '/sandbox' || path.startsWith('/sandbox/')
}

export async function control(incoming: Incoming, options: ControlOptions): Promise<Outgoing> {
  const { method, path, headers, origin, fromLoopback } = incoming
  if (!fromLoopback || !isLoopbackName(new URL(origin).hostname)) {
    return problem(
      403,
      'The control pages answer on this machine only: use http://localhost or http://127.0.0.1.',
    )
  }
  const changes = method !== 'GET' && method !== 'HEAD'
  if (changes && headers.has('origin')) {
    return problem(403, 'Changes are not taken from web pages: send them without an Origin header.')
  }
  const action = ACTIONS.get(`${method} ${path.replace(/\/$/, '').replace(/\/\d+$/, '/#')}`)
  if (!action) return problem(404, `There is no ${method} ${path}. GET /sandbox lists what there is.`)
  const input = changes ? readJson(await incoming.body()) : undefined
  if (input instanceof SyntaxError) return problem(400, `The body is not JSON: ${input.message}`)
  return action(options, { input, path, origin })
}

interface Call {
  readonly input: unknown
  readonly path: string
  readonly origin: string
}

type Action = (options: ControlOptions, call: Call) => Outgoing

const ACTIONS: ReadonlyMap<string, Action> = new Map<string, Action>([
  [
    'GET /sandbox',
    (options, { origin }) => html(controlPage({ ...options, store: options.store(), origin })),
  ],
  ['GET /sandbox/trace', ({ trace }) => json({ total: trace.total, entries: trace.entries() })],
  [
    'POST /sandbox/reset',
    ({ reset }) => {
      reset()
      return nothing()
    },
  ],
  [
    'POST /sandbox/snapshot',
    ({ snapshot }, { input }) => {
      const name = nameIn(input)
      snapshot(name)
      return json({ name })
    },
  ],
  [
    'POST /sandbox/restore',
    ({ restore }, { input }) => {
      const name = nameIn(input)
      return restore(name)
        ? nothing()
        : problem(404, `There is no snapshot '${name}'. POST /sandbox/snapshot makes one.`)
    },
  ],
  ['GET /sandbox/faults', ({ faults }) => json({ clockSkewMs: faults.clockSkewMs, rules: faults.rules() })],
  ['POST /sandbox/faults', addFault],
  [
    'DELETE /sandbox/faults',
    ({ faults }) => {
      faults.clear()
      return nothing()
    },
  ],
  [
    'DELETE /sandbox/faults/#',
    ({ faults }, { path }) => {
      const id = Number(path.split('/').at(-1))
      return faults.remove(id) ? nothing() : problem(404, `There is no fault rule ${id}.`)
    },
  ],
  ['GET /sandbox/limits', ({ limits }) => json(limits.options)],
  ['POST /sandbox/limits', configureLimits],
])

/** A rule, or `{"clockSkewMs": …}` alone. */
function addFault({ faults }: ControlOptions, { input }: Call): Outgoing {
  if (isRecord(input) && input.fault === undefined && typeof input.clockSkewMs === 'number') {
    faults.clockSkewMs = input.clockSkewMs
    return json({ clockSkewMs: faults.clockSkewMs })
  }
  const reading = readFaultRule(input)
  return 'problem' in reading ? problem(400, reading.problem) : json({ id: faults.add(reading.rule) })
}

const NUMERIC_LIMITS = [
  'requests',
  'executionMs',
  'concurrent',
  'windowMs',
  'servers',
  'dopHint',
  'aggregateRows',
] as const
const SWITCHES = ['growRetryAfter', 'sendRetryAfter'] as const

function configureLimits({ limits }: ControlOptions, { input }: Call): Outgoing {
  if (!isRecord(input)) return problem(400, 'Limits are an object such as {"requests":100}.')
  let changes: LimitOptions = {}
  for (const name of NUMERIC_LIMITS) {
    const value = input[name]
    if (value === undefined) continue
    if (typeof value !== 'number' || !(value >= 0))
      return problem(400, `${name} is ${JSON.stringify(value)}; it must be a number from 0.`)
    changes = { ...changes, [name]: value }
  }
  for (const name of SWITCHES) {
    const value = input[name]
    if (value === undefined) continue
    if (typeof value !== 'boolean')
      return problem(400, `${name} is ${JSON.stringify(value)}; it must be true or false.`)
    changes = { ...changes, [name]: value }
  }
  limits.configure(changes)
  return json(limits.options)
}

function nameIn(input: unknown): string {
  return isRecord(input) && typeof input.name === 'string' ? input.name : 'default'
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** Undefined for an empty body; the error where it is not JSON. */
function readJson(body: Uint8Array): unknown {
  if (body.length === 0) return undefined
  try {
    return JSON.parse(Buffer.from(body).toString('utf8'))
  } catch (error) {
    return error instanceof SyntaxError ? error : new SyntaxError('it cannot be read')
  }
}

function json(value: unknown): Outgoing {
  return answer(200, 'application/json; charset=utf-8', `${JSON.stringify(value, null, 2)}\n`)
}

function html(body: string): Outgoing {
  return answer(200, 'text/html; charset=utf-8', body)
}

function nothing(): Outgoing {
  return { kind: 'answer', status: 204, headers: [], body: undefined }
}

function problem(status: number, message: string): Outgoing {
  return answer(status, 'application/json; charset=utf-8', `${JSON.stringify({ error: message })}\n`)
}

function answer(status: number, type: string, body: string): Outgoing {
  const headers = [
    ['Content-Type', type],
    ['Cache-Control', 'no-store'],
    ['X-Content-Type-Options', 'nosniff'],
    ['Content-Security-Policy', "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"],
  ] as const
  return { kind: 'answer', status, headers, body }
}

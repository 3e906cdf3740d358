import { dataverse } from '../../src/capabilities/dataverse.ts'
import { createCatalog } from '../../src/catalog/create-catalog.ts'
import { manualClock } from '../../src/core/clock.ts'
import type { Http } from '../../src/core/http.ts'
import { APPS, createSandbox, type Fault, type ListeningSandbox } from '../../src/sandbox/index.ts'
import { sendBatch } from '../../src/service/batch.ts'
import { createHttp } from '../../src/service/http.ts'
import { createSession } from '../../src/service/session.ts'
import { memoryRows } from '../../src/write/input/memory-rows.ts'
import type { WriteMode, WriteOptions, WriteRoute } from '../../src/write/options.ts'
import type { WriteReport } from '../../src/write/report.ts'
import { writeRows } from '../../src/write/write-rows.ts'

/** Whole writes over real sockets against the sandbox, with a clock that never waits; what is there afterwards, row by row. */

export const MODES = ['insert', 'update', 'upsert', 'delete'] as const satisfies readonly WriteMode[]
export const ROUTES = ['multiple', 'batch', 'single'] as const satisfies readonly WriteRoute[]
export type Route = (typeof ROUTES)[number]

export interface Cell {
  readonly mode: WriteMode
  readonly route: Route
}

export const CELLS: readonly Cell[] = MODES.flatMap((mode) => ROUTES.map((route) => ({ mode, route })))

const ROWS = 24
const ROWS_PER_REQUEST = 6

export interface Rig {
  readonly server: ListeningSandbox
  /** Sets the rows up that the cell begins with, no faults. */
  prepare(cell: Cell): Promise<void>
  /** The next writing requests of the cell that go wrong, counted from 1. */
  breakDown(cell: Cell, fault: Fault, nth: readonly number[]): void
  /** `http` goes around every request of the write. */
  write(cell: Cell, options?: Partial<WriteOptions>, around?: (http: Http) => Http): Promise<WriteReport>
  /** All rows of the cell's table as they are now; what changes with every write, times and versions, left out. */
  rows(cell: Cell): readonly string[]
  close(): Promise<void>
}

export async function createRig(): Promise<Rig> {
  const server = await createSandbox().listen({ port: 0 })
  const { http, close } = createHttp()
  const root = `${server.origin}/api/data/v9.2/`
  const fresh = () => signIn(server)
  let token = await fresh()
  const connect = (around: (http: Http) => Http) => {
    const clock = manualClock()
    const session = createSession({
      http: around(http),
      clock,
      capabilities: dataverse,
      root,
      random: () => 0.5,
      log: () => undefined,
      tokens: {
        token: async () => token,
        renew: async () => {
          token = await fresh()
          return token
        },
      },
    })
    return {
      session,
      clock,
      random: () => 0.5,
      catalog,
      sendBatch: (...args: Parameters<typeof sendBatch> extends [unknown, ...infer Rest] ? Rest : never) =>
        sendBatch(session, ...args),
    }
  }
  const catalog = createCatalog({
    session: createSession({
      http,
      clock: manualClock(),
      capabilities: dataverse,
      root,
      random: () => 0.5,
      log: () => undefined,
      tokens: { token: async () => token, renew: async () => token },
    }),
  })
  server.sandbox.snapshot()

  const write: Rig['write'] = async (cell, options = {}, around = (plain) => plain) =>
    writeRows(connect(around), await catalog.table(tableOf(cell)), memoryRows(inputOf(cell)), {
      mode: cell.mode,
      route: cell.route,
      ...keyOf(cell),
      batchSize: cell.route === 'single' ? 1 : ROWS_PER_REQUEST,
      parallel: 2,
      newRunId: () => 'run',
      ...options,
    })

  return {
    server,
    write,
    async prepare(cell) {
      server.sandbox.restore()
      server.sandbox.faults.clear()
      server.sandbox.limits.reset()
      const before = existingOf(cell)
      if (before.length > 0)
        await writeRows(
          connect((plain) => plain),
          await catalog.table(tableOf(cell)),
          memoryRows(before),
          {
            mode: 'insert',
          },
        )
    },
    breakDown(cell, fault, nth) {
      server.sandbox.faults.add({ ...writing(cell), nth, fault })
    },
    rows: (cell) =>
      [...server.sandbox.store.table(tableOf(cell)).rowsByKey()]
        .map((row) => {
          const lasting = Object.entries(row).filter(([name]) => !VOLATILE.test(name))
          return JSON.stringify(lasting.sort(), (_, value: unknown) =>
            typeof value === 'bigint' ? `${value}` : value,
          )
        })
        .sort(),
    close: async () => {
      await close()
      await server.close()
    },
  }
}

/** Of an upserted row whose answer was lost nobody knows any more whether it was there before. */
export function countsOf(report: WriteReport, { mode, route }: Cell): object {
  const { read, accepted, created, updated, deleted, rejected, inDoubt, notSent } = report
  const known = mode === 'upsert' && route !== 'multiple' ? {} : { created, updated, deleted }
  return { read, accepted, rejected, inDoubt, notSent, ...known }
}

const VOLATILE = /^(createdon|modifiedon|versionnumber)$/

/** Deleting by a bulk message is for elastic tables only. */
function tableOf({ mode, route }: Cell): string {
  return mode === 'delete' && route === 'multiple' ? 'contoso_sensordata' : 'account'
}

function keyOf(cell: Cell): Pick<WriteOptions, 'key'> {
  return tableOf(cell) === 'account' ? {} : { key: ['contoso_sensordataid', 'partitionid'] }
}

const idOf = (at: number): string => `00000000-0000-4000-9000-${String(at).padStart(12, '0')}`
const all = Array.from({ length: ROWS }, (_, at) => at)

type Row = Readonly<Record<string, unknown>>

function inputOf(cell: Cell): readonly Row[] {
  if (tableOf(cell) !== 'account')
    return all.map((at) => ({ contoso_sensordataid: idOf(at), partitionid: `p${at % 3}` }))
  switch (cell.mode) {
    case 'insert':
      return all.map((at) => ({ name: `Row ${at}`, accountnumber: `N${at}` }))
    case 'delete':
      return all.map((at) => ({ accountid: idOf(at) }))
    default:
      return all.map((at) => ({ accountid: idOf(at), name: `Row ${at}` }))
  }
}

/** Of an upsert's rows every other one is there already. One row more is nobody's business. */
function existingOf(cell: Cell): readonly Row[] {
  if (tableOf(cell) !== 'account')
    return [...all, ROWS].map((at) => ({
      contoso_sensordataid: idOf(at),
      partitionid: `p${at % 3}`,
      contoso_value: at,
    }))
  if (cell.mode === 'insert') return []
  const there = cell.mode === 'upsert' ? all.filter((at) => at % 2 === 0) : all
  return [...there, ROWS].map((at) => ({ accountid: idOf(at), name: 'before', accountnumber: `N${at}` }))
}

/** Requests that write, and not those that ask. */
function writing({ mode, route }: Cell): { readonly method: string; readonly path: string } {
  if (route === 'multiple') return { method: 'POST', path: '*Multiple' }
  if (route === 'batch') return { method: 'POST', path: '*$batch' }
  const method = mode === 'insert' ? 'POST' : mode === 'delete' ? 'DELETE' : 'PATCH'
  return { method, path: '*/accounts*' }
}

async function signIn({ tokenUri, serviceUrl }: ListeningSandbox) {
  const [app] = APPS
  const answer = await fetch(tokenUri.replace(/^POST /, ''), {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: app?.clientId ?? '',
      client_secret: app?.secrets[0]?.value ?? '',
      scope: `${new URL(serviceUrl).origin}/.default`,
    }),
  })
  const tokens: unknown = await answer.json()
  const value =
    typeof tokens === 'object' && tokens !== null && 'access_token' in tokens && tokens.access_token
  return { value: String(value), expiresAt: undefined }
}

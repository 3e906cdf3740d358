import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type DuckDBConnection, DuckDBInstance, type DuckDBResult, type DuckDBValue } from '@duckdb/node-api'
import { D365Error } from '../core/errors.ts'
import { engineError } from './engine-error.ts'

/**
 * The one place that touches DuckDB, with what has to be known of it:
 * - streamed results end silently where the query fails, so every result is complete before a row is handed out, and
 *   counted when they are;
 * - statements come from users, so it may reach no file but those in its own folder, and nothing can unlock that;
 * - texts are compared without case and accents, as the service does, by a setting of the whole instance.
 */
export interface Duck {
  /** Files it may read. Removed when it is closed. */
  readonly folder: string
  session(): Promise<DuckSession>
  close(): Promise<void>
}

/** One connection: temporary tables are its own. */
export interface DuckSession {
  /** A folder for the files of this session, removed with it. */
  readonly folder: string
  /** The whole result, in the engine's memory. */
  run(sql: string, signal?: AbortSignal): Promise<DuckDBResult>
  /** Runs a statement that makes rows: a table, a file. How many it made. */
  make(sql: string, signal?: AbortSignal): Promise<number>
  /** The columns a query gives, before it runs. */
  columns(sql: string): Promise<readonly DuckColumn[]>
  /**
   * The rows of a query as they are, a few thousand at a time. They wait in a temporary table, which goes to disk where
   * memory is short: a failure comes before the first of them, and fewer than there were is an error.
   */
  rows(sql: string, signal?: AbortSignal): AsyncGenerator<readonly (readonly DuckDBValue[])[]>
  /** The same of a query that is known to give `count` rows, and needs no table for that: what a file holds. */
  counted(
    sql: string,
    count: number,
    signal?: AbortSignal,
  ): AsyncGenerator<readonly (readonly DuckDBValue[])[]>
  close(): Promise<void>
}

export interface DuckColumn {
  readonly name: string
  /** As SQL names it: `VARCHAR`, `DECIMAL(19,4)`. */
  readonly type: string
}

/** Of the whole instance: what is only set holds for the one connection that set it. */
const SETTINGS = [
  `set global default_collation = 'NOCASE.NOACCENT'`,
  // A moment without a zone is UTC.
  `set global TimeZone = 'UTC'`,
  `set global integer_division = true`,
  `set global default_null_order = 'nulls_last_on_asc_first_on_desc'`,
]

export interface DuckOptions {
  /** Further files it may read, and none beside them. */
  readonly reads?: readonly string[]
  /** False: rows may come out in another order than they went in, which takes a tenth of the memory. Default true. */
  readonly ordered?: boolean
}

export async function openDuck({ reads = [], ordered = true }: DuckOptions = {}): Promise<Duck> {
  const folder = mkdtempSync(join(tmpdir(), 'd365-sql-'))
  const spill = join(folder, 'spill')
  mkdirSync(spill)
  const instance = await DuckDBInstance.create(':memory:')
  const setup = await instance.connect()
  const locks = [
    `set global temp_directory = ${literal(spill)}`,
    `set global allowed_directories = [${literal(`${folder}/`)}]`,
    `set global preserve_insertion_order = ${ordered}`,
    `set global allowed_paths = [${reads.map(literal).join(', ')}]`,
    'set global enable_external_access = false',
    'set global lock_configuration = true',
  ]
  for (const setting of [...SETTINGS, ...locks]) await setup.run(setting)
  setup.closeSync()
  return {
    folder,
    session: async () => createSession(await instance.connect(), await mkdtemp(join(folder, 'query-'))),
    close: async () => {
      instance.closeSync()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function createSession(connection: DuckDBConnection, folder: string): DuckSession {
  /** One statement at a time: several scans share the session. */
  let last: Promise<unknown> = Promise.resolve()
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const turn = last.then(work, work)
    last = turn.catch(() => undefined)
    return turn
  }
  const guarded = async <T>(work: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> => {
    if (signal?.aborted) throw cancelled(signal)
    const interrupt = () => connection.interrupt()
    signal?.addEventListener('abort', interrupt, { once: true })
    try {
      return await work()
    } catch (error) {
      throw signal?.aborted ? cancelled(signal) : engineError(error)
    } finally {
      signal?.removeEventListener('abort', interrupt)
    }
  }
  const run: DuckSession['run'] = (sql, signal) => inTurn(() => guarded(() => connection.run(sql), signal))
  const make: DuckSession['make'] = async (sql, signal) => {
    const [[count] = []] = await (await run(sql, signal)).getRows()
    return Number(count)
  }
  const counted: DuckSession['counted'] = async function* (sql, count, signal) {
    let missing = count
    const result = await inTurn(() => guarded(() => connection.stream(sql), signal))
    for await (const rows of result.yieldRows()) {
      if (signal?.aborted) throw cancelled(signal)
      missing -= rows.length
      yield rows
    }
    if (signal?.aborted) throw cancelled(signal)
    if (missing !== 0) throw new D365Error('BUG', `${missing} rows of the result did not come.`)
  }
  return {
    folder,
    run,
    make,
    columns: (sql) =>
      inTurn(() =>
        guarded(async () => {
          const prepared = await connection.prepare(sql)
          const columns = Array.from({ length: prepared.columnCount }, (_, index) => ({
            name: prepared.columnName(index),
            type: String(prepared.columnType(index)),
          }))
          prepared.destroySync()
          return columns
        }, undefined),
      ),
    counted,
    async *rows(sql, signal) {
      const count = await make(`create or replace temp table _answer as\n${sql}`, signal)
      yield* counted('select * from _answer', count, signal)
    },
    close: async () => {
      connection.closeSync()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

function cancelled({ reason }: AbortSignal): D365Error {
  if (reason instanceof D365Error) return reason
  return new D365Error('CANCELLED', 'The query was cancelled.', { cause: reason })
}

/** A text in SQL. */
export function literal(text: string): string {
  return `'${text.replaceAll("'", "''")}'`
}

/** A name in SQL. */
export function identifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

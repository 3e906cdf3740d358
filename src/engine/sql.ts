import type { Catalog, Table } from '../catalog/table.ts'
import type { Clock } from '../core/clock.ts'
import { D365Error, ServiceError } from '../core/errors.ts'
import { type TableName, tableKey } from '../plan/bind.ts'
import { parseStatement } from '../plan/parse.ts'
import { planQuery, type QueryPlan, tablesOf } from '../plan/plan.ts'
import type { SqlParameter } from '../plan/prepare.ts'
import type { Session } from '../service/session.ts'
import { type Duck, openDuck } from './duck.ts'
import { type QueryResult, runQuery } from './run-query.ts'
import { remoteRequest } from './stage.ts'

/** SQL over one or several environments: parsed, planned, read and answered. */
export interface Sql {
  query(text: string, options?: QueryOptions): Promise<SqlResult>
  explain(text: string, options?: QueryOptions): Promise<SqlPlan>
  close(): Promise<void>
}

export interface QueryOptions {
  /** Values of `$1`, `$2` … */
  readonly parameters?: readonly SqlParameter[]
  /** False: tables are read whole and everything is done here, to compare answers. Default true. */
  readonly pushdown?: boolean
  readonly signal?: AbortSignal | undefined
}

export interface SqlResult extends QueryResult {
  readonly plan: SqlPlan
}

/** A plan for people and programs to look at. */
export interface SqlPlan {
  readonly requests: readonly PlannedRequest[]
  /** SQL that runs here, over the answers. */
  readonly localSql: string
}

export interface PlannedRequest {
  /** Name of its rows in `localSql`. */
  readonly id: string
  readonly table: string
  readonly system: string | undefined
  /** First request, relative to the service root. */
  readonly request: string
  /** At most so many rows; undefined: all that match. */
  readonly top: number | undefined
  /** Conditions that are applied here only, and why. */
  readonly local: readonly string[]
}

/** Where the tables of one external system come from. */
export interface SqlSource {
  readonly session: Session
  readonly catalog: Catalog
}

export interface SqlOptions {
  /** The source of a system by name; undefined: the connection's own. Throws NOT_FOUND. */
  readonly source: (system: string | undefined) => Promise<SqlSource>
  readonly clock: Clock
}

interface PreparedOptions extends QueryOptions {
  readonly aggregates?: boolean
}

export function createSql({ source, clock }: SqlOptions): Sql {
  let duck: Promise<Duck> | undefined
  const prepared = async (text: string, { parameters, pushdown, aggregates, signal }: PreparedOptions) => {
    const statement = await parseStatement(text)
    const sources = new Map<string | undefined, SqlSource>()
    const tables = new Map<string, Table>()
    for (const name of tablesOf(statement)) {
      const from = sources.get(name.system) ?? (await source(name.system))
      sources.set(name.system, from)
      const table = await tableOf(from, name, signal)
      if (table) tables.set(tableKey(name), table)
    }
    const own = sources.get(undefined) ?? (await source(undefined))
    const plan = planQuery(statement, {
      tables,
      annotations: own.session.capabilities.read.annotations,
      now: clock.now(),
      ...(parameters === undefined ? {} : { parameters }),
      ...(pushdown === undefined ? {} : { pushdown }),
      ...(aggregates === undefined ? {} : { aggregates }),
    })
    const sessionOf = (system: string | undefined): Session => sources.get(system)?.session ?? own.session
    return { plan, sessionOf, shown: shown(plan, sessionOf) }
  }
  const run = async (text: string, options: PreparedOptions): Promise<SqlResult> => {
    const { plan, sessionOf, shown: plain } = await prepared(text, options)
    duck ??= openDuck()
    const result = await runQuery(plan, {
      duck: await duck,
      sessionOf: ({ system }) => sessionOf(system),
      signal: options.signal,
    })
    return { ...result, plan: plain }
  }
  const tooMany = async ({ serviceCode }: ServiceError): Promise<boolean> => {
    const { session } = await source(undefined)
    return session.capabilities.codes.aggregateLimit.includes(serviceCode.toLowerCase())
  }
  return {
    query: async (text, options = {}) => {
      try {
        return await run(text, options)
      } catch (error) {
        // Too many rows for the service to aggregate: then they are read and aggregated here.
        if (error instanceof ServiceError && (await tooMany(error)))
          return run(text, { ...options, aggregates: false })
        throw error
      }
    },
    explain: async (text, options = {}) => (await prepared(text, options)).shown,
    close: async () => {
      const opened = await duck
      await opened?.close()
    },
  }
}

/** Undefined for the name of a CTE that no table has too. */
async function tableOf(
  { catalog }: SqlSource,
  { table, isCte }: TableName,
  signal: AbortSignal | undefined,
): Promise<Table | undefined> {
  try {
    return await catalog.table(table, { signal })
  } catch (error) {
    if (isCte && error instanceof D365Error && error.code === 'NOT_FOUND') return undefined
    throw error
  }
}

function shown({ scans, localSql }: QueryPlan, sessionOf: (system: string | undefined) => Session): SqlPlan {
  return {
    requests: scans.map((scan) => ({
      id: scan.id,
      table: scan.table.name,
      system: scan.system,
      request: remoteRequest(scan, sessionOf(scan.system)).request.path,
      top: scan.top,
      local: scan.local,
    })),
    localSql,
  }
}

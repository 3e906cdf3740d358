import type { Catalog, Table } from '../catalog/table.ts'
import type { Clock } from '../core/clock.ts'
import { D365Error, ServiceError } from '../core/errors.ts'
import { type TableName, tableKey } from '../plan/bind.ts'
import { type Change, changedTable, readChange } from '../plan/change.ts'
import { readExplain } from '../plan/explain-statement.ts'
import { parseStatement, place } from '../plan/parse.ts'
import { planQuery, type RemoteScan, tablesOf } from '../plan/plan.ts'
import type { SqlParameter } from '../plan/prepare.ts'
import type { Session } from '../service/session.ts'
import { type Duck, openDuck } from './duck.ts'
import { placed } from './engine-error.ts'
import { explained } from './explained.ts'
import { METADATA_SCHEMAS, metadataNames, metadataTable } from './metadata-tables.ts'
import { type QueryResult, runQuery } from './run-query.ts'
import { type SqlPlan, shownPlan } from './sql-plan.ts'

/** SQL over one or several environments: parsed, planned, read and answered. */
export interface Sql {
  query(text: string, options?: QueryOptions): Promise<SqlResult>
  explain(text: string, options?: QueryOptions): Promise<SqlPlan>
  /** The rows an INSERT, UPDATE or DELETE would write. Nothing is written. */
  change(text: string, options?: ChangeOptions): Promise<SelectedChange>
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

export interface ChangeOptions extends QueryOptions {
  /** Is an UPDATE or DELETE without WHERE meant? Default false. */
  readonly allRows?: boolean
}

/** Rows to write, each a list of values in the order of the change's columns. */
export interface SelectedChange
  extends Omit<Change, 'select'>,
    Pick<SqlResult, 'rows' | 'scans' | 'finished' | 'plan'> {}

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

interface Ran {
  readonly change: Change | undefined
  readonly result: SqlResult
}

export function createSql({ source, clock }: SqlOptions): Sql {
  let duck: Promise<Duck> | undefined
  const prepared = async (text: string, options: QueryOptions) => {
    const { parameters, pushdown, signal } = options
    const { statement, explain } = readExplain(await parseStatement(text))
    const sources = new Map<string | undefined, SqlSource>()
    const tables = new Map<string, Table>()
    for (const name of tablesOf(statement)) {
      const at = { text: statement.text, position: name.position }
      if (name.system !== undefined && METADATA_SCHEMAS.includes(name.system.toLowerCase())) {
        tables.set(tableKey(name), await pointing(async () => metadataTableOf(name), at))
        continue
      }
      const from = sources.get(name.system) ?? (await pointing(() => source(name.system), at))
      sources.set(name.system, from)
      const table = await pointing(() => tableOf(from, name, signal), at)
      if (table) tables.set(tableKey(name), table)
    }
    const own = sources.get(undefined) ?? (await source(undefined))
    const changed = changedTable(statement.tree)
    const table = changed && tables.get(tableKey(changed))
    const change = table && readChange(statement, table)
    const plan = planQuery(change?.select ?? statement, {
      tables,
      annotations: own.session.capabilities.read.annotations,
      now: clock.now(),
      ...(parameters === undefined ? {} : { parameters }),
      ...(pushdown === undefined ? {} : { pushdown }),
    })
    const sessionOf = (system: string | undefined): Session => sources.get(system)?.session ?? own.session
    return {
      statement,
      plan,
      change,
      explain,
      sessionOf,
      shown: shownPlan(plan, { change, table, explains: explain !== undefined, sessionOf }),
    }
  }
  const run = async (text: string, options: QueryOptions, check: Check): Promise<Ran> => {
    const { statement, plan, change, explain, sessionOf, shown: plain } = await prepared(text, options)
    if (explain && !explain.analyze) return { change: undefined, result: explained(plain, explain) }
    if (explain && change) throw wouldWrite(change)
    check(change)
    duck ??= openDuck()
    const running = runQuery(plan, {
      duck: await duck,
      sessionOf: ({ system }) => sessionOf(system),
      metadataOf: (scan) => metadataOf(scan, options.signal),
      signal: options.signal,
    })
    const result = await running.catch((error: unknown) => {
      throw placed(error, { made: plan.localSql, text: statement.text })
    })
    return { change, result: explain ? explained(plain, explain, result) : { ...result, plan: plain } }
  }
  const metadataOf = ({ system = '', table, filter }: RemoteScan, signal: AbortSignal | undefined) => {
    const metadata = metadataTable(system, table.name)
    return (
      metadata && source(undefined).then(({ catalog }) => metadata.rows(catalog, tableAsked(filter), signal))
    )
  }
  return {
    query: async (text, options = {}) => (await run(text, options, onlyReads)).result,
    change: async (text, options = {}) => {
      const { change, result } = await run(text, options, (found) => checkChange(found, options))
      if (!change) throw notAChange()
      const { select: _select, ...facts } = change
      const { rows, scans, finished, plan } = result
      return { ...facts, rows, scans, finished, plan }
    },
    explain: async (text, options = {}) => (await prepared(text, options)).shown,
    close: async () => {
      const opened = await duck
      await opened?.close()
    },
  }
}

/** The one table that metadata are asked about: a description of every table is a request each. */
function tableAsked(filter: RemoteScan['filter']): string | undefined {
  for (const one of filter)
    if (one.kind === 'compare' && one.operator === 'eq' && one.column.name === 'table_name')
      return one.value.text.toLowerCase()
  return undefined
}

function metadataTableOf({ system: schema = '', table: name }: TableName): Table {
  const found = metadataTable(schema, name)
  if (found) return found.table
  throw new D365Error('NOT_FOUND', `There is no table ${schema}.${name}.`, {
    hint: `There are ${metadataNames(schema).join(', ')}.`,
  })
}

interface At {
  readonly text: string
  readonly position: number | undefined
}

/** What is not found is shown where the statement names it. */
async function pointing<T>(find: () => Promise<T>, { text, position }: At): Promise<T> {
  try {
    return await find()
  } catch (error) {
    if (!(error instanceof D365Error) || error.code !== 'NOT_FOUND' || error instanceof ServiceError)
      throw error
    const message = `${error.message.replace(/\.$/, '')}${place(text, position)}`
    throw new D365Error(error.code, message, { hint: error.hint, cause: error })
  }
}

/** Refuses a statement before anything is read for it. */
type Check = (change: Change | undefined) => void

function onlyReads(change: Change | undefined): void {
  if (!change) return
  throw new D365Error('INPUT_INVALID', `${change.kind.toUpperCase()} changes rows, and query() only reads.`, {
    hint: 'Use execute() for it. Nothing was changed.',
  })
}

function wouldWrite({ kind }: Change): D365Error {
  return new D365Error('INPUT_INVALID', `EXPLAIN ANALYZE would carry the ${kind.toUpperCase()} out.`, {
    hint: 'Leave ANALYZE out, or run the statement with d365 sql --analyze. Nothing was changed.',
  })
}

function checkChange(change: Change | undefined, { allRows = false }: ChangeOptions): void {
  if (!change) throw notAChange()
  if (change.conditional || allRows) return
  throw new D365Error(
    'INPUT_INVALID',
    `${change.kind.toUpperCase()} without WHERE would change every row of ${change.table.table}.`,
    { hint: 'Add a WHERE, or say --all-rows (allRows) if every row is meant. Nothing was changed.' },
  )
}

function notAChange(): D365Error {
  return new D365Error('INPUT_INVALID', 'This statement only reads.', { hint: 'Use query() for it.' })
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

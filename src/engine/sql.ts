import type { Catalog, Table } from '../catalog/table.ts'
import type { Clock } from '../core/clock.ts'
import { D365Error, ServiceError } from '../core/errors.ts'
import type { Fields } from '../plan/ast.ts'
import { type TableName, tableKey, tableNameOf } from '../plan/bind.ts'
import { type Change, changedTable, readChange } from '../plan/change/change.ts'
import { returningStatement } from '../plan/change/returning.ts'
import { type CopyTarget, readCopy } from '../plan/copy-statement.ts'
import { readExplain } from '../plan/explain-statement.ts'
import { parseStatement, place, type Statement } from '../plan/parse.ts'
import { planQuery, type QueryPlan, type RemoteScan, tablesOf } from '../plan/plan.ts'
import type { SqlParameter } from '../plan/prepare.ts'
import type { Session } from '../service/session.ts'
import type { AnswerOptions } from './answer.ts'
import { type Duck, openDuck } from './duck.ts'
import { placed } from './engine-error.ts'
import { explained } from './explained.ts'
import { exportFile } from './export-file.ts'
import { lendFiles } from './lend-files.ts'
import { METADATA_SCHEMAS, metadataNames, metadataTable } from './metadata-tables.ts'
import { type ReturnedRows, returnedRows, type WrittenPlace } from './returned-rows.ts'
import { type QueryCost, type QueryResult, type RunningQuery, runQuery, startQuery } from './run-query.ts'
import { type SqlPlan, shownPlan } from './sql-plan.ts'

/** SQL over one or several environments: parsed, planned, read and answered. */
export interface Sql {
  query(text: string, options?: QueryOptions): Promise<SqlResult>
  explain(text: string, options?: QueryOptions): Promise<SqlPlan>
  /** The same, its rows given as they come. */
  stream(text: string, options?: QueryOptions): Promise<SqlStream>
  /** Writes the answer to a file, which appears whole or not at all. A COPY statement names the file itself. */
  export(text: string, options?: ExportOptions): Promise<ExportReport>
  /** The rows an INSERT, UPDATE, DELETE or MERGE would write. Nothing is written. */
  change(text: string, options?: ChangeOptions): Promise<SelectedChange>
  /** What RETURNING says of rows that were written. */
  returned(
    change: SelectedChange,
    written: readonly WrittenPlace[],
    options?: QueryOptions,
  ): Promise<ReturnedRows>
  close(): Promise<void>
}

export interface QueryOptions {
  /** Values of `$1`, `$2` … */
  readonly parameters?: readonly SqlParameter[]
  /** False: tables are read whole and everything is done here, to compare answers. Default true. */
  readonly pushdown?: boolean
  /** May the statement read files of this machine, as `read_csv('rows.csv')`, `read_parquet`, `read_ndjson`? Default false. */
  readonly localFiles?: boolean
  /**
   * For somebody who looks on, and may not want all rows: the first ones come as soon as a page is there, read by one reader.
   * Default false: all rows come as soon as possible.
   */
  readonly firstRows?: boolean
  /** After so long the query is given up with TIMED_OUT. Default: never. */
  readonly timeoutMs?: number
  readonly signal?: AbortSignal | undefined
}

export interface ExportOptions extends QueryOptions {
  /** Where to, and as what. Default: what a COPY statement says. */
  readonly to?: CopyTarget
}

export interface ExportReport extends QueryCost, CopyTarget {
  readonly plan: SqlPlan
}

export interface SqlStream extends RunningQuery {
  readonly plan: SqlPlan
}

export interface SqlResult extends QueryResult {
  readonly plan: SqlPlan
}

export interface ChangeOptions extends QueryOptions {
  /** Is an UPDATE or DELETE without WHERE meant? Default false. */
  readonly allRows?: boolean
}

/** Rows to write, each a list of values: which of the actions it is for, where there are several, and theirs. */
export interface SelectedChange
  extends Omit<Change, 'select'>,
    Pick<SqlResult, 'columns' | 'rows' | 'scans' | 'finished' | 'plan'> {}

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
  const opened = (): Promise<Duck> => {
    duck ??= openDuck()
    return duck
  }
  /** The tables a statement names, of all the environments it names. */
  const named = async (statement: Statement, { signal }: QueryOptions) => {
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
    const sessionOf = (system: string | undefined): Session => sources.get(system)?.session ?? own.session
    return { tables, own, sessionOf }
  }
  const planned = (
    statement: Statement,
    { tables, own }: Pick<Awaited<ReturnType<typeof named>>, 'tables' | 'own'>,
    { parameters, pushdown }: QueryOptions,
  ): QueryPlan =>
    planQuery(statement, {
      tables,
      annotations: own.session.capabilities.read.annotations,
      fetchXml: own.session.capabilities.read.fetchXml,
      now: clock.now(),
      ...(parameters === undefined ? {} : { parameters }),
      ...(pushdown === undefined ? {} : { pushdown }),
    })
  const prepared = async (text: string, options: QueryOptions) => {
    const { statement: asked, explain } = readExplain(await parseStatement(text))
    const { statement: written, copy } = readCopy(asked)
    const statement = await lendFiles(written, { allowed: options.localFiles === true, duck: opened })
    const names = await named(statement, options)
    const { tables, sessionOf } = names
    const changed = changedTable(statement.tree)
    const table = changed && tables.get(tableKey(changed))
    const tableOf = (rangeVar: Fields) => tables.get(tableKey(tableNameOf(rangeVar)))
    const change = table && readChange({ statement, table, tableOf })
    const plan = planned(change?.select ?? statement, names, options)
    return {
      statement,
      plan,
      change,
      copy,
      explain,
      sessionOf,
      shown: shownPlan(plan, { change, copy, table, explains: explain !== undefined, sessionOf }),
    }
  }
  const answering = async (
    { sessionOf }: Pick<Awaited<ReturnType<typeof named>>, 'sessionOf'>,
    { signal, firstRows }: QueryOptions,
  ): Promise<AnswerOptions> => {
    return {
      duck: await opened(),
      sessionOf: ({ system }) => sessionOf(system),
      metadataOf: (scan) => metadataOf(scan, signal),
      signal,
      firstRows,
    }
  }
  const run = async (text: string, given: QueryOptions, check: Check): Promise<Ran> => {
    const options = withinTime(given)
    const ready = await prepared(text, options)
    const { plan, change, explain, shown } = ready
    if (explain && !explain.analyze) return { change: undefined, result: explained(shown, explain) }
    if (explain && change) throw wouldWrite(change)
    if (!explain) check(ready)
    const result = await runQuery(plan, await answering(ready, options)).catch(pointingInto(ready))
    return { change, result: explain ? explained(shown, explain, result) : { ...result, plan: shown } }
  }
  const metadataOf = ({ system = '', table, filter }: RemoteScan, signal: AbortSignal | undefined) => {
    const metadata = metadataTable(system, table.name)
    return (
      metadata && source(undefined).then(({ catalog }) => metadata.rows(catalog, tableAsked(filter), signal))
    )
  }
  return {
    query: async (text, options = {}) => (await run(text, options, onlyReads)).result,
    stream: async (text, given = {}) => {
      const options = withinTime(given)
      const ready = await prepared(text, options)
      onlyReads(ready)
      const { plan, shown } = ready
      if (shown.explains) throw onlyExplains()
      const running = await startQuery(plan, await answering(ready, options)).catch(pointingInto(ready))
      return { ...running, batches: rethrowing(running.batches, pointingInto(ready)), plan: shown }
    },
    export: async (text, given = {}) => {
      const options = withinTime(given)
      const ready = await prepared(text, options)
      const { plan, change, shown, copy } = ready
      onlyReads({ change, copy: undefined })
      if (shown.explains) throw onlyExplains()
      const to = given.to ?? copy
      if (!to)
        throw new D365Error('CONFIG_INVALID', 'The export has no file to go to.', {
          hint: "Name one, or write copy (select …) to 'file.parquet'.",
        })
      const cost = await exportFile(plan, to, await answering(ready, options)).catch(pointingInto(ready))
      return { ...to, ...cost, plan: shown }
    },
    change: async (text, options = {}) => {
      const { change, result } = await run(text, options, (found) => checkChange(found.change, options))
      if (!change) throw notAChange()
      const { select: _select, ...facts } = change
      const { columns, rows, scans, finished, plan } = result
      return { ...facts, columns, rows, scans, finished, plan }
    },
    returned: (change, written, options = {}) =>
      returnedRows(change, written, async (returning, some) => {
        const statement = await returningStatement(returning, some)
        const names = await named(statement, options)
        return runQuery(planned(statement, names, options), await answering(names, options))
      }),
    explain: async (text, options = {}) => (await prepared(text, options)).shown,
    close: async () => {
      await (await duck)?.close()
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

interface Written {
  readonly plan: { readonly localSql: string }
  readonly statement: { readonly text: string }
}

/** What the engine says of the SQL it was given, said of the statement it was made of. */
function pointingInto({ plan, statement }: Written): (error: unknown) => never {
  return (error) => {
    throw placed(error, { made: plan.localSql, text: statement.text })
  }
}

async function* rethrowing<T>(items: AsyncGenerator<T>, fail: (error: unknown) => never): AsyncGenerator<T> {
  try {
    yield* items
  } catch (error) {
    fail(error)
  }
}

/** Refuses a statement before anything is read for it. */
type Check = (found: Found) => void

interface Found {
  readonly change: Change | undefined
  readonly copy: CopyTarget | undefined
}

function onlyReads({ change, copy }: Found): void {
  if (copy)
    throw new D365Error('INPUT_INVALID', `COPY writes the file ${copy.file}, and query() only gives rows.`, {
      hint: 'Use export() for it. Nothing was written.',
    })
  if (!change) return
  throw new D365Error('INPUT_INVALID', `${change.kind.toUpperCase()} changes rows, and query() only reads.`, {
    hint: 'Use execute() for it. Nothing was changed.',
  })
}

function onlyExplains(): D365Error {
  return new D365Error('INPUT_INVALID', 'EXPLAIN gives a plan, which is no table to take rows from.', {
    hint: 'Use query() or explain() for it.',
  })
}

/** The signal of options, aborted as well when their time is over. */
function withinTime(options: QueryOptions): QueryOptions {
  const { timeoutMs, signal } = options
  if (timeoutMs === undefined) return options
  const over = new AbortController()
  const timer = setTimeout(() => {
    over.abort(
      new D365Error('TIMED_OUT', `The query took longer than the ${timeoutMs} ms it was given.`, {
        hint: 'Give it more time (--timeout, timeoutMs), or filter earlier: EXPLAIN shows what is asked for.',
      }),
    )
  }, timeoutMs)
  timer.unref()
  return { ...options, signal: signal ? AbortSignal.any([signal, over.signal]) : over.signal }
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

import { join } from 'node:path'
import {
  aboutTheMachine,
  type ChosenSettings,
  type ConnectionOptions,
  type Credential,
  chooseSettings,
  createTokenSource,
  type ExternalSystem,
  parseServiceUrl,
  readToken,
  recordTestOutcome,
  requireValid,
  validateSettings,
} from './auth/index.ts'
import type { Capabilities } from './capabilities/capabilities.ts'
import { dataverse } from './capabilities/dataverse.ts'
import { createCatalog } from './catalog/create-catalog.ts'
import { createMetadataCache } from './catalog/metadata-cache.ts'
import { type ReadOptions, readRows } from './catalog/read-rows.ts'
import type { Cancellable, Connection, ConnectOptions } from './connection.ts'
import { systemClock } from './core/clock.ts'
import { D365Error } from './core/errors.ts'
import { silentLog } from './core/log.ts'
import { examine } from './doctor/examine.ts'
import { identify } from './doctor/identity.ts'
import type { WrittenPlace } from './engine/returned-rows.ts'
import type { Sql, SqlSource } from './engine/sql.ts'
import { createHttp } from './service/http.ts'
import { httpOptions } from './service/http-options.ts'
import { DEFAULT_RETRY_POLICY } from './service/retry.ts'
import { createSession } from './service/session.ts'
import { connectedWriter } from './write/connected-writer.ts'
import { executeChange } from './write/execute-change.ts'
import { rowsOpener } from './write/input/open-rows.ts'
import type { AcceptedRow, RowOutcome } from './write/outcome.ts'

/** The composition root: settings in, a Connection out. The only file that wires the parts together. */
export {
  aboutTheMachine,
  browserGrant,
  buildEntraUrl,
  type ConnectionSettings,
  type Credential,
  type CredentialStore,
  cloudOfLoginHost,
  configFolder,
  type DeviceCode,
  deviceCodeGrant,
  type ExternalSystem,
  formatConnectionString,
  GRANTS,
  type GrantName,
  impliedGrant,
  isGrantName,
  maskSecret,
  openCredentialStore,
  type PasteRedirect,
  parseConnectionString,
  parseEntraUrl,
  readEnvironment,
  readToken,
  resolveTarget,
  type TokenFacts,
  type TokenSet,
  validateSettings,
} from './auth/index.ts'
export type { ReadOptions, RowReader } from './catalog/read-rows.ts'
export type {
  AlternateKey,
  Choice,
  Column,
  ColumnType,
  LookupTarget,
  Relationship,
  Table,
  TableSummary,
} from './catalog/table.ts'
export type { Connection, ConnectOptions, ExecuteReport, SignedInToken } from './connection.ts'
export type { DoctorStep } from './doctor/doctor.ts'
export type { IdentityReport } from './doctor/identity.ts'
export { completeSql } from './engine/complete-sql.ts'
export { explainText, type Measured } from './engine/explain-text.ts'
export { measuredPlan } from './engine/explained.ts'
export type { SqlValue } from './engine/result-values.ts'
export type { ReturnedRows } from './engine/returned-rows.ts'
export type { ResultColumn, ResultRows } from './engine/run-query.ts'
export type { ExportOptions, ExportReport, QueryOptions, SqlResult, SqlStream } from './engine/sql.ts'
export type { PlannedRequest, SqlPlan } from './engine/sql-plan.ts'
export type { Row, Value } from './odata/row.ts'
export { createHttp } from './service/http.ts'
export type { SessionLimits, SessionRequest, SessionResponse } from './service/session.ts'
export type { ConnectedLoadOptions, ConnectedWriteOptions, WritableRows } from './write/connected-writer.ts'
export type { ChangeReport, ExecuteOptions } from './write/execute-change.ts'
export { rejectsPrinter } from './write/input/rejects-file.ts'
export { isQuery, openRowsFile, type RowsFile, type RowsFormat } from './write/input/rows-file.ts'
export type { RowShape } from './write/input/shape-rows.ts'
export {
  abandonRun,
  countRun,
  findRun,
  listRuns,
  type RunCounts,
  type RunSummary,
} from './write/journal/runs.ts'
export type {
  LoadOptions,
  LoadPart,
  LoadPass,
  LoadReport,
  PartReport,
  RejectedPlace,
} from './write/load/run-load.ts'
export { type PlannedRequests, parseWriteMode, type WriteMode, type WriteOptions } from './write/options.ts'
export type { AcceptedRow, RejectedRow, RowOutcome, UnchangedRow } from './write/outcome.ts'
export { type WriteCounts, type WriteReport, WriteStopped } from './write/report.ts'
export type { ServiceBehaviour } from './write/request-headers.ts'

/** Opens a connection from a connection string, or from saved or given settings. No request is sent yet. */
export async function connect(given: string | ConnectOptions = {}): Promise<Connection> {
  const options = typeof given === 'string' ? { connectionString: given } : given
  const env = options.env ?? process.env
  const settings = await chooseSettings({ ...options, env })
  for (const note of settings.notes) options.onNote?.(note)
  return open(settings, { ...options, env }).connection
}

/** A connection, and what its SQL needs of it. */
interface OpenConnection {
  readonly connection: Connection
  readonly source: SqlSource
}

/** Another saved system, with its default credential, for a query over both. */
async function connectOther(system: string, options: ConnectOptions & WithEnv): Promise<OpenConnection> {
  const { env, log, onNote } = options
  const shared = { env, ...(log === undefined ? {} : { log }), ...(onNote === undefined ? {} : { onNote }) }
  return open(await chooseSettings({ system, env }), shared)
}

/** The same system, signed in to as somebody else. */
async function connectAs(
  credential: Credential | string,
  system: ExternalSystem,
  { env, log, headers }: ConnectOptions & WithEnv,
): Promise<OpenConnection> {
  const own = aboutTheMachine(env)
  const shared = {
    env: own,
    ...(log === undefined ? {} : { log }),
    ...(headers === undefined ? {} : { headers }),
  }
  return open(await chooseSettings({ system, credential, env: own }), shared)
}

interface WithEnv {
  readonly env: NodeJS.Dict<string>
}

/** Refused settings do not keep the doctor from looking at them: they are checked when something is asked for. */
function open(settings: ChosenSettings, options: ConnectOptions & WithEnv): OpenConnection {
  const { env, headers, log = silentLog } = options
  const { system, credential, loginHosts, tokens: store, id, folder, options: tuning } = settings
  const capabilities: Capabilities = dataverse
  const service = parseServiceUrl(system.serviceUrl)
  const version = service.version?.replace(/^v/, '') ?? capabilities.defaultVersion
  const root = `${service.origin}${capabilities.rootPath(version)}`
  const { http, close: closeHttp } = createHttp(httpOptions(tuning))
  const shared = { http, clock: systemClock, random: Math.random, log }
  const findings = () => validateSettings(system, credential, { loginHosts, env, now: systemClock.now() })
  const source = createTokenSource({ ...shared, system, credential, store, id, loginHosts, env })
  const tokens = {
    token: async (options?: Cancellable) => {
      requireValid(findings())
      return source.token(options)
    },
    renew: source.renew,
  }
  const session = createSession({
    ...shared,
    tokens,
    capabilities,
    root,
    ...(headers === undefined ? {} : { headers }),
    ...(tuning.retries === undefined
      ? {}
      : { retryPolicy: { ...DEFAULT_RETRY_POLICY, maxRetries: tuning.retries } }),
  })
  const catalog = createCatalog({
    session,
    // Labels are in the language of whoever asks.
    cache: createMetadataCache({
      folder: join(folder, 'cache'),
      root,
      reader: readerOf(credential, headers),
    }),
  })
  const writers = new Map<Credential | string, Promise<OpenConnection>>()
  const writerAs = async (name: Credential | string) => {
    const opened = writers.get(name) ?? connectAs(name, system, options)
    writers.set(name, opened)
    const { connection: somebody, source } = await opened
    // Whoever cannot sign in is found before the first row leaves.
    await somebody.token()
    return source.session
  }
  const others = new Map<string, Promise<OpenConnection>>()
  const otherOpen = (name: string): Promise<OpenConnection> => {
    const other = others.get(name) ?? connectOther(name, options)
    others.set(name, other)
    return other
  }
  // The engine is loaded when it is first asked for: it is large.
  let sql: Promise<Sql> | undefined
  const openSql = (): Promise<Sql> => {
    sql ??= import('./engine/sql.ts').then(({ createSql }) =>
      createSql({
        clock: systemClock,
        source: async (name) =>
          name === undefined || name === system.name ? { session, catalog } : (await otherOpen(name)).source,
      }),
    )
    return sql
  }
  const close = async (): Promise<void> => {
    await (await sql)?.close()
    for (const other of await Promise.allSettled([...others.values(), ...writers.values()]))
      if (other.status === 'fulfilled') await other.value.connection.close()
    await session.close()
    await closeHttp()
  }
  const writer = connectedWriter<Credential | string>({
    session,
    catalog,
    clock: systemClock,
    random: Math.random,
    sessionAs: writerAs,
    defaults: tuning.batchSize === undefined ? {} : { batchSize: tuning.batchSize },
    refuseReadOnly: () => refuseReadOnly(tuning),
  })
  const connection: Connection = {
    serviceUrl: root,
    system,
    signIn: source,
    journalFolder: join(folder, 'journals'),
    limits: session.limits,
    tables: (options) => catalog.tables(options),
    table: (name, options) => catalog.table(name, options),
    read: async (name, options = {}) =>
      readRows(session, await catalog.table(name, options), { ...readDefaults(tuning), ...options }),
    ...writer,
    openRows: rowsOpener({
      environment: root,
      folder: join(folder, 'journals', 'answers'),
      readParquet: async function* (path, signal) {
        yield* (await import('./engine/parquet-rows.ts')).parquetRows(path, signal)
      },
      ask: async (text, asking) => (await openSql()).stream(text, { ...asking, localFiles: true }),
    }),
    request: async (request) => {
      if (request.method !== 'GET') refuseReadOnly(tuning)
      return session.request(request)
    },
    token: async (options) => {
      const { value, expiresAt } = await tokens.token(options)
      return { value, expiresAt, facts: readToken(value) }
    },
    identify: ({ signal } = {}) => identify(session, signal),
    diagnose: ({ table = capabilities.probe.table, signal } = {}) =>
      examine({
        ...{ system, http, loginHosts, tokens, session, catalog, settings: findings, table, signal },
        // Only a saved credential has a history.
        record:
          id === undefined
            ? undefined
            : (diagnosis) => recordTestOutcome(folder, id, { at: systemClock.now(), ...diagnosis }),
      }),
    query: async (text, given = {}) =>
      (await openSql()).query(text, 'length' in given ? { parameters: given } : given),
    sql: (texts, ...values) =>
      connection.query(
        texts.reduce((text, more, at) => `${text}$${at}${more}`),
        values,
      ),
    stream: async (text, queryOptions) => (await openSql()).stream(text, queryOptions),
    export: async (text, exportOptions) => (await openSql()).export(text, exportOptions),
    execute: async (text, executeOptions = {}) => {
      const change = await (await openSql()).change(text, executeOptions)
      const { system: name, table } = change.table
      const target =
        name === undefined || name === system.name ? connection : (await otherOpen(name)).connection
      const written: WrittenPlace[] = []
      const onOutcome = (outcome: RowOutcome): void => {
        if (outcome.kind === 'accepted') written.push(writtenPlace(outcome))
        executeOptions.onOutcome?.(outcome)
      }
      const report = await executeChange(change, { ...executeOptions, onOutcome }, (rows, writeOptions) =>
        target.write(table, rows, writeOptions),
      )
      const { scans, finished, returning } = change
      const { dryRun, signal, parameters } = executeOptions
      const asked = { signal, ...(parameters === undefined ? {} : { parameters }) }
      const returned = returning && !dryRun && (await (await openSql()).returned(change, written, asked))
      return { ...report, scans, finished, ...(returned ? { returned } : {}) }
    },
    explain: async (text, queryOptions) => (await openSql()).explain(text, queryOptions),
    close,
    [Symbol.asyncDispose]: close,
  }
  return { connection, source: { session, catalog } }
}

function writtenPlace({ action, row, id }: AcceptedRow): WrittenPlace {
  return { action: ACTION_MODES[action], at: row - 1, id }
}

const ACTION_MODES = { created: 'insert', updated: 'update', deleted: 'delete' } as const

/** Who reads, without secrets and without what changes from hour to hour. */
function readerOf({ name, grant, clientId, accessToken }: Credential, headers: ConnectOptions['headers']) {
  return [name, grant, clientId, accessToken === undefined ? '' : readToken(accessToken)?.who, headers]
}

function refuseReadOnly({ readOnly }: ConnectionOptions): void {
  if (!readOnly) return
  throw new D365Error('CONFIG_INVALID', 'This connection is read-only (ReadOnly=true).', {
    hint: 'Remove ReadOnly from the connection string to allow writes.',
  })
}

function readDefaults({ pageSize, labels }: ConnectionOptions): ReadOptions {
  return { ...(pageSize === undefined ? {} : { pageSize }), ...(labels === undefined ? {} : { labels }) }
}

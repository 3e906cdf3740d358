import type { Credential, CredentialTokenSource, ExternalSystem, TokenFacts } from './auth/index.ts'
import type { ReadOptions, RowReader } from './catalog/read-rows.ts'
import type { Table, TableSummary } from './catalog/table.ts'
import type { Log } from './core/log.ts'
import type { DoctorStep } from './doctor/doctor.ts'
import type { IdentityReport } from './doctor/identity.ts'
import type { ReturnedRows } from './engine/returned-rows.ts'
import type { ExportOptions, ExportReport, QueryOptions, SqlResult, SqlStream } from './engine/sql.ts'
import type { SqlPlan } from './engine/sql-plan.ts'
import type { SqlParameter } from './plan/prepare.ts'
import type { SessionLimits, SessionRequest, SessionResponse } from './service/session.ts'
import type { ConnectedWriter } from './write/connected-writer.ts'
import type { ChangeReport, ExecuteOptions } from './write/execute-change.ts'
import type { OpenRows } from './write/input/open-rows.ts'

/** What a connection can do: its types. `connect.ts` makes one. */
export interface ConnectOptions {
  /** The external system itself, or the name of a saved one. Default: the default one. */
  readonly system?: ExternalSystem | string
  /** The credential itself, or the name of a saved one. Default: the default one of the system. */
  readonly credential?: Credential | string
  readonly connectionString?: string
  /** False: tokens are kept in memory only and end with the connection. Default true. */
  readonly keepTokens?: boolean
  /** Environment variables. Default: those of the process. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Headers of every request, e.g. `CallerObjectId` to act for somebody else. */
  readonly headers?: Readonly<Record<string, string>>
  /** Default: nothing is logged. */
  readonly log?: Log
  /** Told once about settings that have no effect or were filled in. */
  readonly onNote?: (note: string) => void
}

export interface Cancellable {
  readonly signal?: AbortSignal | undefined
}

/** One environment, signed in to. Close it, or declare it with `await using`. */
export interface Connection extends AsyncDisposable, ConnectedWriter<Credential | string> {
  /** Root of the service, with a trailing slash. */
  readonly serviceUrl: string
  readonly system: ExternalSystem
  tables(options?: Cancellable): Promise<readonly TableSummary[]>
  table(name: string, options?: Cancellable): Promise<Table>
  /** Rows of a table, named by logical name or entity set. Throws NOT_FOUND before any row is asked for. */
  read(table: string, options?: ReadOptions): Promise<RowReader>
  /** The rows of a CSV, NDJSON or Parquet file, or of a SELECT over this and other systems. */
  readonly openRows: OpenRows
  /** Any request of the service; a status of 400 or more is thrown as a ServiceError. */
  request(request: SessionRequest): Promise<SessionResponse>
  token(options?: Cancellable): Promise<SignedInToken>
  /** Who the service takes us for. */
  identify(options?: Cancellable): Promise<IdentityReport>
  /** Every link from the settings to a table, in order, until one fails. */
  diagnose(options?: Cancellable & { readonly table?: string }): AsyncGenerator<DoctorStep>
  /** Answers a SELECT over tables of this environment, and of others by the name of their external system. */
  query(text: string, options?: QueryOptions | QueryOptions['parameters']): Promise<SqlResult>
  /** The same, values written into the text: sql`select name from account where revenue > ${least}`. They travel as `$1`, `$2` …, never as text. */
  sql(texts: TemplateStringsArray, ...values: readonly SqlParameter[]): Promise<SqlResult>
  /** Answers as `query` does, a few thousand rows at a time, so that no result has to fit into memory. */
  stream(text: string, options?: QueryOptions): Promise<SqlStream>
  /**
   * Writes an answer to a file (CSV, JSON, NDJSON or Parquet), which appears whole or not at all: of a SELECT and `to`, or of
   * `COPY (SELECT …) TO 'file.parquet'`.
   */
  export(text: string, options?: ExportOptions): Promise<ExportReport>
  /** Carries an INSERT, UPDATE, DELETE or MERGE out: the rows are found as a SELECT finds them, then written as `write` writes. */
  execute(text: string, options?: ExecuteOptions): Promise<ExecuteReport>
  /** What a statement would ask of the service, and what would be done here. Nothing but metadata is asked for. */
  explain(text: string, options?: QueryOptions): Promise<SqlPlan>
  /** What the service last said of its limits. */
  limits(): SessionLimits
  /** The sign-in itself, for interactive grants. */
  readonly signIn: CredentialTokenSource
  /** Where journals of interrupted writes are kept. */
  readonly journalFolder: string
  close(): Promise<void>
}

/** What a statement changed, and what finding its rows cost. */
export interface ExecuteReport extends ChangeReport, Pick<SqlResult, 'scans' | 'finished'> {
  /** What RETURNING says of the rows that were written, in the order in which they were found. */
  readonly returned?: ReturnedRows
}

export interface SignedInToken {
  readonly value: string
  /** In ms since 1970; undefined where nothing tells. */
  readonly expiresAt: number | undefined
  /** What the token says of itself; undefined for an opaque one. */
  readonly facts: TokenFacts | undefined
}

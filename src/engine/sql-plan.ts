import type { Table } from '../catalog/table.ts'
import type { Change, ChangeAction } from '../plan/change/change.ts'
import type { CopyTarget } from '../plan/copy-statement.ts'
import { linksBelow } from '../plan/links.ts'
import type { QueryPlan } from '../plan/plan.ts'
import type { Session } from '../service/session.ts'
import { inDependency } from './answer.ts'
import { metadataTable } from './metadata-tables.ts'
import { remoteRequest } from './remote-request.ts'

/** A plan for people and programs to look at. */
export interface SqlPlan {
  /** What is written with the rows; undefined for a statement that only reads. */
  readonly change: PlannedChange | undefined
  /** The file a COPY statement writes. */
  readonly copy: CopyTarget | undefined
  /** Is it the plan itself that was asked for, with EXPLAIN? Then nothing is written. */
  readonly explains: boolean
  readonly requests: readonly PlannedRequest[]
  /** SQL that runs here, over the answers. */
  readonly localSql: string
  /** Parts of the statement done here that are about no one request, by rule, and why: `join: …`. */
  readonly local: readonly string[]
}

export interface PlannedChange extends Pick<Change, 'kind'> {
  readonly table: string
  /** Ways in which rows are written; which is a row's own is found with it. */
  readonly writes: readonly PlannedWrite[]
}

export interface PlannedWrite extends Pick<ChangeAction, 'mode' | 'columns' | 'key' | 'skipExisting'> {
  /** Request of each row, relative to the service root: `PATCH accounts(<accountid>)`. They are sent in batches. */
  readonly request: string
}

export interface PlannedRequest {
  /** Name of its rows in `localSql`. */
  readonly id: string
  readonly table: string
  readonly system: string | undefined
  /** First request, relative to the service root. */
  readonly request: string
  /** Joined tables that come in the same answer, by the names of their rows in `localSql`. */
  readonly links: readonly { readonly id: string; readonly table: string }[]
  /** At most so many rows; undefined: all that match. */
  readonly top: number | undefined
  /** Where the values of another request's column are few, only rows with one of them are asked for. */
  readonly by: { readonly column: string; readonly source: string; readonly sourceColumn: string } | undefined
  /** Parts that are done here only, by rule, and why: `filter: …`, `limit: …`, `aggregates: …`. */
  readonly local: readonly string[]
}

export interface ShownPlan {
  readonly change: Change | undefined
  readonly copy: CopyTarget | undefined
  /** What is changed. */
  readonly table: Table | undefined
  readonly explains: boolean
  readonly sessionOf: (system: string | undefined) => Session
}

export function shownPlan(
  { scans, localSql, local }: QueryPlan,
  { change, copy, table, explains, sessionOf }: ShownPlan,
): SqlPlan {
  const reduced = new Map(inDependency(scans).map(({ id, reductions: [by] }) => [id, by]))
  return {
    change: change && table && plannedChange(change, table),
    copy,
    explains,
    requests: scans.map((scan) => ({
      id: scan.id,
      table: scan.table.name,
      system: scan.system,
      request: metadataTable(scan.system ?? '', scan.table.name)
        ? 'metadata'
        : remoteRequest(scan, sessionOf(scan.system)).request.path,
      links: linksBelow(scan.links).map(({ id, table: linked }) => ({ id, table: linked.name })),
      top: scan.top,
      by: reduced.get(scan.id),
      local: scan.local,
    })),
    localSql,
    local,
  }
}

function plannedChange({ kind, actions }: Change, table: Table): PlannedChange {
  return { kind, table: table.name, writes: actions.map((action) => plannedWrite(action, table)) }
}

function plannedWrite(
  { mode, columns, key, skipExisting }: ChangeAction,
  { entitySet, primaryKey }: Table,
): PlannedWrite {
  const named = key ? key.map((column) => `${column}=<${column}>`).join(',') : `<${primaryKey}>`
  const request = mode === 'insert' ? `POST ${entitySet}` : `${METHODS[mode]} ${entitySet}(${named})`
  return { mode, columns, key, skipExisting, request }
}

const METHODS = { update: 'PATCH', upsert: 'PATCH', delete: 'DELETE' } as const

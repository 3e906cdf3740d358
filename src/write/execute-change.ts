import { D365Error } from '../core/errors.ts'
import type { Change, ChangeAction } from '../plan/change/change.ts'
import type { WriteOptions } from './options.ts'
import type { RowOutcome } from './outcome.ts'
import { addCounts, addReports, type WriteReport, WriteStopped } from './report.ts'

/** Writes the rows a SQL statement found. */
export interface ExecuteOptions
  extends Pick<
    WriteOptions,
    | 'dryRun'
    | 'maxErrors'
    | 'route'
    | 'batchSize'
    | 'parallel'
    | 'signal'
    | 'onProgress'
    | 'onOutcome'
    | 'onRequests'
    | 'rejects'
  > {
  /** Values of `$1`, `$2` … */
  readonly parameters?: readonly (string | number | bigint | boolean | Date | null)[]
  /** May the statement read files of this machine, as `read_csv('rows.csv')`? Default false. */
  readonly localFiles?: boolean
  /** Is an UPDATE or DELETE without WHERE meant? Default false. */
  readonly allRows?: boolean
  /** Refuses a statement that finds more rows than this. Default: no limit. */
  readonly maxRows?: number
}

export interface ChangeReport extends Omit<WriteReport, 'mode'> {
  readonly kind: Change['kind']
  /** How the rows were written; `merge`: each in its own way. */
  readonly mode: WriteReport['mode'] | 'merge'
  /** Rows the statement found. */
  readonly matched: number
}

/** A change and the rows found for it. */
export interface FoundChange extends Pick<Change, 'kind' | 'table' | 'actions'> {
  readonly rows: readonly (readonly unknown[])[]
}

export type Write = (
  rows: Iterable<Readonly<Record<string, unknown>>>,
  options: WriteOptions,
) => Promise<WriteReport>

/** Deleted rows make room for new ones with their keys, so they go first. */
const ORDER: readonly ChangeAction['mode'][] = ['delete', 'update', 'upsert', 'insert']

/** Outcomes and rejected rows are numbered as the rows were found, from 1. */
export async function executeChange(
  change: FoundChange,
  options: ExecuteOptions,
  write: Write,
): Promise<ChangeReport> {
  const { kind, rows } = change
  const { parameters: _parameters, allRows: _allRows, localFiles: _files, maxRows, ...writing } = options
  if (maxRows !== undefined && rows.length > maxRows)
    throw new D365Error(
      'INPUT_INVALID',
      `The statement finds ${rows.length.toLocaleString('en-US')} rows, and at most ${maxRows.toLocaleString('en-US')} may be changed.`,
      { hint: 'Narrow its WHERE, or raise --max-rows (maxRows). Nothing was changed.' },
    )
  const groups = groupsOf(change)
  refuseTwice(groups, change)
  const facts = { kind, matched: rows.length }
  let report: WriteReport | undefined
  for (const group of groups) {
    try {
      const next = await writeGroup(group, writing, { write, before: report })
      report = report ? addReports(report, next) : next
    } catch (error) {
      if (!(error instanceof WriteStopped) || !report) throw error
      throw error.after(report)
    }
  }
  if (!report) throw new D365Error('BUG', `${kind} has no way to write rows.`)
  return { ...report, ...facts, mode: groups.length > 1 ? 'merge' : report.mode }
}

/** The rows that are written in one way, each with its place among all, from 0. */
interface Group {
  readonly action: ChangeAction
  readonly found: readonly { readonly at: number; readonly values: readonly unknown[] }[]
}

function groupsOf({ actions, rows }: FoundChange): readonly Group[] {
  const found = rows.map((row, at) => ({
    at,
    row,
    which: actions.length > 1 || isNumbered(actions) ? Number(row[0]) : 0,
  }))
  return actions
    .map((action, which) => ({
      action,
      found: found
        .filter((one) => one.which === which)
        .map(({ at, row }) => ({ at, values: row.slice(action.from, action.from + action.columns.length) })),
    }))
    .sort((a, b) => ORDER.indexOf(a.action.mode) - ORDER.indexOf(b.action.mode))
}

/** Does the first value of a row say which action is its own? */
function isNumbered([first]: readonly ChangeAction[]): boolean {
  return first?.from !== 0
}

interface Writing {
  readonly write: Write
  /** What became of the groups before. */
  readonly before: WriteReport | undefined
}

function writeGroup(
  { action: { mode, key, columns, skipExisting }, found }: Group,
  options: Partial<WriteOptions>,
  { write, before }: Writing,
): Promise<WriteReport> {
  const { onOutcome, rejects, onProgress, maxErrors, ...rest } = options
  const placed = <Outcome extends RowOutcome>(outcome: Outcome): Outcome => ({
    ...outcome,
    row: (found[outcome.row - 1]?.at ?? 0) + 1,
  })
  return write(recordsOf(columns, found), {
    ...rest,
    mode,
    ...(key === undefined ? {} : { key }),
    ...(skipExisting ? { skipExisting } : {}),
    ...(maxErrors === undefined ? {} : { maxErrors: Math.max(0, maxErrors - (before?.rejected ?? 0)) }),
    ...(onProgress
      ? { onProgress: (counts) => onProgress(before ? addCounts(before, counts) : counts) }
      : {}),
    ...(onOutcome ? { onOutcome: (outcome) => onOutcome(placed(outcome)) } : {}),
    ...(rejects ? { rejects: (row) => rejects(placed(row)) } : {}),
  })
}

function* recordsOf(
  columns: readonly string[],
  found: Group['found'],
): Generator<Readonly<Record<string, unknown>>> {
  for (const { values } of found)
    yield Object.fromEntries(columns.map((column, index) => [column, values[index]]))
}

/** A row found several times could be given several values; which one would be left to chance. */
function refuseTwice(groups: readonly Group[], { kind, table }: FoundChange): void {
  const seen = new Set<unknown>()
  for (const { action, found } of groups) {
    if (action.mode !== 'update' && action.mode !== 'delete') continue
    for (const {
      values: [id],
    } of found) {
      if (seen.has(id))
        throw new D365Error(
          'INPUT_INVALID',
          `The statement finds row ${id} of ${table.table} more than once.`,
          {
            hint: `Make ${SOURCES[kind]} give one row for each, e.g. with an aggregate or EXISTS. Nothing was changed.`,
          },
        )
      seen.add(id)
    }
  }
}

const SOURCES = {
  insert: 'the rows inserted',
  update: 'the FROM',
  delete: 'the USING',
  merge: 'the source in USING',
} as const

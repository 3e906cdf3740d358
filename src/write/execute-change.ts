import { D365Error } from '../core/errors.ts'
import type { Change } from '../plan/change.ts'
import type { WriteOptions } from './options.ts'
import type { WriteReport } from './report.ts'

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

export interface ChangeReport extends WriteReport {
  readonly kind: Change['kind']
  /** Rows the statement found. */
  readonly matched: number
}

/** A change and the rows found for it, in the order of its columns. */
export interface FoundChange extends Omit<Change, 'select'> {
  readonly rows: readonly (readonly unknown[])[]
}

export type Write = (
  rows: Iterable<Readonly<Record<string, unknown>>>,
  options: WriteOptions,
) => Promise<WriteReport>

export async function executeChange(
  change: FoundChange,
  options: ExecuteOptions,
  write: Write,
): Promise<ChangeReport> {
  const { kind, mode, key, columns, rows } = change
  const { parameters: _parameters, allRows: _allRows, maxRows, ...writing } = options
  if (maxRows !== undefined && rows.length > maxRows)
    throw new D365Error(
      'INPUT_INVALID',
      `The statement finds ${rows.length.toLocaleString('en-US')} rows, and at most ${maxRows.toLocaleString('en-US')} may be changed.`,
      { hint: 'Narrow its WHERE, or raise --max-rows (maxRows). Nothing was changed.' },
    )
  if (kind !== 'insert') refuseTwice(change)
  const report = await write(recordsOf(columns, rows), {
    ...writing,
    mode,
    ...(key === undefined ? {} : { key }),
  })
  return { ...report, kind, matched: rows.length }
}

function* recordsOf(
  columns: readonly string[],
  rows: readonly (readonly unknown[])[],
): Generator<Readonly<Record<string, unknown>>> {
  for (const row of rows) yield Object.fromEntries(columns.map((column, index) => [column, row[index]]))
}

/** A row found several times could be given several values; which one would be left to chance. */
function refuseTwice({ kind, table, rows }: FoundChange): void {
  const seen = new Set<unknown>()
  for (const [id] of rows) {
    if (seen.has(id))
      throw new D365Error(
        'INPUT_INVALID',
        `The statement finds row ${id} of ${table.table} more than once.`,
        {
          hint: `Make the ${kind === 'update' ? 'FROM' : 'USING'} give one row for each, e.g. with an aggregate or EXISTS. Nothing was changed.`,
        },
      )
    seen.add(id)
  }
}

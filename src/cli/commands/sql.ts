import { readFile } from 'node:fs/promises'
import { text } from 'node:stream/consumers'
import type { Command } from 'commander'
import {
  type Connection,
  type ExportReport,
  measuredPlan,
  type ReturnedRows,
  type SqlPlan,
  type SqlStream,
} from '../../connect.ts'
import { D365Error } from '../../core/errors.ts'
import { writeWholeFile } from '../../output/whole-file.ts'
import { changeText, rejected, requestsText } from '../change-text.ts'
import { chooseFormat } from '../choose-format.ts'
import { type ConnectionOptions, withConnection, withConnectionOptions } from '../connection-options.ts'
import { type Io, print } from '../io.ts'
import { wholeNumber } from '../numbers.ts'
import { planText } from '../plan-text.ts'
import { ROW_FORMATS, type RowFormat } from '../row-format.ts'
import { startPrompt } from '../sql-prompt.ts'
import { sqlPrinter, sqlText } from '../sql-text.ts'

/** `d365 sql`: asks, and changes, the tables of one or several environments. */
export function sqlCommand(program: Command, io: Io): void {
  withConnectionOptions(program.command('sql'))
    .description('Ask with SQL; without a statement, a prompt to type them at')
    .argument('[statement]', 'SELECT, INSERT, UPDATE, DELETE, MERGE or EXPLAIN; - for standard input')
    .option('-f, --file <file>', 'read the statement from a file')
    .option('--parameter <values...>', 'values of $1, $2 …, as texts')
    .option('--explain', 'only show what would be asked of the service, and what would be done here')
    .option('--analyze', 'run it, and show what each request brought')
    .option('--no-pushdown', 'read tables whole and do everything here, to compare answers')
    .option('--all-rows', 'an UPDATE or DELETE without WHERE is meant')
    .option('--max-rows <rows>', 'refuse a statement that would change more rows', wholeNumber('--max-rows'))
    .option('--dry-run', 'say what a change would do, and print the requests it would send')
    .option(
      '--format <format>',
      `${ROW_FORMATS.join(', ')}, parquet (default: by the ending of --output, else table)`,
    )
    .option('--output <file>', 'write to a file, which appears whole or not at all')
    .option('--timeout <seconds>', 'give a query up after so long', wholeNumber('--timeout'))
    .addHelpText('after', EXAMPLES)
    .action((statement: string | undefined, options: SqlCommandOptions) =>
      withConnection(io, options, (connection) => runSql(io, connection, statement, options)),
    )
}

export interface SqlCommandOptions extends ConnectionOptions {
  readonly file?: string
  readonly parameter?: readonly string[]
  readonly explain?: boolean
  readonly analyze?: boolean
  readonly pushdown: boolean
  readonly allRows?: boolean
  readonly maxRows?: number
  readonly dryRun?: boolean
  readonly format?: string
  readonly output?: string
  readonly timeout?: number
}

async function runSql(
  io: Io,
  connection: Connection,
  given: string | undefined,
  options: SqlCommandOptions,
): Promise<void> {
  const statement = await statementOf(io, given, options)
  if (statement === undefined) return startPrompt(io, connection)
  const asked = {
    pushdown: options.pushdown,
    localFiles: true,
    signal: io.signal,
    ...(options.timeout === undefined ? {} : { timeoutMs: options.timeout * 1000 }),
    ...(options.parameter === undefined ? {} : { parameters: options.parameter }),
  }
  const { json = false } = options
  const plan = await connection.explain(statement, asked)
  if (options.explain) return print(io.stdout, planText(plan, { json }))
  if (plan.change && !plan.explains) return runChange(io, connection, { statement, plan, options })
  if (options.analyze) {
    const measured = await connection.query(statement, asked)
    return print(io.stdout, planText(plan, { json, measured }))
  }
  const { output } = options
  if (plan.copy) return wrote(io, await connection.export(statement, asked))
  const format = chooseFormat({ ...options, formats: ['parquet'] })
  if (format === 'parquet') {
    if (output === undefined) throw noFile()
    return wrote(io, await connection.export(statement, { ...asked, to: { file: output, format } }))
  }
  const append = (text: string): Promise<void> => print(io.stdout, text)
  if (plan.explains)
    return append(sqlText(await connection.query(statement, asked), { format, terminalColumns: io.columns }))
  const stream = await connection.stream(statement, asked)
  try {
    if (output === undefined) return await printStream(io, stream, { format, append })
    await writeWholeFile(output, (text) => printStream(io, stream, { format, append: text }))
    await wrote(io, { file: output, ...stream.cost() })
  } finally {
    await stream.close()
  }
}

async function printStream(
  { columns: terminalColumns }: Io,
  { columns, batches }: SqlStream,
  { format, append }: { readonly format: RowFormat; readonly append: (text: string) => Promise<void> },
): Promise<void> {
  const printer = sqlPrinter(columns, { format, terminalColumns })
  // A query that fails before its first row prints nothing at all.
  let before = printer.start()
  for await (const rows of batches) {
    await append(before + printer.rows(rows))
    before = ''
  }
  await append(before + printer.end())
}

function wrote(io: Io, { file, finished }: Pick<ExportReport, 'file' | 'finished'>): Promise<void> {
  const { rows } = finished
  return print(
    io.stderr,
    `${rows.toLocaleString('en-US')} ${rows === 1 ? 'row' : 'rows'} written to ${file}\n`,
  )
}

function noFile(): D365Error {
  return new D365Error('CONFIG_INVALID', 'Parquet is for files, not for the terminal.', {
    hint: 'Add --output and the name of the file.',
  })
}

interface Changing {
  readonly statement: string
  readonly plan: SqlPlan
  readonly options: SqlCommandOptions
}

async function runChange(
  io: Io,
  connection: Connection,
  { statement, plan, options }: Changing,
): Promise<void> {
  const { parameter, allRows, maxRows, dryRun, json = false, analyze } = options
  const requests: string[] = []
  const report = await connection.execute(statement, {
    localFiles: true,
    signal: io.signal,
    ...(parameter === undefined ? {} : { parameters: parameter }),
    ...(allRows === undefined ? {} : { allRows }),
    ...(maxRows === undefined ? {} : { maxRows }),
    ...(dryRun === undefined ? {} : { dryRun }),
    ...(dryRun && !json ? { onRequests: (some) => requests.push(requestsText(some)) } : {}),
    rejects: (row) => rejected(io, row),
  })
  const { scans: _scans, finished: _finished, returned, ...counts } = report
  if (analyze && !json) await print(io.stdout, planText(plan, { json, measured: report }))
  for (const text of requests) await print(io.stdout, text)
  if (returned) {
    await printReturned(io, returned, options)
    await print(io.stderr, changeText(report))
  } else
    await print(
      io.stdout,
      json
        ? `${JSON.stringify(analyze ? { ...measuredPlan(plan, report), report: counts } : counts, null, 2)}\n`
        : changeText(report),
    )
  if (report.rejected > 0)
    throw new D365Error('ROWS_REJECTED', `${report.rejected} of ${report.matched} rows were rejected.`, {
      hint: `${dryRun ? 'Nothing was written.' : 'The others were written.'} The reasons are above.`,
    })
}

/** Rows that RETURNING gives are printed as those of a query are. */
async function printReturned(io: Io, returned: ReturnedRows, options: SqlCommandOptions): Promise<void> {
  const format = chooseFormat(options)
  const text = sqlText(returned, { format, terminalColumns: io.columns })
  const { output } = options
  if (output === undefined) await print(io.stdout, text)
  else await writeWholeFile(output, (append) => append(text))
}

/** Undefined where a person is to type statements. */
async function statementOf(
  io: Io,
  given: string | undefined,
  { file }: SqlCommandOptions,
): Promise<string | undefined> {
  if (given !== undefined && file !== undefined)
    throw new D365Error('CONFIG_INVALID', 'A statement and --file cannot be used together.')
  if (file !== undefined)
    return readFile(file, 'utf8').catch((cause: unknown) => {
      throw new D365Error('IO_FAILED', `Cannot read ${file}.`, { cause })
    })
  if (given !== undefined && given !== '-') return given
  return given === undefined && io.stdin.isTTY ? undefined : text(io.stdin)
}

const EXAMPLES = `
Examples:
  $ d365 sql "select name, revenue from account where revenue > 1e6 order by revenue desc nulls last limit 10"
  $ d365 sql "select a.name, count(*) from contact c join account a on c.parentcustomerid = a.accountid group by 1"
  $ d365 sql "select statuscodename, sum(estimatedvalue) from opportunity group by 1" --output pipeline.csv
  $ d365 sql --explain "select fullname from contact where createdon > now() - interval '30 days'"
  $ d365 sql "select count(*) from prod.account p left join test.account t using (accountnumber) where t.accountid is null"
  $ d365 sql "update account set creditonhold = true where revenue < 0" --dry-run
  $ d365 sql -f report.sql --format json

The SQL is that of PostgreSQL; ISNULL, GETDATE, DATEADD, DATEDIFF and LEN are understood too. Texts are compared
without case and accents, as Dynamics compares them. A choice x has its label in xname; a lookup x has xname and, where it
may point to several tables, xtype. A schema is the name of a saved external system.
`

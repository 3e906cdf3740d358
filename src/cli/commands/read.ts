import { readFile } from 'node:fs/promises'
import type { Command } from 'commander'
import type { Connection, ReadOptions, RowReader } from '../../connect.ts'
import { D365Error } from '../../core/errors.ts'
import { writeWholeFile } from '../../output/whole-file.ts'
import { chooseFormat } from '../choose-format.ts'
import { type ConnectionOptions, withConnection, withConnectionOptions } from '../connection-options.ts'
import { type Io, print } from '../io.ts'
import { wholeNumber } from '../numbers.ts'
import { startProgress } from '../progress.ts'
import { ROW_FORMATS, type RowFormat, rowPrinter } from '../row-format.ts'

/** `d365 read`: rows of one table, streamed to the terminal or a file. */
export function readCommand(program: Command, io: Io): void {
  withConnectionOptions(program.command('read'))
    .description('Read rows of a table')
    .argument('<table>', 'logical name or entity set name')
    .option('--select <columns>', 'columns, separated by commas (default: all)')
    .option('--filter <odata>', 'OData filter, e.g. "revenue gt 100000 and startswith(name,\'A\')"')
    .option('--orderby <columns>', 'e.g. "revenue desc,name"')
    .option('--top <rows>', 'at most this many rows', wholeNumber('--top'))
    .option('--expand <navigation>', 'related rows, as in $expand')
    .option('--fetchxml <file>', 'FetchXML query, instead of the options above')
    .option(
      '--labels',
      'labels of choices and lookups as extra columns (statuscodename, primarycontactidname)',
    )
    .option('--page-size <rows>', 'rows per request', wholeNumber('--page-size'))
    .option('--format <format>', `${ROW_FORMATS.join(', ')} (default: by the ending of --output, else table)`)
    .option('--output <file>', 'write to a file, which appears whole or not at all')
    .addHelpText('after', EXAMPLES)
    .action((table: string, options: ReadCommandOptions) =>
      withConnection(io, options, (connection) => runRead(io, connection, table, options)),
    )
}

interface ReadCommandOptions extends ConnectionOptions {
  readonly select?: string
  readonly filter?: string
  readonly orderby?: string
  readonly top?: number
  readonly expand?: string
  readonly fetchxml?: string
  readonly labels?: boolean
  readonly pageSize?: number
  readonly format?: string
  readonly output?: string
}

async function runRead(
  io: Io,
  connection: Connection,
  table: string,
  options: ReadCommandOptions,
): Promise<void> {
  const format = chooseFormat(options)
  const reader = await connection.read(table, await readOptions(io, options))
  const { output } = options
  if (output === undefined) {
    await printRows(io, reader, format, (text) => print(io.stdout, text))
    return
  }
  let rows = 0
  await writeWholeFile(output, async (append) => {
    rows = await printRows(io, reader, format, append)
  })
  await print(io.stderr, `${rows.toLocaleString('en-US')} rows written to ${output}\n`)
}

async function readOptions(io: Io, options: ReadCommandOptions): Promise<ReadOptions> {
  const { select, filter, orderby, top, expand, fetchxml, labels, pageSize } = options
  if (fetchxml !== undefined) {
    const beside = Object.entries({ select, filter, orderby, top, expand }).find(
      ([, value]) => value !== undefined,
    )
    if (beside)
      throw new D365Error('CONFIG_INVALID', `--fetchxml and --${beside[0]} cannot be used together.`, {
        hint: 'Write the columns, filter, order and top into the FetchXML.',
      })
  }
  return {
    ...(select === undefined ? {} : { select: select.split(',').flatMap((name) => name.trim() || []) }),
    ...(filter === undefined ? {} : { filter }),
    ...(orderby === undefined ? {} : { orderby }),
    ...(top === undefined ? {} : { top }),
    ...(expand === undefined ? {} : { expand }),
    ...(fetchxml === undefined ? {} : { fetchXml: await readText(fetchxml) }),
    ...(labels === undefined ? {} : { labels }),
    ...(pageSize === undefined ? {} : { pageSize }),
    signal: io.signal,
  }
}

/** Prints every row; the number of rows. */
async function printRows(
  io: Io,
  reader: RowReader,
  format: RowFormat,
  append: (text: string) => Promise<void>,
): Promise<number> {
  const progress = startProgress(io, { label: 'Reading', unit: 'rows' })
  const columns = reader.columns.map(({ name, type }) => ({
    name,
    exactNumber: type === 'decimal' || type === 'money',
  }))
  const printer = rowPrinter(format, columns, io.columns)
  let rows = 0
  try {
    // A read that is refused prints nothing at all.
    let before = printer.start()
    for await (const batch of reader.batches()) {
      await append(before + printer.rows(batch))
      before = ''
      rows += batch.length
      progress.update(rows)
    }
    await append(before + printer.end())
  } finally {
    progress.stop()
  }
  return rows
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (cause) {
    throw new D365Error('IO_FAILED', `Cannot read ${path}.`, { cause })
  }
}

const EXAMPLES = `
Examples:
  $ d365 read account --select name,revenue --filter "revenue gt 1000000" --orderby "revenue desc" --top 10
  $ d365 read contact --labels --output contacts.csv
  $ d365 read opportunity --format ndjson | jq .estimatedvalue
  $ d365 read account --fetchxml biggest-accounts.xml
`

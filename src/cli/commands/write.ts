import { createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { Command } from 'commander'
import { type Connection, isQuery } from '../../connect.ts'
import { D365Error } from '../../core/errors.ts'
import { withConnection } from '../connection-options.ts'
import type { Io } from '../io.ts'
import {
  inputOptions,
  type LoadCommandOptions,
  modeOf,
  shapeOptions,
  withLoadOptions,
} from '../load-options.ts'
import { checkResumed, rerunNote } from '../rerun.ts'
import { runLoad } from '../run-load.ts'

/** `d365 write`: rows of a file or a query into a table. */
export function writeCommand(program: Command, io: Io): void {
  const command = program
    .command('write')
    .description('Write rows of a CSV, NDJSON or Parquet file, or of a query, into a table')
    .argument('<table>', 'logical name or entity set name')
    .requiredOption('--mode <mode>', 'insert, update, upsert or delete')
    .requiredOption('--from <file|query>', 'file, SELECT over saved systems, or - for standard input')
    .option('--key <columns...>', 'columns that name a row: an alternate key (default: the primary key)')
    .option('--rejects <file>', 'where rejected rows go (default: the input name with .rejects)')
  withLoadOptions(command)
    .addHelpText('after', EXAMPLES)
    .action((table: string, options: WriteCommandOptions) =>
      withConnection(io, options, (connection) => runWrite(io, connection, { table, options })),
    )
}

export interface WriteCommandOptions extends LoadCommandOptions {
  readonly mode: string
  readonly from: string
  readonly rejects?: string
}

export async function runWrite(
  io: Io,
  connection: Connection,
  { table, options }: { readonly table: string; readonly options: WriteCommandOptions },
): Promise<void> {
  const mode = modeOf(options.mode)
  const { from, key } = options
  const { format, delimiter } = inputOptions(options)
  await checkResumed(connection, { table, resume: options.resume })
  const spooled = from === '-' ? await spool(io) : undefined
  try {
    const input = await connection.openRows(spooled?.path ?? from, {
      format: format ?? (spooled ? 'csv' : undefined),
      delimiter,
      resume: options.resume !== false,
      signal: io.signal,
    })
    await runLoad(io, connection, {
      inputs: [
        {
          name: from,
          table,
          input,
          mode,
          ...(spooled || isQuery(from) ? {} : { source: resolve(from) }),
          ...(key === undefined ? {} : { key: key.flatMap((names) => names.split(',')) }),
          ...shapeOptions(options),
          rejectsPath: options.rejects ?? rejectsName(from, format),
        },
      ],
      options,
      filesFolder: spooled || isQuery(from) ? '.' : dirname(from),
      ...(spooled ? {} : { note: rerunNote('write', [table], { ...options, ...absolute(options) }) }),
    })
  } finally {
    await spooled?.remove()
  }
}

function absolute({ from, rejects }: WriteCommandOptions) {
  return {
    from: isQuery(from) ? from : resolve(from),
    ...(rejects === undefined ? {} : { rejects: resolve(rejects) }),
  }
}

/** Rows without a text of their own are printed as NDJSON. */
export function rejectsName(from: string, format: string | undefined): string {
  if (from === '-') return `rejects.${format ?? 'csv'}`
  if (isQuery(from)) return 'rejects.ndjson'
  if (format === 'parquet' || /\.(parquet|pq)$/i.test(from))
    return from.replace(/(\.[^./\\]+)?$/, '.rejects.ndjson')
  return from.replace(/(\.[^./\\]+)?$/, '.rejects$1')
}

/** Standard input is kept in a file first: an interrupted write is known again by its bytes. */
async function spool(io: Io): Promise<{ readonly path: string; remove(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'd365-input-'))
  const path = join(folder, 'input')
  const remove = () => rm(folder, { recursive: true, force: true })
  try {
    await pipeline(io.stdin, createWriteStream(path, { mode: 0o600 }), { signal: io.signal })
  } catch (cause) {
    await remove()
    if (io.signal.aborted) throw new D365Error('CANCELLED', 'Cancelled.', { cause })
    throw new D365Error('IO_FAILED', 'Standard input could not be read to its end.', { cause })
  }
  return { path, remove }
}

const EXAMPLES = `
Examples:
  $ d365 write contact --mode upsert --key emailaddress1 --from contacts.csv --dry-run
  $ d365 write contact --mode upsert --key emailaddress1 --from contacts.csv --skip-unchanged
  $ d365 write account --mode insert --from accounts.parquet --bypass sync async flows --max-errors 100
  $ d365 write account --mode insert --from kunden.csv --delimiter ";" --locale de-DE --map Firma=name Umsatz=revenue
  $ d365 write account --mode upsert --key accountnumber --from "select accountnumber, name from prod.account"
  $ d365 write accountleads --mode insert --from pairs.csv      # a many-to-many relationship
  $ d365 read task --filter "statecode eq 1" --select activityid --format csv | d365 write task --mode delete --from -

Lookups: give the id, or a column such as primarycontactid.emailaddress1 with a value that names its row.
Choices: the number or the label. File and image columns: the path of a file, from the folder of the input.
An interrupted write continues when the same command runs again; d365 runs list shows it. Several files whose
rows point to each other: d365 load.
`

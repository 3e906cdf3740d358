import { createWriteStream } from 'node:fs'
import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { Command } from 'commander'
import {
  type Connection,
  openRowsFile,
  type RejectedRow,
  type RowOutcome,
  rejectsPrinter,
  type WriteMode,
  type WriteReport,
} from '../../connect.ts'
import { D365Error } from '../../core/errors.ts'
import { type ConnectionOptions, withConnection, withConnectionOptions } from '../connection-options.ts'
import { type Io, print } from '../io.ts'
import { count, wholeNumber } from '../numbers.ts'
import { printFacts } from '../print-records.ts'
import { startProgress } from '../progress.ts'
import { openRejectsFile, type RejectsFile } from '../rejects-file.ts'

/** `d365 write`: rows of a file into a table. */
export function writeCommand(program: Command, io: Io): void {
  withConnectionOptions(program.command('write'))
    .description('Write rows of a CSV or NDJSON file into a table')
    .argument('<table>', 'logical name or entity set name')
    .requiredOption('--mode <mode>', MODES.join(', '))
    .requiredOption('--from <file>', 'CSV or NDJSON file; - for standard input')
    .option('--key <columns...>', 'columns that name a row: an alternate key (default: the primary key)')
    .option('--input-format <format>', 'csv or ndjson (default: by the ending of --from)')
    .option('--delimiter <character>', 'between the cells of a CSV: one character, or tab (default: a comma)')
    .option('--keep-empty', 'an empty cell leaves its column as it is, instead of clearing it')
    .option('--dry-run', 'only compare, and say what would happen')
    .option('--rejects <file>', 'where rejected rows go (default: the input name with .rejects)')
    .option('--max-errors <rows>', 'stop when more rows than this were rejected', count('--max-errors'))
    .option('--route <route>', `how rows travel: ${ROUTES.join(', ')} (default: auto)`)
    .option(
      '--batch-size <rows>',
      'rows per request (default: what takes about a third of a second)',
      wholeNumber('--batch-size'),
    )
    .option(
      '--parallel <requests>',
      'requests of one user at a time (default: as many as make it faster, and the service recommends)',
      wholeNumber('--parallel'),
    )
    .option(
      '--also-as <credentials...>',
      'saved credentials of more application users that share the writing',
    )
    .option('--no-resume', 'begin anew, even where the same write was interrupted before')
    .addHelpText('after', EXAMPLES)
    .action((table: string, options: WriteCommandOptions) =>
      withConnection(io, options, (connection) => runWrite(io, connection, { table, options })),
    )
}

const MODES = ['insert', 'update', 'upsert', 'delete'] as const
const ROUTES = ['auto', 'multiple', 'batch', 'single'] as const

interface WriteCommandOptions extends ConnectionOptions {
  readonly mode: string
  readonly from: string
  readonly key?: readonly string[]
  readonly inputFormat?: string
  readonly delimiter?: string
  readonly keepEmpty?: boolean
  readonly dryRun?: boolean
  readonly rejects?: string
  readonly maxErrors?: number
  readonly route?: string
  readonly batchSize?: number
  readonly parallel?: number
  readonly alsoAs?: readonly string[]
  readonly resume: boolean
}

async function runWrite(
  io: Io,
  connection: Connection,
  { table, options }: { table: string; options: WriteCommandOptions },
): Promise<void> {
  const mode = modeOf(options.mode)
  const route = options.route === undefined ? undefined : routeOf(options.route)
  const format = formatOf(options)
  const spooled = options.from === '-' ? await spool(io) : undefined
  const rejectsPath = options.rejects ?? rejectsName(options.from, format)
  await refuseSameFile(options.from, rejectsPath)
  const rejects = openRejectsFile(rejectsPath)
  const changes = createChangePrinter(io, options)
  const progress = startProgress(io, { label: options.dryRun ? 'Comparing' : 'Writing', unit: 'rows' })
  const printer = rejectsPrinter()
  const reasons = createReasons(io, options)
  try {
    const file = await openRowsFile(spooled?.path ?? options.from, {
      format,
      delimiter: delimiterOf(options),
    })
    const report = await connection.write(table, file, {
      mode,
      ...(options.key === undefined ? {} : { key: options.key.flatMap((names) => names.split(',')) }),
      emptyAsNull: !options.keepEmpty,
      dryRun: options.dryRun ?? false,
      journal: {
        folder: connection.journalFolder,
        fingerprint: file.fingerprint,
        resume: options.resume,
        ...(spooled ? {} : { source: resolve(options.from) }),
      },
      ...(options.maxErrors === undefined ? {} : { maxErrors: options.maxErrors }),
      ...(route === undefined ? {} : { route }),
      ...(options.batchSize === undefined ? {} : { batchSize: options.batchSize }),
      ...(options.parallel === undefined ? {} : { parallel: options.parallel }),
      ...(options.alsoAs === undefined ? {} : { alsoAs: options.alsoAs }),
      signal: io.signal,
      onProgress: ({ read, accepted, rejected, unchanged }) =>
        progress.update(accepted + rejected + unchanged, read),
      onOutcome: changes.see,
      rejects: (row: RejectedRow) => {
        reasons.push(row)
        return rejects.append(printer(row))
      },
    })
    progress.stop()
    await rejects.finish()
    await changes.print()
    await reasons.print()
    await printReport(io, report, { options, rejects })
  } finally {
    progress.stop()
    await rejects.finish()
    await spooled?.remove()
  }
}

function modeOf(text: string): WriteMode {
  const mode = MODES.find((name) => name === text.toLowerCase())
  if (mode) return mode
  throw new D365Error('CONFIG_INVALID', `--mode is ${text}; it must be one of ${MODES.join(', ')}.`)
}

function routeOf(text: string): (typeof ROUTES)[number] {
  const route = ROUTES.find((name) => name === text.toLowerCase())
  if (route) return route
  throw new D365Error('CONFIG_INVALID', `--route is ${text}; it must be one of ${ROUTES.join(', ')}.`)
}

function formatOf({ inputFormat, from }: WriteCommandOptions): 'csv' | 'ndjson' | undefined {
  if (inputFormat === 'csv' || inputFormat === 'ndjson') return inputFormat
  if (inputFormat !== undefined)
    throw new D365Error('CONFIG_INVALID', `--input-format is ${inputFormat}; it must be csv or ndjson.`)
  return from === '-' ? 'csv' : undefined
}

/** Rejected rows written over the input would destroy the rows that were not read yet. */
async function refuseSameFile(from: string, rejects: string): Promise<void> {
  const place = async (path: string): Promise<string> => realpath(path).catch(() => resolve(path))
  if (from === '-' || (await place(from)) !== (await place(rejects))) return
  throw new D365Error('CONFIG_INVALID', `--from and --rejects are the same file: ${from}.`, {
    hint: 'Name another file with --rejects. Nothing was written.',
  })
}

/** A tab is hard to type. */
function delimiterOf({ delimiter }: WriteCommandOptions): string | undefined {
  return delimiter === 'tab' || delimiter === '\\t' ? '\t' : delimiter
}

function rejectsName(from: string, format: string | undefined): string {
  if (from === '-') return `rejects.${format ?? 'csv'}`
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

const MOST_REASONS_SHOWN = 10

/** Why rows were rejected, for people: the first few. All of them are in the file of rejected rows. */
function createReasons(io: Io, { json }: WriteCommandOptions) {
  const lines: string[] = []
  let more = 0
  return {
    push: ({ input, message }: RejectedRow): void => {
      if (json) return
      if (lines.length < MOST_REASONS_SHOWN) lines.push(`✖ line ${input.line}: ${message}\n`)
      else more++
    },
    print: () => print(io.stderr, lines.join('') + (more > 0 ? `  … and ${more} more\n` : '')),
  }
}

const MOST_CHANGES_SHOWN = 20

/** In a dry run: what would change, column by column, for the first rows. */
function createChangePrinter(io: Io, { dryRun, json }: WriteCommandOptions) {
  const lines: string[] = []
  let more = 0
  const see = (outcome: RowOutcome): void => {
    if (!dryRun || json || outcome.kind !== 'accepted') return
    if (lines.length >= MOST_CHANGES_SHOWN) {
      more++
      return
    }
    const changes = (outcome.changes ?? []).map(
      ({ column, from, to }) => `${column}: ${from ?? '(empty)'} → ${to ?? '(empty)'}`,
    )
    lines.push(
      `  line ${outcome.input.line}: would be ${outcome.action}${changes.length > 0 ? `  ${changes.join('; ')}` : ''}\n`,
    )
  }
  return {
    see,
    print: () => print(io.stdout, lines.join('') + (more > 0 ? `  … and ${more} more rows\n` : '')),
  }
}

async function printReport(
  io: Io,
  report: WriteReport,
  { options, rejects }: { options: WriteCommandOptions; rejects: RejectsFile },
): Promise<void> {
  const { read, created, updated, deleted, unchanged, rejected, resumed, notices } = report
  if (options.json)
    await print(
      io.stdout,
      `${JSON.stringify({ ...report, rejects: rejected > 0 ? rejects.path : undefined }, null, 2)}\n`,
    )
  else {
    for (const notice of notices) await print(io.stderr, `! ${notice}\n`)
    await printFacts(io, {
      'Rows read': read,
      Created: created || undefined,
      Updated: updated || undefined,
      Deleted: deleted || undefined,
      Unchanged: unchanged || undefined,
      Rejected: rejected || undefined,
      'Settled by an earlier, interrupted run': resumed || undefined,
    })
    if (report.dryRun) await print(io.stdout, 'Dry run: nothing was written.\n')
    if (report.dryRun && unchanged > 0)
      await print(
        io.stdout,
        'Unchanged rows are sent all the same when it is written: only modifiedon changes.\n',
      )
  }
  if (rejected > 0)
    throw new D365Error(
      'ROWS_REJECTED',
      `${rejected} of ${read} rows ${report.dryRun ? 'would be' : 'were'} rejected.`,
      {
        hint: `Their reasons are in ${rejects.path}; mend the rows there and write that file.`,
      },
    )
}

const EXAMPLES = `
Examples:
  $ d365 write contact --mode upsert --key emailaddress1 --from contacts.csv --dry-run
  $ d365 write contact --mode upsert --key emailaddress1 --from contacts.csv
  $ d365 write account --mode insert --from accounts.ndjson --max-errors 100
  $ d365 read task --filter "statecode eq 1" --select activityid --format csv | d365 write task --mode delete --from -

Lookups: give the id, or a column such as primarycontactid.emailaddress1 with the value of an alternate key.
Choices: the number or the label. An interrupted write continues when the same command runs again.
`

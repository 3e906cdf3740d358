import { realpath } from 'node:fs/promises'
import { resolve } from 'node:path'
import {
  type Connection,
  type LoadPart,
  type LoadPass,
  type PartReport,
  type RejectedRow,
  type RowOutcome,
  rejectsPrinter,
} from '../connect.ts'
import { D365Error } from '../core/errors.ts'
import { type Io, print } from './io.ts'
import { type LoadCommandOptions, loadOptions } from './load-options.ts'
import { printFacts } from './print-records.ts'
import { startProgress } from './progress.ts'
import { openRejectsFile, type RejectsFile } from './rejects-file.ts'

/** One part of a load, and where its rejected rows go. */
export interface LoadInput extends LoadPart {
  readonly rejectsPath: string
}

export interface LoadRun {
  readonly inputs: readonly LoadInput[]
  readonly options: LoadCommandOptions
  /** Folder that paths of files in the rows start from. */
  readonly filesFolder: string
  /** How to run it again. */
  readonly note?: Readonly<Record<string, unknown>>
}

/** Writes rows with progress for people, reasons for what was rejected, and counts that add up. */
export async function runLoad(io: Io, connection: Connection, run: LoadRun): Promise<void> {
  const { inputs, options, filesFolder, note } = run
  for (const input of inputs) await refuseSameFile(input)
  const rejects = createRejects()
  const changes = createChangePrinter(io, options)
  const reasons = createReasons(io, options)
  const named = (part: LoadPart): string => (inputs.length > 1 ? ` ${part.table}` : '')
  let progress = startProgress(io, { label: '', unit: 'rows' })
  try {
    const report = await connection.load(inputs, {
      ...loadOptions(options),
      filesFolder,
      journalFolder: connection.journalFolder,
      ...(note === undefined ? {} : { note }),
      signal: io.signal,
      onPass: ({ part, pass }) => {
        progress.stop()
        progress = startProgress(io, {
          label: `${labelOf(pass, options)}${named(part)}`,
          unit: 'rows',
          about: pass === 'rows' ? part.input.lines : undefined,
          note: () => limitsText(connection),
        })
      },
      onProgress: ({ accepted, rejected, unchanged }) => progress.update(accepted + rejected + unchanged),
      onOutcome: (outcome, part) => changes.see(outcome, named(part)),
      rejects: (row, place) => {
        reasons.push(row, inputs.length > 1 ? place.part.table : undefined)
        return rejects.append(row, { input: inputs.find((one) => one === place.part), pass: place.pass })
      },
    })
    progress.stop()
    await rejects.finish()
    await changes.print()
    await reasons.print()
    await printReports(io, report.parts, { options, rejects: rejects.files() })
  } finally {
    progress.stop()
    await rejects.finish()
  }
}

function labelOf(pass: LoadPass, { dryRun }: LoadCommandOptions): string {
  if (dryRun) return 'Comparing'
  return { rows: 'Writing', files: 'Uploading files of', rest: 'Setting lookups and states of' }[pass]
}

function limitsText(connection: Connection): string {
  const { remainingRequests, remainingExecutionMs } = connection.limits()
  const left = [
    ...(remainingRequests === undefined ? [] : [`${remainingRequests.toLocaleString('en-US')} requests`]),
    ...(remainingExecutionMs === undefined
      ? []
      : [`${Math.round(remainingExecutionMs / 1000).toLocaleString('en-US')} s`]),
  ]
  return left.length === 0 ? '' : `limits left: ${left.join(', ')}`
}

/** Rejected rows written over the input would destroy the rows that were not read yet. */
async function refuseSameFile({ name, rejectsPath }: LoadInput): Promise<void> {
  const place = async (path: string): Promise<string> => realpath(path).catch(() => resolve(path))
  if ((await place(name)) !== (await place(rejectsPath))) return
  throw new D365Error('CONFIG_INVALID', `The input and --rejects are the same file: ${name}.`, {
    hint: 'Name another file with --rejects. Nothing was written.',
  })
}

/** Rows that were made, without what had to wait, are no input of an insert again: they go to a file of their own. */
function incompletePath(path: string): string {
  return path.replace(/(\.[^./\\]+)?$/, '.incomplete.ndjson')
}

function createRejects() {
  const open = new Map<string, { readonly file: RejectsFile; readonly print: (row: RejectedRow) => string }>()
  return {
    append(
      row: RejectedRow,
      { input, pass }: { input: LoadInput | undefined; pass: LoadPass },
    ): Promise<void> {
      const own = input?.rejectsPath ?? 'rejects.ndjson'
      const path = pass === 'rows' ? own : incompletePath(own)
      const known = open.get(path) ?? { file: openRejectsFile(path), print: rejectsPrinter() }
      open.set(path, known)
      return known.file.append(known.print(row))
    },
    async finish(): Promise<void> {
      for (const { file } of open.values()) await file.finish()
    },
    files: (): readonly string[] => [...open.keys()],
  }
}

const MOST_REASONS_SHOWN = 10

/** Why rows were rejected, for people: the first few. All of them are in the file of rejected rows. */
function createReasons(io: Io, { json }: LoadCommandOptions) {
  const lines: string[] = []
  let more = 0
  return {
    push: ({ input, message }: RejectedRow, table: string | undefined): void => {
      if (json) return
      const where = table === undefined ? '' : `${table}, `
      if (lines.length < MOST_REASONS_SHOWN) lines.push(`✖ ${where}line ${input.line}: ${message}\n`)
      else more++
    },
    print: () => print(io.stderr, lines.join('') + (more > 0 ? `  … and ${more} more\n` : '')),
  }
}

const MOST_CHANGES_SHOWN = 20

/** In a dry run: what would change, column by column, for the first rows. */
function createChangePrinter(io: Io, { dryRun, json }: LoadCommandOptions) {
  const lines: string[] = []
  let more = 0
  const see = (outcome: RowOutcome, table: string): void => {
    if (!dryRun || json || outcome.kind !== 'accepted') return
    if (lines.length >= MOST_CHANGES_SHOWN) {
      more++
      return
    }
    const changes = (outcome.changes ?? []).map(
      ({ column, from, to }) => `${column}: ${from ?? '(empty)'} → ${to ?? '(empty)'}`,
    )
    lines.push(
      ` ${table} line ${outcome.input.line}: would be ${outcome.action}${changes.length > 0 ? `  ${changes.join('; ')}` : ''}\n`,
    )
  }
  return {
    see,
    print: () => print(io.stdout, lines.join('') + (more > 0 ? `  … and ${more} more rows\n` : '')),
  }
}

async function printReports(
  io: Io,
  parts: readonly PartReport[],
  { options, rejects }: { options: LoadCommandOptions; rejects: readonly string[] },
): Promise<void> {
  const total = (name: 'read' | 'rejected' | 'unchanged' | 'incomplete'): number =>
    parts.reduce((sum, part) => sum + part[name], 0)
  const rejected = total('rejected')
  if (options.json) {
    const shown = parts.length === 1 ? parts[0] : { parts }
    await print(
      io.stdout,
      `${JSON.stringify({ ...shown, ...(rejected > 0 ? rejectsFacts(rejects) : {}) }, null, 2)}\n`,
    )
  } else {
    for (const part of parts) await printPart(io, part, parts.length > 1)
    if (options.dryRun) await print(io.stdout, 'Dry run: nothing was written.\n')
    if (options.dryRun && total('unchanged') > 0 && !options.skipUnchanged)
      await print(
        io.stdout,
        'Unchanged rows are sent all the same when it is written; --skip-unchanged leaves them out.\n',
      )
  }
  if (rejected === 0) return
  const incomplete = total('incomplete')
  throw new D365Error(
    'ROWS_REJECTED',
    `${rejected} of ${total('read')} rows ${options.dryRun ? 'would be' : 'were'} rejected.`,
    {
      hint:
        `Their reasons are in ${rejects.join(' and ')}; mend the rows there and write that file.` +
        (incomplete > 0
          ? ` A file named .incomplete holds what was refused after its rows had been written (${incomplete}): write it with --mode update.`
          : ''),
    },
  )
}

function rejectsFacts(files: readonly string[]) {
  return { rejects: files.length === 1 ? files[0] : files }
}

async function printPart(io: Io, part: PartReport, named: boolean): Promise<void> {
  const { read, created, updated, deleted, unchanged, rejected, notSent, inDoubt, resumed, notices } = part
  for (const notice of notices) await print(io.stderr, `! ${named ? `${part.table}: ` : ''}${notice}\n`)
  if (named) await print(io.stdout, `${part.table} (${part.name})\n`)
  await printFacts(io, {
    'Rows read': read,
    Created: created || undefined,
    Updated: updated || undefined,
    Deleted: deleted || undefined,
    Unchanged: unchanged || undefined,
    Rejected: rejected || undefined,
    'Not sent': notSent || undefined,
    'In doubt': inDoubt || undefined,
    'Settled by an earlier, interrupted run': resumed || undefined,
  })
}

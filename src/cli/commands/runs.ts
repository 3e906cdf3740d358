import { join } from 'node:path'
import type { Command } from 'commander'
import { abandonRun, configFolder, countRun, findRun, listRuns, type RunSummary } from '../../connect.ts'
import { D365Error } from '../../core/errors.ts'
import { type Io, print } from '../io.ts'
import { printFacts, printRecords } from '../print-records.ts'
import { readRerun, rerunWords } from '../rerun.ts'

/** `d365 runs`: writes that were begun, and what became of them. */
export function runsCommand(program: Command, io: Io): void {
  const runs = program.command('runs').description('Writes that were interrupted, and those that were done')
  const folder = join(configFolder(io.env), 'journals')

  runs
    .command('list')
    .description('All runs, newest first')
    .option('--open', 'only those that are unfinished')
    .option('--json', 'machine-readable output')
    .action(async ({ open, json }: { open?: boolean; json?: boolean }) => {
      const found = (await listRuns(folder)).filter(({ state }) => !open || state === 'open')
      if (json) return print(io.stdout, `${JSON.stringify(found, null, 2)}\n`)
      await printRecords(io, found.map(inList), { empty: 'No runs.' })
      if (found.some(({ state }) => state === 'open'))
        await print(io.stderr, 'Next: d365 runs resume RUN, or d365 runs abandon RUN\n')
    })

  runs
    .command('show')
    .description('One run: what it wrote, and how it continues')
    .argument('<run>', 'the beginning of its id')
    .option('--json', 'machine-readable output')
    .action(async (id: string, { json = false }: { json?: boolean }) => {
      const run = await findRun(folder, id)
      const counts = await countRun(run)
      if (json) return print(io.stdout, `${JSON.stringify({ ...run, ...counts }, null, 2)}\n`)
      const rerun = readRerun(run.note)
      await printFacts(io, {
        Run: run.id,
        State: run.state,
        Started: run.startedAt,
        Environment: run.environment,
        Table: run.tables.join(', '),
        Mode: run.mode,
        From: run.source,
        Created: counts.created || undefined,
        Updated: counts.updated || undefined,
        Deleted: counts.deleted || undefined,
        Rejected: counts.rejected || undefined,
        'On the way when it stopped': counts.sent || undefined,
        Command: rerun && `d365 ${rerunWords(rerun).map(quoted).join(' ')}`,
        Journal: run.files.join(', '),
      })
    })

  runs
    .command('resume')
    .description('Go on with an unfinished run, as its command would')
    .argument('<run>', 'the beginning of its id')
    .option('--connection <string>', 'connection string, where the run was begun with one')
    .option('--json', 'machine-readable output')
    .action(async (id: string, { connection, json }: { connection?: string; json?: boolean }) => {
      const run = await findRun(folder, id)
      const words = resumeWords(run)
      await program.parseAsync(
        [
          ...words,
          ...(connection === undefined ? [] : ['--connection', connection]),
          ...(json ? ['--json'] : []),
        ],
        { from: 'user' },
      )
    })

  runs
    .command('abandon')
    .description('Forget that a run is unfinished; what it wrote stays')
    .argument('<run>', 'the beginning of its id')
    .action(async (id: string) => {
      const run = await findRun(folder, id)
      await abandonRun(run)
      await print(io.stdout, `${run.id} is abandoned. The same write would begin anew.\n`)
    })
}

function resumeWords(run: RunSummary): readonly string[] {
  if (run.state !== 'open')
    throw new D365Error('CONFLICT', `The run ${run.id} is ${run.state}; there is nothing to resume.`, {
      hint: 'd365 runs list --open shows those that are unfinished.',
    })
  const rerun = readRerun(run.note)
  if (rerun) return rerunWords(rerun)
  throw new D365Error(
    'CONFLICT',
    `How ${run.id} was begun is not kept: it was no command, or read standard input.`,
    {
      hint: `Run what began it again, with the same input${run.source === undefined ? '' : ` (${run.source})`}.`,
    },
  )
}

function inList({ id, state, kind, startedAt, tables, mode, source }: RunSummary) {
  return {
    run: id.slice(0, 8),
    state,
    started: startedAt?.slice(0, 19).replace('T', ' ') ?? '',
    what: kind === 'load' ? 'load' : (mode ?? ''),
    tables: tables.join(', '),
    from: source ?? '',
  }
}

/** As a shell takes it. */
function quoted(word: string): string {
  return /^[\w./=:@,+-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}

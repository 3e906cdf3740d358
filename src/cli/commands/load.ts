import { dirname, resolve } from 'node:path'
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
import { type LoadSource, loadSources } from '../load-sources.ts'
import { checkResumed, rerunNote } from '../rerun.ts'
import { runLoad } from '../run-load.ts'
import { rejectsName } from './write.ts'

/** `d365 load`: several files whose rows point to each other. */
export function loadCommand(program: Command, io: Io): void {
  const command = program
    .command('load')
    .description('Write several files in one load, in the order their rows need')
    .argument(
      '<sources...>',
      'TABLE=FILE pairs, folders of files named for their tables, or manifests (.json)',
    )
    .option('--mode <mode>', 'insert, update, upsert or delete, where a manifest says none (default: insert)')
    .option('--key <table=columns...>', 'columns that name a row of a table, e.g. account=accountnumber')
  withLoadOptions(command)
    .addHelpText('after', EXAMPLES)
    .action((sources: readonly string[], options: LoadCommandOptions) =>
      withConnection(io, options, (connection) => runSources(io, connection, { sources, options })),
    )
}

async function runSources(
  io: Io,
  connection: Connection,
  { sources: texts, options }: { readonly sources: readonly string[]; readonly options: LoadCommandOptions },
): Promise<void> {
  await checkResumed(connection, { resume: options.resume })
  const sources = await loadSources(texts)
  const mode = modeOf(options.mode ?? 'insert')
  const keys = keysOf(options.key ?? [], sources)
  const shape = shapeOptions(options)
  const inputs = await Promise.all(
    sources.map(async ({ table, from, ...own }) => {
      const key = own.key ?? keys.get(table.toLowerCase())
      return {
        name: from,
        table,
        ...(isQuery(from) ? {} : { source: from }),
        input: await connection.openRows(from, {
          ...inputOptions(options),
          resume: options.resume !== false,
          signal: io.signal,
        }),
        mode: own.mode ?? mode,
        ...(key === undefined ? {} : { key }),
        ...shape,
        ...(own.map === undefined ? {} : { map: own.map }),
        ...(own.defaults === undefined ? {} : { defaults: own.defaults }),
        rejectsPath: isQuery(from) ? `${table}.rejects.ndjson` : rejectsName(from, undefined),
      }
    }),
  )
  await runLoad(io, connection, {
    inputs,
    options,
    filesFolder: filesFolderOf(sources),
    note: rerunNote('load', absoluteSources(texts), options),
  })
}

function keysOf(
  texts: readonly string[],
  sources: readonly LoadSource[],
): ReadonlyMap<string, readonly string[]> {
  return new Map(
    texts.map((text): [string, readonly string[]] => {
      const [, table = '', columns = ''] = /^(\w+)=(.+)$/.exec(text) ?? []
      if (!sources.some((source) => source.table.toLowerCase() === table.toLowerCase()))
        throw new D365Error(
          'CONFIG_INVALID',
          `--key has ${JSON.stringify(text)}; it takes TABLE=COLUMN[,COLUMN].`,
          {
            hint: `Tables of this load: ${sources.map((source) => source.table).join(', ')}.`,
          },
        )
      return [table.toLowerCase(), columns.split(',')]
    }),
  )
}

/** Paths of files in rows start from the folder of the first file. */
function filesFolderOf(sources: readonly LoadSource[]): string {
  const file = sources.find(({ from }) => !isQuery(from))
  return file ? dirname(file.from) : '.'
}

/** Run again from another folder, the words must mean the same files. */
function absoluteSources(texts: readonly string[]): readonly string[] {
  return texts.map((text) => {
    const [, table, from] = /^(\w+)=(.+)$/s.exec(text) ?? []
    if (table === undefined || from === undefined) return resolve(text)
    return `${table}=${isQuery(from) ? from : resolve(from)}`
  })
}

const EXAMPLES = `
Examples:
  $ d365 load account=accounts.csv contact=contacts.csv --dry-run
  $ d365 load export/                                   # export/account.csv, export/contact.parquet …
  $ d365 load export/ --mode upsert --key account=accountnumber contact=emailaddress1
  $ d365 load migration.json

A manifest gives each table its own way:
  {"tables": [{"table": "account", "from": "accounts.csv", "mode": "upsert", "key": ["accountnumber"],
               "map": {"Firma": "name", "Intern": null}, "defaults": {"ownerid.domainname": "ann@contoso.com"}}]}

Rows come after those they point to. Where tables point to each other, or a table to itself, such lookups are set in a
last pass, as are states other than the first. Lookups name their rows by id or by key (parentcustomerid.accountnumber),
of this load or of the environment. A load that was interrupted continues when the same command runs again.
`

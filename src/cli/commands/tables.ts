import type { Command } from 'commander'
import { type ConnectionOptions, withConnection, withConnectionOptions } from '../connection-options.ts'
import type { Io } from '../io.ts'
import { printRecords } from '../print-records.ts'

/** `d365 tables`: what tables there are. */
export function tablesCommand(program: Command, io: Io): void {
  withConnectionOptions(program.command('tables'))
    .description('List the tables of the environment')
    .argument('[search]', 'only tables whose name or label contains this')
    .option('--custom', 'only custom tables')
    .addHelpText('after', EXAMPLES)
    .action((search: string | undefined, options: ConnectionOptions & { custom?: boolean }) =>
      withConnection(io, options, async (connection) => {
        const wanted = search?.toLowerCase() ?? ''
        const tables = (await connection.tables({ signal: io.signal })).filter(
          ({ name, label, pluralLabel, custom }) =>
            (custom || !options.custom) && `${name}\n${label}\n${pluralLabel}`.toLowerCase().includes(wanted),
        )
        const records = tables.map(({ name, label, entitySet, primaryKey, kind }) => ({
          name,
          label,
          'entity set': entitySet,
          'primary key': primaryKey,
          kind,
        }))
        await printRecords(io, options.json ? tables.map((table) => ({ ...table })) : records, {
          ...options,
          empty: `No table has "${search}" in its name or label.`,
        })
      }),
    )
}

const EXAMPLES = `
Examples:
  $ d365 tables                    every table
  $ d365 tables order              tables with "order" in the name or label
  $ d365 tables --custom --json    your own tables, for a script
`

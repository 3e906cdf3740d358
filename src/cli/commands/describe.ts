import type { Command } from 'commander'
import type { Column, Table } from '../../connect.ts'
import { type ConnectionOptions, withConnection, withConnectionOptions } from '../connection-options.ts'
import { type Io, print } from '../io.ts'
import { printRecords } from '../print-records.ts'

/** `d365 describe`: one table's columns, keys and relations. */
export function describeCommand(program: Command, io: Io): void {
  withConnectionOptions(program.command('describe'))
    .description("Show a table's columns, choices, keys and relations")
    .argument('<table>', 'logical name or entity set name, e.g. account or accounts')
    .option('--relations', 'list the relations too')
    .addHelpText('after', EXAMPLES)
    .action((name: string, options: ConnectionOptions & { relations?: boolean }) =>
      withConnection(io, options, async (connection) => {
        const table = await connection.table(name, { signal: io.signal })
        if (options.json) return print(io.stdout, `${JSON.stringify(table, null, 2)}\n`)
        await print(io.stdout, heading(table))
        await printRecords(io, table.columns.map(columnRecord))
        if (table.keys.length > 0) {
          await print(io.stdout, '\nAlternate keys\n')
          await printRecords(
            io,
            table.keys.map((key) => ({ name: key.name, columns: key.columns.join(', ') })),
          )
        }
        if (options.relations) {
          await print(io.stdout, '\nRelations\n')
          await printRecords(
            io,
            table.relationships.map(({ kind, navigation, table: other, column }) => ({
              kind,
              navigation,
              table: other,
              column,
            })),
          )
        }
      }),
    )
}

function heading(table: Table): string {
  const tracking = table.changeTracking ? ', change tracking on' : ''
  return `${table.label} (${table.name}, set ${table.entitySet}) · primary key ${table.primaryKey} · ${table.columns.length} columns${tracking}\n\n`
}

function columnRecord(column: Column): Readonly<Record<string, unknown>> {
  return {
    column: column.name,
    label: column.label,
    type: column.type,
    'can be': access(column),
    detail: detail(column),
  }
}

function access({ required, creatable, updatable }: Column): string {
  if (!creatable && !updatable) return 'read'
  const writes = creatable && updatable ? 'written' : creatable ? 'set on insert' : 'updated'
  return required ? `${writes}, required` : writes
}

function detail({ maxLength, min, max, precision, choices, targets, timeZoneIndependent }: Column): string {
  return [
    maxLength === undefined ? '' : `up to ${maxLength} characters`,
    min === undefined || max === undefined ? '' : `${min} to ${max}`,
    precision === undefined ? '' : `${precision} digits after the point`,
    timeZoneIndependent ? 'time zone independent' : '',
    targets === undefined ? '' : `to ${targets.map(({ table }) => table).join(', ')}`,
    choices === undefined ? '' : choices.map(({ value, label }) => `${value} ${label}`).join(' · '),
  ]
    .filter((part) => part !== '')
    .join('; ')
}

const EXAMPLES = `
Examples:
  $ d365 describe account
  $ d365 describe contacts --relations
  $ d365 describe account --json | jq '.columns[] | select(.required) | .name'
`

import type { SqlResult } from '../connect.ts'
import { type RowFormat, rowPrinter } from './row-format.ts'

/** The result of a query as text. Columns of the same name are told apart by a number. */
export function sqlText(
  { columns, rows, plan }: Pick<SqlResult, 'columns' | 'rows' | 'plan'>,
  { format, terminalColumns }: { readonly format: RowFormat; readonly terminalColumns: number },
): string {
  // A plan is a drawing, not a table.
  if (plan.explains && format === 'table') return rows.map(([line]) => `${line}\n`).join('')
  const names = uniqueNames(columns.map(({ name }) => name))
  const printer = rowPrinter(
    format,
    columns.map(({ type }, index) => ({ name: names[index] ?? '', exactNumber: type.startsWith('DECIMAL') })),
    terminalColumns,
  )
  const records = rows.map((row) => Object.fromEntries(names.map((name, index) => [name, row[index]])))
  return printer.start() + printer.rows(records) + printer.end()
}

export function uniqueNames(names: readonly string[]): string[] {
  const taken = new Set<string>()
  return names.map((name) => {
    let unique = name
    for (let number = 2; taken.has(unique); number++) unique = `${name}_${number}`
    taken.add(unique)
    return unique
  })
}

import type { ResultColumn, ResultRows, SqlResult } from '../connect.ts'
import { type OutputRow, uniqueNames } from '../output/row-text.ts'
import { type RowFormat, rowPrinter } from './row-format.ts'

export interface SqlPrinter {
  start(): string
  rows(rows: ResultRows): string
  end(): string
}

/** Prints the rows of a query. Columns of the same name are told apart by a number. */
export function sqlPrinter(
  columns: readonly ResultColumn[],
  { format, terminalColumns }: { readonly format: RowFormat; readonly terminalColumns: number },
): SqlPrinter {
  const names = uniqueNames(columns.map(({ name }) => name))
  const printer = rowPrinter(
    format,
    columns.map(({ type }, index) => ({ name: names[index] ?? '', exactNumber: type.startsWith('DECIMAL') })),
    terminalColumns,
  )
  const named = (row: ResultRows[number]): OutputRow =>
    Object.fromEntries(names.map((name, index) => [name, row[index]]))
  return { ...printer, rows: (rows) => printer.rows(rows.map(named)) }
}

/** The result of a query, or what RETURNING gives, as text. */
export function sqlText(
  { columns, rows, plan }: Pick<SqlResult, 'columns' | 'rows'> & Partial<Pick<SqlResult, 'plan'>>,
  options: Parameters<typeof sqlPrinter>[1],
): string {
  // A plan is a drawing, not a table.
  if (plan?.explains && options.format === 'table') return rows.map(([line]) => `${line}\n`).join('')
  const printer = sqlPrinter(columns, options)
  return printer.start() + printer.rows(rows) + printer.end()
}

import {
  displayText,
  type OutputColumn,
  type RowPrinter,
  TEXT_FORMATS,
  textPrinter,
} from '../output/row-text.ts'
import { textTable } from './text-table.ts'

/** Rows as text: a table for people beside the formats for programs. */

export const ROW_FORMATS = ['table', ...TEXT_FORMATS] as const
export type RowFormat = (typeof ROW_FORMATS)[number]

export function rowPrinter(
  format: RowFormat,
  columns: readonly OutputColumn[],
  terminalColumns: number,
): RowPrinter {
  if (format !== 'table') return textPrinter(format, columns)
  return textTable(
    columns.map(({ name }) => name),
    { terminalColumns, cell: displayText },
  )
}

import type { ColumnDefinition, TableDefinition } from '../../schema.ts'
import type { Cell, StoredRow } from '../../store/store.ts'
import type { ApiContext } from '../operation.ts'
import { annotationWriter } from './annotations.ts'
import { cellWriter } from './cell-json.ts'
import { derivedReader } from './derived.ts'
import type { Preferences } from './options.ts'
import { propertyOf } from './paths.ts'
import type { Projection } from './select-expand.ts'
import { expandWriter } from './write-expands.ts'

/** Rows as JSON text, by writers compiled once per request: names are escaped and decisions made beforehand. */
export type RowWriter = (row: StoredRow) => string

export interface RowWriterOptions {
  readonly table: TableDefinition
  readonly projection: Projection
  readonly preferences: Preferences
  readonly context: ApiContext
  readonly aliases: ReadonlyMap<string, string>
  /** Rows of nested expands, and of lookups expanded in lists, carry no ETag. */
  readonly etag: boolean
  /** Is one row answered, not a list? */
  readonly single: boolean
}

export function rowWriter(options: RowWriterOptions): RowWriter {
  const nested = options.projection.expands.some(({ projection }) => projection.expands.length > 0)
  return compileRow({ ...options, nested, depth: 0 })
}

export interface CompiledRowOptions extends RowWriterOptions {
  /** Does the query have an expand in an expand? Then all its collections come in pages. */
  readonly nested: boolean
  /** Expands above this row. */
  readonly depth: number
}

export function compileRow(options: CompiledRowOptions): RowWriter {
  const { projection, etag } = options
  const cells = projection.columns.map((column) => cellPart(column, options))
  const expands = projection.expands.map((expand) => expandWriter(expand, options))
  // The service writes a whole row with its NULLs last, and a selection as it was selected.
  const write = projection.selected === undefined ? nullsLast(cells) : inSequence(cells)
  return (row) => {
    let text = etag ? `{"@odata.etag":"W/\\"${row.versionnumber}\\"",` : '{'
    text += write(row)
    for (const expand of expands) text += `${expand(row)},`
    return text.endsWith(',') ? `${text.slice(0, -1)}}` : `${text}}`
  }
}

interface CellPart {
  readonly logicalName: string
  /** Cells that are computed, not stored. */
  readonly read: ((row: StoredRow) => Cell | undefined) | undefined
  /** `"name":"Contoso",` with annotations before it where they were asked for. */
  readonly value: (row: StoredRow, cell: Cell) => string
  /** `"name":null,` */
  readonly nothing: string
}

function cellPart(column: ColumnDefinition, { table, preferences, context }: CompiledRowOptions): CellPart {
  const { logicalName } = column
  const property = propertyOf(column)
  const name = `${JSON.stringify(property)}:`
  const write = cellWriter(column)
  const annotate = annotationWriter(column, property, { preferences, context })
  return {
    logicalName,
    read: derivedReader(column, table, context.store),
    value: annotate
      ? (row, cell) => `${annotate(row)}${name}${write(cell)},`
      : (_, cell) => `${name}${write(cell)},`,
    nothing: `${name}null,`,
  }
}

function inSequence(cells: readonly CellPart[]): RowWriter {
  return (row) => {
    let text = ''
    for (const { logicalName, read, value, nothing } of cells) {
      const cell = read ? read(row) : row[logicalName]
      text += cell === undefined ? nothing : value(row, cell)
    }
    return text
  }
}

function nullsLast(cells: readonly CellPart[]): RowWriter {
  return (row) => {
    let text = ''
    let nulls = ''
    for (const { logicalName, read, value, nothing } of cells) {
      const cell = read ? read(row) : row[logicalName]
      if (cell === undefined) nulls += nothing
      else text += value(row, cell)
    }
    return text + nulls
  }
}

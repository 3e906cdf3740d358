import type { Column, Table } from '../../catalog/table.ts'
import { foldedText } from '../check/row-key.ts'
import type { InputRow } from '../input/input-row.ts'
import { baseColumn, type Later, type LaterLookup } from './plan-load.ts'

/** Splits a row into what its first pass writes and what is set afterwards. */
export interface RowSplitter {
  /** The row without what comes later. */
  first(row: InputRow): InputRow
  /** Columns that come later, with their values; undefined where there are none. */
  rest(row: InputRow): Values | undefined
  /** Paths by column of files that come later; undefined where there are none. */
  files(row: InputRow): ReadonlyMap<Column, string> | undefined
}

type Values = Readonly<Record<string, unknown>>

/** `all`: leaves out every such lookup, whatever it points to. */
export function rowSplitter(table: Table, later: Later): RowSplitter {
  const columns = new Map<string, Column | undefined>()
  const columnOf = (name: string): Column | undefined => {
    if (!columns.has(name)) columns.set(name, baseColumn(name, table))
    return columns.get(name)
  }
  const groups = (row: InputRow): readonly Group[] => {
    const found: Group[] = []
    for (const [name, value] of Object.entries(row.values)) {
      const column = columnOf(name)
      if (!column) continue
      const group = found.find((one) => one.column === column)
      if (group) group.cells.push([name, value])
      else found.push({ column, cells: [[name, value]] })
    }
    return found
  }
  const isRest = (all: readonly Group[]): ((group: Group) => boolean) => {
    const inactive = all.some((group) => later.state.includes(group.column) && isInactive(group))
    return (group) =>
      (inactive && later.state.includes(group.column)) ||
      later.lookups.some((lookup) => lookup.column === group.column && isLater(group, lookup))
  }
  return {
    first(row) {
      const all = groups(row)
      const rest = isRest(all)
      const out = new Set(
        all
          .filter((group) => rest(group) || isFile(group, later))
          .flatMap(({ cells }) => cells.map(([name]) => name)),
      )
      if (out.size === 0) return row
      return {
        ...row,
        values: Object.fromEntries(Object.entries(row.values).filter(([name]) => !out.has(name))),
      }
    },
    rest(row) {
      if (later.lookups.length === 0 && later.state.length === 0) return undefined
      const all = groups(row)
      const cells = all.filter(isRest(all)).flatMap((group) => group.cells)
      return cells.length === 0 ? undefined : Object.fromEntries(cells)
    },
    files(row) {
      if (later.files.length === 0) return undefined
      const paths = groups(row).flatMap((group): [Column, string][] => {
        const path = filledText(group)
        return isFile(group, later) && path !== undefined ? [[group.column, path]] : []
      })
      return paths.length === 0 ? undefined : new Map(paths)
    },
  }
}

/** All names of a row that speak of one column. */
interface Group {
  readonly column: Column
  readonly cells: [string, unknown][]
}

function filledText({ cells }: Group): string | undefined {
  const filled = cells.find(
    ([, value]) => value !== undefined && value !== null && String(value).trim() !== '',
  )
  return filled && String(filled[1]).trim()
}

/** An empty lookup is emptied at once, and one that names a table that is complete is set at once. */
function isLater({ column, cells }: Group, { tables }: LaterLookup): boolean {
  const value = cells.some(([name, cell]) => !isTypeName(name, column) && isFilled(cell))
  if (!value) return false
  const [, named] = cells.find(([name]) => isTypeName(name, column)) ?? []
  const table = isFilled(named) ? String(named).trim().toLowerCase() : undefined
  return (
    table === undefined || tables.includes(table) || !column.targets?.some((target) => target.table === table)
  )
}

function isTypeName(name: string, { name: column }: Column): boolean {
  return name.trim().toLowerCase() === `${column}type`
}

function isFilled(value: unknown): boolean {
  return value !== undefined && value !== null && String(value).trim() !== ''
}

/** New rows begin in the first state and in one of its statuses. */
function isInactive(group: Group): boolean {
  const text = filledText(group)
  if (text === undefined) return false
  const choices = group.column.choices ?? []
  const wanted = foldedText(text)
  const chosen = choices.find(({ value, label }) => String(value) === wanted || foldedText(label) === wanted)
  if (!chosen) return false
  if (group.column.serviceType === 'StateType')
    return chosen.value !== Math.min(...choices.map(({ value }) => value))
  return chosen.state !== undefined && chosen.state !== Math.min(...choices.map(({ state = 0 }) => state))
}

/** Images may stand in the row itself, as base64, which has no point in it. A path has. */
function isFile({ column, cells }: Group, { files }: Later): boolean {
  if (!files.includes(column)) return false
  return column.type === 'file' || cells.some(([, value]) => typeof value === 'string' && value.includes('.'))
}

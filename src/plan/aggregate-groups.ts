import type { Column, ColumnType } from '../catalog/table.ts'
import { type Fields, functionName, listOf, namesOf, nodeOf, textOf, walk } from './ast.ts'
import type { Bound } from './bind.ts'
import { type DateUnit, dateUse, finer } from './date-units.ts'
import { isScalar } from './scalar-functions.ts'
import type { Scan } from './scan.ts'

/** A column the service groups by. */
export interface AggregateGroup {
  readonly column: Column
  /** Of dates, how finely: their first day stands for all of a year or month. Undefined: by value. */
  readonly unit: DateUnit | undefined
}

/** Types both sides put into the same groups. Texts differ in trailing blanks, other numbers are rarely grouped by. */
const GROUPED: readonly ColumnType[] = ['choice', 'boolean', 'integer', 'lookup', 'guid']

export interface GroupsOptions {
  readonly scan: Scan
  readonly bound: Bound
  readonly select: Fields
  /** Calls that the service answers. Within them only the condition of FILTER is about groups. */
  readonly pushed: ReadonlySet<Fields>
  /** See `pushAggregate`. */
  readonly keyOf: (column: string) => string | undefined
}

/** Columns that have to be known of every group, so that the clauses over groups can be answered. */
export function findGroups(
  parts: readonly unknown[],
  options: GroupsOptions,
): { readonly groups: readonly AggregateGroup[] } | { readonly refused: string } {
  const { scan, bound, select, pushed, keyOf } = options
  const groups = new Map<string, AggregateGroup>()
  let refused: string | undefined
  const need = (reference: Fields, unit: DateUnit | undefined): void => {
    const use = bound.uses.get(reference)
    if (!use) {
      // A row of the table, or all of its columns; names that the targets give are about groups.
      if (!isTargetName(reference, select)) refused ??= 'it names whole rows'
      return
    }
    const column = columnOf(use.column, scan)
    const key = column?.type === 'string' ? keyOf(column.name) : undefined
    const keyColumn = key === undefined ? undefined : columnOf(key, scan)
    if (column && keyColumn) {
      // Texts that only differ in trailing blanks are told apart by the key of their rows.
      for (const one of [keyColumn, column]) groups.set(one.name, { column: one, unit: undefined })
      return
    }
    const why = column ? whyNotGrouped(column, { scan, unit }) : `labels of lookups are not grouped by`
    if (why !== undefined || !column) {
      refused ??= why
      return
    }
    const wanted = unit ?? (column.type === 'date' ? 'day' : undefined)
    groups.set(column.name, { column, unit: finer(groups.get(column.name)?.unit, wanted) })
  }
  const collect = (value: unknown): void =>
    walk(value, (kind, fields) => {
      if (pushed.has(fields)) {
        collect(fields.agg_filter)
        return false
      }
      const dated = dateUse(kind, fields)
      if (dated && isDate(bound.uses.get(dated.reference)?.column, scan)) {
        need(dated.reference, dated.unit)
        return false
      }
      if (kind === 'ColumnRef') need(fields, undefined)
      if (kind === 'FuncCall' && !isUnderstood(fields)) refused ??= `${functionName(fields)} needs the rows`
      return refused === undefined
    })
  collect(parts)
  return refused === undefined ? { groups: [...groups.values()] } : { refused }
}

/** Not an aggregate this does not know: of finer groups it would see other rows. Windows are over groups in any case. */
function isUnderstood(fields: Fields): boolean {
  const name = functionName(fields)
  if (fields.over !== undefined) return true
  return isScalar(name) || name === 'min' || name === 'max' || fields.agg_distinct === true
}

function isTargetName(reference: Fields, { targetList }: Fields): boolean {
  const [name, more] = namesOf(reference.fields)
  if (name === undefined || more !== undefined || name === '*') return false
  return listOf(targetList).some(
    (item) => textOf(nodeOf(item, 'ResTarget')?.name)?.toLowerCase() === name.toLowerCase(),
  )
}

/** The column of the table; for the label of a choice its choice, whose groups are finer. */
function columnOf(name: string, { table, columns }: Scan): Column | undefined {
  const output = columns.get(name)
  if (!output) return undefined
  if (!(output.read instanceof Map)) return table.columns.find((column) => column.name === name)
  return table.columns.find(({ property }) => property === output.property.replace(/@.*$/, ''))
}

function isDate(name: string | undefined, { table }: Scan): boolean {
  const type = table.columns.find((column) => column.name === name)?.type
  return type === 'date' || type === 'datetime'
}

interface Grouped {
  readonly scan: Scan
  readonly unit: DateUnit | undefined
}

function whyNotGrouped({ name, type }: Column, { scan, unit }: Grouped): string | undefined {
  if (name === scan.table.primaryKey) return 'each row is a group of its own'
  if (unit !== undefined || type === 'date' || GROUPED.includes(type)) return undefined
  if (type === 'datetime') return 'moments are grouped by day, month or year only'
  return `groups of ${type} columns differ at the service`
}

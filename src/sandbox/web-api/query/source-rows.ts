import { compareGuids } from '../../collation.ts'
import type { TableDefinition } from '../../schema.ts'
import type { Store, StoredRow } from '../../store/store.ts'
import type { ApiContext } from '../operation.ts'
import type { Predicate } from './compile-filter.ts'
import { compareRows, type OrderKey } from './order.ts'
import { rowsOf } from './rows-of.ts'

/** One page of matching rows after a position, in order, and whether more follow. */
export interface RowSource {
  readonly table: TableDefinition
  /** Undefined: the whole table. */
  readonly rows: readonly StoredRow[] | undefined
  readonly filter: Predicate | undefined
  readonly order: readonly OrderKey[]
  /** Tells this query from others, for the list kept between its pages. */
  readonly name: string
}

export interface PageOfRows {
  readonly rows: readonly StoredRow[]
  readonly more: boolean
}

export interface PageWish {
  /** Rows, at least 1. */
  readonly size: number
  /** The last row of the page before; undefined: the first page. */
  readonly after: StoredRow | undefined
}

export function takePage(source: RowSource, context: ApiContext, { size, after }: PageWish): PageOfRows {
  const { filter, order } = source
  const list =
    order.length === 0 ? listByKey(source, context) : sortedList(source, context, after !== undefined)
  const start = after === undefined ? 0 : positionAfter(list, source, { after, context })
  // A sorted list is filtered already.
  const wanted = order.length === 0 ? filter : undefined
  const found: StoredRow[] = []
  for (let index = start; index < list.length; index++) {
    const row = list[index]
    if (!row || (wanted && !wanted(row))) continue
    if (found.length === size) return { rows: found, more: true }
    found.push(row)
  }
  return { rows: found, more: false }
}

/** How many rows match, counting no further than `limit`. */
export function countRows({ table, rows, filter }: RowSource, { store }: ApiContext, limit: number): number {
  const list = rows ?? rowsOf(store, table.logicalName).all()
  if (!filter) return Math.min(limit, list.length)
  let count = 0
  for (const row of list) if (filter(row) && ++count >= limit) break
  return count
}

function listByKey({ table, rows }: RowSource, { store }: ApiContext): readonly StoredRow[] {
  return rows ? [...rows].sort(inOrder([], table)) : rowsOf(store, table.logicalName).all()
}

/** Sorts by the keys, then by primary key, so that the order is total and pages do not overlap. */
export function inOrder(
  order: readonly OrderKey[],
  { primaryKey }: TableDefinition,
): (a: StoredRow, b: StoredRow) => number {
  const compare = compareRows(order)
  return (a, b) => compare(a, b) || compareGuids(String(a[primaryKey]), String(b[primaryKey]))
}

interface Kept {
  readonly version: bigint
  readonly name: string
  readonly rows: readonly StoredRow[]
}

/** The list of the last sorted query: its next pages need not sort again while nothing was written. */
const keptLists = new WeakMap<Store, Kept>()

function sortedList(
  { table, rows, filter, order, name }: RowSource,
  { store }: ApiContext,
  continued: boolean,
): readonly StoredRow[] {
  const kept = keptLists.get(store)
  if (continued && kept?.version === store.version && kept.name === name) return kept.rows
  const all = rows ?? rowsOf(store, table.logicalName).all()
  const sorted = [...(filter ? all.filter(filter) : all)].sort(inOrder(order, table))
  keptLists.set(store, { version: store.version, name, rows: sorted })
  return sorted
}

function positionAfter(
  list: readonly StoredRow[],
  { table, rows, order }: RowSource,
  { after, context }: { after: StoredRow; context: ApiContext },
): number {
  if (order.length === 0 && !rows)
    return rowsOf(context.store, table.logicalName).positionAfter(String(after[table.primaryKey]))
  const compare = inOrder(order, table)
  let low = 0
  let high = list.length
  while (low < high) {
    const middle = (low + high) >> 1
    const row = list[middle]
    if (row && compare(row, after) <= 0) low = middle + 1
    else high = middle
  }
  return low
}

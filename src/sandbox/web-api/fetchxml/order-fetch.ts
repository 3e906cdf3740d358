import type { ColumnDefinition } from '../../schema.ts'
import type { StoredRow } from '../../store/store.ts'
import type { ApiContext } from '../operation.ts'
import { compareNullable } from '../query/compare.ts'
import { formatted, nameOfTarget } from '../query/format.ts'
import { isLookup } from '../query/paths.ts'
import { columnNamed } from './columns.ts'
import { fetchError } from './fetch-error.ts'
import type { FetchOrder } from './fetch-query.ts'
import { rowOf, type Tables, type Tuple } from './join.ts'

export interface OrderSetting {
  readonly tables: Tables
  readonly context: ApiContext
  readonly rawOrder: boolean
}

/** One `<order>`: choices by label and lookups by name, unlike OData; NULLs first when ascending. */
export function orderComparer(
  { attribute, descending }: FetchOrder,
  alias: string,
  { tables, context, rawOrder }: OrderSetting,
): (a: Tuple, b: Tuple) => number {
  const table = tables.get(alias)
  if (!table || attribute === undefined)
    throw fetchError('An order needs an attribute of an entity in the query.')
  const column = columnNamed(table, attribute, context)
  const compare = comparerOf(column, context, rawOrder)
  return (a, b) => {
    const order = compare(rowOf(a, alias), rowOf(b, alias))
    return descending ? -order : order
  }
}

type RowComparer = (a: StoredRow | undefined, b: StoredRow | undefined) => number

function comparerOf(column: ColumnDefinition, { store }: ApiContext, rawOrder: boolean): RowComparer {
  const { logicalName, type } = column
  if (isLookup(column))
    return (a, b) =>
      compareNullable('String', a && nameOfTarget(column, a, store), b && nameOfTarget(column, b, store))
  if (!rawOrder && ['Picklist', 'State', 'Status'].includes(type))
    return (a, b) =>
      compareNullable('String', a && formatted(column, a, store), b && formatted(column, b, store))
  return (a, b) => compareNullable(type, a?.[logicalName], b?.[logicalName])
}

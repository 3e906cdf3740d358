import type { TableDefinition } from '../../schema.ts'
import type { StoredRow } from '../../store/store.ts'
import { type ApiContext, ApiError } from '../operation.ts'
import { compareNullable } from './compare.ts'
import { accessor, NO_VARIABLES } from './compile-filter.ts'
import { nameOfTarget } from './format.ts'
import { isLookup } from './paths.ts'
import { syntaxError } from './tokens.ts'

/** `$orderby`: several keys, NULLs first when ascending, a lookup by the name of its target, ties by primary key. */
export interface OrderKey {
  /** Column for the paging cookie; undefined for a column of a related row. */
  readonly column: string | undefined
  readonly descending: boolean
  readonly compare: (a: StoredRow, b: StoredRow) => number
}

export interface OrderSetting {
  readonly table: TableDefinition
  readonly context: ApiContext
  readonly aliases: ReadonlyMap<string, string>
}

export function parseOrder(orderby: string | undefined, setting: OrderSetting): readonly OrderKey[] {
  const items = (orderby ?? '')
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '')
    .map((item) => readItem(item, setting.aliases))
  const paths = items.map(({ path }) => path)
  if (new Set(paths).size < paths.length)
    throw new ApiError(
      400,
      '0x80048d16',
      'A column has been specified more than once in the order by list. Columns in the order by list must be unique.',
    )
  return items.map((item) => orderKey(item, setting))
}

interface OrderItem {
  readonly path: string
  readonly descending: boolean
}

function readItem(item: string, aliases: ReadonlyMap<string, string>): OrderItem {
  const [property = '', direction = 'asc', ...rest] = item.split(/\s+/)
  if ((direction !== 'asc' && direction !== 'desc') || rest.length > 0)
    throw syntaxError(`Syntax error in $orderby: '${item}'.`)
  return { path: pathOf(property, aliases), descending: direction === 'desc' }
}

/** An alias in `$orderby` stands for a column name, with or without quotes. */
function pathOf(property: string, aliases: ReadonlyMap<string, string>): string {
  if (!property.startsWith('@')) return property
  const text = aliases.get(property)
  if (text === undefined) throw syntaxError(`The alias ${property} in $orderby was not given.`)
  return text.replace(/^'|'$/g, '')
}

function orderKey({ path, descending }: OrderItem, { table, context }: OrderSetting): OrderKey {
  const segments = path.split('/')
  const { column, read } = accessor({ kind: 'path', segments }, { table, context, variables: NO_VARIABLES })
  const { type } = column
  const own = segments.length === 1
  return {
    column: own ? column.logicalName : undefined,
    descending,
    compare:
      own && isLookup(column)
        ? (a, b) =>
            compareNullable(
              'String',
              nameOfTarget(column, a, context.store),
              nameOfTarget(column, b, context.store),
            )
        : (a, b) => compareNullable(type, read(a, {}), read(b, {})),
  }
}

export function compareRows(keys: readonly OrderKey[]): (a: StoredRow, b: StoredRow) => number {
  return (a, b) => {
    for (const { compare, descending } of keys) {
      const order = compare(a, b)
      if (order !== 0) return descending ? -order : order
    }
    return 0
  }
}

import type { ColumnDefinition, TableDefinition } from '../../schema.ts'
import type { Cell, StoredRow } from '../../store/store.ts'
import { type ApiContext, ApiError } from '../operation.ts'
import { compareCells, edmType, holds } from '../query/compare.ts'
import { type RowReader, rowsOf } from '../query/rows-of.ts'
import { columnNamed } from './columns.ts'
import { conditionColumn } from './condition-column.ts'
import { fetchError } from './fetch-error.ts'
import type { FetchCondition, FetchEntity, FetchFilter, FetchLink } from './fetch-query.ts'
import { operatorTest } from './operators.ts'

/** Rows of the root with the rows linked to them, by alias; an outer link without a match has none. */
export interface Tuple {
  readonly root: StoredRow
  readonly links: ReadonlyMap<string, StoredRow>
}

/** Tables by alias; the root under the empty name. */
export type Tables = ReadonlyMap<string, TableDefinition>

const MAX_LINKS = 15

export function tablesOf(entity: FetchEntity, context: ApiContext): Tables {
  const root = tableNamed(entity.name, context)
  const tables = new Map([['', root]])
  const walk = (links: readonly FetchLink[]): void => {
    for (const link of links) {
      tables.set(link.alias, tableNamed(link.name, context))
      walk(link.links)
    }
  }
  walk(entity.links)
  if (tables.size - 1 > MAX_LINKS)
    throw fetchError(`Number of link entities in query exceeded maximum limit of ${MAX_LINKS}.`, '0x8004430D')
  if (root.kind === 'Elastic' && entity.links.length > 0)
    throw new ApiError(400, '0x80048d0b', 'Link entities are not supported.')
  return tables
}

export function tableNamed(name: string, { store }: ApiContext): TableDefinition {
  const table = store.schema.table(name.toLowerCase())
  if (table) return table
  throw fetchError(
    `The entity with a name = '${name}' with namemapping = 'Logical' was not found in the MetadataCache.`,
    '0x80041102',
  )
}

export function joinRows(
  rows: readonly StoredRow[],
  entity: FetchEntity,
  tables: Tables,
  context: ApiContext,
): readonly Tuple[] {
  const filters = entity.filters.map((filter) => filterTest(filter, { tables, context, alias: '' }))
  const reachesLinks = entity.filters.some(mentionsLinks)
  let tuples: readonly Tuple[] = rows.map((root) => ({ root, links: NO_LINKS }))
  if (!reachesLinks) tuples = tuples.filter((tuple) => filters.every((test) => test(tuple)))
  for (const link of entity.links) tuples = joinLink(tuples, link, { parent: '', tables, context })
  return reachesLinks ? tuples.filter((tuple) => filters.every((test) => test(tuple))) : tuples
}

/** Links of a row that is joined with nothing yet. */
export const NO_LINKS: ReadonlyMap<string, StoredRow> = new Map()

function mentionsLinks({ conditions, filters }: FetchFilter): boolean {
  return (
    conditions.some(({ entityName, valueOf: other }) => entityName !== undefined || other?.includes('.')) ||
    filters.some(mentionsLinks)
  )
}

interface JoinSetting {
  readonly parent: string
  readonly tables: Tables
  readonly context: ApiContext
}

/** Kinds of links that only ask whether a related row is there. */
const EXISTENCE: ReadonlyMap<string, boolean> = new Map([
  ['exists', true],
  ['in', true],
  ['any', true],
  ['not any', false],
])

function joinLink(tuples: readonly Tuple[], link: FetchLink, setting: JoinSetting): readonly Tuple[] {
  const matches = matchesOf(link, setting)
  const wanted = EXISTENCE.get(link.linkType)
  if (wanted !== undefined) return tuples.filter((tuple) => matches(tuple).length > 0 === wanted)
  if (!['inner', 'outer', 'matchfirstrowusingcrossapply', 'natural'].includes(link.linkType))
    throw fetchError(`Invalid link type: ${link.linkType}.`)
  return tuples.flatMap((tuple) => {
    const found = matches(tuple)
    const used = link.linkType === 'matchfirstrowusingcrossapply' ? found.slice(0, 1) : found
    if (used.length > 0) return used
    return link.linkType === 'outer' ? [tuple] : []
  })
}

/** The tuple once for every related row that passes the link's filters and has what its own inner links ask for. */
function matchesOf(
  link: FetchLink,
  { parent, tables, context }: JoinSetting,
): (tuple: Tuple) => readonly Tuple[] {
  const table = tables.get(link.alias) ?? tableNamed(link.name, context)
  const from = columnNamed(table, link.from || table.primaryKey, context).logicalName
  const parentTable = tables.get(parent) ?? table
  const to = columnNamed(parentTable, link.to || from, context).logicalName
  const rows = rowsOf(context.store, table.logicalName)
  const own: Tables = new Map([...tables, [link.alias, table]])
  const filters = link.filters.map((filter) =>
    filterTest(filter, { tables: own, context, alias: link.alias }),
  )
  return (tuple) => {
    const value = rowOf(tuple, parent)?.[to]
    if (value === undefined) return []
    let joined: readonly Tuple[] = rowsWith(rows, { column: from, value, primaryKey: table.primaryKey })
      .map((row): Tuple => ({ ...tuple, links: new Map([...tuple.links, [link.alias, row]]) }))
      .filter((candidate) => filters.every((test) => test(candidate)))
    for (const inner of link.links)
      joined = joinLink(joined, inner, { parent: link.alias, tables: own, context })
    return joined
  }
}

interface Wanted {
  readonly column: string
  readonly value: Cell
  readonly primaryKey: string
}

/** By index where the column holds texts or keys; numbers are compared one by one. */
function rowsWith(rows: RowReader, { column, value, primaryKey }: Wanted): readonly StoredRow[] {
  if (typeof value !== 'string') return rows.all().filter((row) => row[column] === value)
  if (column !== primaryKey) return rows.byLookup(column, value)
  const row = rows.get(value)
  return row ? [row] : []
}

export function rowOf(tuple: Tuple, alias: string): StoredRow | undefined {
  return alias === '' ? tuple.root : tuple.links.get(alias)
}

interface FilterSetting {
  readonly tables: Tables
  readonly context: ApiContext
  readonly alias: string
}

type TupleTest = (tuple: Tuple) => boolean

function filterTest(filter: FetchFilter, setting: FilterSetting): TupleTest {
  const { tables, context, alias } = setting
  const tests: TupleTest[] = [
    ...filter.conditions.map((condition) => conditionTest(condition, setting)),
    ...filter.filters.map((inner) => filterTest(inner, setting)),
    ...filter.links.map((link): TupleTest => {
      const matches = matchesOf(link, {
        parent: alias,
        tables: new Map([...tables, [link.alias, tableNamed(link.name, context)]]),
        context,
      })
      return quantified(link, matches, { ...setting, context })
    }),
  ]
  if (tests.length === 0) return () => true
  return filter.type === 'or'
    ? (tuple) => tests.some((test) => test(tuple))
    : (tuple) => tests.every((test) => test(tuple))
}

/** `all` and `not all` ask about related rows that do not match: https://learn.microsoft.com/power-apps/developer/data-platform/fetchxml/filter-rows#filter-on-values-in-related-records */
function quantified(
  link: FetchLink,
  matches: (tuple: Tuple) => readonly Tuple[],
  setting: FilterSetting,
): TupleTest {
  if (link.linkType === 'any') return (tuple) => matches(tuple).length > 0
  if (link.linkType === 'not any') return (tuple) => matches(tuple).length === 0
  const related = matchesOf(
    { ...link, filters: [], links: [] },
    { parent: setting.alias, tables: setting.tables, context: setting.context },
  )
  if (link.linkType === 'not all') return (tuple) => matches(tuple).length > 0
  if (link.linkType === 'all') return (tuple) => related(tuple).length > 0 && matches(tuple).length === 0
  throw fetchError(`Invalid link type in a filter: ${link.linkType}.`)
}

function conditionTest(condition: FetchCondition, { tables, context, alias }: FilterSetting): TupleTest {
  const owner = condition.entityName ?? alias
  const table = tables.get(owner)
  if (!table) throw fetchError(`LinkEntity with name or alias ${owner} is not found.`)
  if (condition.valueOf !== undefined) {
    const column = columnNamed(table, condition.attribute, context)
    return columnsTest(condition, { tables, context, alias, owner, column })
  }
  const { column, read } = conditionColumn(condition, table, context)
  const test = operatorTest(condition.operator, { column, table, values: condition.values, context })
  return (tuple) => {
    const row = rowOf(tuple, owner)
    return test(row && read(row))
  }
}

interface ColumnsSetting extends FilterSetting {
  readonly owner: string
  readonly column: ColumnDefinition
}

/** A condition against another column: `valueof="lastname"` or `valueof="alias.lastname"`. */
function columnsTest(
  { operator, valueOf: other = '' }: FetchCondition,
  { tables, context, owner, column }: ColumnsSetting,
): TupleTest {
  const [first = '', second] = other.split('.')
  const otherOwner = second === undefined ? owner : first
  const otherTable = tables.get(otherOwner)
  if (!otherTable) throw fetchError(`LinkEntity with name or alias ${otherOwner} is not found.`)
  const otherColumn = columnNamed(otherTable, second ?? first, context)
  if (edmType(column) !== edmType(otherColumn))
    throw fetchError(
      `The columns ${column.logicalName} and ${otherColumn.logicalName} are not of the same type and cannot be compared.`,
    )
  const compare = operator === 'neq' ? 'ne' : operator
  if (
    compare !== 'eq' &&
    compare !== 'ne' &&
    compare !== 'gt' &&
    compare !== 'ge' &&
    compare !== 'lt' &&
    compare !== 'le'
  )
    throw fetchError(`The operator ${operator} cannot compare two columns.`)
  return (tuple) => {
    const a: Cell | undefined = rowOf(tuple, owner)?.[column.logicalName]
    const b: Cell | undefined = rowOf(tuple, otherOwner)?.[otherColumn.logicalName]
    return a !== undefined && b !== undefined && holds(compare, compareCells(column.type, a, b))
  }
}

import type { ColumnDefinition } from '../../schema.ts'
import { type ApiContext, notEmulated } from '../operation.ts'
import { annotationWriter } from '../query/annotations.ts'
import { cellWriter } from '../query/cell-json.ts'
import { derivedReader } from '../query/derived.ts'
import type { Preferences } from '../query/options.ts'
import { propertyOf, wireColumns } from '../query/paths.ts'
import { rowsOf } from '../query/rows-of.ts'
import { columnNamed } from './columns.ts'
import { fetchError } from './fetch-error.ts'
import type { FetchEntity, FetchLink, FetchQuery } from './fetch-query.ts'
import { rowOf, type Tables, type Tuple } from './join.ts'

/** Tuples as JSON rows: NULLs left out, linked columns as `alias.column`. */
export interface TupleWriterSetting {
  readonly tables: Tables
  readonly context: ApiContext
  readonly preferences: Preferences
}

interface OutputCell {
  readonly alias: string
  readonly column: ColumnDefinition
  readonly name: string
  /** Given an alias of its own: the annotation tells its real name. */
  readonly renamed: boolean
}

export function tupleWriter(query: FetchQuery, setting: TupleWriterSetting): (tuple: Tuple) => string {
  const cells = [...ownCells(query, setting), ...linkedCells(query.entity, setting)]
  const parts = [...cells.map((cell) => cellPart(cell, setting)), ...childCounts(query.entity, setting)]
  const etag = !query.distinct
  return (tuple) => {
    const members = parts.flatMap((part) => part(tuple) ?? [])
    if (etag) members.unshift(`"@odata.etag":"W/\\"${tuple.root.versionnumber}\\""`)
    return `{${members.join(',')}}`
  }
}

function ownCells({ entity, distinct }: FetchQuery, { tables, context }: TupleWriterSetting): OutputCell[] {
  const table = tables.get('')
  if (!table) return []
  const own = (column: ColumnDefinition): OutputCell => ({
    alias: '',
    column,
    name: propertyOf(column),
    renamed: false,
  })
  if (entity.allAttributes) return wireColumns(table).map(own)
  const plain = entity.attributes.filter(({ rowAggregate }) => rowAggregate === undefined)
  const cells = plain.map(({ name, alias }): OutputCell => {
    const column = columnNamed(table, name, context)
    return alias === undefined ? own(column) : { alias: '', column, name: alias, renamed: true }
  })
  const add = (name: string): void => {
    const column = context.store.schema.column(table.logicalName, name)
    if (column && !cells.some((cell) => cell.column === column && !cell.renamed)) cells.push(own(column))
  }
  if (!distinct && cells.some(({ column }) => column.type === 'Money')) add('transactioncurrencyid')
  if (!distinct) add(table.primaryKey)
  return cells
}

/** `rowaggregate="CountChildren"`: rows right below each one, whether the caller may read them or not. */
function childCounts(
  { attributes }: FetchEntity,
  { tables, context }: TupleWriterSetting,
): ((tuple: Tuple) => string)[] {
  const table = tables.get('')
  return attributes
    .filter(({ rowAggregate }) => rowAggregate !== undefined)
    .map(({ alias }) => {
      const parent =
        table && context.store.schema.lookups(table.logicalName).find(({ hierarchical }) => hierarchical)
      if (!parent || alias === undefined)
        throw fetchError('A rowaggregate needs an alias and a table with a hierarchical relationship.')
      const rows = rowsOf(context.store, table.logicalName)
      return ({ root }) =>
        `${JSON.stringify(alias)}:${rows.byLookup(parent.referencingColumn, String(root[table.primaryKey])).length}`
    })
}

function linkedCells(entity: FetchEntity, setting: TupleWriterSetting): OutputCell[] {
  return entity.links.flatMap((link) => [...cellsOfLink(link, setting), ...linkedCells(link, setting)])
}

function cellsOfLink(link: FetchLink, { tables, context }: TupleWriterSetting): OutputCell[] {
  const table = tables.get(link.alias)
  if (!table) return []
  const named = (column: ColumnDefinition, alias: string | undefined): OutputCell => ({
    alias: link.alias,
    column,
    name: alias ?? `${link.alias}.${column.logicalName}`,
    renamed: true,
  })
  if (link.allAttributes) return wireColumns(table).map((column) => named(column, undefined))
  if (link.attributes.some(({ rowAggregate }) => rowAggregate !== undefined))
    throw notEmulated('rowaggregate in a link-entity of FetchXML')
  return link.attributes.map(({ name, alias }) => named(columnNamed(table, name, context), alias))
}

function cellPart(
  { alias, column, name, renamed }: OutputCell,
  setting: TupleWriterSetting,
): (tuple: Tuple) => string | undefined {
  const { tables, context, preferences } = setting
  const write = cellWriter(column)
  const table = tables.get(alias)
  const read = table && derivedReader(column, table, context.store)
  const label = JSON.stringify(name)
  const annotate = annotationWriter(column, name, { context, preferences })
  const attributeName =
    renamed && preferences.annotation(ATTRIBUTE_NAME)
      ? `${JSON.stringify(`${name}@${ATTRIBUTE_NAME}`)}:${JSON.stringify(column.logicalName)},`
      : ''
  return (tuple) => {
    const row = rowOf(tuple, alias)
    const cell = row && (read ? read(row) : row[column.logicalName])
    if (!row || cell === undefined) return undefined
    return `${attributeName}${annotate?.(row) ?? ''}${label}:${write(cell)}`
  }
}

const ATTRIBUTE_NAME = 'OData.Community.Display.V1.AttributeName'

import type { ColumnDefinition, OneToMany, TableDefinition } from '../../schema.ts'
import type { Schema } from '../../store/store.ts'
import type { ApiError } from '../operation.ts'
import { derivedColumns } from './derived.ts'
import { syntaxError } from './tokens.ts'

/** Looks names up in the schema, as the Web API spells them. */

/** The column that a property name of the wire means: `name`, or `_primarycontactid_value` for a lookup. */
export function columnOfProperty(
  schema: Schema,
  table: TableDefinition,
  property: string,
): ColumnDefinition | undefined {
  const lookup = /^_(.+)_value$/.exec(property)?.[1]
  const column =
    schema.column(table.logicalName, lookup ?? property) ??
    derivedColumns(table).find(({ logicalName }) => logicalName === property)
  if (!column || column.type === 'Virtual' || column.type === 'PartyList') return undefined
  return isLookup(column) === (lookup !== undefined) ? column : undefined
}

export function isLookup({ type }: ColumnDefinition): boolean {
  return type === 'Lookup' || type === 'Customer' || type === 'Owner'
}

/** Name of a column's property on the wire. */
export function propertyOf(column: ColumnDefinition): string {
  return isLookup(column) ? `_${column.logicalName}_value` : column.logicalName
}

/** Columns that appear in rows of a table. */
export function wireColumns(table: TableDefinition): readonly ColumnDefinition[] {
  const own = table.columns.filter(({ type, read }) => read && type !== 'Virtual' && type !== 'PartyList')
  const names = new Set(own.map(({ logicalName }) => logicalName))
  return [...own, ...derivedColumns(table).filter(({ logicalName }) => !names.has(logicalName))]
}

/** The relationship behind a single-valued navigation property; owners have one property for all their targets. */
export function lookupNavigation(schema: Schema, table: TableDefinition, name: string): readonly OneToMany[] {
  return schema.lookups(table.logicalName).filter(({ lookupNavigation: own }) => own === name)
}

export function unknownProperty(table: TableDefinition, name: string): ApiError {
  return syntaxError(
    `Could not find a property named '${name}' on type 'Microsoft.Dynamics.CRM.${table.logicalName}'.`,
  )
}

/** A table that the schema itself names. */
export function requireTable(schema: Schema, name: string): TableDefinition {
  const table = schema.table(name)
  if (!table) throw new Error(`The schema names the table ${name} but does not define it.`)
  return table
}

/**
 * What a row's JSON asks for, sorted by what has to happen: cells to set, lookups to point, rows to make before it
 * (single-valued deep insert), rows to make or link after it. Columns that do not take part in the operation are left
 * out in silence, as the service does; names that are not declared are refused.
 */
import type { ColumnDefinition, ManyToMany, OneToMany, TableDefinition } from '../../../schema.ts'
import type { Schema, StoredRow } from '../../../store/store.ts'
import {
  deepUpdate,
  payloadError,
  readOnlyLookup,
  requiredMissing,
  undeclaredNavigation,
  undeclaredProperty,
} from '../write-errors.ts'
import { readCell } from './cell.ts'
import { isList, isObject, type JsonObject, type JsonValue } from './request-body.ts'

export interface Payload {
  /** Cells by column; a name that is there with undefined clears. Images as their base64 text. */
  readonly cells: StoredRow
  readonly lookups: readonly LookupChange[]
  readonly parents: readonly NewParent[]
  readonly children: readonly NewChildren[]
  readonly members: readonly Members[]
}

export interface LookupChange {
  /** Relationships with this navigation property: several where `ownerid` takes users and teams. */
  readonly relationships: readonly OneToMany[]
  /** Null clears. */
  readonly reference: string | null
}

export interface NewParent {
  readonly relationship: OneToMany
  readonly body: JsonObject
}

export interface NewChildren {
  readonly relationship: OneToMany | ManyToMany
  readonly bodies: readonly JsonObject[]
}

export interface Members {
  readonly relationship: OneToMany | ManyToMany
  readonly references: readonly string[]
}

export interface PayloadReading {
  readonly table: TableDefinition
  readonly mode: 'create' | 'update'
  readonly schema: Schema
}

export function readPayload(body: JsonObject, reading: PayloadReading): Payload {
  const found = { cells: {}, lookups: [], parents: [], children: [], members: [] }
  for (const [name, value] of Object.entries(body)) readMember({ name, value }, reading, found)
  return found
}

export function isOneToMany(relationship: OneToMany | ManyToMany): relationship is OneToMany {
  return 'referencingColumn' in relationship
}

interface Member {
  readonly name: string
  readonly value: JsonValue
}

interface Found {
  readonly cells: StoredRow
  readonly lookups: LookupChange[]
  readonly parents: NewParent[]
  readonly children: NewChildren[]
  readonly members: Members[]
}

function readMember({ name, value }: Member, reading: PayloadReading, found: Found): void {
  const at = name.indexOf('@')
  if (at === 0) return
  if (at > 0) {
    if (name.slice(at) === '@odata.bind') readBinding({ name: name.slice(0, at), value }, reading, found)
    return
  }
  const lookups = lookupsNamed(name, reading)
  const collection = collectionNamed(name, reading)
  if (lookups.length > 0) readLookup({ name, value }, lookups, { reading, found })
  else if (collection) readChildren({ name, value }, collection, { reading, found })
  else readColumn({ name, value }, reading, found)
}

function readBinding({ name, value }: Member, reading: PayloadReading, found: Found): void {
  const relationships = lookupsNamed(name, reading)
  if (relationships.length > 0) {
    if (value !== null && typeof value !== 'string') throw badBinding(name)
    changeLookup({ relationships, reference: value }, reading, found)
    return
  }
  const collection = collectionNamed(name, reading)
  if (!collection) throw undeclaredNavigation(name)
  if (reading.mode === 'update') throw deepUpdate()
  if (!isList(value)) throw badBinding(name)
  const references = value.map((reference) => {
    if (typeof reference !== 'string') throw badBinding(name)
    return reference
  })
  found.members.push({ relationship: collection, references })
}

function badBinding(name: string): Error {
  return payloadError(`The value of the 'odata.bind' annotation on '${name}' is not a reference to a row.`)
}

interface Into {
  readonly reading: PayloadReading
  readonly found: Found
}

function readLookup(
  { name, value }: Member,
  relationships: readonly OneToMany[],
  { reading, found }: Into,
): void {
  if (value === null) {
    changeLookup({ relationships, reference: null }, reading, found)
    return
  }
  if (!isObject(value)) {
    throw payloadError(
      `A 'PrimitiveValue' node with non-null value was found when trying to read the value of the property '${name}'; however, a 'StartArray' node, a 'StartObject' node, or a 'PrimitiveValue' node with null value was expected.`,
    )
  }
  if (reading.mode === 'update') throw deepUpdate()
  const [relationship] = relationships
  if (relationship) found.parents.push({ relationship, body: value })
}

function changeLookup(change: LookupChange, { table, mode, schema }: PayloadReading, found: Found): void {
  const column = schema.column(table.logicalName, change.relationships[0]?.referencingColumn ?? '')
  if (!column || !takesPart(column, mode)) return
  if (change.reference === null && column.required === 'SystemRequired')
    throw requiredMissing({ table, column })
  found.lookups.push(change)
}

function readChildren(
  { name, value }: Member,
  relationship: OneToMany | ManyToMany,
  { reading, found }: Into,
): void {
  if (reading.mode === 'update') throw deepUpdate()
  if (!isList(value)) throw payloadError(`A list of rows was expected for the property '${name}'.`)
  const bodies = value.map((body) => {
    if (!isObject(body)) throw payloadError(`A list of rows was expected for the property '${name}'.`)
    return body
  })
  found.children.push({ relationship, bodies })
}

function readColumn({ name, value }: Member, { table, mode, schema }: PayloadReading, found: Found): void {
  const lookup = /^_(.+)_value$/.exec(name)?.[1]
  if (lookup !== undefined && isLookup(schema.column(table.logicalName, lookup))) throw readOnlyLookup()
  const column = schema.column(table.logicalName, name)
  if (!column || column.type === 'Virtual' || isLookup(column)) throw undeclaredProperty(name, table)
  if (!takesPart(column, mode)) return
  // The service takes an image with a new row only where it is the table's primary image.
  if (column.type === 'Image' && mode === 'create' && column.logicalName !== table.primaryImage) return
  const cell = readCell(value, { table, column })
  if (cell === undefined && column.required === 'SystemRequired') throw requiredMissing({ table, column })
  found.cells[name] = cell
}

function takesPart(column: ColumnDefinition, mode: 'create' | 'update'): boolean {
  return mode === 'create' ? column.create : column.update
}

function isLookup(column: ColumnDefinition | undefined): boolean {
  return column?.type === 'Lookup' || column?.type === 'Customer' || column?.type === 'Owner'
}

/** Names of navigation properties are case-sensitive. */
function lookupsNamed(name: string, { table, schema }: PayloadReading): readonly OneToMany[] {
  return schema.lookups(table.logicalName).filter(({ lookupNavigation }) => lookupNavigation === name)
}

function collectionNamed(
  name: string,
  { table, schema }: PayloadReading,
): OneToMany | ManyToMany | undefined {
  return (
    schema.collections(table.logicalName).find(({ collectionNavigation }) => collectionNavigation === name) ??
    schema
      .manyToManyOf(table.logicalName)
      .find(({ table1, navigation1, navigation2 }) =>
        table1 === table.logicalName ? navigation1 === name : navigation2 === name,
      )
  )
}

import { parseGuid } from '../../../core/guid.ts'
import type { ColumnDefinition, OneToMany, TableDefinition } from '../../schema.ts'
import type { Cell, StoredRow } from '../../store/store.ts'
import { type ApiContext, ApiError, notEmulated } from '../operation.ts'
import type { Resource, RowKey } from '../resource.ts'
import { dateCell, parseDigits } from './compare.ts'
import { decode, readQueryString } from './options.ts'
import { columnOfProperty, isLookup, lookupNavigation, requireTable } from './paths.ts'
import { relatedRows } from './related.ts'
import { rowsOf } from './rows-of.ts'
import { splitTop } from './select-expand.ts'
import { syntaxError } from './tokens.ts'

/** What a path below the service root means. Throws the ApiError the service answers where it means nothing. */
export function parseResource(path: string, query: string, context: ApiContext): Resource {
  const segments = splitPath(decode(path.replaceAll('+', '%2B')))
  const [first, ...rest] = segments
  const table = first && context.store.schema.tableBySet(first.name)
  if (!first || !table)
    return {
      kind: 'unbound',
      name: first?.name ?? '',
      parameters: first?.parameters ?? '',
      rest: rest.map(({ text }) => text).join('/'),
    }
  const aliases = query.includes('@') ? readQueryString(query).aliases : NO_ALIASES
  const keyed = { context, aliases, partitionId: partitionOf(query) }
  if (first.parameters === undefined) return ofSet(table, rest)
  return ofRow(table, readKey(first.parameters, table, keyed), rest, keyed)
}

const NO_ALIASES: ReadonlyMap<string, string> = new Map()
const NAMESPACE = 'Microsoft.Dynamics.CRM.'

interface Segment {
  readonly name: string
  /** Text between parentheses; undefined where there are none. */
  readonly parameters: string | undefined
  readonly text: string
}

interface KeySetting {
  readonly context: ApiContext
  readonly aliases: ReadonlyMap<string, string>
  readonly partitionId: string | undefined
}

function splitPath(path: string): Segment[] {
  return splitTop(path, '/').map((text): Segment => {
    const match = /^([^(]*)(?:\(([\s\S]*)\))?$/.exec(text)
    return { name: match?.[1] ?? text, parameters: match?.[2], text }
  })
}

function partitionOf(query: string): string | undefined {
  const value = /(?:^|&)partitionId=([^&]*)/.exec(query)?.[1]
  return value === undefined ? undefined : decode(value).replace(/^'|'$/g, '')
}

function ofSet(table: TableDefinition, rest: readonly Segment[]): Resource {
  const [next, ...others] = rest
  if (!next) return { kind: 'set', table, count: false }
  if (next.name === '$count' && others.length === 0) return { kind: 'set', table, count: true }
  if (next.name === '$ref') throw notEmulated(`$ref of the set ${table.entitySetName}`)
  if (next.name.startsWith(NAMESPACE)) return bound(table, undefined, next)
  throw notFound(next.name)
}

function ofRow(table: TableDefinition, key: RowKey, rest: readonly Segment[], setting: KeySetting): Resource {
  const [next, ...others] = rest
  if (!next) return { kind: 'row', table, key }
  const { store } = setting.context
  if (next.name.startsWith(NAMESPACE)) {
    const cast = store.schema.table(next.name.slice(NAMESPACE.length))
    if (cast && next.parameters === undefined) return ofRow(cast, key, others, setting)
    return bound(table, key, next)
  }
  const [tail, ...more] = others
  const [lookup] = lookupNavigation(store.schema, table, next.name)
  const relation = lookup ? undefined : relatedRows(store, table, next.name)
  if (tail && !['$ref', '$value', '$count'].includes(tail.name)) {
    if (lookup || next.parameters !== undefined) setting.context.demand('Read', table.logicalName)
    if (lookup) return ofLookedUp(requireRow(table, key, setting.context), lookup, others, setting)
    if (relation && next.parameters !== undefined) {
      const member = requireRow(
        relation.table,
        readKey(next.parameters, relation.table, setting),
        setting.context,
      )
      if (relation.rows(requireRow(table, key, setting.context)).includes(member))
        return ofRow(relation.table, keyOf(relation.table, member), others, setting)
    }
  }
  if (more.length > 0) throw notFound(more[0]?.name ?? '')
  if (lookup) {
    if (tail && tail.name !== '$ref' && tail.name !== '$value') throw notFound(tail.name)
    return { kind: 'lookup', table, key, relationship: lookup, ref: tail?.name === '$ref' }
  }
  if (relation) {
    if (tail && tail.name !== '$ref' && tail.name !== '$count') throw notFound(tail.name)
    return {
      kind: 'collection',
      table,
      key,
      relationship: relation.relationship,
      related: relation.table,
      ...(next.parameters === undefined ? {} : { member: readKey(next.parameters, relation.table, setting) }),
      ref: tail?.name === '$ref',
      count: tail?.name === '$count',
    }
  }
  const column = columnOfProperty(store.schema, table, next.name)
  if (!column || (tail && tail.name !== '$value')) throw notFound(tail?.name ?? next.name)
  return { kind: 'column', table, key, column, raw: tail !== undefined }
}

/** `accounts(…)/primarycontactid/fullname`: further on from the row that a lookup leads to. */
function ofLookedUp(
  row: StoredRow,
  { referencingColumn, referencedTable }: OneToMany,
  rest: readonly Segment[],
  setting: KeySetting,
): Resource {
  const id = row[referencingColumn]
  if (typeof id !== 'string') throw notFound(rest[0]?.name ?? '')
  return ofRow(
    targetOf(row, referencingColumn, setting.context, referencedTable),
    { by: 'id', id },
    rest,
    setting,
  )
}

function keyOf({ primaryKey }: TableDefinition, row: StoredRow): RowKey {
  return { by: 'id', id: String(row[primaryKey]) }
}

function bound(
  table: TableDefinition,
  key: RowKey | undefined,
  { name, parameters = '' }: Segment,
): Resource {
  return {
    kind: 'bound',
    table,
    ...(key === undefined ? {} : { key }),
    name: name.slice(NAMESPACE.length),
    parameters,
  }
}

function notFound(segment: string): ApiError {
  return new ApiError(404, '0x8006088a', `Resource not found for the segment '${segment}'.`)
}

/** A key predicate: a bare GUID, the named primary key, or the columns of an alternate key. */
function readKey(text: string, table: TableDefinition, setting: KeySetting): RowKey {
  const { aliases, partitionId } = setting
  const resolve = (value: string): string => (value.startsWith('@') ? (aliases.get(value) ?? value) : value)
  const id = parseGuid(resolve(text.trim()))
  if (id !== undefined) return { by: 'id', id, ...(partitionId === undefined ? {} : { partitionId }) }
  const parts = splitTop(text, ',').map((part) => {
    const at = part.indexOf('=')
    return { name: part.slice(0, at).trim(), value: resolve(part.slice(at + 1).trim()) }
  })
  const own = parts.find(({ name }) => name === table.primaryKey)
  if (own) return primaryKeyOf(own.value, parts, table)
  const columns = parts.map(
    ({ name }) => columnOfProperty(setting.context.store.schema, table, name)?.logicalName ?? name,
  )
  const key = table.keys.find(
    (one) => one.columns.length === columns.length && one.columns.every((column) => columns.includes(column)),
  )
  if (!key) throw invalidKey(table)
  return {
    by: 'key',
    columns: key.columns,
    values: key.columns.map((name) => {
      const part = parts[columns.indexOf(name)]
      const column = setting.context.store.schema.column(table.logicalName, name)
      if (!part || !column) throw invalidKey(table)
      return keyCell(column, part.value)
    }),
  }
}

function primaryKeyOf(
  value: string,
  parts: readonly { name: string; value: string }[],
  table: TableDefinition,
): RowKey {
  const id = parseGuid(value)
  // A user's or team's key is that of its base type `principal`.
  if (id === undefined || table.baseTable === 'principal') throw invalidKey(table)
  const partition = parts.find(({ name }) => name.toLowerCase() === 'partitionid')
  if (parts.length > (partition ? 2 : 1)) throw invalidKey(table)
  return { by: 'id', id, ...(partition ? { partitionId: partition.value.replace(/^'|'$/g, '') } : {}) }
}

function keyCell(column: ColumnDefinition, text: string): Cell {
  const quoted = /^'([\s\S]*)'$/.exec(text)?.[1]?.replaceAll("''", "'")
  switch (column.type) {
    case 'String':
    case 'Memo':
      if (quoted === undefined)
        throw syntaxError(`Syntax error in the key: ${column.logicalName} needs a text in quotes.`)
      return quoted
    case 'Decimal': {
      const { value, scale } = parseDigits(text)
      return scale <= 10 ? value * 10n ** BigInt(10 - scale) : value / 10n ** BigInt(scale - 10)
    }
    case 'BigInt':
      return parseDigits(text).value
    case 'DateTime':
      return dateCell(column, quoted ?? text)
    default: {
      const id =
        isLookup(column) || column.type === 'Uniqueidentifier' ? parseGuid(quoted ?? text) : undefined
      if (id !== undefined) return id
      const number = Number(text)
      if (Number.isNaN(number))
        throw syntaxError(`Syntax error in the key: ${text} is no value of ${column.logicalName}.`)
      return number
    }
  }
}

function invalidKey({ logicalName }: TableDefinition): ApiError {
  return syntaxError(
    `The key in the request URI is not valid for resource 'Microsoft.Dynamics.CRM.${logicalName}'. Ensure that the names and number of key properties match the declared or alternate key properties for the resource 'Microsoft.Dynamics.CRM.${logicalName}'.`,
  )
}

/** The row a key names, or undefined. Activities are found under their base table, users and teams under `principal`. */
export function findRow(table: TableDefinition, key: RowKey, { store }: ApiContext): StoredRow | undefined {
  if (key.by === 'key') return store.table(table.logicalName).rowByKey(key.columns, key.values)
  const row = rowsOf(store, table.logicalName).get(key.id)
  if (
    row &&
    key.partitionId !== undefined &&
    row.partitionid !== undefined &&
    row.partitionid !== key.partitionId
  )
    return undefined
  return row
}

/** As `findRow`, with the 404 of the service. */
export function requireRow(table: TableDefinition, key: RowKey, context: ApiContext): StoredRow {
  const row = findRow(table, key, context)
  if (row) return row
  if (key.by === 'id')
    throw new ApiError(404, '0x80040217', `${table.logicalName} With Id = ${key.id} Does Not Exist`)
  throw new ApiError(
    404,
    '0x80060891',
    `A record with the specified key values does not exist in ${table.logicalName} entity`,
  )
}

/** The table a lookup of this row leads to. */
export function targetOf(
  row: StoredRow,
  column: string,
  { store }: ApiContext,
  fallback: string,
): TableDefinition {
  const stored = row[`${column}@table`]
  return requireTable(store.schema, typeof stored === 'string' ? stored : fallback)
}

import type { ColumnDefinition, ManyToMany, OneToMany, TableDefinition } from '../../schema.ts'
import { type ApiContext, notEmulated } from '../operation.ts'
import { readTop } from './options.ts'
import {
  columnOfProperty,
  isLookup,
  lookupNavigation,
  requireTable,
  unknownProperty,
  wireColumns,
} from './paths.ts'
import { relatedRows } from './related.ts'
import { syntaxError, tokenize } from './tokens.ts'

/** `$select` and `$expand` bound to the schema. */
export interface Projection {
  /** Columns in the order of the answer. */
  readonly columns: readonly ColumnDefinition[]
  /** Names as they were selected, for the context; undefined: everything. */
  readonly selected: readonly string[] | undefined
  readonly expands: readonly Expand[]
}

export interface Expand {
  readonly navigation: string
  readonly kind: 'lookup' | 'collection'
  readonly table: TableDefinition
  /** Candidates of a lookup: an owner points to several tables by one property. */
  readonly relationships: readonly (OneToMany | ManyToMany)[]
  readonly ref: boolean
  readonly projection: Projection
  readonly filter: string | undefined
  readonly orderby: string | undefined
  readonly top: number | undefined
  /** The options as they came, for nextLinks. */
  readonly text: string
}

/** In one query, nested ones included. */
const MAX_EXPANDS = 15

export function readProjection(
  { select, expand }: { select: string | undefined; expand: string | undefined },
  table: TableDefinition,
  context: ApiContext,
): Projection {
  const projection = project({ select, expand, table, context, depth: 0 })
  const count = countExpands(projection)
  if (count > MAX_EXPANDS)
    throw syntaxError(`The number of $expand options (${count}) is above the limit of ${MAX_EXPANDS}.`)
  return projection
}

function countExpands({ expands }: Projection): number {
  return expands.reduce((sum, { projection }) => sum + 1 + countExpands(projection), 0)
}

interface Wanted {
  readonly select: string | undefined
  readonly expand: string | undefined
  readonly table: TableDefinition
  readonly context: ApiContext
  readonly depth: number
}

function project({ select, expand, table, context, depth }: Wanted): Projection {
  const items = splitTop(expand ?? '', ',')
  const expands = items.map((item) => readExpand(item, { table, context, depth }))
  const manyToMany = expands.filter(({ relationships }) =>
    relationships.some((one) => 'intersectTable' in one),
  )
  if (depth === 0 && manyToMany.length > 0 && manyToMany.length < expands.length)
    throw syntaxError('An $expand of a many-to-many relationship cannot be combined with others.')
  if (depth > 0 && manyToMany.length > 0)
    throw syntaxError('Nested $expand of a many-to-many relationship is not supported.')
  // A lookup expanded by reference shows its value too.
  const references = expands.flatMap(({ ref, relationships: [first] }) =>
    ref && first && 'referencingColumn' in first ? [first.referencingColumn] : [],
  )
  return { ...readSelect(select, { table, context, references, expanded: depth > 0 }), expands }
}

interface Selecting {
  readonly table: TableDefinition
  readonly context: ApiContext
  /** Lookups that the answer holds though they were not selected. */
  readonly references: readonly string[]
  readonly expanded: boolean
}

function readSelect(
  select: string | undefined,
  { table, context, references, expanded }: Selecting,
): Omit<Projection, 'expands'> {
  const names = (select ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '' && name !== '*')
  if (names.length === 0) return { columns: wireColumns(table), selected: undefined }
  const { schema } = context.store
  const columns = new Map<string, ColumnDefinition>()
  const add = (logicalName: string): void => {
    const column = schema.column(table.logicalName, logicalName)
    if (column) columns.set(logicalName, column)
  }
  const startsWith = (start: string): boolean => names.some((name) => name.startsWith(start))
  for (const name of names) {
    const column = columnOfProperty(schema, table, name) ?? lookupByNavigation(name, table, context)
    if (!column) throw unknownProperty(table, name)
    columns.set(column.logicalName, column)
  }
  // What the platform brings along unasked, the key last.
  if (names.some((name) => schema.column(table.logicalName, name)?.type === 'Money'))
    add('transactioncurrencyid')
  for (const number of [1, 2]) if (startsWith(`address${number}_line`)) add(`address${number}_composite`)
  if (table.kind === 'Elastic') add('partitionid')
  for (const column of references) add(column)
  add(table.primaryKey)
  if (expanded && table.baseTable === 'principal') add('ownerid')
  return { columns: [...columns.values()], selected: names }
}

/** `$select=primarycontactid` means the lookup's value. */
function lookupByNavigation(
  name: string,
  table: TableDefinition,
  { store }: ApiContext,
): ColumnDefinition | undefined {
  const column = store.schema.column(table.logicalName, name)
  if (column && isLookup(column)) return column
  const [relationship] = lookupNavigation(store.schema, table, name)
  return relationship && store.schema.column(table.logicalName, relationship.referencingColumn)
}

const EXPAND_OPTIONS = new Set(['$select', '$filter', '$orderby', '$top', '$expand'])

function readExpand(
  item: string,
  { table, context, depth }: Pick<Wanted, 'table' | 'context' | 'depth'>,
): Expand {
  const match = /^\s*([\w.]+)(\/\$ref)?\s*(?:\(([\s\S]*)\))?\s*$/.exec(item)
  if (!match) throw syntaxError(`Term '${item}' is not valid in a $select or $expand expression.`)
  const [, navigation = '', ref, text] = match
  if (text?.trim() === '')
    throw syntaxError(
      `Missing expand option on navigation property '${navigation}'. If a parenthesis expression follows an expanded navigation property, then at least one expand option must be provided.`,
    )
  const options = new Map(
    splitTop(text ?? '', ';').map((option): [string, string] => {
      const at = option.indexOf('=')
      if (at < 0) throw syntaxError(`Term '${item}' is not valid in a $select or $expand expression.`)
      return [option.slice(0, at).trim(), option.slice(at + 1).trim()]
    }),
  )
  for (const name of options.keys())
    if (!EXPAND_OPTIONS.has(name))
      throw syntaxError(`The query parameter ${name} is not supported in $expand`)
  const filter = options.get('$filter')
  if (filter !== undefined && tokenize(filter).some(({ kind }) => kind === 'alias'))
    throw syntaxError('Parameter aliases are not supported in $expand.')
  const lookups = lookupNavigation(context.store.schema, table, navigation)
  const [lookup] = lookups
  const relation = lookup ? undefined : relatedRows(context.store, table, navigation)
  if (!lookup && !relation) {
    if (navigation.endsWith('_FileAttachments')) throw notEmulated(`the rows behind ${navigation}`)
    if (columnOfProperty(context.store.schema, table, navigation))
      throw syntaxError(
        `Property '${navigation}' on type 'Microsoft.Dynamics.CRM.${table.logicalName}' is not a navigation property or complex property. Only navigation properties can be expanded.`,
      )
    throw unknownProperty(table, navigation)
  }
  if (relation && ref)
    throw syntaxError('Expand with $ref is only supported on lookup type navigation property.')
  const target =
    relation?.table ??
    requireTable(context.store.schema, lookups.length > 1 ? 'systemuser' : (lookup?.referencedTable ?? ''))
  if (
    (lookup || depth > 0) &&
    ['$top', '$orderby', '$filter'].some((name) => options.has(name) && !(name === '$filter' && relation))
  )
    throw syntaxError(
      'Only $select and $filter clause can be provided while doing $expand on many-to-one relationship or nested one-to-many relationship.',
    )
  context.demand('Read', target.logicalName)
  return {
    navigation,
    kind: lookup ? 'lookup' : 'collection',
    table: target,
    relationships: relation ? [relation.relationship] : lookups,
    ref: ref !== undefined,
    projection: project({
      select: options.get('$select'),
      expand: options.get('$expand'),
      table: target,
      context,
      depth: depth + 1,
    }),
    filter,
    orderby: options.get('$orderby'),
    top: readTop(options.get('$top')),
    text: text ?? '',
  }
}

/** Splits at a separator that stands outside parentheses and quotes. */
export function splitTop(text: string, separator: string): string[] {
  const parts: string[] = []
  let depth = 0
  let quoted = false
  let current = ''
  for (const character of text) {
    if (character === "'") quoted = !quoted
    if (!quoted && character === '(') depth++
    if (!quoted && character === ')') depth--
    if (!quoted && depth === 0 && character === separator) {
      parts.push(current)
      current = ''
    } else current += character
  }
  return [...parts, current].map((part) => part.trim()).filter((part) => part !== '')
}

/** `(name,revenue,primarycontactid(fullname))` for `@odata.context`; empty where nothing is projected. */
export function projectionText({ selected, expands }: Projection): string {
  const parts = [
    ...(selected ?? []),
    ...expands.flatMap(({ navigation, projection, ref }) =>
      ref
        ? [navigation, `${navigation}/$ref()`]
        : [`${navigation}(${projectionText(projection).slice(1, -1)})`],
    ),
  ]
  return parts.length === 0 ? '' : `(${parts.join(',')})`
}

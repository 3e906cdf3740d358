/** Changes of a schema as pure steps: definition in, definition out. Each refuses what the service refuses. */
import type {
  ColumnDefinition,
  KeyDefinition,
  ManyToMany,
  OneToMany,
  SchemaDefinition,
  TableDefinition,
} from '../../schema.ts'
import type { Declared } from '../../seed/columns.ts'
import { guid, lookup } from '../../seed/columns.ts'
import { activeInactive } from '../../seed/families.ts'
import { table as declareTable } from '../../seed/table.ts'
import { ApiError } from '../operation.ts'

export interface NewTable {
  readonly schemaName: string
  readonly label: string
  readonly pluralLabel: string
  readonly description?: string | undefined
  readonly entitySetName?: string | undefined
  readonly ownership: 'UserOwned' | 'OrganizationOwned'
  readonly elastic: boolean
  /** Schema name of the primary name column. */
  readonly primaryName: string
  readonly columns: readonly Declared[]
}

export function addTable(schema: SchemaDefinition, asked: NewTable): SchemaDefinition {
  const name = asked.schemaName.toLowerCase()
  if (tableIn(schema, name))
    throw duplicate(`An entity with the specified name ${asked.schemaName} already exists.`)
  const own = new Set(asked.columns.flatMap(({ columns }) => columns.map(({ logicalName }) => logicalName)))
  const made = declareTable({
    name,
    schemaName: asked.schemaName,
    set: asked.entitySetName ?? plural(name),
    label: asked.label,
    plural: asked.pluralLabel,
    code: Math.max(FIRST_CUSTOM_CODE, ...schema.tables.map(({ objectTypeCode }) => objectTypeCode)) + 1,
    primaryName: asked.primaryName.toLowerCase(),
    ownership: asked.ownership,
    kind: asked.elastic ? 'Elastic' : 'Standard',
    custom: true,
    columns: [...asked.columns, ...(own.has('statecode') ? [] : [activeInactive])],
  })
  const table =
    asked.description === undefined ? made.table : { ...made.table, description: asked.description }
  return { ...schema, tables: [...schema.tables, table], oneToMany: [...schema.oneToMany, ...made.oneToMany] }
}

const FIRST_CUSTOM_CODE = 10_500

/** The service's default: English plurals of the logical name. */
function plural(name: string): string {
  if (/(s|x|z|ch|sh)$/.test(name)) return `${name}es`
  return /[^aeiou]y$/.test(name) ? `${name.slice(0, -1)}ies` : `${name}s`
}

export function addColumns(
  schema: SchemaDefinition,
  table: TableDefinition,
  declared: Declared,
): SchemaDefinition {
  for (const { logicalName, schemaName } of declared.columns) {
    if (table.columns.some((column) => column.logicalName === logicalName)) {
      throw duplicate(
        `An attribute with the specified name ${schemaName} already exists for entity ${table.logicalName}.`,
      )
    }
  }
  const columns = [...table.columns, ...declared.columns].sort((a, b) =>
    a.logicalName < b.logicalName ? -1 : 1,
  )
  return withTable(schema, { ...table, columns })
}

export interface NewLookup {
  readonly schemaName: string
  readonly label: string
  readonly required: ColumnDefinition['required']
  readonly type: 'Lookup' | 'Customer'
  /** Target table to the relationship's schema name. */
  readonly to: Readonly<Record<string, string>>
  readonly onDelete: OneToMany['onDelete']
}

/** A lookup column and its relationships, one for each target. */
export function addLookup(
  schema: SchemaDefinition,
  table: TableDefinition,
  asked: NewLookup,
): SchemaDefinition {
  for (const [target, name] of Object.entries(asked.to)) {
    if (!tableIn(schema, target)) throw missingTable(target)
    if (relationshipNames(schema).has(name.toLowerCase()))
      throw duplicate(`A relationship with the name ${name} already exists.`)
  }
  const { schemaName, label, to, type, onDelete, required } = asked
  const declared = lookup(schemaName, label, { to, type, onDelete, required, custom: true })
  const several = Object.keys(to).length > 1
  const relationships = Object.entries(to).map(
    ([target, name]): OneToMany => ({
      schemaName: name,
      referencedTable: target,
      referencingTable: table.logicalName,
      referencingColumn: schemaName.toLowerCase(),
      lookupNavigation: several ? `${schemaName}_${target}` : schemaName,
      collectionNavigation: name,
      onDelete,
      hierarchical: false,
    }),
  )
  const added = addColumns(schema, table, declared)
  return { ...added, oneToMany: [...added.oneToMany, ...relationships] }
}

export interface NewManyToMany {
  readonly schemaName: string
  readonly table1: string
  readonly table2: string
  readonly intersectTable: string
}

export function addManyToMany(schema: SchemaDefinition, asked: NewManyToMany): SchemaDefinition {
  const { schemaName, table1, table2 } = asked
  const intersectTable = asked.intersectTable.toLowerCase()
  for (const name of [table1, table2]) if (!tableIn(schema, name)) throw missingTable(name)
  if (relationshipNames(schema).has(schemaName.toLowerCase()) || tableIn(schema, intersectTable)) {
    throw duplicate(`A relationship with the name ${schemaName} already exists.`)
  }
  const self = table1 === table2
  const column1 = self ? `${table1}idone` : `${table1}id`
  const column2 = self ? `${table2}idtwo` : `${table2}id`
  const made = declareTable({
    name: intersectTable,
    schemaName: asked.intersectTable,
    set: `${intersectTable}set`,
    label: schemaName,
    plural: schemaName,
    code: Math.max(FIRST_CUSTOM_CODE, ...schema.tables.map(({ objectTypeCode }) => objectTypeCode)) + 1,
    ownership: 'None',
    kind: 'Intersect',
    changeTracking: false,
    custom: true,
    columns: [guid(column1, column1, { update: false }), guid(column2, column2, { update: false })],
  })
  const relationship: ManyToMany = {
    schemaName,
    intersectTable,
    table1,
    column1,
    navigation1: schemaName,
    table2,
    column2,
    navigation2: schemaName,
  }
  return {
    ...schema,
    tables: [...schema.tables, made.table],
    manyToMany: [...schema.manyToMany, relationship],
  }
}

export function addKey(
  schema: SchemaDefinition,
  table: TableDefinition,
  key: KeyDefinition,
): SchemaDefinition {
  if (table.keys.some(({ logicalName }) => logicalName === key.logicalName)) {
    throw duplicate(
      `An entity key with the name ${key.schemaName} already exists for entity ${table.logicalName}.`,
    )
  }
  const unknown = key.columns.find((name) => !table.columns.some(({ logicalName }) => logicalName === name))
  if (unknown !== undefined)
    throw new ApiError(
      400,
      '0x80040203',
      `The key column ${unknown} does not exist in entity ${table.logicalName}.`,
    )
  return withTable(schema, { ...table, keys: [...table.keys, key] })
}

export function changeTable(schema: SchemaDefinition, changed: TableDefinition): SchemaDefinition {
  return withTable(schema, changed)
}

export function removeTable(schema: SchemaDefinition, table: TableDefinition): SchemaDefinition {
  if (!table.custom) throw managed(`The entity ${table.logicalName}`)
  const { logicalName } = table
  return {
    tables: schema.tables.filter((other) => other !== table),
    oneToMany: schema.oneToMany.filter(
      ({ referencedTable, referencingTable }) =>
        referencedTable !== logicalName && referencingTable !== logicalName,
    ),
    manyToMany: schema.manyToMany.filter(
      ({ table1, table2, intersectTable }) => ![table1, table2, intersectTable].includes(logicalName),
    ),
  }
}

/** The column with its companions, and the relationships that hang on it. */
export function removeColumn(
  schema: SchemaDefinition,
  table: TableDefinition,
  name: string,
): SchemaDefinition {
  const column = table.columns.find(({ logicalName }) => logicalName === name)
  if (!column?.custom || name === table.primaryName) throw managed(`The attribute ${name}`)
  if (table.keys.some(({ columns }) => columns.includes(name))) {
    throw new ApiError(
      400,
      '0x8004f01f',
      `The attribute ${name} cannot be deleted because an entity key uses it.`,
    )
  }
  const columns = table.columns.filter(
    ({ logicalName, attributeOf, baseOf }) => logicalName !== name && attributeOf !== name && baseOf !== name,
  )
  const kept = schema.oneToMany.filter(
    ({ referencingTable, referencingColumn }) =>
      referencingTable !== table.logicalName || referencingColumn !== name,
  )
  return withTable({ ...schema, oneToMany: kept }, { ...table, columns })
}

export function removeKey(schema: SchemaDefinition, table: TableDefinition, name: string): SchemaDefinition {
  return withTable(schema, { ...table, keys: table.keys.filter(({ logicalName }) => logicalName !== name) })
}

function tableIn({ tables }: SchemaDefinition, name: string): TableDefinition | undefined {
  return tables.find(({ logicalName }) => logicalName === name)
}

function withTable(schema: SchemaDefinition, changed: TableDefinition): SchemaDefinition {
  const tables = schema.tables.map((table) => (table.logicalName === changed.logicalName ? changed : table))
  return { ...schema, tables }
}

function relationshipNames({ oneToMany, manyToMany }: SchemaDefinition): ReadonlySet<string> {
  return new Set([...oneToMany, ...manyToMany].map(({ schemaName }) => schemaName.toLowerCase()))
}

export function missingTable(name: string): ApiError {
  return new ApiError(404, '0x80041102', `The entity ${name} does not exist.`)
}

function duplicate(message: string): ApiError {
  return new ApiError(400, '0x80044363', message)
}

function managed(what: string): ApiError {
  return new ApiError(400, '0x8004f01f', `${what} is part of the system and cannot be deleted.`)
}

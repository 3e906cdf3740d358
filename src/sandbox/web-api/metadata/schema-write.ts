/**
 * POST, PUT and DELETE on metadata, and the two actions that make polymorphic lookups. Everything takes effect at
 * once; publishing is accepted and does nothing.
 */

import type { ColumnDefinition, RequiredLevel, SchemaDefinition, TableDefinition } from '../../schema.ts'
import { createSchema } from '../../store/schema-index.ts'
import type { Schema } from '../../store/store.ts'
import { isJson } from '../functions-parameters.ts'
import {
  type ApiContext,
  ApiError,
  type ApiRequest,
  type ApiResponse,
  notEmulated,
  type Privilege,
} from '../operation.ts'
import {
  autoNumberIn,
  declareColumn,
  invalid,
  labelIn,
  numberIn,
  objectsIn,
  schemaNameIn,
  typeIn,
} from './declare-column.ts'
import {
  type Definition,
  isJsonObject,
  type JsonObject,
  jsonObject,
  NAMESPACE,
  textOf,
} from './definition.ts'
import { DEFINITION_SETS, findDefinition } from './definitions.ts'
import { metadataId } from './parts.ts'
import {
  addColumns,
  addKey,
  addLookup,
  addManyToMany,
  addTable,
  changeTable,
  missingTable,
  removeColumn,
  removeKey,
  removeTable,
} from './schema-edit.ts'
import { continueHistory, type SchemaStep } from './schema-history.ts'

/** Puts a changed schema in place of the current one, rows and all. */
export type ChangeSchema = (schema: Schema) => void

/** Actions on metadata, by name. */
const ACTIONS: ReadonlyMap<string, (edit: Edit) => Outcome> = new Map([
  ['CreateCustomerRelationships', (edit: Edit) => createPolymorphicLookup(edit, 'Customer')],
  ['CreatePolymorphicLookupAttribute', (edit: Edit) => createPolymorphicLookup(edit, 'Lookup')],
  ['SetAutoNumberSeed', setAutoNumberSeed],
  ['PublishXml', () => ({ response: { status: 204 } })],
  ['PublishAllXml', () => ({ response: { status: 204 } })],
])

/** Does this request change metadata? `first` is the first segment of its path. */
export function changesSchema(method: string, first: string): boolean {
  return method !== 'GET' && (DEFINITION_SETS.includes(first) || ACTIONS.has(first))
}

export function writeDefinitions(
  request: ApiRequest,
  context: ApiContext,
  change: ChangeSchema,
): ApiResponse {
  const { schema } = context.store
  const edit: Edit = { path: request.path, body: bodyOf(request), schema, context }
  const { response, to, step } = operationOf(request)(edit)
  if (to && step) {
    const next = createSchema(to)
    continueHistory(schema, next, step)
    change(next)
  }
  return response
}

interface Edit {
  readonly path: string
  readonly body: JsonObject
  readonly schema: Schema
  readonly context: ApiContext
}

interface Outcome {
  readonly response: ApiResponse
  readonly to?: SchemaDefinition
  readonly step?: SchemaStep
}

function bodyOf({ body }: ApiRequest): JsonObject {
  if (body.length === 0) return {}
  try {
    const value: unknown = JSON.parse(Buffer.from(body).toString('utf8'))
    if (isJson(value) && isJsonObject(value)) return value
  } catch {
    // Falls through to the same refusal as a body that is JSON but no object.
  }
  throw new ApiError(400, '0x80048d19', 'The request body is not a JSON object.')
}

const KEYED = String.raw`\([^()]+\)`
const ROUTES: readonly (readonly [method: string, path: RegExp, operation: (edit: Edit) => Outcome])[] = [
  ['POST', /^EntityDefinitions$/, createTable],
  ['PUT', new RegExp(`^EntityDefinitions${KEYED}$`), updateTable],
  ['DELETE', new RegExp(`^EntityDefinitions${KEYED}$`), deleteTable],
  ['POST', new RegExp(`^EntityDefinitions${KEYED}/Attributes$`), createColumn],
  ['PUT', new RegExp(`^EntityDefinitions${KEYED}/Attributes${KEYED}(?:/[\\w.]+)?$`), updateColumn],
  ['DELETE', new RegExp(`^EntityDefinitions${KEYED}/Attributes${KEYED}(?:/[\\w.]+)?$`), deleteColumn],
  ['POST', new RegExp(`^EntityDefinitions${KEYED}/Keys$`), createKey],
  ['DELETE', new RegExp(`^EntityDefinitions${KEYED}/Keys${KEYED}$`), deleteKey],
  ['POST', /^RelationshipDefinitions$/, createRelationship],
]

function operationOf({ method, path }: ApiRequest): (edit: Edit) => Outcome {
  const action = method === 'POST' ? ACTIONS.get(path) : undefined
  const operation = action ?? ROUTES.find(([wanted, pattern]) => wanted === method && pattern.test(path))?.[2]
  if (!operation)
    throw notEmulated(`${method} ${path.replace(/\([^()]*\)/g, '(…)')}: this change of the schema`)
  return operation
}

function createTable({ body, schema, context }: Edit): Outcome {
  demandCustomization('Create', 'Entity', context)
  const schemaName = schemaNameIn(body)
  const attributes = objectsIn(body, 'Attributes')
  const primary = attributes.find(({ IsPrimaryName }) => IsPrimaryName === true)
  if (!primary) throw invalid('Attributes has to hold the primary name column, with IsPrimaryName true.')
  const label = labelIn(body.DisplayName) ?? schemaName
  const setName = body.EntitySetName
  const to = addTable(schema, {
    schemaName,
    label,
    pluralLabel: labelIn(body.DisplayCollectionName) ?? label,
    description: labelIn(body.Description),
    entitySetName: typeof setName === 'string' ? setName : undefined,
    ownership: body.OwnershipType === 'OrganizationOwned' ? 'OrganizationOwned' : 'UserOwned',
    elastic: body.TableType === 'Elastic',
    primaryName: schemaNameIn(primary),
    columns: attributes.map((attribute) => declareColumn(attribute, schema)),
  })
  const name = schemaName.toLowerCase()
  return {
    response: created(`${context.root}EntityDefinitions(${metadataId('entity', name)})`),
    to,
    step: { changed: [name] },
  }
}

function updateTable({ path, body, schema, context }: Edit): Outcome {
  demandCustomization('Write', 'Entity', context)
  const table = tableAt(path, schema)
  const description = labelIn(body.Description) ?? table.description
  const changed: TableDefinition = {
    ...table,
    label: labelIn(body.DisplayName) ?? table.label,
    pluralLabel: labelIn(body.DisplayCollectionName) ?? table.pluralLabel,
    ...(description === undefined ? {} : { description }),
    changeTracking: table.changeTracking || body.ChangeTrackingEnabled === true,
    duplicateDetection: booleanOr(
      jsonObject(body.IsDuplicateDetectionEnabled).Value,
      table.duplicateDetection,
    ),
  }
  return {
    response: { status: 204 },
    to: changeTable(schema, changed),
    step: { changed: [table.logicalName] },
  }
}

function deleteTable({ path, schema, context }: Edit): Outcome {
  demandCustomization('Delete', 'Entity', context)
  const table = tableAt(path, schema)
  const id = metadataId('entity', table.logicalName)
  return {
    response: { status: 204 },
    to: removeTable(schema, table),
    step: { changed: [], deleted: [{ kind: 'Entity', id }] },
  }
}

function createColumn({ path, body, schema, context }: Edit): Outcome {
  demandCustomization('Create', 'Attribute', context)
  const table = tableAt(path, schema)
  const name = schemaNameIn(body).toLowerCase()
  const id = metadataId('attribute', table.logicalName, name)
  return {
    response: created(
      `${context.root}EntityDefinitions(${metadataId('entity', table.logicalName)})/Attributes(${id})`,
    ),
    to: addColumns(schema, table, declareColumn(body, schema)),
    step: { changed: [table.logicalName] },
  }
}

function updateColumn({ path, body, schema, context }: Edit): Outcome {
  demandCustomization('Write', 'Attribute', context)
  const table = tableAt(path, schema)
  const name = textOf(definitionAt(path, schema), 'LogicalName')
  const columns = table.columns.map((column): ColumnDefinition => {
    if (column.logicalName !== name) return column
    const required = jsonObject(body.RequiredLevel).Value
    const maxLength = numberIn(body, 'MaxLength')
    const level = changeableLevel(required)
    return {
      ...column,
      label: labelIn(body.DisplayName) ?? column.label,
      ...(level && column.required !== 'SystemRequired' ? { required: level } : {}),
      ...(maxLength === undefined ? {} : { maxLength }),
      ...(column.type === 'String' ? autoNumberIn(body, column) : {}),
    }
  })
  return {
    response: { status: 204 },
    to: changeTable(schema, { ...table, columns }),
    step: { changed: [table.logicalName] },
  }
}

/** The number that the next row takes, unless a higher one was given out. */
function setAutoNumberSeed({ body, schema, context }: Edit): Outcome {
  demandCustomization('Write', 'Attribute', context)
  const table = tableNamed(nameIn(body, 'EntityName'), schema)
  const name = nameIn(body, 'AttributeName')
  const seed = numberIn(body, 'Value')
  if (seed === undefined || seed < 0) throw invalid('The property Value is missing, or below 0.')
  if (!schema.column(table.logicalName, name)?.autoNumber)
    throw invalid(`${table.logicalName}.${name} is no auto-number column.`)
  const columns = table.columns.map((column): ColumnDefinition => {
    if (column.logicalName !== name || !column.autoNumber) return column
    return { ...column, autoNumber: { ...column.autoNumber, seed } }
  })
  return { response: { status: 204 }, to: changeTable(schema, { ...table, columns }), step: { changed: [] } }
}

function changeableLevel(value: unknown): RequiredLevel | undefined {
  return value === 'None' || value === 'ApplicationRequired' || value === 'Recommended' ? value : undefined
}

function deleteColumn({ path, schema, context }: Edit): Outcome {
  demandCustomization('Delete', 'Attribute', context)
  const table = tableAt(path, schema)
  const name = textOf(definitionAt(path, schema), 'LogicalName')
  const id = metadataId('attribute', table.logicalName, name)
  return {
    response: { status: 204 },
    to: removeColumn(schema, table, name),
    step: { changed: [table.logicalName], deleted: [{ kind: 'Attribute', id }] },
  }
}

function createKey({ path, body, schema, context }: Edit): Outcome {
  demandCustomization('Create', 'EntityKey', context)
  const table = tableAt(path, schema)
  const schemaName = schemaNameIn(body)
  const logicalName = schemaName.toLowerCase()
  const columns = (Array.isArray(body.KeyAttributes) ? body.KeyAttributes : []).map(String)
  const key = { schemaName, logicalName, label: labelIn(body.DisplayName) ?? schemaName, columns }
  const id = metadataId('key', table.logicalName, logicalName)
  return {
    response: created(
      `${context.root}EntityDefinitions(${metadataId('entity', table.logicalName)})/Keys(${id})`,
    ),
    to: addKey(schema, table, key),
    step: { changed: [table.logicalName] },
  }
}

function deleteKey({ path, schema, context }: Edit): Outcome {
  demandCustomization('Delete', 'EntityKey', context)
  const table = tableAt(path, schema)
  const to = removeKey(schema, table, textOf(definitionAt(path, schema), 'LogicalName'))
  return { response: { status: 204 }, to, step: { changed: [table.logicalName] } }
}

function createRelationship({ body, schema, context }: Edit): Outcome {
  demandCustomization('Create', 'Relationship', context)
  const schemaName = schemaNameIn(body)
  const response = created(
    `${context.root}RelationshipDefinitions(${metadataId('relationship', schemaName)})`,
  )
  if (typeIn(body) === 'ManyToManyRelationshipMetadata') {
    const [table1, table2] = [nameIn(body, 'Entity1LogicalName'), nameIn(body, 'Entity2LogicalName')]
    const intersect = body.IntersectEntityName
    const intersectTable = typeof intersect === 'string' ? intersect : schemaName
    const to = addManyToMany(schema, { schemaName, table1, table2, intersectTable })
    return { response, to, step: { changed: [table1, table2, intersectTable.toLowerCase()] } }
  }
  const target = nameIn(body, 'ReferencedEntity')
  const table = tableNamed(nameIn(body, 'ReferencingEntity'), schema)
  const asked = { body: jsonObject(body.Lookup), to: { [target]: schemaName }, onDelete: onDeleteIn(body) }
  return { response, to: withLookup(schema, table, asked), step: { changed: [table.logicalName, target] } }
}

function createPolymorphicLookup({ body, schema, context }: Edit, type: 'Lookup' | 'Customer'): Outcome {
  demandCustomization('Create', 'Relationship', context)
  const relationships = objectsIn(body, 'OneToManyRelationships')
  const [first] = relationships
  if (!first) throw invalid('OneToManyRelationships is empty.')
  const table = tableNamed(nameIn(first, 'ReferencingEntity'), schema)
  const to = Object.fromEntries(
    relationships.map((one) => [nameIn(one, 'ReferencedEntity'), schemaNameIn(one)]),
  )
  const lookup = jsonObject(body.Lookup)
  const attributeId = metadataId('attribute', table.logicalName, schemaNameIn(lookup).toLowerCase())
  const name = type === 'Customer' ? 'CreateCustomerRelationships' : 'CreatePolymorphicLookupAttribute'
  return {
    response: {
      status: 200,
      body: JSON.stringify({
        '@odata.context': `${context.root}$metadata#${NAMESPACE}.${name}Response`,
        RelationshipIds: Object.values(to).map((schemaName) => metadataId('relationship', schemaName)),
        AttributeId: attributeId,
      }),
    },
    to: withLookup(schema, table, { body: lookup, to, onDelete: onDeleteIn(first), type }),
    step: { changed: [table.logicalName, ...Object.keys(to)] },
  }
}

interface AskedLookup {
  readonly body: JsonObject
  readonly to: Readonly<Record<string, string>>
  readonly onDelete: 'Cascade' | 'RemoveLink' | 'Restrict' | 'NoCascade'
  readonly type?: 'Lookup' | 'Customer'
}

function withLookup(
  schema: Schema,
  table: TableDefinition,
  { body, to, onDelete, type = 'Lookup' }: AskedLookup,
) {
  const schemaName = schemaNameIn(body)
  const required =
    jsonObject(body.RequiredLevel).Value === 'ApplicationRequired' ? 'ApplicationRequired' : 'None'
  return addLookup(schema, table, {
    schemaName,
    label: labelIn(body.DisplayName) ?? schemaName,
    required,
    type,
    to,
    onDelete,
  })
}

function onDeleteIn(body: JsonObject): AskedLookup['onDelete'] {
  const asked = jsonObject(body.CascadeConfiguration).Delete
  return asked === 'Cascade' || asked === 'Restrict' || asked === 'NoCascade' ? asked : 'RemoveLink'
}

function tableAt(path: string, schema: Schema): TableDefinition {
  return tableNamed(textOf(definitionAt(path.replace(/\).*$/s, ')'), schema), 'LogicalName'), schema)
}

function definitionAt(path: string, schema: Schema): Definition {
  const found = findDefinition(path, schema)
  if (!found) throw new ApiError(404, '0x80040217', `There is no definition at ${path}.`)
  return found
}

function tableNamed(name: string, schema: Schema): TableDefinition {
  const table = schema.table(name)
  if (!table) throw missingTable(name)
  return table
}

function nameIn(body: JsonObject, property: string): string {
  const value = body[property]
  if (typeof value !== 'string') throw invalid(`The property ${property} is missing.`)
  return value.toLowerCase()
}

function booleanOr(value: unknown, otherwise: boolean): boolean {
  return typeof value === 'boolean' ? value : otherwise
}

/** Only roles that customize may change the schema. */
function demandCustomization(privilege: Privilege, what: string, { demand }: ApiContext): void {
  demand(privilege, what)
}

function created(url: string): ApiResponse {
  return { status: 204, headers: { 'OData-EntityId': url } }
}

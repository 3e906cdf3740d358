/**
 * `RetrieveMetadataChanges`: the definitions a query asks for, or with a version stamp what changed since.
 * Properties nobody asked for are present as null, and derived types carry the `Complex` prefix.
 */
import type { Schema } from '../../store/store.ts'
import { ApiError, type ApiResponse } from '../operation.ts'
import { type Definition, type Json, type JsonObject, jsonObject, NAMESPACE } from './definition.ts'
import { entityDefinition } from './entity-definition.ts'
import { metadataTest } from './metadata-criteria.ts'
import { type Deleted, historyOf } from './schema-history.ts'

export interface ChangesRequest {
  /** `EntityQueryExpression`; null asks for everything. */
  readonly query: Json
  readonly clientVersionStamp: string | undefined
}

export interface ChangesContext {
  readonly schema: Schema
  readonly root: string
  readonly now: number
}

export function metadataChanges(
  { query, clientVersionStamp }: ChangesRequest,
  context: ChangesContext,
): ApiResponse {
  const { schema, root, now } = context
  const history = historyOf(schema)
  const since = clientVersionStamp === undefined ? undefined : readStamp(clientVersionStamp, now)
  const expression = jsonObject(query)
  const test = metadataTest(expression.Criteria)
  const entities = schema.tables
    .filter(({ logicalName }) => since === undefined || (history.changed.get(logicalName) ?? 0) > since)
    .map((table) => entityDefinition(table, schema))
    .filter(test)
    .map((definition) => complexEntity(definition, expression, since !== undefined))
  const deleted = since === undefined ? [] : history.deleted.filter(({ version }) => version > since)
  return {
    status: 200,
    body: JSON.stringify({
      '@odata.context': `${root}$metadata#${NAMESPACE}.RetrieveMetadataChangesResponse`,
      ServerVersionStamp: `${history.version}!${stampTime(now)}`,
      DeletedMetadata: deletedMetadata(deleted),
      EntityMetadata: entities,
    }),
  }
}

/** By kind; each value is the list of ids. The inner shape is assumed: no recorded answer has a deletion in it. */
function deletedMetadata(deleted: readonly Deleted[]): JsonObject {
  const kinds = [...new Set(deleted.map(({ kind }) => kind))]
  const values = kinds.map((wanted) => deleted.filter(({ kind }) => kind === wanted).map(({ id }) => id))
  return { Count: kinds.length, IsReadOnly: false, Keys: kinds, Values: values }
}

/** Days a version stamp lives: `Organization.ExpireSubscriptionsInDays`. */
const STAMP_DAYS = 90

/** Version of a stamp `74812162!10/09/2022 22:10:22`; refused when it is too old or none of ours. */
function readStamp(stamp: string, now: number): number {
  const match = /^(\d+)!(\d\d)\/(\d\d)\/(\d{4}) (\d\d):(\d\d):(\d\d)$/.exec(stamp)
  if (!match) throw new ApiError(400, '0x80040203', `The client version stamp '${stamp}' is not valid.`)
  const [, version, month, day, year, hour, minute, second] = match.map(Number)
  const made = Date.UTC(year ?? 0, (month ?? 1) - 1, day ?? 1, hour ?? 0, minute ?? 0, second ?? 0)
  if (now - made > STAMP_DAYS * 86_400_000) {
    throw new ApiError(
      400,
      '0x80044352',
      'Version stamp associated with the client has expired. Please perform a full sync.',
    )
  }
  return version ?? 0
}

function stampTime(now: number): string {
  const [date = '', time = ''] = new Date(now).toISOString().split('T')
  const [year, month, day] = date.split('-')
  return `${month}/${day}/${year} ${time.slice(0, 8)}`
}

/** Collection properties of an entity, each with the sub-query that narrows it. */
const COLLECTIONS: readonly (readonly [property: string, query: string])[] = [
  ['Attributes', 'AttributeQuery'],
  ['Keys', 'KeyQuery'],
  ['ManyToOneRelationships', 'RelationshipQuery'],
  ['OneToManyRelationships', 'RelationshipQuery'],
  ['ManyToManyRelationships', 'RelationshipQuery'],
]

function complexEntity(definition: Definition, expression: JsonObject, changed: boolean): JsonObject {
  const wanted = wantedProperties(expression.Properties)
  const output: Record<string, Json> = {
    ...selected(definition, wanted),
    LogicalName: definition.properties.LogicalName ?? null,
    HasChanged: changed ? true : null,
  }
  for (const [property, subQuery] of COLLECTIONS) {
    const navigation = definition.navigation[property]
    if (!wanted.has(property) || !navigation || !('many' in navigation)) {
      output[property] = wanted.all ? members(navigation, {}) : []
      continue
    }
    output[property] = members(navigation, jsonObject(expression[subQuery]))
  }
  return output
}

function members(
  navigation: Definition['navigation'][string] | undefined,
  query: JsonObject,
): readonly JsonObject[] {
  if (!navigation || !('many' in navigation)) return []
  const wanted = wantedProperties(query.Properties)
  return navigation
    .many()
    .filter(metadataTest(query.Criteria))
    .map((child) => complexMember(child, wanted))
}

function complexMember(definition: Definition, wanted: Wanted): JsonObject {
  const output: Record<string, Json> = {
    '@odata.type': `#${NAMESPACE}.Complex${definition.type}`,
    ...selected(definition, wanted),
  }
  for (const [name, navigation] of Object.entries(definition.navigation)) {
    if (!('one' in navigation)) continue
    const child = wanted.has(name) ? navigation.one() : null
    output[name] = child ? { '@odata.type': `#${NAMESPACE}.Complex${child.type}`, ...child.properties } : null
  }
  return output
}

/** `MetadataId` and the names of a definition come without asking. */
const ALWAYS = new Set(['MetadataId', 'HasChanged', 'LogicalName', 'SchemaName'])

function selected({ properties }: Definition, wanted: Wanted): JsonObject {
  return Object.fromEntries(
    Object.entries(properties).map(([name, value]) => [
      name,
      wanted.has(name) || ALWAYS.has(name) ? value : null,
    ]),
  )
}

interface Wanted {
  readonly all: boolean
  has(name: string): boolean
}

/** A missing property list asks for everything. */
function wantedProperties(value: Json | undefined): Wanted {
  const { AllProperties, PropertyNames } = jsonObject(value)
  if (value === undefined || AllProperties === true || AllProperties === 'true')
    return { all: true, has: () => true }
  const names = new Set(Array.isArray(PropertyNames) ? PropertyNames : [])
  return { all: false, has: (name) => names.has(name) }
}

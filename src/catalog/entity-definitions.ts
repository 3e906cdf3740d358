import { textLiteral } from '../odata/query.ts'
import { sendBatch } from '../service/batch.ts'
import type { Session, SessionRequest } from '../service/session.ts'
import { type ColumnFacts, readColumns } from './entity-columns.ts'
import { type JsonObject, listOf, objectOf, parseMetadata, parseMetadataList, textOf } from './json.ts'
import type { AlternateKey, Relationship, Table, TableSummary } from './table.ts'

/** Tables as Dataverse's EntityDefinitions describe them. https://learn.microsoft.com/power-apps/developer/data-platform/webapi/query-metadata-web-api */

const SUMMARY_COLUMNS = [
  'LogicalName',
  'EntitySetName',
  'DisplayName',
  'DisplayCollectionName',
  'PrimaryIdAttribute',
  'PrimaryNameAttribute',
  'TableType',
  'IsActivity',
  'IsIntersect',
  'IsCustomEntity',
].join(',')

const TABLE_COLUMNS = `${SUMMARY_COLUMNS},ChangeTrackingEnabled,IsOptimisticConcurrencyEnabled`

/** Some tables have thousands of relationships, each of several kilobytes: only what is used is asked for. */
const TABLE_EXPANSIONS = [
  'Keys($select=LogicalName,SchemaName,KeyAttributes)',
  'ManyToOneRelationships($select=SchemaName,ReferencedEntity,ReferencingAttribute,ReferencingEntityNavigationPropertyName)',
  'OneToManyRelationships($select=SchemaName,ReferencingEntity,ReferencingAttribute,ReferencedEntityNavigationPropertyName)',
  'ManyToManyRelationships($select=SchemaName,Entity1LogicalName,Entity2LogicalName,Entity1NavigationPropertyName,Entity2NavigationPropertyName)',
].join(',')

const ATTRIBUTE_COLUMNS = [
  'LogicalName',
  'AttributeOf',
  'AttributeTypeName',
  'DisplayName',
  'RequiredLevel',
  'IsValidForCreate',
  'IsValidForUpdate',
  'IsValidForRead',
  'IsValidODataAttribute',
].join(',')

/** What each derived type adds to a column, asked for by one request each: a cast cannot be combined with another. */
const CASTS: Readonly<Record<string, string>> = {
  StringAttributeMetadata: '$select=LogicalName,MaxLength,Format',
  MemoAttributeMetadata: '$select=LogicalName,MaxLength',
  IntegerAttributeMetadata: '$select=LogicalName,MinValue,MaxValue',
  BigIntAttributeMetadata: '$select=LogicalName,MinValue,MaxValue',
  DecimalAttributeMetadata: '$select=LogicalName,MinValue,MaxValue,Precision',
  DoubleAttributeMetadata: '$select=LogicalName,MinValue,MaxValue,Precision',
  MoneyAttributeMetadata: '$select=LogicalName,MinValue,MaxValue,Precision',
  DateTimeAttributeMetadata: '$select=LogicalName,Format,DateTimeBehavior',
  LookupAttributeMetadata: '$select=LogicalName,Targets',
  BooleanAttributeMetadata: '$select=LogicalName&$expand=OptionSet',
  PicklistAttributeMetadata: '$select=LogicalName&$expand=OptionSet,GlobalOptionSet',
  StateAttributeMetadata: '$select=LogicalName&$expand=OptionSet',
  StatusAttributeMetadata: '$select=LogicalName&$expand=OptionSet',
  MultiSelectPicklistAttributeMetadata: '$select=LogicalName&$expand=OptionSet,GlobalOptionSet',
}

export async function readTableSummaries(session: Session): Promise<readonly TableSummary[]> {
  const path = `EntityDefinitions?$select=${SUMMARY_COLUMNS}`
  const { body } = await session.request({ method: 'GET', path })
  return parseMetadataList(body)
    .map(readSummary)
    .filter(({ name, entitySet }) => name !== '' && entitySet !== '')
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** Everything about one table in a single batch. Throws NOT_FOUND where the service does not know it. */
export async function readTable(session: Session, name: string): Promise<Table> {
  const definition = `EntityDefinitions(LogicalName=${textLiteral(name)})`
  const paths = [
    `${definition}?$select=${TABLE_COLUMNS}&$expand=${TABLE_EXPANSIONS}`,
    `${definition}/Attributes?$select=${ATTRIBUTE_COLUMNS}`,
    ...Object.entries(CASTS).map(
      ([cast, query]) => `${definition}/Attributes/Microsoft.Dynamics.CRM.${cast}?${query}`,
    ),
  ]
  const [table = {}, attributes = {}, ...casts] = await getAll(session, paths)
  const manyToOne = listOf(table.ManyToOneRelationships)
  return {
    ...readSummary(table),
    columns: readColumns(listOf(attributes.value), factsByColumn(casts), manyToOne),
    keys: listOf(table.Keys).map(readKey),
    relationships: [
      ...manyToOne.map(readManyToOne),
      ...listOf(table.OneToManyRelationships).map(readOneToMany),
      ...listOf(table.ManyToManyRelationships).map((one) => readManyToMany(one, name)),
    ],
    changeTracking: table.ChangeTrackingEnabled === true,
    optimisticConcurrency: table.IsOptimisticConcurrencyEnabled === true,
  }
}

async function getAll(session: Session, paths: readonly string[]): Promise<readonly JsonObject[]> {
  const requests = paths.map((path): SessionRequest => ({ method: 'GET', path }))
  const answers = await sendBatch(session, requests, { repeatable: true })
  return Promise.all(
    answers.map(async (answer, index) => {
      const request = requests[index]
      // What failed in the batch is asked for by itself: that is retried by the session's policy, or refused with its hint.
      const whole = answer.status < 400 || !request ? answer : await session.request(request)
      return parseMetadata(whole.body, LIMITS)
    }),
  )
}

/** Limits of wide types lie beyond a float. */
const LIMITS = ['MinValue', 'MaxValue']

/** The answers of all casts, merged by column. */
function factsByColumn(answers: readonly JsonObject[]): ReadonlyMap<string, ColumnFacts> {
  return new Map(
    answers.flatMap((answer) =>
      listOf(answer.value).map((facts): [string, ColumnFacts] => [textOf(facts.LogicalName) ?? '', facts]),
    ),
  )
}

function readSummary(definition: JsonObject): TableSummary {
  const name = textOf(definition.LogicalName) ?? ''
  return {
    name,
    label: labelOf(definition.DisplayName) ?? name,
    pluralLabel: labelOf(definition.DisplayCollectionName) ?? name,
    entitySet: textOf(definition.EntitySetName) ?? '',
    primaryKey: textOf(definition.PrimaryIdAttribute) ?? `${name}id`,
    primaryName: textOf(definition.PrimaryNameAttribute),
    kind: kindOf(definition),
    custom: definition.IsCustomEntity === true,
  }
}

function kindOf({ TableType, IsActivity, IsIntersect }: JsonObject): TableSummary['kind'] {
  if (TableType === 'Elastic') return 'elastic'
  if (TableType === 'Virtual') return 'virtual'
  if (IsIntersect === true) return 'intersect'
  return IsActivity === true ? 'activity' : 'standard'
}

/** The label in the caller's language. */
export function labelOf(label: unknown): string | undefined {
  const { UserLocalizedLabel, LocalizedLabels } = objectOf(label)
  return textOf(objectOf(UserLocalizedLabel).Label) ?? textOf(listOf(LocalizedLabels)[0]?.Label)
}

function readKey(key: JsonObject): AlternateKey {
  const columns = Array.isArray(key.KeyAttributes) ? key.KeyAttributes.map(String) : []
  return { name: textOf(key.LogicalName) ?? textOf(key.SchemaName) ?? '', columns }
}

function readManyToOne(one: JsonObject): Relationship {
  return {
    name: textOf(one.SchemaName) ?? '',
    kind: 'many-to-one',
    table: textOf(one.ReferencedEntity) ?? '',
    navigation: textOf(one.ReferencingEntityNavigationPropertyName) ?? '',
    column: textOf(one.ReferencingAttribute) ?? '',
  }
}

function readOneToMany(one: JsonObject): Relationship {
  return {
    name: textOf(one.SchemaName) ?? '',
    kind: 'one-to-many',
    table: textOf(one.ReferencingEntity) ?? '',
    navigation: textOf(one.ReferencedEntityNavigationPropertyName) ?? '',
    column: textOf(one.ReferencingAttribute) ?? '',
  }
}

function readManyToMany(one: JsonObject, own: string): Relationship {
  const first = one.Entity1LogicalName === own
  return {
    name: textOf(one.SchemaName) ?? '',
    kind: 'many-to-many',
    table: textOf(first ? one.Entity2LogicalName : one.Entity1LogicalName) ?? '',
    navigation: textOf(first ? one.Entity1NavigationPropertyName : one.Entity2NavigationPropertyName) ?? '',
  }
}

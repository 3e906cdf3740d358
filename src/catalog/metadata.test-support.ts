import { type FakeSession, fakeSession } from '../service/fake-session.test-support.ts'
import type { Session } from '../service/session.ts'

/** A service that knows two tables, written down as the service itself describes them. */

const label = (text: string) => ({ UserLocalizedLabel: { Label: text, LanguageCode: 1033 } })

const SUMMARIES = [
  {
    LogicalName: 'new_project',
    EntitySetName: 'new_projects',
    DisplayName: label('Project'),
    DisplayCollectionName: label('Projects'),
    PrimaryIdAttribute: 'new_projectid',
    PrimaryNameAttribute: 'new_name',
    TableType: 'Standard',
    IsActivity: false,
    IsIntersect: false,
    IsCustomEntity: true,
  },
  { LogicalName: 'opportunity', EntitySetName: 'opportunities', PrimaryIdAttribute: 'opportunityid' },
  { LogicalName: 'nothing_to_read', EntitySetName: null },
]

const attribute = (LogicalName: string, type: string, more: object = {}) => ({
  LogicalName,
  AttributeOf: null,
  AttributeTypeName: { Value: `${type}Type` },
  DisplayName: label(`The ${LogicalName}`),
  RequiredLevel: { Value: 'None' },
  IsValidForCreate: true,
  IsValidForUpdate: true,
  IsValidForRead: true,
  IsValidODataAttribute: true,
  ...more,
})

const ATTRIBUTES = [
  attribute('new_projectid', 'Uniqueidentifier', { RequiredLevel: { Value: 'SystemRequired' } }),
  attribute('new_name', 'String'),
  attribute('new_customer', 'Customer'),
  attribute('new_customername', 'String', { AttributeOf: 'new_customer', IsValidODataAttribute: false }),
  attribute('new_customertype', 'EntityName', { AttributeOf: 'new_customer' }),
  attribute('ownerid', 'Owner'),
  attribute('new_parent', 'Lookup'),
  attribute('new_budget', 'Money'),
  attribute('new_big', 'BigInt'),
  attribute('new_due', 'DateTime'),
  attribute('new_start', 'DateTime'),
  attribute('new_fixed', 'DateTime'),
  attribute('new_stage', 'Picklist'),
  attribute('new_stagename', 'Virtual', { AttributeOf: 'new_stage' }),
  attribute('new_tags', 'MultiSelectPicklist'),
  attribute('new_done', 'Boolean'),
  attribute('new_people', 'PartyList', { IsValidODataAttribute: false }),
  attribute('new_photo', 'Image'),
  attribute('new_photo_url', 'String', { AttributeOf: 'new_photo', IsValidForUpdate: false }),
]

const option = (Value: number, text: string) => ({ Value, Label: label(text) })

/** By derived type; the numbers are text here because they lie beyond a float. */
const CASTS: Readonly<Record<string, string>> = {
  String: '[{"LogicalName":"new_name","MaxLength":100}]',
  Money:
    '[{"LogicalName":"new_budget","MinValue":-922337203685477.5807,"MaxValue":922337203685477.5807,"Precision":2}]',
  BigInt: '[{"LogicalName":"new_big","MinValue":-9223372036854775808,"MaxValue":9223372036854775807}]',
  DateTime: JSON.stringify([
    { LogicalName: 'new_due', DateTimeBehavior: { Value: 'DateOnly' } },
    { LogicalName: 'new_start', DateTimeBehavior: { Value: 'UserLocal' } },
    { LogicalName: 'new_fixed', DateTimeBehavior: { Value: 'TimeZoneIndependent' } },
  ]),
  Lookup: JSON.stringify([
    { LogicalName: 'new_customer', Targets: ['account', 'contact'] },
    { LogicalName: 'ownerid', Targets: ['systemuser', 'team'] },
    { LogicalName: 'new_parent', Targets: ['new_project'] },
  ]),
  Picklist: JSON.stringify([
    {
      LogicalName: 'new_stage',
      OptionSet: null,
      GlobalOptionSet: { Options: [option(1, 'Open'), option(2, 'Won')] },
    },
  ]),
  MultiSelectPicklist: JSON.stringify([
    { LogicalName: 'new_tags', OptionSet: { Options: [option(7, 'Red'), option(8, 'Blue')] } },
  ]),
  Boolean: JSON.stringify([
    {
      LogicalName: 'new_done',
      OptionSet: { FalseOption: option(0, 'No'), TrueOption: option(1, 'Yes') },
    },
  ]),
}

const manyToOne = (ReferencingAttribute: string, ReferencedEntity: string, navigation: string) => ({
  SchemaName: `lk_${navigation}`,
  ReferencingAttribute,
  ReferencedEntity,
  ReferencingEntityNavigationPropertyName: navigation,
})

const DEFINITION = {
  ...SUMMARIES[0],
  ChangeTrackingEnabled: true,
  IsOptimisticConcurrencyEnabled: true,
  Keys: [{ LogicalName: 'new_bycode', SchemaName: 'new_ByCode', KeyAttributes: ['new_name', 'new_parent'] }],
  ManyToOneRelationships: [
    manyToOne('new_customer', 'account', 'new_Customer_account'),
    manyToOne('new_customer', 'contact', 'new_Customer_contact'),
    manyToOne('new_parent', 'new_project', 'new_Parent'),
    manyToOne('ownerid', 'owner', 'ownerid'),
  ],
  OneToManyRelationships: [
    {
      SchemaName: 'lk_children',
      ReferencingEntity: 'new_project',
      ReferencingAttribute: 'new_parent',
      ReferencedEntityNavigationPropertyName: 'new_Children',
    },
  ],
  ManyToManyRelationships: [
    {
      SchemaName: 'new_project_contacts',
      Entity1LogicalName: 'contact',
      Entity2LogicalName: 'new_project',
      Entity1NavigationPropertyName: 'new_projects_of_contact',
      Entity2NavigationPropertyName: 'new_contacts',
    },
  ],
}

export interface MetadataService extends FakeSession {
  readonly session: Session
  /** Version of all metadata, as the service tells it. */
  version: string
}

export function metadataService(): MetadataService {
  const fake = fakeSession(({ path, body }) => {
    if (path.startsWith('organizations'))
      return { '@Microsoft.Dynamics.CRM.globalmetadataversion': service.version, value: [] }
    if (path === '$batch') return batchAnswer(String(body))
    return answerTo(path)
  })
  // The fake session states no content type; a batch needs its boundary.
  const session: Session = {
    ...fake.session,
    request: async (request) => {
      const response = await fake.session.request(request)
      return request.path === '$batch'
        ? { ...response, headers: { 'content-type': 'multipart/mixed; boundary=r' } }
        : response
    },
  }
  const service: MetadataService = { ...fake, session, version: '100' }
  return service
}

function answerTo(path: string): string {
  const cast = /Microsoft\.Dynamics\.CRM\.(\w+)AttributeMetadata/.exec(path)?.[1]
  if (cast !== undefined) return `{"value":${CASTS[cast] ?? '[]'}}`
  if (path.includes('/Attributes')) return JSON.stringify({ value: ATTRIBUTES })
  return JSON.stringify(path.includes('LogicalName=') ? DEFINITION : { value: SUMMARIES })
}

function batchAnswer(body: string): string {
  const parts = [...body.matchAll(/^GET (\S+) HTTP\/1\.1/gm)].map(
    ([, path = '']) =>
      `--r\r\nContent-Type: application/http\r\n\r\nHTTP/1.1 200 OK\r\n\r\n${answerTo(path)}\r\n`,
  )
  return `${parts.join('')}--r--\r\n`
}

/** The functions and actions the sandbox has, as `$metadata` declares them. */
import type { SchemaDefinition } from '../../schema.ts'

export interface Message {
  readonly kind: 'Function' | 'Action'
  readonly name: string
  /** Type of the binding parameter; undefined for an unbound message. */
  readonly boundTo?: string
  readonly parameters: readonly Parameter[]
  /** A type; undefined for an action that answers 204. */
  readonly returns?: string
}

export interface Parameter {
  readonly name: string
  readonly type: string
  readonly optional?: boolean
}

export interface ComplexType {
  readonly name: string
  readonly properties: readonly Parameter[]
}

export interface EnumType {
  readonly name: string
  readonly members: readonly (readonly [name: string, value: number])[]
}

/** Every message for this schema: the fixed ones, and the bulk messages of each table that takes them. */
export function messagesOf({ tables }: SchemaDefinition): readonly Message[] {
  const bulk = tables.flatMap((table): readonly Message[] => {
    const type = `mscrm.${table.logicalName}`
    const message = (name: string, returns?: string): Message => ({
      kind: 'Action',
      name,
      boundTo: `Collection(${type})`,
      parameters: [{ name: 'Targets', type: `Collection(${type})` }],
      ...(returns ? { returns } : {}),
    })
    if (!table.multiple) return []
    const common = [
      message('CreateMultiple', 'mscrm.CreateMultipleResponse'),
      message('UpdateMultiple'),
      message('UpsertMultiple', 'mscrm.UpsertMultipleResponse'),
    ]
    return table.kind === 'Elastic' ? [...common, message('DeleteMultiple')] : common
  })
  const names = new Set(tables.map(({ logicalName }) => logicalName))
  const bound = MESSAGES.filter(({ boundTo }) => {
    const type = boundTo?.replace('mscrm.', '')
    return type === undefined || type === 'principal' || names.has(type)
  })
  return [...bound, ...bulk]
}

const guid = (name: string): Parameter => ({ name, type: 'Edm.Guid' })
const text = (name: string): Parameter => ({ name, type: 'Edm.String' })
const whole = (name: string): Parameter => ({ name, type: 'Edm.Int32' })
const row = (name: string): Parameter => ({ name, type: 'mscrm.crmbaseentity' })
const optional = (parameter: Parameter): Parameter => ({ ...parameter, optional: true })

const MESSAGES: readonly Message[] = [
  { kind: 'Function', name: 'WhoAmI', parameters: [], returns: 'mscrm.WhoAmIResponse' },
  { kind: 'Function', name: 'RetrieveVersion', parameters: [], returns: 'mscrm.RetrieveVersionResponse' },
  {
    kind: 'Function',
    name: 'RetrieveTotalRecordCount',
    parameters: [{ name: 'EntityNames', type: 'Collection(Edm.String)' }],
    returns: 'mscrm.RetrieveTotalRecordCountResponse',
  },
  {
    kind: 'Function',
    name: 'RetrieveCurrentOrganization',
    parameters: [{ name: 'AccessType', type: 'mscrm.EndpointAccessType' }],
    returns: 'mscrm.RetrieveCurrentOrganizationResponse',
  },
  {
    kind: 'Function',
    name: 'GetTimeZoneCodeByLocalizedName',
    parameters: [text('LocalizedStandardName'), whole('LocaleId')],
    returns: 'mscrm.GetTimeZoneCodeByLocalizedNameResponse',
  },
  {
    kind: 'Function',
    name: 'InitializeFrom',
    parameters: [
      row('EntityMoniker'),
      text('TargetEntityName'),
      { name: 'TargetFieldType', type: 'mscrm.TargetFieldType' },
    ],
    returns: 'mscrm.crmbaseentity',
  },
  {
    kind: 'Function',
    name: 'RetrieveDuplicates',
    parameters: [
      row('BusinessEntity'),
      text('MatchingEntityName'),
      { name: 'PagingInfo', type: 'mscrm.PagingInfo' },
    ],
    returns: 'Collection(mscrm.crmbaseentity)',
  },
  {
    kind: 'Function',
    name: 'CalculateTotalTimeIncident',
    boundTo: 'mscrm.incident',
    parameters: [],
    returns: 'mscrm.CalculateTotalTimeIncidentResponse',
  },
  {
    kind: 'Function',
    name: 'RetrieveMetadataChanges',
    parameters: [
      optional({ name: 'Query', type: 'mscrm.EntityQueryExpression' }),
      optional({ name: 'DeletedMetadataFilters', type: 'mscrm.DeletedMetadataFilters' }),
      optional(text('ClientVersionStamp')),
      optional(guid('AppModuleId')),
    ],
    returns: 'mscrm.RetrieveMetadataChangesResponse',
  },
  {
    kind: 'Function',
    name: 'RetrievePrincipalAccess',
    boundTo: 'mscrm.principal',
    parameters: [row('Target')],
    returns: 'mscrm.RetrievePrincipalAccessResponse',
  },
  {
    kind: 'Action',
    name: 'Merge',
    parameters: [
      row('Target'),
      row('Subordinate'),
      optional(row('UpdateContent')),
      { name: 'PerformParentingChecks', type: 'Edm.Boolean' },
    ],
  },
  {
    kind: 'Action',
    name: 'SetAutoNumberSeed',
    parameters: [text('EntityName'), text('AttributeName'), { name: 'Value', type: 'Edm.Int64' }],
  },
  {
    kind: 'Action',
    name: 'WinOpportunity',
    parameters: [row('OpportunityClose'), whole('Status')],
  },
  {
    kind: 'Action',
    name: 'LoseOpportunity',
    parameters: [row('OpportunityClose'), whole('Status')],
  },
  {
    kind: 'Action',
    name: 'CloseIncident',
    parameters: [row('IncidentResolution'), whole('Status')],
  },
  {
    kind: 'Action',
    name: 'AddMembersTeam',
    boundTo: 'mscrm.team',
    parameters: [{ name: 'Members', type: 'Collection(mscrm.systemuser)' }],
  },
  {
    kind: 'Action',
    name: 'RemoveMembersTeam',
    boundTo: 'mscrm.team',
    parameters: [{ name: 'Members', type: 'Collection(mscrm.systemuser)' }],
  },
  {
    kind: 'Action',
    name: 'AddToQueue',
    boundTo: 'mscrm.queue',
    parameters: [
      row('Target'),
      optional({ name: 'SourceQueue', type: 'mscrm.queue' }),
      optional({ name: 'QueueItemProperties', type: 'mscrm.queueitem' }),
    ],
    returns: 'mscrm.AddToQueueResponse',
  },
  {
    kind: 'Action',
    name: 'InitializeFileBlocksUpload',
    parameters: [row('Target'), text('FileAttributeName'), text('FileName')],
    returns: 'mscrm.InitializeFileBlocksUploadResponse',
  },
  {
    kind: 'Action',
    name: 'UploadBlock',
    parameters: [text('BlockId'), { name: 'BlockData', type: 'Edm.Binary' }, text('FileContinuationToken')],
  },
  {
    kind: 'Action',
    name: 'CommitFileBlocksUpload',
    parameters: [
      text('FileName'),
      text('MimeType'),
      { name: 'BlockList', type: 'Collection(Edm.String)' },
      text('FileContinuationToken'),
    ],
    returns: 'mscrm.CommitFileBlocksUploadResponse',
  },
  {
    kind: 'Action',
    name: 'InitializeFileBlocksDownload',
    parameters: [row('Target'), text('FileAttributeName')],
    returns: 'mscrm.InitializeFileBlocksDownloadResponse',
  },
  {
    kind: 'Action',
    name: 'DownloadBlock',
    parameters: [
      { name: 'Offset', type: 'Edm.Int64' },
      { name: 'BlockLength', type: 'Edm.Int64' },
      text('FileContinuationToken'),
    ],
    returns: 'mscrm.DownloadBlockResponse',
  },
  { kind: 'Action', name: 'DeleteFile', parameters: [guid('FileId')] },
]

export const COMPLEX_TYPES: readonly ComplexType[] = [
  {
    name: 'WhoAmIResponse',
    properties: [guid('BusinessUnitId'), guid('UserId'), guid('OrganizationId')],
  },
  { name: 'RetrieveVersionResponse', properties: [text('Version')] },
  {
    name: 'RetrieveTotalRecordCountResponse',
    properties: [{ name: 'EntityRecordCountCollection', type: 'mscrm.EntityRecordCountCollection' }],
  },
  {
    name: 'EntityRecordCountCollection',
    properties: [
      whole('Count'),
      { name: 'IsReadOnly', type: 'Edm.Boolean' },
      { name: 'Keys', type: 'Collection(Edm.String)' },
      { name: 'Values', type: 'Collection(Edm.Int64)' },
    ],
  },
  {
    name: 'RetrieveCurrentOrganizationResponse',
    properties: [{ name: 'Detail', type: 'mscrm.OrganizationDetail' }],
  },
  {
    name: 'OrganizationDetail',
    properties: [
      guid('OrganizationId'),
      text('FriendlyName'),
      text('OrganizationVersion'),
      text('EnvironmentId'),
      guid('DatacenterId'),
      text('Geo'),
      text('TenantId'),
      text('UrlName'),
      text('UniqueName'),
      { name: 'State', type: 'mscrm.OrganizationState' },
      { name: 'Endpoints', type: 'mscrm.EndpointCollection' },
    ],
  },
  {
    name: 'EndpointCollection',
    properties: [
      whole('Count'),
      { name: 'IsReadOnly', type: 'Edm.Boolean' },
      { name: 'Keys', type: 'Collection(mscrm.EndpointType)' },
      { name: 'Values', type: 'Collection(Edm.String)' },
    ],
  },
  { name: 'GetTimeZoneCodeByLocalizedNameResponse', properties: [whole('TimeZoneCode')] },
  {
    name: 'RetrieveMetadataChangesResponse',
    properties: [text('ServerVersionStamp')],
  },
  { name: 'EntityQueryExpression', properties: [] },
  {
    name: 'RetrievePrincipalAccessResponse',
    properties: [{ name: 'AccessRights', type: 'mscrm.AccessRights' }],
  },
  {
    name: 'PagingInfo',
    properties: [
      whole('PageNumber'),
      whole('Count'),
      { name: 'ReturnTotalRecordCount', type: 'Edm.Boolean' },
      text('PagingCookie'),
    ],
  },
  {
    name: 'CalculateTotalTimeIncidentResponse',
    properties: [{ name: 'TotalTime', type: 'Edm.Int64' }],
  },
  { name: 'AddToQueueResponse', properties: [guid('QueueItemId')] },
  { name: 'CreateMultipleResponse', properties: [{ name: 'Ids', type: 'Collection(Edm.Guid)' }] },
  { name: 'UpsertMultipleResponse', properties: [] },
  { name: 'InitializeFileBlocksUploadResponse', properties: [text('FileContinuationToken')] },
  {
    name: 'CommitFileBlocksUploadResponse',
    properties: [guid('FileId'), { name: 'FileSizeInBytes', type: 'Edm.Int64' }],
  },
  {
    name: 'InitializeFileBlocksDownloadResponse',
    properties: [
      text('FileContinuationToken'),
      { name: 'FileSizeInBytes', type: 'Edm.Int64' },
      text('FileName'),
      { name: 'IsChunkingSupported', type: 'Edm.Boolean' },
    ],
  },
  { name: 'DownloadBlockResponse', properties: [{ name: 'Data', type: 'Edm.Binary' }] },
  {
    name: 'BooleanManagedProperty',
    properties: [
      { name: 'Value', type: 'Edm.Boolean' },
      { name: 'CanBeChanged', type: 'Edm.Boolean' },
      text('ManagedPropertyLogicalName'),
    ],
  },
]

export const ENUM_TYPES: readonly EnumType[] = [
  { name: 'TargetFieldType', members: members('All', 'ValidForCreate', 'ValidForUpdate', 'ValidForRead') },
  { name: 'EndpointAccessType', members: members('Default', 'Internet', 'Intranet') },
  {
    name: 'EndpointType',
    members: members('OrganizationService', 'OrganizationDataService', 'WebApplication'),
  },
  { name: 'OrganizationState', members: members('Enabled', 'Disabled') },
  {
    name: 'DeletedMetadataFilters',
    members: [
      ['Entity', 1],
      ['Attribute', 2],
      ['Relationship', 4],
      ['Label', 8],
      ['OptionSet', 16],
      ['All', 31],
    ],
  },
  {
    name: 'AccessRights',
    members: [
      ['None', 0],
      ['ReadAccess', 1],
      ['WriteAccess', 2],
      ['AppendAccess', 4],
      ['AppendToAccess', 16],
      ['CreateAccess', 32],
      ['DeleteAccess', 65_536],
      ['ShareAccess', 262_144],
      ['AssignAccess', 524_288],
    ],
  },
]

function members(...names: readonly string[]): readonly (readonly [string, number])[] {
  return names.map((name, value) => [name, value] as const)
}

/** `EntityMetadata` of one table, property by property as real environments answer it. */
import type { TableDefinition } from '../../schema.ts'
import type { Schema } from '../../store/store.ts'
import { attributeDefinitions } from './attribute-definition.ts'
import type { Definition, JsonObject } from './definition.ts'
import { keyDefinitions } from './key-definition.ts'
import { label, MODIFIED_ON, managedProperty, metadataId, SYSTEM_CREATED_ON } from './parts.ts'
import { manyToManyOf, manyToOneOf, oneToManyOf } from './relationship-definition.ts'

const made = new WeakMap<Schema, Map<string, Definition>>()

/** The definition of `table`; the same object as long as the schema is the same. */
export function entityDefinition(table: TableDefinition, schema: Schema): Definition {
  const ofSchema = made.get(schema) ?? new Map<string, Definition>()
  made.set(schema, ofSchema)
  const known = ofSchema.get(table.logicalName)
  if (known) return known
  const definition: Definition = {
    type: 'EntityMetadata',
    properties: {
      ...plain(table),
      ...texts(table),
      ...managedProperties(table),
      Privileges: privileges(table),
      Settings: [],
    },
    navigation: {
      Attributes: { many: () => attributeDefinitions(table), contained: true },
      Keys: { many: () => keyDefinitions(table), contained: true },
      ManyToOneRelationships: { many: () => manyToOneOf(table, schema), contained: false },
      OneToManyRelationships: { many: () => oneToManyOf(table, schema), contained: false },
      ManyToManyRelationships: { many: () => manyToManyOf(table, schema), contained: false },
    },
  }
  ofSchema.set(table.logicalName, definition)
  return definition
}

function plain(table: TableDefinition): JsonObject {
  const intersect = table.kind === 'Intersect'
  const forUsers = !intersect
  return {
    ActivityTypeMask: table.activity ? 1 : 0,
    AutoRouteToOwnerQueue: false,
    CanTriggerWorkflow: forUsers,
    EntityHelpUrlEnabled: false,
    EntityHelpUrl: null,
    IsDocumentManagementEnabled: false,
    IsOneNoteIntegrationEnabled: false,
    IsInteractionCentricEnabled: forUsers && !table.custom,
    IsKnowledgeManagementEnabled: false,
    IsSLAEnabled: false,
    IsBPFEntity: false,
    IsDocumentRecommendationsEnabled: false,
    IsMSTeamsIntegrationEnabled: false,
    SettingOf: null,
    DataProviderId: table.kind === 'Elastic' ? ELASTIC_PROVIDER_ID : null,
    DataSourceId: null,
    AutoCreateAccessTeams: false,
    IsActivity: table.activity === true,
    IsActivityParty: PARTIES.has(table.logicalName),
    IsRetrieveAuditEnabled: false,
    IsRetrieveMultipleAuditEnabled: false,
    IsArchivalEnabled: false,
    IsRetentionEnabled: false,
    ClusterMode: 'Local',
    IsAvailableOffline: forUsers,
    IsChildEntity: table.ownership === 'None' && forUsers,
    IsAIRUpdated: forUsers && !table.custom,
    IconLargeName: null,
    IconMediumName: null,
    IconSmallName: null,
    IconVectorName: null,
    IsCustomEntity: table.custom,
    IsBusinessProcessEnabled: forUsers && !table.custom,
    SyncToExternalSearchIndex: forUsers && !table.custom,
    IsOptimisticConcurrencyEnabled: table.optimisticConcurrency,
    ChangeTrackingEnabled: table.changeTracking,
    IsImportable: forUsers,
    IsIntersect: intersect,
    IsManaged: !table.custom,
    IsEnabledForCharts: forUsers,
    IsEnabledForTrace: false,
    IsValidForAdvancedFind: forUsers,
    DaysSinceRecordLastModified: 0,
    MobileOfflineFilters: '',
    IsReadingPaneEnabled: true,
    IsQuickCreateEnabled: forUsers && !table.custom,
    LogicalName: table.logicalName,
    ObjectTypeCode: table.objectTypeCode,
    OwnershipType: table.ownership,
    PrimaryNameAttribute: table.primaryName ?? null,
    PrimaryImageAttribute: table.primaryImage ?? null,
    PrimaryIdAttribute: table.primaryKey,
    RecurrenceBaseEntityLogicalName: null,
    ReportViewName: intersect ? null : `Filtered${table.schemaName}`,
    SchemaName: table.schemaName,
    IntroducedVersion: table.custom ? '1.0.0.0' : '5.0.0.0',
    IsStateModelAware: table.columns.some(({ type }) => type === 'State'),
    EnforceStateTransitions: false,
    ExternalName: null,
    EntityColor: null,
    LogicalCollectionName: table.entitySetName,
    ExternalCollectionName: null,
    CollectionSchemaName: collectionSchemaName(table),
    EntitySetName: table.entitySetName,
    IsEnabledForExternalChannels: forUsers && !table.custom,
    IsPrivate: false,
    UsesBusinessDataLabelTable: false,
    IsLogicalEntity: false,
    HasNotes: NOTED.has(table.logicalName) || table.activity === true,
    HasActivities: NOTED.has(table.logicalName),
    HasFeedback: false,
    IsSolutionAware: false,
    CreatedOn: table.custom ? MODIFIED_ON : SYSTEM_CREATED_ON,
    ModifiedOn: MODIFIED_ON,
    HasEmailAddresses: table.columns.some(({ format }) => format === 'Email'),
    OwnerId: null,
    OwnerIdType: 8,
    OwningBusinessUnit: null,
    TableType: table.kind === 'Elastic' ? 'Elastic' : 'Standard',
    MetadataId: metadataId('entity', table.logicalName),
    HasChanged: null,
  }
}

/** The provider that stands behind every elastic table. */
const ELASTIC_PROVIDER_ID = '1d9bde74-9ebd-4da9-8ff5-aa74945b9f74'

/** Tables whose rows can take part in an activity. */
const PARTIES = new Set([
  'account',
  'contact',
  'lead',
  'systemuser',
  'team',
  'queue',
  'incident',
  'opportunity',
])

/** Tables that carry notes and activities. */
const NOTED = new Set(['account', 'contact', 'lead', 'opportunity', 'incident'])

/** `Accounts`, `new_BankAccounts`: the collection's name in the case of the schema name. */
function collectionSchemaName({ schemaName, logicalName, entitySetName }: TableDefinition): string {
  let same = 0
  while (same < logicalName.length && logicalName[same] === entitySetName[same]) same++
  return schemaName.slice(0, same) + entitySetName.slice(same)
}

function texts(table: TableDefinition): JsonObject {
  const managed = !table.custom
  const text = (value: string | undefined, part: string): JsonObject =>
    label(value, { key: `entity/${table.logicalName}/${part}`, managed })
  return {
    Description: text(table.description ?? '', 'description'),
    DisplayCollectionName: text(table.pluralLabel, 'collection'),
    DisplayName: text(table.label, 'name'),
  }
}

function managedProperties(table: TableDefinition): JsonObject {
  const open = table.kind !== 'Intersect'
  const users = open && table.ownership === 'UserOwned'
  return {
    IsAuditEnabled: managedProperty(false, 'canmodifyauditsettings'),
    IsValidForQueue: managedProperty(table.activity === true, 'canmodifyqueuesettings'),
    IsConnectionsEnabled: managedProperty(users && !table.custom, 'canmodifyconnectionsettings'),
    IsCustomizable: managedProperty(open, 'iscustomizable', table.custom),
    IsRenameable: managedProperty(open, 'isrenameable', table.custom),
    IsMappable: managedProperty(open, 'ismappable', false),
    IsDuplicateDetectionEnabled: managedProperty(
      table.duplicateDetection,
      'canmodifyduplicatedetectionsettings',
    ),
    CanCreateAttributes: managedProperty(open, 'cancreateattributes', false),
    CanCreateForms: managedProperty(open, 'cancreateforms', table.custom),
    CanCreateViews: managedProperty(open, 'cancreateviews', table.custom),
    CanCreateCharts: managedProperty(open, 'cancreatecharts', table.custom),
    CanBeRelatedEntityInRelationship: managedProperty(open, 'canberelatedentityinrelationship', false),
    CanBePrimaryEntityInRelationship: managedProperty(open, 'canbeprimaryentityinrelationship', false),
    CanBeInManyToMany: managedProperty(users, 'canbeinmanytomany', false),
    CanBeInCustomEntityAssociation: managedProperty(users, 'canbeincustomentityassociation', false),
    CanEnableSyncToExternalSearchIndex: managedProperty(users, 'canenablesynctoexternalsearchindex'),
    CanModifyAdditionalSettings: managedProperty(true, 'canmodifyadditionalsettings'),
    CanChangeHierarchicalRelationship: managedProperty(open, 'canchangehierarchicalrelationship'),
    CanChangeTrackingBeEnabled: managedProperty(open, 'canchangetrackingbeenabled'),
    IsMailMergeEnabled: managedProperty(users && !table.custom, 'canmodifymailmergesettings'),
    IsVisibleInMobile: managedProperty(open, 'canmodifymobilevisibility'),
    IsVisibleInMobileClient: managedProperty(open, 'canmodifymobileclientvisibility'),
    IsReadOnlyInMobileClient: managedProperty(false, 'canmodifymobileclientreadonly'),
    IsOfflineInMobileClient: managedProperty(open, 'canmodifymobileclientoffline'),
  }
}

const PRIVILEGE_TYPES = [
  'Create',
  'Read',
  'Write',
  'Delete',
  'Assign',
  'Share',
  'Append',
  'AppendTo',
] as const

/** An activity has the privileges of `activitypointer`: `prvReadActivity`. */
function privileges(table: TableDefinition): readonly JsonObject[] {
  if (table.kind === 'Intersect') return []
  const owned = table.ownership === 'UserOwned'
  return PRIVILEGE_TYPES.filter((type) => owned || (type !== 'Assign' && type !== 'Share')).map((type) => ({
    CanBeBasic: owned,
    CanBeDeep: owned,
    CanBeGlobal: true,
    CanBeLocal: owned,
    CanBeEntityReference: false,
    CanBeParentEntityReference: false,
    CanBeRecordFilter: false,
    Name: privilegeName(type, table),
    PrivilegeId: privilegeId(type, table),
    PrivilegeType: type,
  }))
}

/** Name of a privilege as the service spells it: `prvCreateAccount`, `prvReadActivity` for a task. */
export function privilegeName(type: string, table: TableDefinition): string {
  return `prv${type}${table.activity ? 'Activity' : table.schemaName}`
}

export function privilegeId(type: string, table: TableDefinition): string {
  return metadataId('privilege', privilegeName(type, table).toLowerCase())
}

import { describe, expect, test } from 'vitest'
import { sandboxSchema } from '../../seed/schema.ts'
import { createSchema } from '../../store/schema-index.ts'
import { ApiError } from '../operation.ts'
import { attributeDefinitions } from './attribute-definition.ts'
import type { Json } from './definition.ts'
import { readDefinitions } from './definitions.ts'

const schema = createSchema(sandboxSchema)
const root = 'http://localhost/api/data/v9.2/'

function read(path: string, query = ''): string {
  const request = { method: 'GET', path, query, headers: new Headers(), body: new Uint8Array() }
  return String(readDefinitions(request, { schema, root }).body)
}

const get = (path: string, query = ''): Record<string, Json> => JSON.parse(read(path, query))
const rows = (path: string, query = ''): Record<string, Json>[] => JSON.parse(read(path, query)).value

function refusal(path: string, query = ''): ApiError {
  try {
    read(path, query)
  } catch (error) {
    if (error instanceof ApiError) return error
    throw error
  }
  throw new Error(`${path}?${query} was answered`)
}

const ACCOUNT = "EntityDefinitions(LogicalName='account')"

describe('tables', () => {
  test('a definition has the properties of a real one, in their order', () => {
    const account = get(ACCOUNT)
    expect(account['@odata.context']).toBe(`${root}$metadata#EntityDefinitions/$entity`)
    expect(Object.keys(account)).toEqual(RECORDED_PROPERTIES)
    expect(account).toMatchObject({
      LogicalName: 'account',
      SchemaName: 'Account',
      EntitySetName: 'accounts',
      LogicalCollectionName: 'accounts',
      CollectionSchemaName: 'Accounts',
      ObjectTypeCode: 1,
      OwnershipType: 'UserOwned',
      PrimaryIdAttribute: 'accountid',
      PrimaryNameAttribute: 'name',
      TableType: 'Standard',
      MetadataId: '70816501-edb9-4740-a16c-6a5efbc05d84',
      HasChanged: null,
      IsAuditEnabled: {
        Value: false,
        CanBeChanged: true,
        ManagedPropertyLogicalName: 'canmodifyauditsettings',
      },
    })
  })

  test('a definition is found by its id as by its name', () => {
    expect(get('EntityDefinitions(70816501-edb9-4740-a16c-6a5efbc05d84)')).toEqual(get(ACCOUNT))
    expect(get("EntityDefinitions(MetadataId='70816501-EDB9-4740-A16C-6A5EFBC05D84')")).toEqual(get(ACCOUNT))
  })

  test('MetadataId comes with every $select', () => {
    expect(get(ACCOUNT, '$select=LogicalName,ObjectTypeCode')).toEqual({
      '@odata.context': `${root}$metadata#EntityDefinitions(LogicalName,ObjectTypeCode)/$entity`,
      LogicalName: 'account',
      ObjectTypeCode: 1,
      MetadataId: '70816501-edb9-4740-a16c-6a5efbc05d84',
    })
  })

  test('all tables come in one answer', () => {
    expect(rows('EntityDefinitions', '$select=LogicalName')).toHaveLength(schema.tables.length)
    expect(get('EntityDefinitions', '$select=LogicalName&$count=true')['@odata.count']).toBe(
      schema.tables.length,
    )
  })

  test('a single property comes alone, and raw with $value', () => {
    expect(read(`${ACCOUNT}/ObjectTypeCode/$value`)).toBe('1')
    expect(get(`${ACCOUNT}/EntitySetName`)).toEqual({
      '@odata.context': `${root}$metadata#EntityDefinitions('account')/EntitySetName`,
      value: 'accounts',
    })
  })

  test('a path goes on into a value', () => {
    expect(read(`${ACCOUNT}/DisplayName/UserLocalizedLabel/Label/$value`)).toBe('Account')
    expect(refusal(`${ACCOUNT}/DisplayName/Nothing`).status).toBe(404)
  })

  test('what does not exist is 404, what is not a key 400', () => {
    expect(refusal("EntityDefinitions(LogicalName='nothing')").status).toBe(404)
    expect(refusal('EntityDefinitions(00000000-0000-0000-0000-000000000001)').status).toBe(404)
    expect(refusal("EntityDefinitions(ObjectTypeCode='1')").status).toBe(400)
    expect(refusal("EntityDefinitions('account')").status).toBe(400)
    expect(refusal("EntityDefinitions(SchemaName='Account')").status).toBe(400)
    expect(refusal(`${ACCOUNT}/Nothing`)).toMatchObject({ status: 404, code: '0x8006088a' })
  })
})

describe('$filter', () => {
  const names = (filter: string) =>
    rows('EntityDefinitions', `$select=LogicalName&$filter=${encodeURIComponent(filter)}`).map(
      (row) => row.LogicalName,
    )

  test('enumeration literals, managed properties, and, or, not and brackets', () => {
    expect(names("LogicalName eq 'account' or LogicalName eq 'contact'")).toEqual(['account', 'contact'])
    expect(names("OwnershipType eq Microsoft.Dynamics.CRM.OwnershipTypes'UserOwned'")).toContain('account')
    expect(names("OwnershipType eq Microsoft.Dynamics.CRM.OwnershipTypes'UserOwned'")).not.toContain(
      'systemuser',
    )
    expect(
      names('not (ObjectTypeCode gt 2) and IsCustomEntity eq false and PrimaryNameAttribute ne null'),
    ).toEqual(['account', 'contact'])
    expect(names('CanCreateAttributes/Value eq false and IsIntersect eq false')).toEqual([])
  })

  test('functions are refused with 501, unlike everything else that is wrong', () => {
    expect(refusal('EntityDefinitions', "$filter=startswith(LogicalName,'a')")).toMatchObject({
      status: 501,
      code: '0x8006088a',
      message: 'The "startswith" function isn\'t supported for Metadata Entities.',
    })
    expect(refusal('EntityDefinitions', "$filter=Nothing eq 'a'")).toMatchObject({
      status: 400,
      message: "Could not find a property named 'Nothing' on type 'Microsoft.Dynamics.CRM.EntityMetadata'.",
    })
    expect(refusal('EntityDefinitions', "$filter=LogicalName eq 'a").status).toBe(400)
    expect(refusal('EntityDefinitions', '$filter=LogicalName eq').status).toBe(400)
    expect(refusal('EntityDefinitions', '$orderby=LogicalName').status).toBe(501)
    expect(refusal('EntityDefinitions', "$filter=DisplayName/UserLocalizedLabel/Label eq 'a'").status).toBe(
      400,
    )
    expect(refusal('GlobalOptionSetDefinitions', "$filter=Name eq 'a'").status).toBe(501)
  })
})

describe('columns', () => {
  const PICKLIST = 'Microsoft.Dynamics.CRM.PicklistAttributeMetadata'

  test('a list says each derived type, except for keys and virtual columns', () => {
    const types = new Map(
      rows(`${ACCOUNT}/Attributes`, '$select=LogicalName').map((row) => [
        row.LogicalName,
        row['@odata.type'],
      ]),
    )
    expect(types.get('name')).toBe('#Microsoft.Dynamics.CRM.StringAttributeMetadata')
    expect(types.get('primarycontactid')).toBe('#Microsoft.Dynamics.CRM.LookupAttributeMetadata')
    expect(types.get('ownerid')).toBe('#Microsoft.Dynamics.CRM.LookupAttributeMetadata')
    expect(types.get('accountid')).toBeUndefined()
    expect(types.get('statuscodename')).toBeUndefined()
  })

  test('properties of a derived type need the cast', () => {
    expect(refusal(`${ACCOUNT}/Attributes`, '$select=MaxLength').message).toBe(
      "Could not find a property named 'MaxLength' on type 'Microsoft.Dynamics.CRM.AttributeMetadata'.",
    )
    expect(refusal(`${ACCOUNT}/Attributes`, '$expand=OptionSet').status).toBe(400)
    const path = `${ACCOUNT}/Attributes(LogicalName='name')/Microsoft.Dynamics.CRM.StringAttributeMetadata`
    expect(get(path, '$select=MaxLength')).toEqual({
      '@odata.context': `${root}$metadata#EntityDefinitions('account')/Attributes/Microsoft.Dynamics.CRM.StringAttributeMetadata(MaxLength)/$entity`,
      MaxLength: 160,
      MetadataId: expect.any(String),
    })
    expect(refusal(`${ACCOUNT}/Attributes(LogicalName='name')/${PICKLIST}`).status).toBe(404)
    for (const type of ['EnumAttributeMetadata', 'NothingAttributeMetadata'])
      expect(refusal(`${ACCOUNT}/Attributes/Microsoft.Dynamics.CRM.${type}`).status).toBe(400)
  })

  test('a cast list holds that type only, without @odata.type, with nested options', () => {
    const list = rows(
      `${ACCOUNT}/Attributes/${PICKLIST}`,
      '$select=LogicalName&$expand=OptionSet($select=Options)',
    )
    expect(list.map((row) => row.LogicalName)).toContain('accountcategorycode')
    expect(list.some((row) => '@odata.type' in row)).toBe(false)
    const category = list.find((row) => row.LogicalName === 'accountcategorycode')
    expect(category).toMatchObject({
      'OptionSet@odata.context': `${root}$metadata#EntityDefinitions('account')/Attributes(118771ca-6fb9-4f60-8fd4-99b6124b63ad)/${PICKLIST}/OptionSet(Options)/$entity`,
      OptionSet: {
        Options: [
          { Value: 1, Label: { UserLocalizedLabel: { Label: 'Preferred Customer', LanguageCode: 1033 } } },
          { Value: 2, Label: { UserLocalizedLabel: { Label: 'Standard' } } },
        ],
        MetadataId: 'b994cdd8-5ce9-4ab9-bdd3-8888ebdb0407',
      },
    })
  })

  test('state options name their default status, status options their state, yes/no both labels', () => {
    const one = (column: string, type: string): Record<string, Json> =>
      get(
        `${ACCOUNT}/Attributes(LogicalName='${column}')/Microsoft.Dynamics.CRM.${type}`,
        '$expand=OptionSet',
      )
    expect(one('statecode', 'StateAttributeMetadata')).toMatchObject({
      OptionSet: {
        OptionSetType: 'State',
        Options: [{ Value: 0, DefaultStatus: 1, InvariantName: 'Active' }, { Value: 1 }],
      },
    })
    expect(one('statuscode', 'StatusAttributeMetadata')).toMatchObject({
      OptionSet: {
        OptionSetType: 'Status',
        Options: [
          { Value: 1, State: 0 },
          { Value: 2, State: 1 },
        ],
      },
    })
    expect(one('creditonhold', 'BooleanAttributeMetadata')).toMatchObject({
      OptionSet: { TrueOption: { Value: 1 }, FalseOption: { Value: 0 } },
    })
  })

  test('every column of every table has the base properties, so that a plain $select never fails', () => {
    for (const table of schema.tables) {
      for (const definition of attributeDefinitions(table)) {
        const own = new Set(Object.keys(definition.properties))
        expect([...(definition.base?.properties ?? [])].filter((name) => !own.has(name))).toEqual([])
      }
    }
  })

  test('expanded below a table, columns take their own $select and $filter', () => {
    const query =
      "$select=LogicalName&$expand=Attributes($select=LogicalName;$filter=LogicalName eq 'name'),Keys($select=KeyAttributes)"
    expect(get(ACCOUNT, query)).toMatchObject({
      'Attributes@odata.context': `${root}$metadata#EntityDefinitions('account')/Attributes(LogicalName)`,
      Attributes: [{ '@odata.type': '#Microsoft.Dynamics.CRM.StringAttributeMetadata', LogicalName: 'name' }],
      Keys: [{ KeyAttributes: ['accountnumber'] }],
    })
  })
})

describe('relationships and global option sets', () => {
  test('a lookup is the same relationship from both of its tables', () => {
    const [lookup] = rows(
      `${ACCOUNT}/ManyToOneRelationships`,
      "$filter=ReferencingAttribute eq 'primarycontactid'",
    )
    expect(lookup).toMatchObject({
      SchemaName: 'account_primary_contact',
      ReferencedEntity: 'contact',
      ReferencedAttribute: 'contactid',
      ReferencingEntityNavigationPropertyName: 'primarycontactid',
      ReferencedEntityNavigationPropertyName: 'account_primary_contact',
      RelationshipType: 'OneToManyRelationship',
    })
    const other = rows(
      "EntityDefinitions(LogicalName='contact')/OneToManyRelationships",
      "$filter=SchemaName eq 'account_primary_contact'",
    )
    expect(other).toEqual([lookup])
  })

  test('all relationships are in one list, and a cast parts them by kind', () => {
    const cast = (type: string) =>
      rows(`RelationshipDefinitions/Microsoft.Dynamics.CRM.${type}`, '$select=SchemaName')
    expect(rows('RelationshipDefinitions', '$select=SchemaName')).toHaveLength(
      schema.oneToMany.length + schema.manyToMany.length,
    )
    expect(cast('OneToManyRelationshipMetadata')).toHaveLength(schema.oneToMany.length)
    expect(cast('ManyToManyRelationshipMetadata')).toHaveLength(schema.manyToMany.length)
  })

  test('with $expand and no $select the ids come first, as the service prints them', () => {
    expect(Object.keys(get(ACCOUNT, '$expand=Keys')).slice(0, 3)).toEqual([
      '@odata.context',
      'MetadataId',
      'HasChanged',
    ])
  })

  test('a global option set has a name of its own', () => {
    const [first] = rows('GlobalOptionSetDefinitions')
    expect(first).toMatchObject({
      '@odata.type': '#Microsoft.Dynamics.CRM.OptionSetMetadata',
      IsGlobal: true,
    })
    const path = `GlobalOptionSetDefinitions(Name='${first?.Name}')`
    expect(get(path)).toMatchObject({ Name: first?.Name, Options: first?.Options })
  })
})

/** Property names of an EntityDefinition recorded from a real environment, in their order. */
const RECORDED_PROPERTIES =
  '@odata.context ActivityTypeMask AutoRouteToOwnerQueue CanTriggerWorkflow EntityHelpUrlEnabled EntityHelpUrl IsDocumentManagementEnabled IsOneNoteIntegrationEnabled IsInteractionCentricEnabled IsKnowledgeManagementEnabled IsSLAEnabled IsBPFEntity IsDocumentRecommendationsEnabled IsMSTeamsIntegrationEnabled SettingOf DataProviderId DataSourceId AutoCreateAccessTeams IsActivity IsActivityParty IsRetrieveAuditEnabled IsRetrieveMultipleAuditEnabled IsArchivalEnabled IsRetentionEnabled ClusterMode IsAvailableOffline IsChildEntity IsAIRUpdated IconLargeName IconMediumName IconSmallName IconVectorName IsCustomEntity IsBusinessProcessEnabled SyncToExternalSearchIndex IsOptimisticConcurrencyEnabled ChangeTrackingEnabled IsImportable IsIntersect IsManaged IsEnabledForCharts IsEnabledForTrace IsValidForAdvancedFind DaysSinceRecordLastModified MobileOfflineFilters IsReadingPaneEnabled IsQuickCreateEnabled LogicalName ObjectTypeCode OwnershipType PrimaryNameAttribute PrimaryImageAttribute PrimaryIdAttribute RecurrenceBaseEntityLogicalName ReportViewName SchemaName IntroducedVersion IsStateModelAware EnforceStateTransitions ExternalName EntityColor LogicalCollectionName ExternalCollectionName CollectionSchemaName EntitySetName IsEnabledForExternalChannels IsPrivate UsesBusinessDataLabelTable IsLogicalEntity HasNotes HasActivities HasFeedback IsSolutionAware CreatedOn ModifiedOn HasEmailAddresses OwnerId OwnerIdType OwningBusinessUnit TableType MetadataId HasChanged Description DisplayCollectionName DisplayName IsAuditEnabled IsValidForQueue IsConnectionsEnabled IsCustomizable IsRenameable IsMappable IsDuplicateDetectionEnabled CanCreateAttributes CanCreateForms CanCreateViews CanCreateCharts CanBeRelatedEntityInRelationship CanBePrimaryEntityInRelationship CanBeInManyToMany CanBeInCustomEntityAssociation CanEnableSyncToExternalSearchIndex CanModifyAdditionalSettings CanChangeHierarchicalRelationship CanChangeTrackingBeEnabled IsMailMergeEnabled IsVisibleInMobile IsVisibleInMobileClient IsReadOnlyInMobileClient IsOfflineInMobileClient Privileges Settings'.split(
    ' ',
  )

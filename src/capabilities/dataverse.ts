import type { Capabilities } from './capabilities.ts'
import { DATAVERSE_BULK } from './dataverse-bulk.ts'
import { DATAVERSE_FAULTS } from './dataverse-faults.ts'

/**
 * Microsoft Dataverse Web API.
 * https://learn.microsoft.com/power-apps/developer/data-platform/webapi/overview
 */
export const dataverse: Capabilities = {
  service: 'dataverse',
  rootPath: (version) => `/api/data/v${version}/`,
  defaultVersion: '9.2',
  headers: {
    Accept: 'application/json',
    'OData-MaxVersion': '4.0',
    'OData-Version': '4.0',
    // A literal that defeats caches between here and the service, as the documentation asks for on every request.
    'If-None-Match': 'null',
  },
  read: {
    maxPageSize: 5000,
    pageSizeByColumns: [
      { moreThanColumns: 500, pageSize: 500 },
      { moreThanColumns: 100, pageSize: 1000 },
    ],
    maxUrlBytes: 32_768,
    maxBatchUrlBytes: 65_536,
    skip: false,
    fetchXml: {
      // 15 by today's documentation; 10 for years before.
      maxLinks: 10,
      maxConditions: 500,
      linkedKinds: ['standard', 'activity', 'intersect'],
    },
    partedBy: 'createdon',
    // Measured with latencies of 50 and 200 ms: more readers are not faster. Whether ranges of createdon are served as fast as
    // whole tables, of which createdon has an index, is assumed.
    readers: { unadvised: 4, most: 8 },
    annotations: {
      formattedValue: 'OData.Community.Display.V1.FormattedValue',
      lookupTable: 'Microsoft.Dynamics.CRM.lookuplogicalname',
      fetchCookie: 'Microsoft.Dynamics.CRM.fetchxmlpagingcookie',
      moreRows: 'Microsoft.Dynamics.CRM.morerecords',
    },
  },
  write: {
    clientKeys: true,
    updateOnly: { 'If-Match': '*' },
    createOnly: { 'If-None-Match': '*' },
    upsertByPatch: true,
    // https://learn.microsoft.com/power-apps/developer/data-platform/bypass-custom-business-logic
    bypass: {
      sync: { header: 'MSCRM.BypassBusinessLogicExecution', value: 'CustomSync' },
      async: { header: 'MSCRM.BypassBusinessLogicExecution', value: 'CustomAsync' },
      plugins: { header: 'MSCRM.BypassCustomPluginExecution', value: 'true' },
      flows: { header: 'MSCRM.SuppressCallbackRegistrationExpanderJob', value: 'true' },
    },
    detectDuplicates: { 'MSCRM.SuppressDuplicateDetection': 'false' },
    // One request may carry up to 128 MB; the service asks for chunks of 4 MB.
    files: { chunkAboveBytes: 4 * 1024 * 1024 },
    actAs: {
      lookUp: (name, id) =>
        `systemusers?$select=${USER_IDS}&$top=2&$filter=${encodeURIComponent(userFilter(name, id))}`,
      ways: [
        { column: 'azureactivedirectoryobjectid', header: 'CallerObjectId' },
        { column: 'systemuserid', header: 'MSCRMCallerID' },
      ],
    },
    bulk: DATAVERSE_BULK,
  },
  batch: {
    format: 'multipart',
    maxRequests: 1000,
    startRows: 20,
    continueOnError: { Prefer: 'odata.continue-on-error' },
  },
  limits: {
    windowMs: 300_000,
    requests: 6000,
    executionMs: 1_200_000,
    concurrent: 52,
    codes: { requests: '0x80072322', execution: '0x80072321', concurrent: '0x80072326' },
    headers: {
      remainingRequests: 'x-ms-ratelimit-burst-remaining-xrm-requests',
      remainingExecution: 'x-ms-ratelimit-time-remaining-xrm-requests',
      recommendedParallelism: 'x-ms-dop-hint',
    },
  },
  faults: DATAVERSE_FAULTS,
  codes: {
    aggregateLimit: ['0x8004e023'],
    duplicateKey: ['0x80040237', '0x80060892', '0x8004e30a'],
    notFound: ['0x80040217', '0x80060891'],
    unknownResource: ['0x8006088a'],
    versionMismatch: ['0x80060882'],
    notAMember: ['0x80072560'],
    disabledUser: ['0x80040225', '0x80041d1f'],
    noRole: ['0x80042f09'],
    missingPrivilege: ['0x80040220', '0x80048306'],
  },
  metadata: {
    format: 'entity-definitions',
    version: {
      path: 'organizations?$select=name',
      annotation: 'Microsoft.Dynamics.CRM.globalmetadataversion',
    },
    association: (table) =>
      `RelationshipDefinitions/Microsoft.Dynamics.CRM.ManyToManyRelationshipMetadata?$select=${SIDES}&$filter=IntersectEntityName%20eq%20'${table}'`,
  },
  probe: {
    whoAmI: { path: 'WhoAmI', userId: 'UserId' },
    version: { path: 'RetrieveVersion()', property: 'Version' },
    environment: { path: 'organizations?$select=name', property: 'name' },
    user: {
      path: (userId) =>
        `systemusers(${userId})?$select=fullname,domainname&$expand=systemuserroles_association($select=name)`,
      name: 'fullname',
      account: 'domainname',
      roles: 'systemuserroles_association',
      roleName: 'name',
    },
    table: 'account',
  },
}

const SIDES = [
  'Entity1LogicalName',
  'Entity1IntersectAttribute',
  'Entity1NavigationPropertyName',
  'Entity2LogicalName',
  'Entity2IntersectAttribute',
].join(',')

const USER_IDS = 'systemuserid,azureactivedirectoryobjectid'

function userFilter(name: string, id: string | undefined): string {
  const text = `'${name.replaceAll("'", "''")}'`
  return id === undefined
    ? `domainname eq ${text} or internalemailaddress eq ${text}`
    : `systemuserid eq ${id} or azureactivedirectoryobjectid eq ${id}`
}

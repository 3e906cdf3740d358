/** The functions of the Web API, one handler each: unbound ones by name, and those bound to a row. */
import type { TableDefinition } from '../schema.ts'
import type { StoredRow } from '../store/store.ts'
import { initializeFrom } from './functions-initialize-from.ts'
import { functionParameters, missing, type Parameters, textParameter } from './functions-parameters.ts'
import { retrieveDuplicates } from './functions-retrieve-duplicates.ts'
import { timeZoneCode } from './functions-time-zones.ts'
import { isJsonObject, type JsonObject, NAMESPACE } from './metadata/definition.ts'
import { metadataChanges } from './metadata/metadata-changes.ts'
import { unknownName } from './not-emulated.ts'
import { type ApiContext, ApiError, type ApiResponse, notEmulated, type Privilege } from './operation.ts'

export interface FunctionCall {
  /** Without its namespace. */
  readonly name: string
  /** Decoded text between the brackets. */
  readonly inline: string
  /** Raw query string, for parameter aliases. */
  readonly query: string
}

/** The row a bound function was called on. */
export interface Binding {
  readonly table: TableDefinition
  readonly row: StoredRow
}

type Handler = (parameters: Parameters, context: ApiContext) => ApiResponse
type BoundHandler = (binding: Binding, parameters: Parameters, context: ApiContext) => ApiResponse

/** Answers an unbound function; undefined when there is none of that name. */
export function callFunction(
  { name, inline, query }: FunctionCall,
  context: ApiContext,
): ApiResponse | undefined {
  return FUNCTIONS.get(name)?.(functionParameters(inline, query), context)
}

export function isBoundFunction(name: string): boolean {
  return BOUND_FUNCTIONS.has(name)
}

/** Answers a bound function; undefined when there is none of that name. */
export function callBoundFunction(
  { name, inline, query }: FunctionCall,
  binding: Binding,
  context: ApiContext,
): ApiResponse | undefined {
  return BOUND_FUNCTIONS.get(name)?.(binding, functionParameters(inline, query), context)
}

export const FUNCTIONS: ReadonlyMap<string, Handler> = new Map<string, Handler>([
  ['WhoAmI', whoAmI],
  [
    'RetrieveVersion',
    (_, context) => answer('RetrieveVersion', { Version: context.store.organization.version }, context),
  ],
  ['RetrieveTotalRecordCount', retrieveTotalRecordCount],
  ['RetrieveCurrentOrganization', retrieveCurrentOrganization],
  ['GetTimeZoneCodeByLocalizedName', getTimeZoneCodeByLocalizedName],
  ['InitializeFrom', initializeFrom],
  ['RetrieveDuplicates', retrieveDuplicates],
  ['RetrieveMetadataChanges', retrieveMetadataChanges],
])

export const BOUND_FUNCTIONS: ReadonlyMap<string, BoundHandler> = new Map<string, BoundHandler>([
  ['CalculateTotalTimeIncident', calculateTotalTimeIncident],
  ['RetrievePrincipalAccess', retrievePrincipalAccess],
])

function whoAmI(_: Parameters, context: ApiContext): ApiResponse {
  const { caller, store } = context
  const ids = {
    BusinessUnitId: caller.businessUnitId,
    UserId: caller.userId,
    OrganizationId: store.organization.id,
  }
  return answer('WhoAmI', ids, context)
}

function retrieveTotalRecordCount(parameters: Parameters, context: ApiContext): ApiResponse {
  const names = parameters.get('EntityNames')
  if (!Array.isArray(names) || names.length === 0) throw missing('EntityNames')
  const keys = names.map((name) => String(name).toLowerCase())
  const counts = keys.map((name) => {
    if (!context.store.schema.table(name)) {
      throw new ApiError(
        404,
        '0x80041102',
        `The entity with a name = '${name}' with namemapping = 'Logical' was not found in the MetadataCache.`,
      )
    }
    context.demand('Read', name)
    return context.store.table(name).size
  })
  const collection = { Count: keys.length, IsReadOnly: false, Keys: keys, Values: counts }
  return answer('RetrieveTotalRecordCount', { EntityRecordCountCollection: collection }, context)
}

function retrieveCurrentOrganization(_: Parameters, context: ApiContext): ApiResponse {
  const { organization } = context.store
  const origin = new URL(context.root).origin
  const detail = {
    OrganizationId: organization.id,
    FriendlyName: organization.name,
    OrganizationVersion: organization.version,
    EnvironmentId: organization.id,
    DatacenterId: '00000000-0000-0000-0000-000000000000',
    Geo: null,
    TenantId: null,
    UrlName: organization.name,
    UniqueName: organization.name,
    State: 'Enabled',
    Endpoints: {
      Count: 3,
      IsReadOnly: false,
      Keys: ['WebApplication', 'OrganizationService', 'OrganizationDataService'],
      Values: [
        `${origin}/`,
        `${origin}/XRMServices/2011/Organization.svc`,
        `${origin}/XRMServices/2011/OrganizationData.svc`,
      ],
    },
  }
  return answer('RetrieveCurrentOrganization', { Detail: detail }, context)
}

function getTimeZoneCodeByLocalizedName(parameters: Parameters, context: ApiContext): ApiResponse {
  const name = textParameter(parameters, 'LocalizedStandardName')
  const code = timeZoneCode(name)
  if (code === undefined) throw notEmulated(`the time zone '${name}'`)
  return answer('GetTimeZoneCodeByLocalizedName', { TimeZoneCode: code }, context)
}

function retrieveMetadataChanges(parameters: Parameters, { store, root, now }: ApiContext): ApiResponse {
  const stamp = parameters.get('ClientVersionStamp')
  return metadataChanges(
    {
      query: parameters.get('Query') ?? null,
      clientVersionStamp: typeof stamp === 'string' ? stamp : undefined,
    },
    { schema: store.schema, root, now },
  )
}

/** Minutes of the completed activities that are about a case. */
function calculateTotalTimeIncident(
  { table, row }: Binding,
  _: Parameters,
  context: ApiContext,
): ApiResponse {
  if (table.logicalName !== 'incident') throw unknownName('CalculateTotalTimeIncident')
  const { store } = context
  let minutes = 0
  for (const { logicalName, baseTable } of store.schema.tables) {
    if (baseTable !== 'activitypointer') continue
    for (const activity of store.table(logicalName).rowsByLookup('regardingobjectid', String(row.incidentid)))
      if (activity.statecode === COMPLETED) minutes += Number(activity.actualdurationminutes ?? 0)
  }
  return answer('CalculateTotalTimeIncident', { TotalTime: minutes }, context)
}

/** State of an activity. */
const COMPLETED = 1

/** What the caller may do with a row; the sandbox decides by table, so every row of a table is alike. */
function retrievePrincipalAccess({ row }: Binding, parameters: Parameters, context: ApiContext): ApiResponse {
  const target = parameters.get('Target')
  const path = isJsonObject(target) ? target['@odata.id'] : undefined
  const set = typeof path === 'string' ? /([a-z_0-9]+)\([^()]*\)$/i.exec(path)?.[1] : undefined
  const table = set === undefined ? undefined : context.store.schema.tableBySet(set)
  if (!table) throw missing('Target')
  if (row.systemuserid !== context.caller.userId)
    throw notEmulated('RetrievePrincipalAccess for another user')
  const rights = RIGHTS.filter(([privilege]) => allowed(privilege, table.logicalName, context)).map(
    ([, right]) => right,
  )
  return answer('RetrievePrincipalAccess', { AccessRights: rights.join(', ') || 'None' }, context)
}

const RIGHTS: readonly (readonly [Privilege, string])[] = [
  ['Read', 'ReadAccess'],
  ['Write', 'WriteAccess'],
  ['Append', 'AppendAccess'],
  ['AppendTo', 'AppendToAccess'],
  ['Create', 'CreateAccess'],
  ['Delete', 'DeleteAccess'],
]

function allowed(privilege: Privilege, table: string, { demand }: ApiContext): boolean {
  try {
    demand(privilege, table)
    return true
  } catch (error) {
    if (error instanceof ApiError && error.status === 403) return false
    throw error
  }
}

function answer(name: string, properties: JsonObject, { root }: ApiContext): ApiResponse {
  return {
    status: 200,
    body: JSON.stringify({
      '@odata.context': `${root}$metadata#${NAMESPACE}.${name}Response`,
      ...properties,
    }),
  }
}

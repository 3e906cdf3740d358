/**
 * Who is asking, and may they: bearer token to systemuser, impersonation, and privileges per table.
 * A token problem is a 401 with the discovery challenge; everything Dynamics itself decides is a 403 with a code.
 */
import { parseGuid } from '../core/guid.ts'
import { checkBypass } from './bypass.ts'
import type { TableDefinition } from './schema.ts'
import { mayActOnBehalf, rolesGrant } from './seed/roles.ts'
import type { Store, StoredRow } from './store/store.ts'
import { privilegeId, privilegeName } from './web-api/metadata/entity-definition.ts'
import { ApiError, type ApiResponse, type Caller, type Privilege } from './web-api/operation.ts'

/** The claims that matter here, of a token whose signature and lifetime are good. */
export interface TokenClaims {
  readonly aud: string
  readonly oid: string
  readonly appid: string
  /** Present for a signed-in user; absent for an application. */
  readonly scp?: string
}

export interface SecurityOptions {
  readonly store: Store
  readonly tenantId: string
}

/** Where a request came to, for the audience check and the challenge. */
export interface Addressed {
  /** Origin the client used: `http://127.0.0.1:8365`. */
  readonly origin: string
  /** Origin of the Entra ID that issues tokens for it. */
  readonly authority: string
  /** Every origin this environment answers to. */
  readonly resources: readonly string[]
}

export interface SignedIn {
  readonly caller: Caller
  readonly demand: (privilege: Privilege, table: string) => void
}

export type Authentication =
  | { readonly ok: true; readonly user: SignedIn }
  | { readonly ok: false; readonly response: ApiResponse }

export interface Credentials {
  readonly headers: Headers
  /** Undefined for a token that is missing, malformed, expired or signed by somebody else. */
  readonly claims: TokenClaims | undefined
}

/** Throws ApiError 403 where Dynamics knows the identity and says no. */
export function authenticate(
  { headers, claims }: Credentials,
  addressed: Addressed,
  options: SecurityOptions,
): Authentication {
  if (!claims || !isAudience(claims.aud, addressed.resources)) {
    return { ok: false, response: challenge(addressed, options.tenantId) }
  }
  const actual = member(userOf(claims, options.store), options.store)
  const impersonated = impersonatedUser(headers, options.store)
  if (impersonated && !mayActOnBehalf(roleNames(idOf(actual), options.store))) {
    throw new ApiError(403, '0x8004A110', 'User does not have the privilege to act on behalf another user.')
  }
  const user = impersonated ? member(impersonated, options.store) : actual
  const users = impersonated ? [actual, user] : [user]
  for (const row of users) checkBypass(headers, { id: idOf(row), roles: roleNames(idOf(row), options.store) })
  return {
    ok: true,
    user: {
      caller: {
        userId: idOf(user),
        actualUserId: idOf(actual),
        businessUnitId: text(user, 'businessunitid') || options.store.organization.rootBusinessUnitId,
      },
      demand: (privilege, table) => {
        for (const row of users) demandOf(row, { privilege, table }, options.store)
      },
    },
  }
}

export function bearerOf(headers: Headers): string | undefined {
  return /^Bearer\s+(\S+)$/i.exec(headers.get('authorization') ?? '')?.[1]
}

/** The claims this module reads; undefined where one is missing. */
export function readClaims(claims: unknown): TokenClaims | undefined {
  if (typeof claims !== 'object' || claims === null) return undefined
  const { aud, oid, appid, scp }: Readonly<Record<string, unknown>> = { ...claims }
  if (typeof aud !== 'string' || typeof oid !== 'string' || typeof appid !== 'string') return undefined
  return { aud, oid, appid, ...(typeof scp === 'string' ? { scp } : {}) }
}

/** 401: exactly what discovery reads. The body is the web server's, not JSON. */
export function challenge({ origin, authority }: Addressed, tenantId: string): ApiResponse {
  const resource = origin.replace('.api.', '.')
  return {
    status: 401,
    headers: {
      'Content-Type': 'text/html',
      'WWW-Authenticate': `Bearer authorization_uri=${authority}/${tenantId}/oauth2/authorize, resource_id=${resource}/`,
    },
    body: 'HTTP Error 401 - Unauthorized: Access is denied',
  }
}

/** Application id of Dataverse itself: tokens may name it instead of a URL. */
const DATAVERSE_APP_ID = '00000007-0000-0000-c000-000000000000'

function isAudience(audience: string, resources: readonly string[]): boolean {
  const bare = (url: string): string => url.toLowerCase().replace(/\/$/, '').replace('.api.', '.')
  const wanted = bare(audience)
  return wanted === DATAVERSE_APP_ID || resources.some((resource) => bare(resource) === wanted)
}

/** An application by its application id, a person by the object id. */
function userOf({ scp, appid, oid }: TokenClaims, store: Store): StoredRow | undefined {
  return scp === undefined
    ? userBy(store, 'applicationid', appid)
    : userBy(store, 'azureactivedirectoryobjectid', oid)
}

function userBy(store: Store, column: string, value: string): StoredRow | undefined {
  const wanted = value.toLowerCase()
  return store
    .table('systemuser')
    .rowsByKey()
    .find((row) => row[column] === wanted)
}

function member(row: StoredRow | undefined, store: Store): StoredRow {
  if (!row) throw new ApiError(403, '0x80072560', 'The user is not a member of the organization.')
  if (row.isdisabled === true) throw new ApiError(403, '0x80040225', 'The specified user is disabled.')
  if (roleNames(idOf(row), store).length === 0) {
    throw new ApiError(
      403,
      '0x80042f09',
      `RetrievePrivilegeForUser: The user with id ${idOf(row)} has not been assigned any roles. They need a role with the prvReadUser privilege.`,
    )
  }
  return row
}

function impersonatedUser(headers: Headers, store: Store): StoredRow | undefined {
  const objectId = headers.get('callerobjectid')
  const userId = headers.get('mscrmcallerid')
  if (objectId === null && userId === null) return undefined
  const asked = objectId ?? userId ?? ''
  const id = parseGuid(asked)
  if (id === undefined) throw new ApiError(400, '0x80040203', `The caller id '${asked}' is not a GUID.`)
  const row =
    objectId === null ? store.table('systemuser').get(id) : userBy(store, 'azureactivedirectoryobjectid', id)
  if (!row) throw new ApiError(403, '0x80072560', 'The user is not a member of the organization.')
  return row
}

/** Names of a user's security roles: their own and those of their teams. */
export function roleNames(userId: string, store: Store): readonly string[] {
  const own = linked(store, { table: 'systemuserroles', from: 'systemuserid', id: userId, to: 'roleid' })
  const teams = linked(store, { table: 'teammembership', from: 'systemuserid', id: userId, to: 'teamid' })
  const ofTeams = teams.flatMap((id) =>
    linked(store, { table: 'teamroles', from: 'teamid', id, to: 'roleid' }),
  )
  const names = [...own, ...ofTeams].map((id) => text(store.table('role').get(id), 'name'))
  return [...new Set(names.filter((name) => name !== ''))]
}

interface Link {
  readonly table: string
  readonly from: string
  readonly id: string
  readonly to: string
}

function linked(store: Store, { table, from, id, to }: Link): readonly string[] {
  if (!store.schema.table(table)) return []
  return store
    .table(table)
    .rowsByLookup(from, id)
    .map((row) => text(row, to))
}

interface Demand {
  readonly privilege: Privilege
  readonly table: string
}

function demandOf(user: StoredRow, { privilege, table }: Demand, store: Store): void {
  const roles = roleNames(idOf(user), store)
  if (rolesGrant(roles, privilege, table)) return
  const definition = store.schema.table(table)
  const count = store.schema.tables.reduce(
    (sum, { logicalName }) => sum + PRIVILEGES.filter((of) => rolesGrant(roles, of, logicalName)).length,
    0,
  )
  throw new ApiError(
    403,
    '0x80040220',
    missingText(user, { privilege, definition, table, roles: roles.length, count }),
  )
}

const PRIVILEGES: readonly Privilege[] = ['Create', 'Read', 'Write', 'Delete', 'Append', 'AppendTo']

interface Missing {
  readonly privilege: Privilege
  readonly definition: TableDefinition | undefined
  readonly table: string
  readonly roles: number
  readonly count: number
}

function missingText(user: StoredRow, { privilege, definition, table, roles, count }: Missing): string {
  const id = idOf(user)
  const name = definition ? privilegeName(privilege, definition) : `prv${privilege}${table}`
  const privilegeGuid = definition ? privilegeId(privilege, definition) : EMPTY_GUID
  return `Principal user (Id=${id}, type=8, roleCount=${roles}, privilegeCount=${count}, accessMode=0), is missing ${name} privilege (Id=${privilegeGuid}) on OTC=${definition?.objectTypeCode ?? 0} for entity '${table}'. context.Caller=${id}`
}

const EMPTY_GUID = '00000000-0000-0000-0000-000000000000'

function idOf(row: StoredRow): string {
  return text(row, 'systemuserid')
}

function text(row: StoredRow | undefined, column: string): string {
  const value = row?.[column]
  return typeof value === 'string' ? value : ''
}

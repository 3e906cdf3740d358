import { D365Error } from '../core/errors.ts'
import type { Http } from '../core/http.ts'
import { cloudOfServiceHost } from './clouds.ts'
import { type Discovered, discover } from './discovery.ts'
import { buildEntraUrl, type EntraUrl, isSharedTenant, parseEntraUrl } from './entra-url.ts'
import { appScope, readScope, userScope, withOfflineAccess } from './scope.ts'
import { parseServiceUrl } from './service-url.ts'
import { type ExternalSystem, type GrantName, isAppGrant } from './settings.ts'

/** Where to sign in and for what, with nothing left open: settings first, then what the Service URL tells. */
export interface SignInTarget {
  /** Origin of Entra ID. */
  readonly authority: string
  readonly tenant: string
  readonly version: 1 | 2
  readonly authUri: string
  readonly tokenUri: string
  readonly deviceCodeUri: string
  /** Origin of the service without the `api` label, no trailing slash. */
  readonly resource: string
  /** Scopes separated by blanks; what v2 is asked for. */
  readonly scope: string
  /** What was filled in or replaced, for people to see and to save. */
  readonly notes: readonly string[]
}

export interface TargetOptions {
  readonly system: ExternalSystem
  readonly grant: GrantName
  readonly http: Http
  readonly loginHosts?: readonly string[] | undefined
  readonly signal?: AbortSignal | undefined
}

/** Asks the service only where the settings leave something open that the grant needs. */
export async function resolveTarget(options: TargetOptions): Promise<SignInTarget> {
  const { system, grant } = options
  const service = parseServiceUrl(system.serviceUrl)
  const token = given(system.tokenUri, 'Token URI')
  const auth = given(system.authUri, 'Auth URI')
  const place = await findPlace(options, token, auth)
  const scope = system.scope === undefined ? '' : readScope(system.scope).all.join(' ')
  const parts = { origin: place.authority, tenant: place.tenant, version: place.version }
  return {
    ...place,
    authUri: place.kept && auth !== undefined ? auth.href : buildEntraUrl('authorize', parts),
    tokenUri: place.kept && token !== undefined ? token.href : buildEntraUrl('token', parts),
    deviceCodeUri: buildEntraUrl('devicecode', parts),
    resource: service.resource,
    scope: scope || (isAppGrant(grant) ? appScope(service.resource) : userScope(service.resource)),
  }
}

/** The field that decides what is asked for: `resource` on v1, `scope` on v2. Never both. */
export function audienceField({ version, resource, scope }: SignInTarget): Record<string, string> {
  return version === 1 ? { resource: `${resource}/` } : { scope }
}

/** The same where a person signs in: `offline_access` is always asked for, or no refresh token would come. */
export function userAudienceField(target: SignInTarget): Record<string, string> {
  return target.version === 1 ? audienceField(target) : { scope: withOfflineAccess(target.scope) }
}

interface Place {
  readonly authority: string
  readonly tenant: string
  readonly version: 1 | 2
  /** Are the user's own URIs used as they are? */
  readonly kept: boolean
  readonly notes: readonly string[]
}

async function findPlace(
  options: TargetOptions,
  token: EntraUrl | undefined,
  auth: EntraUrl | undefined,
): Promise<Place> {
  const { system, grant } = options
  const known = token ?? auth
  if (known !== undefined) {
    const { origin: authority, tenant, version } = known
    if (!(isAppGrant(grant) && isSharedTenant(tenant)))
      return { authority, tenant, version, kept: true, notes: [] }
    const found = system.tenant ?? (await discoverOnce(options)).tenant
    return { authority, tenant: found, version, kept: false, notes: [replaced(tenant, found)] }
  }
  if (grant === 'managed-identity') return { authority: '', tenant: '', version: 1, kept: false, notes: [] }
  const cloud = cloudOfServiceHost(parseServiceUrl(system.serviceUrl).host)
  if (system.tenant !== undefined && cloud !== undefined)
    return {
      authority: `https://${cloud.loginHost}`,
      tenant: system.tenant,
      version: 2,
      kept: false,
      notes: [],
    }
  const { authority, tenant } = await discoverOnce(options)
  return {
    authority,
    tenant: system.tenant ?? tenant,
    version: 2,
    kept: false,
    notes: [`Found from the Service URL: tenant ${tenant} on ${new URL(authority).host}.`],
  }
}

async function discoverOnce({ system, http, loginHosts, signal }: TargetOptions): Promise<Discovered> {
  const found = await discover({ http, serviceUrl: system.serviceUrl, loginHosts, signal })
  if (!isSharedTenant(found.tenant) || system.tenant !== undefined) return found
  throw new D365Error('CONFIG_INVALID', `The service names no tenant in its challenge (${found.tenant}).`, {
    hint: 'Fill in the tenant: Entra admin center > Entra ID > Overview > Tenant ID.',
  })
}

function given(raw: string | undefined, field: string): EntraUrl | undefined {
  return raw === undefined || raw.trim() === '' ? undefined : parseEntraUrl(raw, field)
}

const replaced = (from: string, to: string): string =>
  `The Token URI says ${from}, where an application cannot sign in as itself: tenant ${to} of the service is used.`

import { D365Error } from '../core/errors.ts'
import { parseGuid } from '../core/guid.ts'
import type { Http, HttpResponse } from '../core/http.ts'
import { cloudOfLoginHost } from './clouds.ts'
import { readJsonObject, textOf } from './json-object.ts'
import { isLoopback } from './loopback.ts'
import { parseServiceUrl, type ServiceUrl, sameResource } from './service-url.ts'

/**
 * Finds tenant, sign-in address and resource from a Service URL alone, by its 401 to a request without a token.
 * What a server says here decides where a secret is sent: an unknown login host or a foreign resource is refused.
 */
export interface Discovered {
  /** Origin of Entra ID, e.g. `https://login.microsoftonline.com`. */
  readonly authority: string
  readonly tenant: string
  /** Resource without trailing slash. */
  readonly resource: string
}

export interface DiscoveryOptions {
  readonly http: Http
  readonly serviceUrl: string
  /** Login hosts (with port) to trust beside Microsoft's, e.g. that of a sandbox. Default none. */
  readonly loginHosts?: readonly string[] | undefined
  readonly signal?: AbortSignal | undefined
}

const DISCOVERY_TIMEOUT_MS = 10_000

/** Asked where the Service URL names no path of its own: any protected address answers with the challenge. */
const PROBE_PATH = '/api/data/v9.2/WhoAmI'

export async function discover(options: DiscoveryOptions): Promise<Discovered> {
  const { http, serviceUrl, loginHosts = [], signal } = options
  const service = parseServiceUrl(serviceUrl)
  const probe = service.version ? `${service.path}WhoAmI` : service.path === '/' ? PROBE_PATH : service.path
  const response = await http({
    method: 'GET',
    url: `${service.origin}${probe}`,
    headers: { accept: 'application/json' },
    timeoutMs: DISCOVERY_TIMEOUT_MS,
    signal,
  })
  const challenge = challengeOf(response, service)
  const authority = checkAuthority(challenge.authorization_uri, service, loginHosts)
  if (!sameResource(challenge.resource_id, service.origin))
    throw refused(
      `${service.host} asked for a token of another service (${challenge.resource_id.slice(0, 200)}).`,
      'That would hand your token to a stranger, so d365 stopped. Check the Service URL.',
    )
  return { ...authority, resource: service.resource }
}

/**
 * Key and value pairs of a `Bearer` challenge, keys in lower case. Values come unquoted with `/` and `:` in them,
 * separated by commas or by blanks only: strict parsers of the header's grammar reject it.
 */
export function parseChallenge(header: string): Readonly<Record<string, string>> | undefined {
  const parameters = /(?:^|,\s*)Bearer\s+(.*)$/is.exec(header.trim())?.[1]
  if (parameters === undefined) return undefined
  const out: Record<string, string> = {}
  for (const [, key = '', quoted, bare] of parameters.matchAll(
    /([A-Za-z_]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^,\s]+))/g,
  ))
    out[key.toLowerCase()] ??= quoted ?? bare ?? ''
  return out
}

export interface TenantQuery {
  readonly http: Http
  /** Origin of Entra ID. */
  readonly authority: string
  readonly signal?: AbortSignal | undefined
}

/** The tenant's GUID for a domain such as `contoso.onmicrosoft.com`; a GUID is returned as it is, without a request. */
export async function discoverTenantId(
  domain: string,
  { http, authority, signal }: TenantQuery,
): Promise<string> {
  const known = parseGuid(domain)
  if (known !== undefined) return known
  const { body } = await http({
    method: 'GET',
    url: `${authority}/${encodeURIComponent(domain)}/v2.0/.well-known/openid-configuration`,
    headers: { accept: 'application/json' },
    timeoutMs: DISCOVERY_TIMEOUT_MS,
    signal,
  })
  const issuer = textOf(readJsonObject(body)?.issuer)
  const id = issuer === undefined ? undefined : parseGuid(/[0-9a-f-]{36}/i.exec(issuer)?.[0] ?? '')
  if (id !== undefined) return id
  throw new D365Error('CONFIG_INVALID', `${new URL(authority).host} has no tenant ${domain}.`, {
    hint: 'Use the Directory (tenant) ID from Entra ID > Overview, or leave the tenant empty to have it found.',
  })
}

function challengeOf(
  { status, headers }: HttpResponse,
  service: ServiceUrl,
): { authorization_uri: string; resource_id: string } {
  if (status !== 401) throw notDynamics(status, service)
  const { authorization_uri, resource_id } = parseChallenge(headers['www-authenticate'] ?? '') ?? {}
  if (authorization_uri === undefined || resource_id === undefined)
    throw new D365Error(
      'RESPONSE_INVALID',
      `${service.host} asks for a sign-in but does not say where (no authorization_uri and resource_id).`,
      { hint: 'Fill in Auth URI and Token URI yourself, or check that a proxy is not answering.' },
    )
  return { authorization_uri, resource_id }
}

function checkAuthority(
  authorizationUri: string,
  service: ServiceUrl,
  extraHosts: readonly string[],
): { authority: string; tenant: string } {
  const url = URL.canParse(authorizationUri) ? new URL(authorizationUri) : undefined
  const trusted =
    url !== undefined &&
    ((url.protocol === 'https:' && url.port === '' && cloudOfLoginHost(url.hostname) !== undefined) ||
      (extraHosts.includes(url.host) && (url.protocol === 'https:' || isLoopback(url.hostname))) ||
      (service.loopback && isLoopback(url.hostname)))
  if (url === undefined || !trusted || url.username !== '' || url.password !== '')
    throw refused(
      `${service.host} sends sign-ins to ${authorizationUri.slice(0, 200)}, which is no Microsoft login host.`,
      'Your secret would go there, so d365 stopped. Check the Service URL; if the address is right, fill in Auth URI and Token URI.',
    )
  const tenant = decodeURIComponent(url.pathname.split('/')[1] ?? '')
  if (tenant === '') throw refused(`${service.host} names no tenant in its challenge.`, 'Fill in the tenant.')
  return { authority: url.origin, tenant }
}

function notDynamics(status: number, { host }: ServiceUrl): D365Error {
  if (status === 429 || status >= 500)
    return new D365Error(
      'SERVICE_UNAVAILABLE',
      `${host} answered ${status}: it is busy or has a passing fault.`,
      {
        hint: 'Try again in a few minutes; admin.powerplatform.microsoft.com > Monitor tells of known trouble.',
      },
    )
  const redirect = status >= 300 && status < 400
  return new D365Error(
    'RESPONSE_INVALID',
    `${host} answered ${status} where a Dynamics 365 service asks for a sign-in (401).`,
    {
      hint: redirect
        ? 'The address leads elsewhere, perhaps to a portal or a proxy page. Use the Web API address of the environment.'
        : 'Check the Service URL: Power Platform admin center > Manage > Environments > the environment > Environment URL.',
    },
  )
}

function refused(message: string, hint: string): D365Error {
  return new D365Error('CONFIG_INVALID', message, { hint })
}

import { TENANT_ID } from '../seed/directory.ts'
import { correlationOf, errorAnswer, errorBody, jsonAnswer } from './answers.ts'
import { EntraError } from './errors.ts'
import { issuerOf } from './issue-tokens.ts'
import type { IdentityState } from './state.ts'
import { readTenant } from './tenants.ts'
import type { EndpointPath } from './token-endpoint.ts'

/** What clients read before they sign anybody in: OpenID metadata, keys, instance discovery. */
export function openIdConfiguration(
  request: Request,
  { segment, version, origin }: EndpointPath,
  state: IdentityState,
): Response {
  let tenant: string
  try {
    tenant = readTenant(segment) === 'own' ? TENANT_ID : segment
  } catch (error) {
    if (!(error instanceof EntraError)) throw error
    // The metadata endpoint says invalid_tenant where the token endpoint says invalid_request.
    const body = errorBody(error, { now: state.clock.now(), correlationId: correlationOf(request) })
    return jsonAnswer({ ...body, error: 'invalid_tenant' }, 400)
  }
  const base = `${origin}/${tenant}`
  const oauth = version === 2 ? `${base}/oauth2/v2.0` : `${base}/oauth2`
  const shared = tenant !== TENANT_ID
  return jsonAnswer({
    token_endpoint: `${oauth}/token`,
    token_endpoint_auth_methods_supported: ['client_secret_post', 'private_key_jwt', 'client_secret_basic'],
    jwks_uri: version === 2 ? `${base}/discovery/v2.0/keys` : `${origin}/common/discovery/keys`,
    response_modes_supported: ['query', 'fragment', 'form_post'],
    subject_types_supported: ['pairwise'],
    id_token_signing_alg_values_supported: ['RS256'],
    response_types_supported: ['code', 'id_token', 'code id_token', 'id_token token'],
    scopes_supported: ['openid', 'profile', 'email', 'offline_access'],
    issuer: shared && version === 2 ? `${origin}/{tenantid}/v2.0` : issuerOf(version, origin),
    request_uri_parameter_supported: false,
    userinfo_endpoint: 'https://graph.microsoft.com/oidc/userinfo',
    authorization_endpoint: `${oauth}/authorize`,
    device_authorization_endpoint: `${oauth}/devicecode`,
    http_logout_supported: true,
    frontchannel_logout_supported: true,
    end_session_endpoint: `${oauth}/logout`,
    claims_supported: [
      'sub',
      'iss',
      'cloud_instance_name',
      'aud',
      'exp',
      'iat',
      'auth_time',
      'acr',
      'nonce',
      'preferred_username',
      'name',
      'tid',
      'ver',
      'at_hash',
      'c_hash',
      'email',
    ],
    tenant_region_scope: 'EU',
    cloud_instance_name: 'microsoftonline.com',
    cloud_graph_host_name: 'graph.windows.net',
    msgraph_host: 'graph.microsoft.com',
  })
}

export async function keySet({ keys }: IdentityState): Promise<Response> {
  return jsonAnswer({ keys: await keys.published() })
}

/** What MSAL asks about a login host it does not know. */
export function instanceDiscovery(request: Request, origin: string, state: IdentityState): Response {
  const asked = new URL(request.url).searchParams.get('authorization_endpoint')
  if (asked === null || !URL.canParse(asked))
    return errorAnswer(new EntraError(90014, ['authorization_endpoint']), {
      now: state.clock.now(),
      correlationId: correlationOf(request),
    })
  const segment = new URL(asked).pathname.split('/')[1] ?? 'common'
  const { host } = new URL(origin)
  return jsonAnswer({
    tenant_discovery_endpoint: `${origin}/${segment}/v2.0/.well-known/openid-configuration`,
    'api-version': '1.1',
    metadata: [
      { preferred_network: host, preferred_cache: host, aliases: [...new Set([host, new URL(asked).host])] },
    ],
  })
}

import { jsonAnswer } from './answers.ts'
import { EntraError } from './errors.ts'
import { issueAppToken } from './issue-tokens.ts'
import { requireResource } from './resource.ts'
import type { IdentityState } from './state.ts'

/** Tokens for machines in Azure: the metadata service of virtual machines, and the endpoint of App Service. */

/** What App Service puts into IDENTITY_HEADER. */
export const APP_SERVICE_HEADER = 'sandbox-identity-header'

export async function virtualMachineToken(request: Request, state: IdentityState): Promise<Response> {
  if (request.headers.get('metadata')?.toLowerCase() !== 'true')
    return refusal('Required metadata header not specified')
  return machineToken(request, state)
}

export async function appServiceToken(request: Request, state: IdentityState): Promise<Response> {
  if (request.headers.get('x-identity-header') !== APP_SERVICE_HEADER)
    return jsonAnswer({ statusCode: 401, message: 'The X-IDENTITY-HEADER is missing or wrong.' }, 401)
  return machineToken(request, state)
}

/** Identities of machines get tokens for a day. */
const LIFE_SECONDS = 86_400

async function machineToken(request: Request, state: IdentityState): Promise<Response> {
  const { searchParams } = new URL(request.url)
  for (const name of ['api-version', 'resource'])
    if (!searchParams.get(name)) return refusal(`Required query variable '${name}' is missing`)
  const resource = searchParams.get('resource') ?? ''
  const clientId = searchParams.get('client_id')?.toLowerCase()
  const app = clientId === undefined ? state.apps[0] : state.apps.find((one) => one.clientId === clientId)
  if (!app) return refusal('Identity not found')
  try {
    requireResource(resource, state)
  } catch (error) {
    if (!(error instanceof EntraError)) throw error
    return refusal(`AADSTS${error.code}: ${error.message}`, error.facts.error)
  }
  const { token, lifeSeconds, expiresOn, notBefore } = await issueAppToken(state, {
    app,
    audience: resource,
    proof: '2',
    lifeSeconds: LIFE_SECONDS,
  })
  return jsonAnswer({
    access_token: token,
    client_id: app.clientId,
    expires_in: String(lifeSeconds),
    expires_on: String(expiresOn),
    ext_expires_in: String(lifeSeconds),
    not_before: String(notBefore),
    resource,
    token_type: 'Bearer',
  })
}

function refusal(error_description: string, error = 'invalid_request'): Response {
  return jsonAnswer({ error, error_description }, 400)
}

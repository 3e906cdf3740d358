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
    return jsonAnswer(
      { error: 'invalid_request', error_description: 'Required metadata header not specified' },
      400,
    )
  return machineToken(request, state)
}

export async function appServiceToken(request: Request, state: IdentityState): Promise<Response> {
  if (request.headers.get('x-identity-header') !== APP_SERVICE_HEADER)
    return jsonAnswer({ statusCode: 401, message: 'The X-IDENTITY-HEADER is missing or wrong.' }, 401)
  return machineToken(request, state)
}

async function machineToken(request: Request, state: IdentityState): Promise<Response> {
  const { searchParams } = new URL(request.url)
  const resource = searchParams.get('resource')
  if (resource === null)
    return jsonAnswer(
      { error: 'invalid_request', error_description: "Required query variable 'resource' is missing" },
      400,
    )
  const clientId = searchParams.get('client_id')
  const app = clientId === null ? state.apps[0] : state.apps.find((one) => one.clientId === clientId)
  if (!app) return jsonAnswer({ error: 'invalid_request', error_description: 'Identity not found' }, 400)
  try {
    requireResource(resource, state)
  } catch (error) {
    if (!(error instanceof EntraError)) throw error
    return jsonAnswer(
      { error: error.facts.error, error_description: `AADSTS${error.code}: ${error.message}` },
      400,
    )
  }
  const { token, lifeSeconds, expiresOn, notBefore } = await issueAppToken(state, {
    app,
    audience: resource,
    proof: '2',
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

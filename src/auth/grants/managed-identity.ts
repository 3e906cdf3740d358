import { D365Error } from '../../core/errors.ts'
import type { TokenSet } from '../token-set.ts'
import { acceptTokens, type GrantContext, type GrantRequest, sendGrant } from './grant.ts'

/**
 * The identity Azure gives a machine: App Service, Functions and Container Apps by two variables,
 * everything else by the metadata address only a machine in Azure can reach. Always v1 shaped.
 */
const METADATA_ORIGIN = 'http://169.254.169.254'
const METADATA_API = '2018-02-01'
const APP_SERVICE_API = '2019-08-01'

/** While the identity endpoint starts or moves it answers so. */
const STARTING = [404, 410]

export async function managedIdentityGrant(context: GrantContext, signal?: AbortSignal): Promise<TokenSet> {
  const request = { ...identityRequest(context), signal }
  const response = await sendGrant(context, request).catch((cause: unknown) => {
    if (cause instanceof D365Error && (cause.code === 'NETWORK_FAILED' || cause.code === 'TIMED_OUT'))
      throw new D365Error('SIGN_IN_FAILED', 'This machine has no managed identity endpoint.', {
        hint: 'A managed identity works only on a machine in Azure. Elsewhere use a client secret or certificate.',
        cause,
      })
    throw cause
  })
  if (response.status === 400 && context.credential.clientId !== undefined)
    throw new D365Error(
      'SIGN_IN_FAILED',
      `This machine has no managed identity with client ID ${context.credential.clientId}.`,
      {
        hint: 'Azure portal > the machine > Identity > User assigned: add it, or leave the client ID out for the system-assigned one.',
      },
    )
  if (response.status === 400)
    throw new D365Error('SIGN_IN_FAILED', 'This machine has no managed identity for that service.', {
      hint: 'Azure portal > the machine > Identity > System assigned: On. With a user-assigned identity, give its client ID.',
    })
  return acceptTokens(context, request, response)
}

function identityRequest({ target, credential, env }: GrantContext): GrantRequest & { url: string } {
  const appService = env.IDENTITY_ENDPOINT && env.IDENTITY_HEADER
  const url = new URL(
    appService
      ? (env.IDENTITY_ENDPOINT ?? '')
      : `${env.AZURE_POD_IDENTITY_AUTHORITY_HOST ?? METADATA_ORIGIN}/metadata/identity/oauth2/token`,
  )
  url.searchParams.set('api-version', appService ? APP_SERVICE_API : METADATA_API)
  url.searchParams.set('resource', target.resource)
  if (credential.clientId !== undefined) url.searchParams.set('client_id', credential.clientId)
  return {
    grant: 'managed_identity',
    url: url.href,
    headers: appService ? { 'x-identity-header': env.IDENTITY_HEADER ?? '' } : { metadata: 'true' },
    passing: STARTING,
  }
}

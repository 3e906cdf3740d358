import { existsSync } from 'node:fs'
import { D365Error } from '../core/errors.ts'
import { parseGuid } from '../core/guid.ts'
import { cloudOfLoginHost, cloudOfServiceHost } from './clouds.ts'
import { type EntraUrl, isSharedTenant, parseEntraUrl } from './entra-url.ts'
import { readToken } from './jwt.ts'
import { isLoopback } from './loopback.ts'
import { appScope, readScope, userScope, withOfflineAccess } from './scope.ts'
import { readSecret, SECRET_ID_WARNING, SECRET_VALUE_HINT } from './secret.ts'
import { parseServiceUrl, type ServiceUrl, sameResource } from './service-url.ts'
import {
  type Credential,
  type CredentialField,
  type ExternalSystem,
  type GrantName,
  isAppGrant,
  type SystemField,
} from './settings.ts'

/** Everything that can be known to be wrong before a request is sent. Warnings do not stop anybody. */
export interface SettingFinding {
  readonly severity: 'error' | 'warning'
  readonly field: SystemField | CredentialField
  readonly message: string
  readonly hint: string
  /** The value that would be right, where there is one. */
  readonly fix?: string | undefined
}

export interface ValidateOptions {
  /** Login hosts to trust beside Microsoft's. Default none. */
  readonly loginHosts?: readonly string[] | undefined
  /** Environment variables of the machine. Default: those of the process. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined
  /** Now, in ms since 1970; lets an ended access token be named. Default: not looked at. */
  readonly now?: number | undefined
}

export function validateSettings(
  system: ExternalSystem,
  credential: Credential,
  options: ValidateOptions = {},
): readonly SettingFinding[] {
  const found: SettingFinding[] = []
  const service = attempt(found, 'serviceUrl', () => parseServiceUrl(system.serviceUrl))
  const token = attempt(found, 'tokenUri', () => readUri(system.tokenUri, 'Token URI'))
  const auth = attempt(found, 'authUri', () => readUri(system.authUri, 'Auth URI'))
  found.push(
    ...checkUris({ token, auth, service }, options),
    ...checkTenant(token ?? auth, credential.grant),
    ...checkScope(system, { version: (token ?? auth)?.version ?? 2, service, grant: credential.grant }),
    ...checkCredential(credential, options),
  )
  return found
}

/** Throws the first error found, as CONFIG_INVALID. */
export function requireValid(findings: readonly SettingFinding[]): void {
  const worst = findings.find(({ severity }) => severity === 'error')
  if (worst) throw new D365Error('CONFIG_INVALID', worst.message, { hint: worst.hint })
}

function attempt<T>(
  found: SettingFinding[],
  field: SettingFinding['field'],
  read: () => T | undefined,
): T | undefined {
  try {
    return read()
  } catch (failure) {
    if (!(failure instanceof D365Error)) throw failure
    found.push(error(field, failure.message, failure.hint ?? ''))
    return undefined
  }
}

function readUri(raw: string | undefined, field: string): EntraUrl | undefined {
  return raw === undefined || raw.trim() === '' ? undefined : parseEntraUrl(raw, field)
}

interface Places {
  readonly token: EntraUrl | undefined
  readonly auth: EntraUrl | undefined
  readonly service: ServiceUrl | undefined
}

function* checkUris({ token, auth, service }: Places, { loginHosts = [] }: ValidateOptions) {
  if (token && token.kind !== 'token')
    yield error(
      'tokenUri',
      `Token URI ends in /${token.kind}.`,
      'It must end in /token; are the two URIs swapped?',
      token.href.replace(/[^/]+$/, 'token'),
    )
  if (auth && auth.kind !== 'authorize')
    yield error(
      'authUri',
      `Auth URI ends in /${auth.kind}.`,
      'It must end in /authorize; are the two URIs swapped?',
      auth.href.replace(/[^/]+$/, 'authorize'),
    )
  if (
    token &&
    auth &&
    (token.origin !== auth.origin ||
      token.version !== auth.version ||
      token.tenant.toLowerCase() !== auth.tenant.toLowerCase())
  )
    yield error(
      'authUri',
      'Auth URI and Token URI differ in host, tenant or version.',
      'A code from the one is not accepted at the other (AADSTS700005). Make them equal up to the last word.',
      token.href.replace(/[^/]+$/, 'authorize'),
    )
  const login = token ?? auth
  if (login === undefined || loginHosts.includes(login.host) || isLoopback(new URL(login.origin).hostname))
    return
  const field = token ? 'tokenUri' : 'authUri'
  const cloud = cloudOfLoginHost(login.host)
  if (cloud === undefined)
    yield warning(
      field,
      `${login.host} is no login host of Microsoft that d365 knows.`,
      'Secrets are sent there. Check the address, or leave it empty to have it found from the Service URL.',
    )
  if (cloud?.closed !== undefined)
    yield error(field, `${login.host} no longer works: ${cloud.closed}.`, 'Use login.microsoftonline.com.')
  const home = service && cloudOfServiceHost(service.host)
  if (cloud !== undefined && home !== undefined && cloud !== home && cloud.closed === undefined)
    yield error(
      field,
      `The service is in the cloud "${home.name}", the sign-in on ${login.host} is not.`,
      `Sign in on ${home.loginHost}, or leave the URI empty to have it found.`,
      login.href.replace(login.host, home.loginHost),
    )
}

function* checkTenant(login: EntraUrl | undefined, grant: GrantName) {
  if (login === undefined || !isSharedTenant(login.tenant)) return
  if (isAppGrant(grant))
    yield warning(
      'tokenUri',
      `/${login.tenant} names no tenant, and an application can sign in as itself only at its own.`,
      'd365 finds the tenant from the Service URL and uses it in its place.',
    )
  else if (login.tenant.toLowerCase() === 'consumers')
    yield error(
      'tokenUri',
      '/consumers signs in personal accounts, which Dynamics 365 does not know.',
      'Use the tenant ID or organizations.',
      login.href.replace(/\/consumers\//i, '/organizations/'),
    )
}

interface ScopeCheck {
  readonly version: 1 | 2
  readonly service: ServiceUrl | undefined
  readonly grant: GrantName
}

/** A missing scope is no fault: the right one follows from the Service URL and the grant. */
function* checkScope({ scope: raw }: ExternalSystem, { version, service, grant }: ScopeCheck) {
  if (raw === undefined || raw.trim() === '' || grant === 'access-token') return
  if (version === 1 || grant === 'managed-identity') {
    yield warning(
      'scope',
      'Scope is ignored here: v1 addresses and managed identities name the resource.',
      `${service?.resource ?? 'The service'} is sent as the resource.`,
    )
    return
  }
  const scope = readScope(raw)
  const app = isAppGrant(grant)
  const fix = service && (app ? appScope(service.resource) : userScope(service.resource))
  const say = (message: string, hint: string) => error('scope', message, hint, fix)
  const proposal = fix === undefined ? 'Leave Scope empty.' : `Use ${fix}, or leave Scope empty.`
  if (scope.hostless.length > 0)
    yield say(
      `Scope ${scope.hostless.join(' ')} names no service: Entra ID takes it for Microsoft Graph.`,
      proposal,
    )
  else if (scope.rights.length === 0) yield say('Scope names no right on the service.', proposal)
  else if (scope.resources.length > 1)
    yield say(`Scope names several services (${scope.resources.join(', ')}); a token is for one.`, proposal)
  else if (service && !scope.resources.every((resource) => sameResource(resource, service.origin)))
    yield say(
      `Scope is for ${scope.resources.join()}, the Service URL is ${service.origin}: the service would answer 401.`,
      proposal,
    )
  else if (app && !scope.rights.every((right) => right.endsWith('/.default')))
    yield say(
      'An application that signs in as itself must ask for a scope that ends in /.default (AADSTS1002012).',
      proposal,
    )
  else if (scope.rights.length > 1 && scope.rights.some((right) => right.endsWith('/.default')))
    yield say('/.default cannot be mixed with single rights of the same service.', proposal)
  else if (!app && !scope.offline)
    yield warning(
      'scope',
      'Scope lacks offline_access, without which no refresh token is issued.',
      'd365 adds it.',
      withOfflineAccess(raw),
    )
}

function* checkCredential(credential: Credential, { env = process.env, now }: ValidateOptions) {
  const { grant, clientId, secret, certificate, accessToken, refreshToken } = credential
  const needs = (field: CredentialField, what: string, hint: string) =>
    error(field, `Credential ${credential.name} (${grant}) has no ${what}.`, hint)
  const idFree =
    grant === 'access-token' ||
    grant === 'managed-identity' ||
    (grant === 'workload-identity' && env.AZURE_CLIENT_ID)
  if (!clientId && (!idFree || (grant === 'access-token' && refreshToken)))
    yield needs(
      'clientId',
      'client ID',
      'Copy Application (client) ID from entra.microsoft.com > App registrations > your app > Overview.',
    )
  else if (clientId && parseGuid(clientId) === undefined)
    yield warning(
      'clientId',
      `Client ID ${clientId} is not a GUID.`,
      'Application (client) IDs are; the name of the application does not work.',
    )
  if (grant === 'client-secret' && !secret) yield needs('secret', 'client secret', SECRET_VALUE_HINT)
  if (secret !== undefined && readSecret(secret).notes.includes(SECRET_ID_WARNING))
    yield warning('secret', SECRET_ID_WARNING, SECRET_VALUE_HINT)
  if (secret !== undefined && secret !== secret.trim())
    yield warning(
      'secret',
      'The client secret begins or ends with a blank or line break.',
      'If that is not part of it, copy it again without.',
    )
  if (grant === 'client-certificate' && !certificate?.path)
    yield needs(
      'certificate',
      'certificate',
      'Give the path of a PEM or PFX file with certificate and private key.',
    )
  if (certificate?.path && !existsSync(certificate.path))
    yield error(
      'certificate',
      `The certificate file ${certificate.path} does not exist.`,
      'Give the path of a PEM or PFX file with certificate and private key.',
    )
  if (grant === 'access-token' && !accessToken)
    yield needs('accessToken', 'access token', 'Paste one, or choose another kind of sign-in.')
  if (grant === 'refresh-token' && !refreshToken)
    yield needs('refreshToken', 'refresh token', 'Paste one, or sign in with the browser in place of it.')
  if (grant === 'workload-identity' && !credential.tokenFile && !env.AZURE_FEDERATED_TOKEN_FILE)
    yield needs('tokenFile', 'federated token file', 'Give its path, or set AZURE_FEDERATED_TOKEN_FILE.')
  yield* checkGivenToken(credential, now)
}

function* checkGivenToken({ accessToken, refreshToken }: Credential, now: number | undefined) {
  const ends = accessToken === undefined ? undefined : readToken(accessToken)?.expiresAt
  if (ends === undefined || now === undefined || ends > now) return
  const message = `The access token expired at ${new Date(ends).toISOString()}.`
  yield refreshToken
    ? warning('accessToken', message, 'The refresh token is used to fetch a new one.')
    : error('accessToken', message, 'Fetch a new one, or add a refresh token.')
}

function error(field: SettingFinding['field'], message: string, hint: string, fix?: string): SettingFinding {
  return { severity: 'error', field, message, hint, ...(fix === undefined ? {} : { fix }) }
}

function warning(
  field: SettingFinding['field'],
  message: string,
  hint: string,
  fix?: string,
): SettingFinding {
  return { severity: 'warning', field, message, hint, ...(fix === undefined ? {} : { fix }) }
}

import { type D365Error, ServiceError, toD365Error } from '../core/errors.ts'
import type { Session } from '../service/session.ts'
import { identify } from './identity.ts'
import { networkStep } from './network-fault.ts'

/**
 * Walks the chain from the settings to a table, one link at a time, and names the first that fails.
 * What comes after a failure is not tried: it could only fail for the same reason.
 */
export interface Patient {
  readonly serviceUrl: string
  /** Problems of the settings themselves, found without any request. */
  readonly settings: () => readonly Finding[]
  /** Asks the service without a token; what its 401 says of the tenant. Throws what the network or the answer made wrong. */
  readonly reach: () => Promise<{ readonly tenant: string; readonly authority: string }>
  /** Tenant segment of the token URI in use; undefined where the grant has none. */
  readonly tokenTenant: () => Promise<string | undefined>
  /** Signs in; facts of the token, as far as it can be read. */
  readonly signIn: () => Promise<TokenSummary>
  readonly session: Session
  /** Table whose read privilege is checked. */
  readonly table: string
  /** Entity set of that table; throws NOT_FOUND. */
  readonly entitySet: (table: string) => Promise<string>
  readonly signal?: AbortSignal | undefined
}

export interface Finding {
  readonly severity: 'error' | 'warning'
  readonly message: string
  readonly hint?: string | undefined
}

export interface TokenSummary {
  readonly who: string | undefined
  readonly audience: string | undefined
  readonly expiresAt: number | undefined
}

export type StepName =
  | 'settings'
  | 'dns'
  | 'connection'
  | 'tls'
  | 'service'
  | 'tenant'
  | 'sign-in'
  | 'audience'
  | 'member'
  | 'role'
  | 'table'

export interface DoctorStep {
  readonly name: StepName
  /** What was looked at, as a noun: `Host name`. */
  readonly title: string
  readonly status: 'ok' | 'warning' | 'failed' | 'skipped'
  readonly detail: string
  /** What to do, and where to click. */
  readonly hint?: string | undefined
  /** Service or AADSTS code of a failure. */
  readonly code?: string | undefined
  readonly requestId?: string | undefined
}

const TITLES: Readonly<Record<StepName, string>> = {
  settings: 'Settings',
  dns: 'Host name',
  connection: 'Connection',
  tls: 'Encryption',
  service: 'Dynamics 365 service',
  tenant: 'Tenant',
  'sign-in': 'Sign-in',
  audience: 'Token',
  member: 'User in the environment',
  role: 'Security role',
  table: 'Table privilege',
}

const ORDER: readonly StepName[] = [
  'settings',
  'dns',
  'connection',
  'tls',
  'service',
  'tenant',
  'sign-in',
  'audience',
  'member',
  'role',
  'table',
]

export async function* diagnose(patient: Patient): AsyncGenerator<DoctorStep> {
  let next = 0
  for (const walk of [checkSettings, checkService, checkSignIn, checkIdentity, checkTable])
    for await (const step of walk(patient)) {
      yield step
      next = ORDER.indexOf(step.name) + 1
      if (step.status !== 'failed') continue
      for (const name of ORDER.slice(next))
        yield { name, title: TITLES[name], status: 'skipped', detail: 'Not tried: an earlier step failed.' }
      return
    }
}

async function* checkSettings({ settings }: Patient): AsyncGenerator<DoctorStep> {
  const findings = settings()
  const worst = findings.find(({ severity }) => severity === 'error') ?? findings[0]
  if (worst)
    yield {
      name: 'settings',
      title: TITLES.settings,
      status: worst.severity === 'error' ? 'failed' : 'warning',
      detail: findings.map(({ message }) => message).join(' '),
      hint: worst.hint,
    }
  else yield ok('settings', 'Complete and consistent.')
}

async function* checkService(patient: Patient): AsyncGenerator<DoctorStep> {
  const host = new URL(patient.serviceUrl).host
  const secure = new URL(patient.serviceUrl).protocol === 'https:'
  const network: readonly StepName[] = ['dns', 'connection', 'tls']
  const reached = (before?: StepName) =>
    network.slice(0, before === undefined ? network.length : network.indexOf(before)).map((name) => {
      if (name === 'dns') return ok('dns', `${host} was found.`)
      if (name === 'connection') return ok('connection', `${host} answers.`)
      return ok(
        'tls',
        secure ? 'The certificate is trusted.' : 'Plain http: only for a sandbox on this machine.',
      )
    })
  try {
    const { tenant, authority } = await patient.reach()
    yield* reached()
    yield ok('service', `${host} is a Dynamics 365 environment; it sends sign-ins to ${authority}.`)
    const chosen = await patient.tokenTenant()
    yield tenantStep(tenant, chosen)
  } catch (error) {
    const failure = toD365Error(error)
    const at = networkStep(failure)
    yield* reached(at)
    yield failed(at ?? 'service', failure)
  }
}

function tenantStep(tenant: string, chosen: string | undefined): DoctorStep {
  const same = chosen === undefined || chosen.toLowerCase() === tenant.toLowerCase()
  if (same) return ok('tenant', `The environment belongs to tenant ${tenant}.`)
  return {
    name: 'tenant',
    title: TITLES.tenant,
    status: 'warning',
    detail: `The environment belongs to tenant ${tenant}, the Token URI says ${chosen}.`,
    hint: `If the sign-in fails, put ${tenant} into the Token URI (and the Auth URI) in place of ${chosen}.`,
  }
}

async function* checkSignIn(patient: Patient): AsyncGenerator<DoctorStep> {
  let token: TokenSummary
  try {
    token = await patient.signIn()
  } catch (error) {
    yield failed('sign-in', toD365Error(error))
    return
  }
  yield ok('sign-in', `Entra ID issued a token${token.who === undefined ? '' : ` for ${token.who}`}.`)
  const wanted = bareHost(patient.serviceUrl)
  const audience = token.audience === undefined ? undefined : bareHost(token.audience)
  if (audience !== undefined && audience !== wanted)
    yield {
      name: 'audience',
      title: TITLES.audience,
      status: 'failed',
      detail: `The token is for ${token.audience}, not for ${wanted}: the service will refuse it with 401.`,
      hint: 'Make the host in Scope (or in resource, on v1) that of the Service URL.',
    }
  else
    yield ok(
      'audience',
      token.expiresAt === undefined
        ? 'For this service.'
        : `For this service, good until ${new Date(token.expiresAt).toISOString()}.`,
    )
}

async function* checkIdentity({ session, signal }: Patient): AsyncGenerator<DoctorStep> {
  const { noRole } = session.capabilities.codes
  try {
    const who = await identify(session, signal)
    yield ok(
      'member',
      `${who.user ?? who.userId}${who.environment === undefined ? '' : ` in ${who.environment}`}.`,
    )
    if (who.roles.length > 0) yield ok('role', `${who.roles.join(', ')}.`)
    else yield ok('role', 'Roles could not be listed (they may come through a team).')
  } catch (error) {
    const failure = toD365Error(error)
    if (failure instanceof ServiceError && noRole.includes(failure.serviceCode.toLowerCase())) {
      yield ok('member', 'The environment knows this user.')
      yield failed('role', failure)
    } else yield failed('member', failure)
  }
}

async function* checkTable({ session, table, entitySet, signal }: Patient): AsyncGenerator<DoctorStep> {
  try {
    await session.request({ method: 'GET', path: `${await entitySet(table)}?$top=1`, signal })
    yield ok('table', `Rows of ${table} can be read.`)
  } catch (error) {
    yield failed('table', toD365Error(error))
  }
}

function ok(name: StepName, detail: string): DoctorStep {
  return { name, title: TITLES[name], status: 'ok', detail }
}

function failed(name: StepName, error: D365Error): DoctorStep {
  const facts =
    error instanceof ServiceError
      ? { code: error.serviceCode || error.code, requestId: error.requestId }
      : { code: error.code }
  return { name, title: TITLES[name], status: 'failed', detail: error.message, hint: error.hint, ...facts }
}

/** Host without the `api` label: `contoso.api.crm.dynamics.com` and `contoso.crm.dynamics.com` are one resource. */
function bareHost(url: string): string {
  return URL.canParse(url) ? new URL(url).host.toLowerCase().replace(/^([^.]+)\.api\./, '$1.') : url
}

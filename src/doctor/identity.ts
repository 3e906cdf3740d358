import { D365Error } from '../core/errors.ts'
import type { Session, SessionLimits } from '../service/session.ts'

/** Who the service takes us for, and where we are. */
export interface IdentityReport {
  readonly userId: string
  /** Full name of the user or application user; undefined where we may not read it. */
  readonly user: string | undefined
  readonly account: string | undefined
  /** Security roles given to the user directly; those that come through teams are not in it. */
  readonly roles: readonly string[]
  readonly environment: string | undefined
  readonly version: string | undefined
  readonly limits: SessionLimits
}

/** Asks the service. The first request decides; the rest only adds what the roles allow to see. */
export async function identify(session: Session, signal?: AbortSignal): Promise<IdentityReport> {
  const { whoAmI, version, environment, user } = session.capabilities.probe
  const get = (path: string) => getJson(session, path, signal)
  const userId = text((await get(whoAmI.path))[whoAmI.userId])
  if (userId === undefined)
    throw new D365Error('RESPONSE_INVALID', `${whoAmI.path} answered without ${whoAmI.userId}.`, {
      hint: 'Check that the Service URL is that of a Dynamics 365 environment and not of a proxy or a portal.',
    })
  const [userRow, versionRow, environmentRow] = await Promise.all([
    whatIsAllowed(get(user.path(userId))),
    whatIsAllowed(get(version.path)),
    whatIsAllowed(get(environment.path)),
  ])
  const roles = userRow[user.roles]
  return {
    userId,
    user: text(userRow[user.name]),
    account: text(userRow[user.account]),
    roles: (Array.isArray(roles) ? roles : []).flatMap((role) => text(record(role)[user.roleName]) ?? []),
    environment: text(firstRow(environmentRow)[environment.property]),
    version: text(versionRow[version.property]),
    limits: session.limits(),
  }
}

async function getJson(session: Session, path: string, signal?: AbortSignal) {
  const { body } = await session.request({ method: 'GET', path, signal })
  try {
    return record(JSON.parse(new TextDecoder().decode(body)))
  } catch (cause) {
    throw new D365Error('RESPONSE_INVALID', `${path} answered with something that is not JSON.`, { cause })
  }
}

/** A narrow role may not read its own user row: that is no failure of the connection. */
async function whatIsAllowed(answer: Promise<Record<string, unknown>>): Promise<Record<string, unknown>> {
  try {
    return await answer
  } catch (error) {
    if (error instanceof D365Error && (error.code === 'FORBIDDEN' || error.code === 'NOT_FOUND')) return {}
    throw error
  }
}

function firstRow(answer: Record<string, unknown>): Record<string, unknown> {
  return Array.isArray(answer.value) ? record(answer.value[0]) : {}
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {}
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined
}

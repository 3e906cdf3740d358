import type { Bypass, Capabilities } from '../capabilities/capabilities.ts'
import { D365Error } from '../core/errors.ts'
import { parseGuid } from '../core/guid.ts'
import type { Session } from '../service/session.ts'

/** What the environment does about each row, besides storing it. */
export interface ServiceBehaviour {
  /** Logic that is not run for the rows written: custom logic (`sync`, `async`), plug-ins by the older way, or `flows`. */
  readonly bypass?: readonly Bypass[]
  /** True: the duplicate rules of the environment refuse rows. Default false, as is the service's. */
  readonly detectDuplicates?: boolean
  /** The user to write as: a user's id, Entra object id, sign-in name or e-mail address. */
  readonly actAs?: string
}

/** The headers that ask for it. Looks the user up, so that one who is not there is told before a row is sent. */
export async function behaviourHeaders(
  { bypass = [], detectDuplicates = false, actAs }: ServiceBehaviour,
  session: Session,
  signal?: AbortSignal,
): Promise<Readonly<Record<string, string>>> {
  const { write } = session.capabilities
  return {
    ...bypassHeaders(bypass, write.bypass),
    ...(detectDuplicates ? write.detectDuplicates : {}),
    ...(actAs === undefined ? {} : await actAsHeader(actAs, session, signal)),
  }
}

/** Ways that share a header are listed in it. */
function bypassHeaders(
  bypass: readonly Bypass[],
  known: Capabilities['write']['bypass'],
): Readonly<Record<string, string>> {
  const headers: Record<string, string> = {}
  for (const name of new Set(bypass)) {
    const way = known[name]
    if (way === undefined)
      throw new D365Error(
        'CONFIG_INVALID',
        `bypass is ${String(name)}; it must be of ${Object.keys(known).join(', ')}.`,
      )
    const earlier = headers[way.header]
    headers[way.header] = earlier === undefined ? way.value : `${earlier},${way.value}`
  }
  return headers
}

async function actAsHeader(
  actAs: string,
  session: Session,
  signal: AbortSignal | undefined,
): Promise<Readonly<Record<string, string>>> {
  const { lookUp, ways } = session.capabilities.write.actAs
  const path = lookUp(actAs.trim(), parseGuid(actAs))
  const { body } = await session.request({ method: 'GET', path, signal })
  const users = rowsOf(body)
  const [user] = users
  if (!user || users.length > 1)
    throw new D365Error(
      'NOT_FOUND',
      `${users.length === 0 ? 'No user' : 'More than one user'} of this environment is ${actAs}.`,
      { hint: "Give a user's sign-in name (name@contoso.com), id, or Entra object id." },
    )
  for (const { column, header } of ways) {
    const value = user[column]
    if (typeof value === 'string' && value !== '') return { [header]: value }
  }
  throw new D365Error('RESPONSE_INVALID', `The service told no id of the user ${actAs}.`)
}

function rowsOf(body: Uint8Array): readonly Readonly<Record<string, unknown>>[] {
  const answer: unknown = JSON.parse(new TextDecoder().decode(body))
  const value = typeof answer === 'object' && answer !== null && 'value' in answer ? answer.value : []
  return Array.isArray(value) ? value.filter((row) => typeof row === 'object' && row !== null) : []
}

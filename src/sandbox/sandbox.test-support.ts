import { type ManualClock, manualClock } from '../core/clock.ts'
import { assembleSandbox, type Sandbox, type ServingOptions } from './sandbox-assembly.ts'
import { createSandboxData, type StorePersistence } from './sandbox-data.ts'
import { APPS, USERS } from './seed/directory.ts'
import { createDispatch, type RowOperations } from './web-api/dispatch.ts'
import { ApiError } from './web-api/operation.ts'

/** The server around the Web API, with a sign-in that reads claims from the token and a few rows to serve. */

export const ORIGIN = 'http://localhost:8365'

export interface TestSandbox {
  readonly sandbox: Sandbox
  readonly clock: ManualClock
  /** A request as somebody; relative to the service root. */
  ask(path: string, init?: AskInit): Promise<Response>
}

export interface AskInit {
  readonly as?: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** Bearer tokens of the test identity: claims as JSON in base64url. */
export function tokenOf(claims: Readonly<Record<string, string>>): string {
  return Buffer.from(JSON.stringify(claims)).toString('base64url')
}

/** Token of an application, by its place in the directory. */
export function appToken(place: number, aud = ORIGIN): string {
  const app = APPS[place]
  return tokenOf({ aud, appid: app?.clientId ?? '', oid: app?.servicePrincipalId ?? '' })
}

export function userToken(name: string, aud = ORIGIN): string {
  const user = USERS.find(({ upn }) => upn.startsWith(`${name}@`))
  return tokenOf({
    aud,
    appid: APPS[1]?.clientId ?? '',
    oid: user?.objectId ?? '',
    scp: 'user_impersonation',
  })
}

export const ADMIN = appToken(0)

/** `GET accounts` answers a page, `POST accounts` makes a row, `GET contacts` fails inside. */
export const ROWS: RowOperations = {
  read: ({ path }, { demand, caller, root }) => {
    if (path.startsWith('contacts')) throw new RangeError('a mistake in the sandbox')
    demand('Read', 'account')
    const value = Array.from({ length: 100 }, (_, number) => ({
      name: `Account ${number}`,
      by: caller.userId,
    }))
    return { status: 200, body: JSON.stringify({ '@odata.context': `${root}$metadata#accounts`, value }) }
  },
  write: (_, { demand, store }) => {
    demand('Create', 'account')
    const id = `aaaaaaaa-0000-4000-8000-${String(store.table('account').size).padStart(12, '0')}`
    store.transaction(() => store.table('account').insert({ accountid: id, name: 'New' }))
    return { status: 204, headers: { 'OData-EntityId': `accounts(${id})` } }
  },
  batch: (request, context, run) => run({ ...request, method: 'GET', path: 'WhoAmI' }, context),
  parseResource: () => {
    throw new ApiError(404, '0x8006088a', 'No resources here.')
  },
  findRow: () => undefined,
  changeSchema: () => {},
}

/** Tests that keep nothing between starts. */
const NOWHERE: StorePersistence = { load: async () => undefined, save: async () => {} }

export function testSandbox(options: ServingOptions = {}): TestSandbox {
  const clock = manualClock()
  const data = createSandboxData({ empty: true }, NOWHERE)
  const sandbox = assembleSandbox(
    { clock, origin: ORIGIN, ...options },
    {
      data,
      dispatch: createDispatch({ ...ROWS, changeSchema: data.changeSchema }),
      createIdentity: () => ({
        fetch: async (request) => new Response(`identity ${new URL(request.url).pathname}`),
        verify: (bearer) => verify(bearer),
      }),
      createAuthority: () => {
        throw new Error('no TLS in these tests')
      },
    },
  )
  const ask: TestSandbox['ask'] = (path, { as = ADMIN, method = 'GET', headers = {}, body } = {}) =>
    sandbox.fetch(
      new Request(`${ORIGIN}/api/data/v9.2/${path}`, {
        method,
        headers: { authorization: `Bearer ${as}`, ...headers },
        ...(body === undefined ? {} : { body }),
      }),
    )
  return { sandbox, clock, ask }
}

function verify(bearer: string): { ok: true; claims: unknown } | { ok: false } {
  try {
    return { ok: true, claims: JSON.parse(Buffer.from(bearer, 'base64url').toString('utf8')) }
  } catch {
    return { ok: false }
  }
}

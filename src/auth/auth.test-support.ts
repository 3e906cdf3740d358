import { manualClock } from '../core/clock.ts'
import type { Http, HttpRequest, HttpResponse } from '../core/http.ts'
import { silentLog } from '../core/log.ts'
import type { GrantContext } from './grants/grant.ts'
import type { Credential } from './settings.ts'
import type { SignInTarget } from './target.ts'

export const TENANT = 'aaaabbbb-0000-cccc-1111-dddd2222eeee'
export const CLIENT = '00001111-aaaa-2222-bbbb-3333cccc4444'
export const RESOURCE = 'https://contoso.crm.dynamics.com'
export const LOGIN = 'https://login.microsoftonline.com'

export function jsonAnswer(
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): HttpResponse {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
    body: new TextEncoder().encode(typeof body === 'string' ? body : JSON.stringify(body)),
  }
}

export interface FakeHttp {
  readonly http: Http
  readonly requests: readonly HttpRequest[]
  /** The form of request number `index`, as name and value pairs. */
  form(index: number): Readonly<Record<string, string>>
}

/** Answers from a list, in order; an Error in it is thrown. Fails on a request nobody expected. */
export function fakeHttp(
  answers: readonly (HttpResponse | Error | ((request: HttpRequest) => HttpResponse))[],
): FakeHttp {
  const requests: HttpRequest[] = []
  return {
    requests,
    http: async (request) => {
      requests.push(request)
      const answer = answers[requests.length - 1]
      if (answer === undefined) throw new Error(`unexpected request ${requests.length}: ${request.url}`)
      if (answer instanceof Error) throw answer
      return typeof answer === 'function' ? answer(request) : answer
    },
    form: (index) => Object.fromEntries(new URLSearchParams(String(requests[index]?.body ?? ''))),
  }
}

export function targetOf(version: 1 | 2, app = true): SignInTarget {
  const path = version === 2 ? 'oauth2/v2.0' : 'oauth2'
  return {
    authority: LOGIN,
    tenant: TENANT,
    version,
    authUri: `${LOGIN}/${TENANT}/${path}/authorize`,
    tokenUri: `${LOGIN}/${TENANT}/${path}/token`,
    deviceCodeUri: `${LOGIN}/${TENANT}/${path}/devicecode`,
    resource: RESOURCE,
    scope: app ? `${RESOURCE}/.default` : `${RESOURCE}/user_impersonation offline_access`,
    notes: [],
  }
}

export function grantContext(
  credential: Omit<Credential, 'name'>,
  { http }: FakeHttp,
  {
    version = 2,
    app = true,
    env = {},
  }: { version?: 1 | 2; app?: boolean; env?: Record<string, string> } = {},
) {
  const clock = manualClock()
  const context: GrantContext = {
    target: targetOf(version, app),
    credential: { name: 'etl', ...credential },
    http,
    clock,
    random: () => 1,
    log: silentLog,
    env,
  }
  return { context, clock }
}

export function entraError(
  status: number,
  error: string,
  code: number,
  { text = 'Something went wrong.', suberror }: { text?: string; suberror?: string } = {},
): HttpResponse {
  const trace = '5c3bd525-61b3-44d4-a70a-fb93e9ddc500'
  const correlation = 'd66bc564-8e3b-45d1-8909-988927d3ec8e'
  return jsonAnswer(status, {
    error,
    error_description: `AADSTS${code}: ${text}\r\nTrace ID: ${trace}\r\nCorrelation ID: ${correlation}\r\nTimestamp: 2026-01-01 00:00:00Z`,
    error_codes: [code],
    timestamp: '2026-01-01 00:00:00Z',
    trace_id: trace,
    correlation_id: correlation,
    ...(suberror === undefined ? {} : { suberror }),
  })
}

/** An unsigned token with these claims. */
export function fakeJwt(claims: Readonly<Record<string, unknown>>): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${part({ typ: 'JWT', alg: 'RS256' })}.${part(claims)}.c2ln`
}

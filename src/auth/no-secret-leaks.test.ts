import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inspect } from 'node:util'
import { afterAll, expect, test } from 'vitest'
import { manualClock } from '../core/clock.ts'
import { D365Error } from '../core/errors.ts'
import { type HttpResponse, NetworkCause } from '../core/http.ts'
import { lineLog } from '../core/log.ts'
import { CLIENT, jsonAnswer, RESOURCE, TENANT } from './auth.test-support.ts'
import { createTokenSource } from './create-token-source.ts'
import { readPastedRedirect, redeemCode, startAuthorization } from './grants/authorization-code.ts'
import { deviceCodeGrant } from './grants/device-code.ts'
import type { GrantContext } from './grants/grant.ts'
import type { Credential } from './settings.ts'
import { createMemoryTokenStore } from './token-store.ts'
import { validateSettings } from './validate.ts'

const MARK = "mArK'er+se/cret=~ %;}"
const folder = mkdtempSync(join(tmpdir(), 'd365-mark-'))
writeFileSync(join(folder, 'federated'), MARK)
writeFileSync(
  join(folder, 'broken.pem'),
  `-----BEGIN PRIVATE KEY-----\n${MARK}\n-----END PRIVATE KEY-----\n-----BEGIN CERTIFICATE-----\n${MARK}\n-----END CERTIFICATE-----`,
)
afterAll(() => rmSync(folder, { recursive: true }))

const echo = `AADSTS99999: The value '${MARK}' (or ${encodeURIComponent(MARK)}) is wrong.\r\nTrace ID: x`
const failures: Readonly<Record<string, HttpResponse | Error>> = {
  'a refusal that echoes the request': jsonAnswer(400, {
    error: 'invalid_grant',
    error_description: echo,
    error_codes: [99999],
  }),
  'a known refusal': jsonAnswer(401, {
    error: 'invalid_client',
    error_description: echo,
    error_codes: [7000215],
  }),
  'a proxy page that echoes the request': jsonAnswer(407, `<html>${MARK}</html>`, {
    'content-type': 'text/html',
  }),
  'a busy service': jsonAnswer(503, MARK),
  'a success that is none': jsonAnswer(200, { access_token: 5, note: MARK }),
  'a token of another type': jsonAnswer(200, { access_token: MARK, token_type: 'mac' }),
  'no network': new D365Error('NETWORK_FAILED', 'no route', {
    cause: new NetworkCause('refused', { sent: false }),
  }),
  'a lost answer': new D365Error('TIMED_OUT', 'no answer'),
}

const credentials: Readonly<Record<string, Omit<Credential, 'name'>>> = {
  'access token': { grant: 'access-token', clientId: CLIENT, accessToken: MARK, refreshToken: MARK },
  'refresh token': { grant: 'refresh-token', clientId: CLIENT, secret: MARK, refreshToken: MARK },
  secret: { grant: 'client-secret', clientId: CLIENT, secret: MARK },
  'quoted secret': { grant: 'client-secret', clientId: CLIENT, secret: `'${MARK}'` },
  certificate: {
    grant: 'client-certificate',
    clientId: CLIENT,
    certificate: { path: join(folder, 'broken.pem'), password: MARK },
  },
  'workload identity': { grant: 'workload-identity', clientId: CLIENT, tokenFile: join(folder, 'federated') },
  'managed identity': { grant: 'managed-identity' },
  browser: { grant: 'browser', clientId: CLIENT, secret: MARK },
  'device code': { grant: 'device-code', clientId: CLIENT, secret: MARK },
}

const cases = Object.keys(credentials).flatMap((who) =>
  Object.keys(failures).map((what) => [who, what] as const),
)

test.each(cases)('%s, %s: the secret is in no message, hint, cause or log', async (who, what) => {
  const lines: string[] = []
  const log = lineLog('debug', (line) => lines.push(line))
  const credential: Credential = { name: 'etl', grant: 'browser', ...credentials[who] }
  const answer = failures[what]
  const system = {
    name: 's',
    serviceUrl: RESOURCE,
    tokenUri: `https://login.microsoftonline.com/${TENANT}/oauth2/v2.0/token`,
  }
  const source = createTokenSource({
    system,
    credential,
    http: async ({ url }) => {
      if (url.endsWith('/devicecode') && what !== 'a busy service')
        return jsonAnswer(200, {
          device_code: MARK,
          user_code: 'U',
          verification_uri: 'https://x',
          expires_in: 900,
        })
      if (answer instanceof Error || answer === undefined) throw answer
      return answer
    },
    clock: manualClock(),
    random: () => 1,
    store: createMemoryTokenStore(),
    log,
    env: { IDENTITY_ENDPOINT: 'http://localhost:1/', IDENTITY_HEADER: MARK },
  })
  const errors: unknown[] = []
  const catching = async (work: () => Promise<unknown>) => {
    await work().catch((error: unknown) => errors.push(error))
  }
  const first = await source.token().catch((error: unknown) => {
    errors.push(error)
    return { value: MARK, expiresAt: undefined }
  })
  await catching(() => source.renew(first))
  if (credential.grant === 'browser') await catching(() => source.signIn(pasteCode))
  if (credential.grant === 'device-code')
    await catching(() => source.signIn((context) => deviceCodeGrant(context, { onCode: () => {} })))
  expect(errors.length).toBeGreaterThan(0)
  const findings = JSON.stringify(validateSettings(system, credential, { env: {} }))
  for (const text of [...errors.flatMap(everything), ...lines, findings]) {
    expect(text).not.toContain('mArK')
    expect(text).not.toContain('se/cret')
  }
})

async function pasteCode(context: GrantContext) {
  const start = startAuthorization(context, { redirectUri: 'https://elsewhere.example/' })
  const query = new URLSearchParams({ code: MARK, state: start.state })
  return await redeemCode(context, start, {
    code: readPastedRedirect(context, start, `https://elsewhere.example/?${query}`),
  })
}

/** Every way a program prints an error, down its chain of causes. */
function everything(error: unknown): string[] {
  const own = [String(error), JSON.stringify(error), inspect(error, { depth: 10, showHidden: true })]
  if (!(error instanceof Error)) return own
  const { message, stack = '', cause } = error
  const hint = error instanceof D365Error ? (error.hint ?? '') : ''
  return [...own, message, stack, hint, ...(cause === undefined ? [] : everything(cause))]
}

import { beforeEach, expect, test } from 'vitest'
import { adviseOn, codesIn } from '../src/auth/index.ts'
import { tokenError } from '../src/auth/token-error.ts'
import { ServiceError } from '../src/core/errors.ts'
import { ENTRA_ERRORS } from '../src/sandbox/identity/errors.ts'
import { appNamed } from './sandbox.test-support.ts'
import {
  ANN,
  asApp,
  asPerson,
  assertion,
  CROSS,
  codeOf,
  desktop,
  deviceCode,
  enter,
  entra,
  ORIGIN,
  page,
  poll,
  prove,
  RESOURCE,
  redeem,
  refresh,
  refreshTokenOf,
  refreshTokenOfSpa,
  SCOPE,
  SPA,
  service,
  startAfresh,
  TENANT,
  trust,
  upload,
} from './sign-in-exchanges.test-support.ts'

/**
 * Every error the sandbox's Entra ID knows, by what really causes it: the answer is read by the client, whose sentence
 * and next step must tell that cause. A code without a row here fails the last test.
 */

beforeEach(startAfresh)

interface Cause {
  readonly cause: string
  readonly ask: () => Promise<Response>
  readonly says: RegExp
  readonly hint: RegExp
}

const CAUSES: Readonly<Record<string, Cause>> = {
  50001: {
    cause: 'v1 without a resource',
    ask: () => asApp({ resource: '' }, { version: 1 }),
    says: /which resource it is for/,
    hint: /v2 addresses/,
  },
  50011: {
    cause: 'a redirect URI that is not registered',
    ask: () => asPerson({ redirect_uri: 'http://localhost/elsewhere' }),
    says: /redirect URI is not one of those registered/,
    hint: /Authentication/,
  },
  50027: {
    cause: 'an assertion that is no JWT',
    ask: () => prove({}, { client_assertion: 'a.b.c' }),
    says: /cannot be read/,
    hint: /report/,
  },
  50034: {
    cause: 'a mistyped account',
    ask: () => asPerson({ sandbox_sign_in: '', step: 'password', upn: 'an@contoso.com', password: 'x' }),
    says: /no account of that name/,
    hint: /Mistyped/,
  },
  50048: {
    cause: 'an assertion with two clients',
    ask: () => prove({ sub: desktop.clientId }),
    says: /two different applications/,
    hint: /report/,
  },
  50055: {
    cause: 'an expired password',
    ask: () => enter('expired@contoso.onmicrosoft.com'),
    says: /password of this account has expired/,
    hint: /set a new password/,
  },
  50057: {
    cause: 'a disabled account',
    ask: () => asPerson({ login_hint: 'disabled@contoso.onmicrosoft.com' }),
    says: /disabled/,
    hint: /Account status/,
  },
  50059: {
    cause: 'an application on /common',
    ask: () => asApp({}, { tenant: 'common' }),
    says: /which tenant/,
    hint: /tenant ID there in place of common/,
  },
  50076: {
    cause: 'a second proof asked for in a silent sign-in',
    ask: () => asPerson({ login_hint: 'mfa@contoso.onmicrosoft.com', prompt: 'none' }),
    says: /multi-factor/,
    hint: /d365 login/,
  },
  50126: {
    cause: 'a wrong password',
    ask: () => enter(ANN, 'wrong'),
    says: /password is wrong/,
    hint: /browser/,
  },
  50173: {
    cause: 'sessions ended by an administrator',
    ask: async () => {
      const token = await refreshTokenOf()
      entra.identity.revokeSessions(ANN)
      return refresh(token)
    },
    says: /revoked/,
    hint: /d365 login/,
  },
  50194: {
    cause: 'an app of one tenant on /common',
    ask: () => asPerson({ client_id: service.clientId }, { tenant: 'common' }),
    says: /belongs to one tenant/,
    hint: /Auth URI and Token URI/,
  },
  53003: {
    cause: 'a Conditional Access policy',
    ask: () => asPerson({ login_hint: 'blocked@contoso.onmicrosoft.com' }),
    says: /Conditional Access/,
    hint: /Sign-in logs/,
  },
  54005: {
    cause: 'a code used twice',
    ask: async () => {
      const code = await codeOf()
      await redeem({ code })
      return redeem({ code })
    },
    says: /already used once/,
    hint: /again/,
  },
  65001: {
    cause: 'no consent',
    ask: () => asPerson({ client_id: appNamed('No Dynamics permission').clientId }),
    says: /consented/,
    hint: /Grant admin consent/,
  },
  65004: {
    cause: 'consent declined',
    ask: () => asPerson({ client_id: appNamed('Asks for consent').clientId, step: 'cancel' }),
    says: /declined/,
    hint: /Accept/,
  },
  70000: {
    cause: 'a cut off refresh token',
    ask: () => refresh('1.Acut'),
    says: /does not accept the refresh token/,
    hint: /Copy the whole value/,
  },
  70003: {
    cause: 'an unknown grant',
    ask: () => asApp({ grant_type: 'magic' }),
    says: /does not know this kind of sign-in/,
    hint: /report/,
  },
  70008: {
    cause: 'a code older than ten minutes',
    ask: async () => {
      const code = await codeOf()
      entra.clock.advance(601_000)
      return redeem({ code })
    },
    says: /expired/,
    hint: /d365 login/,
  },
  70011: {
    cause: 'a scope that is none',
    ask: () => asPerson({ scope: 'ftp://x/y' }),
    says: /does not know the scope/,
    hint: /Leave Scope empty/,
  },
  70016: {
    cause: 'a device code nobody entered yet',
    ask: async () => poll(await deviceCode()),
    says: /Nobody has entered/,
    hint: /enter the code/,
  },
  70018: {
    cause: 'an unknown device code',
    ask: () => poll('nope'),
    says: /unknown or has expired/,
    hint: /again/,
  },
  70020: {
    cause: 'a device code after its time',
    ask: async () => {
      const code = await deviceCode()
      entra.clock.advance(901_000)
      return poll(code)
    },
    says: /unknown or has expired/,
    hint: /in its time|within its time/,
  },
  70043: {
    cause: 'a sign-in frequency policy',
    ask: async () => {
      const token = await refreshTokenOf()
      entra.identity.settings.signInFrequencyMs = 3_600_000
      entra.clock.advance(3_601_000)
      return refresh(token)
    },
    says: /more often/,
    hint: /sign-in frequency/,
  },
  90002: {
    cause: 'an unknown tenant',
    ask: () => asApp({}, { tenant: 'nowhere.example' }),
    says: /no tenant/,
    hint: /Mistyped, or in another cloud/,
  },
  90014: {
    cause: 'an instance discovery that asks about nothing',
    ask: () => entra.identity.fetch(new Request(`${ORIGIN}/common/discovery/instance?api-version=1.1`)),
    says: /field is missing/,
    hint: /Fill in client ID, secret and scope/,
  },
  90094: {
    cause: 'consent that only an administrator may give',
    ask: () => asPerson({ client_id: appNamed('Needs an administrator').clientId }),
    says: /only administrators/,
    hint: /Grant admin consent/,
  },
  500011: {
    cause: 'an environment that is not of this tenant',
    ask: () => asApp({ scope: 'https://fabrikam.crm.dynamics.com/.default' }),
    says: /no Dynamics 365 environment/,
    hint: /Service URL/,
  },
  500113: {
    cause: 'an app without any redirect URI',
    ask: () => asPerson({ client_id: appNamed('No role').clientId, redirect_uri: '' }),
    says: /no redirect URI at all/,
    hint: /http:\/\/localhost/,
  },
  501481: {
    cause: 'a wrong code verifier',
    ask: async () =>
      redeem({
        code: await codeOf({ code_challenge: 'x', code_challenge_method: 'S256' }),
        code_verifier: 'y',
      }),
    says: /another sign-in/,
    hint: /again/,
  },
  650053: {
    cause: 'a scope without a host',
    ask: () => asPerson({ scope: 'user_impersonation' }),
    says: /without a host/,
    hint: /whole scope/,
  },
  650057: {
    cause: 'v1 and no Dynamics permission',
    ask: () =>
      asPerson(
        { client_id: appNamed('No Dynamics permission').clientId, resource: RESOURCE },
        { version: 1 },
      ),
    says: /permission/i,
    hint: /Dynamics CRM/,
  },
  700005: {
    cause: 'Auth URI and Token URI of different tenants',
    ask: async () => redeem({ code: await codeOf({}, { tenant: 'common' }) }),
    says: /another tenant than the Token URI/,
    hint: /equal/,
  },
  700016: {
    cause: 'an unknown application',
    ask: () => asApp({ client_id: '99999999-0000-4000-8000-000000000000' }),
    says: /99999999-0000-4000-8000-000000000000|does not exist/,
    hint: /Overview/,
  },
  700022: {
    cause: 'a scope over two resources',
    ask: () => asPerson({ scope: `${SCOPE} https://other.example/x` }),
    says: /several resources/,
    hint: /one resource/,
  },
  700024: {
    cause: 'an assertion of yesterday',
    ask: () => {
      upload(service.clientId)
      return prove({ nbf: 1, exp: 2 })
    },
    says: /not valid at the time/,
    hint: /clock/,
  },
  700025: {
    cause: 'a proof for a public client',
    ask: async () => {
      const code = await codeOf()
      upload(desktop.clientId)
      return redeem({
        code,
        client_assertion: assertion({ iss: desktop.clientId, sub: desktop.clientId }),
      })
    },
    says: /public client/,
    hint: /Remove the client secret/,
  },
  700027: {
    cause: 'a certificate that was not uploaded',
    ask: () => prove({}),
    says: /does not accept the certificate/,
    hint: /Upload certificate/,
  },
  700054: {
    cause: 'a response type that is off',
    ask: () => asPerson({ response_type: 'id_token' }),
    says: /asked for an ID token/,
    hint: /response_type=code/,
  },
  700082: {
    cause: 'a refresh token nobody used for 90 days',
    ask: async () => {
      const token = await refreshTokenOf()
      entra.identity.ageRefreshTokens(91 * 86_400_000)
      return refresh(token)
    },
    says: /not used for too long/,
    hint: /once a month/,
  },
  700084: {
    cause: 'a refresh token of a single-page app after a day',
    ask: async () => {
      const token = await refreshTokenOfSpa()
      entra.identity.ageRefreshTokens(25 * 3_600_000)
      return refresh(token, { client_id: page.clientId }, CROSS)
    },
    says: /single-page application/,
    hint: /Mobile and desktop/,
  },
  700211: federated('the issuer', { iss: 'https://other.example' }),
  700212: federated('the audience', { aud: 'api://other' }),
  700213: federated('the subject', { sub: 'other' }),
  900023: {
    cause: 'a tenant that cannot be one',
    ask: () => asApp({}, { tenant: 'my-tenant' }),
    says: /neither a tenant ID nor a domain name/,
    hint: /Directory \(tenant\) ID/,
  },
  900144: {
    cause: 'a missing field',
    ask: () => asApp({ grant_type: '' }),
    says: /field is missing/,
    hint: /Fill in client ID, secret and scope/,
  },
  900561: {
    cause: 'a Token URI opened as a page',
    ask: () => entra.identity.fetch(new Request(`${ORIGIN}/${TENANT}/oauth2/v2.0/token`)),
    says: /kind of request it does not take/,
    hint: /probably swapped/,
  },
  1002012: {
    cause: 'a person’s scope for an application',
    ask: () => asApp({ scope: SCOPE }),
    says: /signs in as itself/,
    hint: /\.default/,
  },
  7000112: {
    cause: 'an app that is switched off',
    ask: () => asApp({ client_id: appNamed('Switched off').clientId }),
    says: /switched off/,
    hint: /Enabled for users to sign in/,
  },
  7000215: {
    cause: 'the id of the secret in place of its value',
    ask: () => asApp({ client_secret: service.secrets[0]?.id ?? '' }),
    says: /client secret is wrong/,
    hint: /Secret ID was copied in place of the Value/,
  },
  7000218: {
    cause: 'a web app without its secret',
    ask: async () => {
      const code = await codeOf({ client_id: service.clientId })
      return redeem({ client_id: service.clientId, code })
    },
    says: /must prove itself/,
    hint: /client secret/,
  },
  7000222: {
    cause: 'an expired secret',
    ask: () => asApp({ client_secret: service.secrets.find(({ expired }) => expired)?.value ?? '' }),
    says: /has expired/,
    hint: /New client secret/,
  },
  9002325: {
    cause: 'a single-page app without PKCE',
    ask: async () => redeem({ ...SPA, code: await codeOf(SPA) }, CROSS),
    says: /PKCE/,
    hint: /put the redirect URI under Web/,
  },
  9002326: {
    cause: 'an Origin header for a desktop app',
    ask: async () => redeem({ code: await codeOf() }, CROSS),
    says: /Origin header/,
    hint: /proxy/,
  },
  9002327: {
    cause: 'a redirect URI registered for a single-page app',
    ask: async () => redeem({ ...SPA, code: await codeOf(SPA) }),
    says: /single-page application/,
    hint: /Mobile and desktop applications or Web/,
  },
  9010010: {
    cause: 'a resource beside another scope',
    ask: () => asApp({ resource: 'https://fabrikam.crm.dynamics.com' }),
    says: /resource parameter that does not match/,
    hint: /Use v2 in both/,
  },
}

function federated(what: string, wrong: Readonly<Record<string, string>>): Cause {
  return {
    cause: `${what} of a federated token`,
    ask: () => {
      trust()
      return prove({ iss: 'https://issuer.example', sub: 'pod', aud: 'api://AzureADTokenExchange', ...wrong })
    },
    says: /No federated credential/,
    hint: /copy issuer, subject and audience/,
  }
}

/** What d365 makes of an answer: of JSON, of a page, or of an error in a redirect. */
async function explain(response: Response): Promise<{ code: string; message: string; hint: string }> {
  const location = response.headers.get('location')
  if (location !== null) {
    const { search, hash } = new URL(location)
    const answer = new URLSearchParams(search || hash.slice(1))
    const codes = codesIn(answer.get('error_description') ?? '')
    const advice = adviseOn(codes)
    return { code: `AADSTS${codes[0]}`, message: advice?.message ?? '', hint: advice?.hint ?? '' }
  }
  const error = tokenError(
    {
      status: response.status,
      headers: Object.fromEntries(response.headers),
      body: new Uint8Array(await response.arrayBuffer()),
    },
    { host: new URL(ORIGIN).host, now: entra.clock.now(), secrets: [] },
  )
  return {
    code: error instanceof ServiceError ? error.serviceCode : error.code,
    message: error.message,
    hint: error.hint ?? '',
  }
}

test.each(Object.entries(CAUSES).map(([code, row]) => ({ code, ...row })))(
  'AADSTS$code, $cause: the sentence and the next step',
  async ({ code, ask, says, hint }) => {
    expect(await explain(await ask())).toEqual({
      code: `AADSTS${code}`,
      message: expect.stringMatching(says),
      hint: expect.stringMatching(hint),
    })
  },
)

test('every error the sandbox knows has a row above', () => {
  expect(Object.keys(CAUSES).sort()).toEqual(Object.keys(ENTRA_ERRORS).sort())
})

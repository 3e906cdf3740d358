import * as client from 'openid-client'
import { beforeEach, describe, expect, test } from 'vitest'
import type { Identity } from '../../src/sandbox/identity/index.ts'
import { ANN, appNamed, freshIdentity, ORIGIN, pressThrough, RESOURCE, TENANT } from './entra.test-support.ts'

/** The certified OpenID client of npm, unmodified: it checks issuers, nonces and ID token signatures itself. */

let identity: Identity

beforeEach(() => {
  identity = freshIdentity()
})

const send: client.CustomFetch = (url, { method, headers, body }) =>
  identity.fetch(
    new Request(url, {
      method,
      headers,
      ...(body === undefined ? {} : { body: String(body ?? '') || null }),
    }),
  )

async function configure(
  clientId: string,
  secret?: string,
  auth?: client.ClientAuth,
): Promise<client.Configuration> {
  const config = await client.discovery(new URL(`${ORIGIN}/${TENANT}/v2.0`), clientId, secret, auth, {
    [client.customFetch]: send,
  })
  config[client.customFetch] = send
  return config
}

const service = appNamed('d365 service')
const desktop = appNamed('d365 desktop')
const SCOPE = `${RESOURCE}/user_impersonation offline_access openid profile`

async function signIn(config: client.Configuration, redirectUri: string) {
  const verifier = client.randomPKCECodeVerifier()
  const state = client.randomState()
  const nonce = client.randomNonce()
  const address = client.buildAuthorizationUrl(config, {
    redirect_uri: redirectUri,
    scope: SCOPE,
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
    nonce,
  })
  const back = await pressThrough(identity, address.href, ['Ann Miller'])
  if (typeof back === 'string') throw new Error(back)
  return client.authorizationCodeGrant(config, back, {
    pkceCodeVerifier: verifier,
    expectedState: state,
    expectedNonce: nonce,
  })
}

describe('a person signs in', () => {
  test('on a native app by code and PKCE, with an ID token whose signature and nonce are right', async () => {
    const config = await configure(desktop.clientId, undefined, client.None())
    const tokens = await signIn(config, 'http://localhost:53999/callback')
    expect(tokens.claims()).toMatchObject({
      preferred_username: ANN,
      tid: TENANT,
      ver: '2.0',
      aud: desktop.clientId,
    })
    expect(tokens.scope).toContain(`${RESOURCE}/user_impersonation`)
    expect(await identity.verify(tokens.access_token)).toMatchObject({
      ok: true,
      claims: { aud: RESOURCE, scp: 'user_impersonation' },
    })
  })

  test('on a web app with its secret, in the body and by HTTP Basic', async () => {
    const secret = service.secrets[0]?.value ?? ''
    for (const auth of [client.ClientSecretPost(secret), client.ClientSecretBasic(secret)]) {
      const config = await configure(service.clientId, secret, auth)
      expect((await signIn(config, 'http://localhost:53682/callback')).refresh_token).toBeTypeOf('string')
    }
  })

  test('and stays signed in by refresh tokens, each use bringing a new one', async () => {
    const config = await configure(desktop.clientId, undefined, client.None())
    const first = await signIn(config, 'http://localhost/callback')
    const second = await client.refreshTokenGrant(config, first.refresh_token ?? '')
    expect(second.refresh_token).not.toBe(first.refresh_token)
    const third = await client.refreshTokenGrant(config, second.refresh_token ?? '')
    expect(third.access_token).not.toBe(first.access_token)
  })

  test('until the sessions are revoked', async () => {
    const config = await configure(desktop.clientId, undefined, client.None())
    const { refresh_token = '' } = await signIn(config, 'http://localhost/callback')
    identity.revokeSessions(ANN)
    await expect(client.refreshTokenGrant(config, refresh_token)).rejects.toMatchObject({
      error: 'invalid_grant',
      cause: { error_codes: [50173] },
    })
  })
})

describe('an application signs in as itself', () => {
  test('with a secret', async () => {
    const config = await configure(service.clientId, service.secrets[0]?.value)
    const tokens = await client.clientCredentialsGrant(config, { scope: `${RESOURCE}/.default` })
    expect(tokens.refresh_token).toBeUndefined()
    expect(await identity.verify(tokens.access_token)).toMatchObject({
      ok: true,
      claims: { oid: service.servicePrincipalId },
    })
  })

  test('not with the id of the secret, nor with an expired one', async () => {
    for (const [secret, code] of [
      [service.secrets[0]?.id, 7000215],
      [service.secrets[1]?.value, 7000222],
    ] as const) {
      const config = await configure(service.clientId, secret)
      await expect(
        client.clientCredentialsGrant(config, { scope: `${RESOURCE}/.default` }),
      ).rejects.toMatchObject({
        error: 'invalid_client',
        status: 401,
        cause: { error_codes: [code] },
      })
    }
  })
})

test('a device code is polled until a person approves it', async () => {
  const config = await configure(desktop.clientId, undefined, client.None())
  const started = await client.initiateDeviceAuthorization(config, { scope: SCOPE })
  await identity.fetch(
    new Request(`${ORIGIN}/devicelogin`, {
      method: 'POST',
      body: new URLSearchParams({ code: started.user_code, upn: ANN, password: 'Sandbox-1' }),
    }),
  )
  const tokens = await client.pollDeviceAuthorizationGrant(config, { ...started, interval: 0.01 })
  expect(tokens.claims()).toMatchObject({ preferred_username: ANN })
})

test('the v1 endpoints answer with text numbers that the client reads', async () => {
  const config = await client.discovery(
    new URL(`${ORIGIN}/${TENANT}/.well-known/openid-configuration`),
    service.clientId,
    service.secrets[0]?.value,
    undefined,
    { [client.customFetch]: send },
  )
  config[client.customFetch] = send
  const tokens = await client.clientCredentialsGrant(config, { resource: `${RESOURCE}/` })
  expect(tokens.expiresIn()).toBeGreaterThan(3000)
  expect(await identity.verify(tokens.access_token)).toMatchObject({
    ok: true,
    claims: { aud: `${RESOURCE}/` },
  })
})

import { generateKeyPairSync, X509Certificate } from 'node:crypto'
import {
  ConfidentialClientApplication,
  type INetworkModule,
  type NetworkRequestOptions,
  PublicClientApplication,
} from '@azure/msal-node'
import forge from 'node-forge'
import { beforeEach, describe, expect, test } from 'vitest'
import type { Identity } from '../../src/sandbox/identity/index.ts'
import { ANN, appNamed, freshIdentity, ORIGIN, pressThrough, RESOURCE, TENANT } from './entra.test-support.ts'

/** Microsoft's own library, unmodified but for its network. */

let identity: Identity

beforeEach(() => {
  identity = freshIdentity()
})

/** The network of the library, which ends in the sandbox. Bodies are JSON of any shape, as from `JSON.parse`. */
const networkClient = (): INetworkModule => {
  const send = async (method: string, url: string, options?: NetworkRequestOptions) => {
    const response = await identity.fetch(
      new Request(url, {
        method,
        ...(options?.headers ? { headers: options.headers } : {}),
        ...(options?.body === undefined ? {} : { body: options.body }),
      }),
    )
    const body = JSON.parse(await response.text())
    return { status: response.status, headers: Object.fromEntries(response.headers), body }
  }
  return {
    sendGetRequestAsync: (url, options) => send('GET', url, options),
    sendPostRequestAsync: (url, options) => send('POST', url, options),
  }
}

const authority = `${ORIGIN}/${TENANT}`
const service = appNamed('d365 service')
const desktop = appNamed('d365 desktop')
const APP_SCOPES = [`${RESOURCE}/.default`]

function confidential(
  credentials:
    | { clientSecret: string }
    | { clientCertificate: { thumbprintSha256: string; privateKey: string } },
) {
  return new ConfidentialClientApplication({
    auth: { clientId: service.clientId, authority, ...credentials },
    system: { networkClient: networkClient() },
  })
}

describe('an application signs in as itself', () => {
  test('with a secret', async () => {
    const result = await confidential({
      clientSecret: service.secrets[0]?.value ?? '',
    }).acquireTokenByClientCredential({ scopes: APP_SCOPES })
    expect(await identity.verify(result?.accessToken ?? '')).toMatchObject({
      ok: true,
      claims: { appid: service.clientId, aud: RESOURCE },
    })
  })

  test('with a certificate by its SHA-256 thumbprint, once it was uploaded', async () => {
    const { pem, privateKey } = selfSigned()
    const thumbprintSha256 = new X509Certificate(pem).fingerprint256.replaceAll(':', '')
    const app = confidential({ clientCertificate: { thumbprintSha256, privateKey } })
    await expect(app.acquireTokenByClientCredential({ scopes: APP_SCOPES })).rejects.toMatchObject({
      errorMessage: expect.stringContaining('AADSTS700027'),
    })
    identity.registerCertificate(service.clientId, pem)
    const result = await app.acquireTokenByClientCredential({ scopes: APP_SCOPES })
    expect(await identity.verify(result?.accessToken ?? '')).toMatchObject({ ok: true })
  })
})

describe('a person signs in', () => {
  test('by code and PKCE, and silently after that', async () => {
    const app = new PublicClientApplication({
      auth: { clientId: desktop.clientId, authority },
      system: { networkClient: networkClient() },
    })
    const redirectUri = 'http://localhost:3000/callback'
    const scopes = [`${RESOURCE}/user_impersonation`]
    const verifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'
    const address = await app.getAuthCodeUrl({
      scopes,
      redirectUri,
      codeChallenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      codeChallengeMethod: 'S256',
    })
    const back = await pressThrough(identity, address, ['Ann Miller'])
    if (typeof back === 'string') throw new Error(back)
    const result = await app.acquireTokenByCode({
      code: back.searchParams.get('code') ?? '',
      scopes,
      redirectUri,
      codeVerifier: verifier,
    })
    expect(result.account).toMatchObject({ username: ANN, tenantId: TENANT })
    if (!result.account) throw new Error('no account')
    const silent = await app.acquireTokenSilent({ account: result.account, scopes, forceRefresh: true })
    expect(silent.accessToken).not.toBe(result.accessToken)
  })

  test('with a device code', async () => {
    const app = new PublicClientApplication({
      auth: { clientId: desktop.clientId, authority },
      system: { networkClient: networkClient() },
    })
    const result = await app.acquireTokenByDeviceCode({
      scopes: [`${RESOURCE}/user_impersonation`],
      deviceCodeCallback: ({ userCode }) => {
        void identity.fetch(
          new Request(`${ORIGIN}/devicelogin`, {
            method: 'POST',
            body: new URLSearchParams({ code: userCode, upn: ANN, password: 'Sandbox-1' }),
          }),
        )
      },
    })
    expect(result?.account?.username).toBe(ANN)
  }, 20_000)
})

function selfSigned(): { pem: string; privateKey: string } {
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  const key = forge.pki.privateKeyFromPem(privateKey)
  const certificate = forge.pki.createCertificate()
  certificate.publicKey = forge.pki.rsa.setPublicKey(key.n, key.e)
  certificate.serialNumber = '01'
  certificate.validity.notBefore = new Date(Date.now() - 1000)
  certificate.validity.notAfter = new Date(Date.now() + 86_400_000)
  certificate.setSubject([{ name: 'commonName', value: 'app' }])
  certificate.setIssuer(certificate.subject.attributes)
  certificate.sign(key, forge.md.sha256.create())
  return { pem: forge.pki.certificateToPem(certificate), privateKey }
}

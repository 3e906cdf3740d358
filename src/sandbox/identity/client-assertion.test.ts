import {
  constants,
  createHash,
  generateKeyPairSync,
  type KeyObject,
  sign,
  X509Certificate,
} from 'node:crypto'
import forge from 'node-forge'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { TENANT_ID } from '../seed/directory.ts'
import { appNamed } from './identity.test-support.ts'
import {
  askToken,
  bodyOf,
  type Fields,
  type Running,
  refusalOf,
  startSandbox,
} from './running.test-support.ts'

/** Client credentials by certificate and by a federated token: a signed assertion in place of the secret. */

const service = appNamed('d365 service')
/** The sandbox's clock stands at 2026-01-05T12:00:00Z. */
const NOW = Date.UTC(2026, 0, 5, 12) / 1000

interface Certificate {
  readonly pem: string
  readonly privateKey: KeyObject
}

function certificateUntil(end: Date): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const made = forge.pki.createCertificate()
  made.publicKey = forge.pki.publicKeyFromPem(publicKey.export({ type: 'spki', format: 'pem' }).toString())
  made.serialNumber = '01'
  made.validity.notBefore = new Date(Date.UTC(2025, 0, 1))
  made.validity.notAfter = end
  made.setSubject([{ name: 'commonName', value: 'test' }])
  made.setIssuer([{ name: 'commonName', value: 'test' }])
  const key = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  made.sign(forge.pki.privateKeyFromPem(key), forge.md.sha256.create())
  return { pem: forge.pki.certificateToPem(made), privateKey }
}

const uploaded = certificateUntil(new Date(Date.UTC(2027, 0, 1)))
const outOfDate = certificateUntil(new Date(Date.UTC(2026, 0, 1)))
const federation = generateKeyPairSync('rsa', { modulusLength: 2048 })

let running: Running

beforeAll(async () => {
  running = await startSandbox()
  const { identity } = running.server.sandbox
  identity.registerCertificate(service.clientId, uploaded.pem)
  identity.registerCertificate(service.clientId, outOfDate.pem)
  identity.registerFederatedCredential(service.clientId, {
    issuer: 'https://token.example',
    subject: 'repo:contoso/app:ref:refs/heads/main',
    audience: 'api://AzureADTokenExchange',
    publicKey: federation.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  })
})
afterAll(() => running.close())

interface Signing {
  readonly certificate?: Certificate
  readonly algorithm?: 'PS256' | 'RS256'
  readonly thumbprint?: 'x5t#S256' | 'x5t'
  readonly claims?: Readonly<Record<string, unknown>>
  /** Signs in place of the certificate's own key. */
  readonly key?: KeyObject
}

function assertion({
  certificate = uploaded,
  algorithm = 'PS256',
  thumbprint = 'x5t#S256',
  claims = {},
  key = certificate.privateKey,
}: Signing = {}): string {
  const { raw } = new X509Certificate(certificate.pem)
  const hash = createHash(thumbprint === 'x5t' ? 'sha1' : 'sha256')
    .update(raw)
    .digest('base64url')
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const body = {
    aud: `${running.origin}/${TENANT_ID}/oauth2/v2.0/token`,
    iss: service.clientId,
    sub: service.clientId,
    jti: '0f0f0f0f-0000-4000-8000-000000000000',
    iat: NOW,
    nbf: NOW,
    exp: NOW + 600,
    ...claims,
  }
  const signed = `${part({ alg: algorithm, typ: 'JWT', [thumbprint]: hash })}.${part(body)}`
  const padding = algorithm === 'PS256' ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 } : {}
  return `${signed}.${sign('sha256', Buffer.from(signed), { key, ...padding }).toString('base64url')}`
}

const prove = (client_assertion: string, fields: Fields = {}): Promise<Response> =>
  askToken(running, {
    grant_type: 'client_credentials',
    client_id: service.clientId,
    scope: `${running.origin}/.default`,
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion,
    ...fields,
  })

describe('by certificate', () => {
  test.each([
    ['PS256 with a SHA-256 thumbprint, as MSAL signs today', { algorithm: 'PS256', thumbprint: 'x5t#S256' }],
    ['RS256 with a SHA-1 thumbprint, as it did before', { algorithm: 'RS256', thumbprint: 'x5t' }],
  ] as const)('%s: the token says how the application proved itself', async (_name, signing) => {
    const response = await prove(assertion(signing))
    expect(response.status).toBe(200)
    const [, payload = ''] = String((await bodyOf(response)).access_token).split('.')
    expect(JSON.parse(Buffer.from(payload, 'base64url').toString())).toMatchObject({
      appid: service.clientId,
      appidacr: '2',
    })
  })

  test.each([
    ['the v1 address', { aud: `https://login.microsoftonline.com/${TENANT_ID}/oauth2/token` }],
    ['the issuer', { aud: `https://login.microsoftonline.com/${TENANT_ID}/v2.0` }],
    ['a list with this endpoint in it', { aud: ['https://other.example', 'TOKEN_URL'] }],
    ['a clock four minutes fast', { nbf: NOW + 240, iat: NOW + 240, exp: NOW + 840 }],
    ['a clock that let it expire four minutes ago', { nbf: NOW - 840, exp: NOW - 240 }],
    ['a client id in capitals', { iss: service.clientId.toUpperCase(), sub: service.clientId.toUpperCase() }],
  ])('an assertion with %s is accepted', async (_name, claims: Readonly<Record<string, unknown>>) => {
    const url = `${running.origin}/${TENANT_ID}/oauth2/v2.0/token`
    const aud = Array.isArray(claims.aud)
      ? claims.aud.map((one) => (one === 'TOKEN_URL' ? url : one))
      : (claims.aud ?? url)
    expect((await prove(assertion({ claims: { ...claims, aud } }))).status).toBe(200)
  })

  const stranger = certificateUntil(new Date(Date.UTC(2027, 0, 1)))
  const NOT_FOUND = 'Client assertion contains an invalid signature. [Reason - The key was not found.]'
  const MISMATCH =
    'Client assertion contains an invalid signature. [Reason - Client assertion signature does not match.]'
  const MALFORMED = 'JWT token is invalid or malformed.'

  test.each<[string, Signing, number, string | RegExp]>([
    ['another certificate', { certificate: stranger }, 700027, NOT_FOUND],
    ['the thumbprint of one and the key of another', { key: stranger.privateKey }, 700027, MISMATCH],
    [
      'a certificate after its last day',
      { certificate: outOfDate },
      700027,
      /^Client assertion contains an invalid signature\. \[Reason - The key used is expired\., Thumbprint of key used by client: '[0-9A-F]{40}', Found key 'Start=2025-01-01T00:00:00\.000Z, End=2026-01-01T00:00:00\.000Z'\]$/,
    ],
    [
      'an assertion six minutes after its end',
      { claims: { nbf: NOW - 900, exp: NOW - 360 } },
      700024,
      'Client assertion is not within its valid time range. Current time: 2026-01-05T12:00:00.000Z, assertion valid from 2026-01-05T11:45:00.000Z, expiry time of assertion 2026-01-05T11:54:00.000Z.',
    ],
    [
      'an assertion six minutes before its beginning',
      { claims: { nbf: NOW + 360, iat: NOW + 360, exp: NOW + 960 } },
      700024,
      /^Client assertion is not within its valid time range\./,
    ],
    ['no end', { claims: { exp: undefined } }, 700024, /^Client assertion is not within/],
    ['an end that is no time', { claims: { exp: 'soon' } }, 50027, MALFORMED],
    ['an end beyond all dates', { claims: { exp: 1e20 } }, 50027, MALFORMED],
    [
      'another endpoint as its audience',
      { claims: { aud: 'https://login.example/token' } },
      50027,
      MALFORMED,
    ],
    [
      'another subject',
      { claims: { sub: appNamed('No role').clientId } },
      50048,
      'Subject mismatches Issuer claim in the client assertion.',
    ],
    ['no issuer', { claims: { iss: undefined } }, 50027, MALFORMED],
  ])('%s is refused', async (_name, signing, code, says) => {
    const { text, ...refused } = await refusalOf(await prove(assertion(signing)))
    expect(refused).toEqual({ status: 401, error: 'invalid_client', codes: [code] })
    const own = text?.slice(`AADSTS${code}: `.length)
    if (typeof says === 'string') expect(own).toBe(says)
    else expect(own).toMatch(says)
  })

  test.each([
    ['no JWT', 'nonsense'],
    ['an object that is none', `${Buffer.from('[]').toString('base64url')}.bnVsbA.`],
  ])('what is %s is malformed', async (_name, text) => {
    expect(await refusalOf(await prove(text))).toMatchObject({ status: 401, codes: [50027] })
  })

  test('an unsigned assertion is refused', async () => {
    const [, claims = ''] = assertion().split('.')
    const { raw } = new X509Certificate(uploaded.pem)
    const thumbprint = createHash('sha256').update(raw).digest('base64url')
    const header = Buffer.from(JSON.stringify({ alg: 'none', 'x5t#S256': thumbprint })).toString('base64url')
    expect(await refusalOf(await prove(`${header}.${claims}.`))).toMatchObject({ codes: [700027] })
  })

  test('a certificate of one application proves no other', async () => {
    const other = appNamed('No role').clientId
    const signed = assertion({ claims: { iss: other, sub: other } })
    expect(await refusalOf(await prove(signed, { client_id: other }))).toMatchObject({ codes: [700027] })
  })

  test.each([undefined, 'urn:ietf:params:oauth:client-assertion-type:saml2-bearer'])(
    'the kind %s of assertion is refused',
    async (client_assertion_type) => {
      const response = await prove(assertion(), { client_assertion_type })
      expect(await refusalOf(response)).toMatchObject({ status: 400, codes: [900144] })
    },
  )
})

describe('by a federated token', () => {
  const federated = (claims: Readonly<Record<string, unknown>> = {}, key = federation.privateKey): string =>
    assertion({
      algorithm: 'RS256',
      key,
      claims: {
        iss: 'https://token.example',
        sub: 'repo:contoso/app:ref:refs/heads/main',
        aud: 'api://AzureADTokenExchange',
        ...claims,
      },
    })

  test('of the trusted issuer, subject and audience', async () => {
    expect((await prove(federated())).status).toBe(200)
  })

  test.each<[string, Readonly<Record<string, unknown>>, number, string]>([
    ['issuer', { iss: 'https://token.example/' }, 700211, "issuer 'https://token.example/'."],
    [
      'subject, in another case',
      { sub: 'repo:Contoso/app:ref:refs/heads/main' },
      700213,
      "subject 'repo:Contoso/app:ref:refs/heads/main'.",
    ],
    ['audience', { aud: 'api://other' }, 700212, "audience 'api://other'."],
  ])('another %s is named', async (_name, claims, code, ending) => {
    expect(await refusalOf(await prove(federated(claims)))).toEqual({
      status: 401,
      error: 'invalid_client',
      codes: [code],
      text: `AADSTS${code}: No matching federated identity record found for presented assertion ${ending}`,
    })
  })

  test('signed by somebody else it is refused', async () => {
    const response = await prove(federated({}, uploaded.privateKey))
    expect(await refusalOf(response)).toMatchObject({ status: 401, codes: [700027] })
  })

  test('a token file read too late is out of its time', async () => {
    const response = await prove(federated({ nbf: NOW - 900, exp: NOW - 600 }))
    expect(await refusalOf(response)).toMatchObject({ status: 401, codes: [700024] })
  })
})

import { createHash, generateKeyPairSync, X509Certificate } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decodeProtectedHeader, jwtVerify } from 'jose'
import forge from 'node-forge'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  CLIENT,
  entraError,
  fakeHttp,
  grantContext,
  jsonAnswer,
  RESOURCE,
  targetOf,
} from '../auth.test-support.ts'
import { ASSERTION_TYPE, loadCertificate } from './client-assertion.ts'
import { clientCertificateGrant } from './client-certificate.ts'

const folder = mkdtempSync(join(tmpdir(), 'd365-cert-'))
const at = (name: string) => join(folder, name)
let x509: X509Certificate
afterAll(() => rmSync(folder, { recursive: true }))

beforeAll(() => {
  const pair = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const keyPem = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const locked = pair.privateKey.export({
    type: 'pkcs8',
    format: 'pem',
    cipher: 'aes-256-cbc',
    passphrase: 'MARKpass',
  })
  const other = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey
  const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
  const certificate = forge.pki.createCertificate()
  certificate.publicKey = forge.pki.publicKeyFromPem(
    pair.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  )
  certificate.serialNumber = '01'
  certificate.validity.notBefore = new Date('2026-01-01')
  certificate.validity.notAfter = new Date('2027-01-01')
  certificate.setSubject([{ name: 'commonName', value: 'd365 test' }])
  certificate.setIssuer([{ name: 'commonName', value: 'd365 test' }])
  const key = forge.pki.privateKeyFromPem(keyPem)
  certificate.sign(key, forge.md.sha256.create())
  const certPem = forge.pki.certificateToPem(certificate)
  x509 = new X509Certificate(certPem)
  const pfx = forge.pkcs12.toPkcs12Asn1(key, [certificate], 'MARKpass', { algorithm: '3des' })
  writeFileSync(at('good.pem'), `Bag Attributes\n${certPem}\n${keyPem}`)
  writeFileSync(at('locked.pem'), `${locked}${certPem}`)
  writeFileSync(at('good.pfx'), Buffer.from(forge.asn1.toDer(pfx).getBytes(), 'binary'))
  writeFileSync(at('mixed.pem'), other.export({ type: 'pkcs8', format: 'pem' }) + certPem)
  writeFileSync(at('ec.pem'), ec.export({ type: 'pkcs8', format: 'pem' }) + certPem)
  writeFileSync(at('only.crt'), certPem)
  writeFileSync(at('only.key'), keyPem)
  writeFileSync(at('noise.bin'), Buffer.from([1, 2, 3, 4]))
})

describe('reading a certificate', () => {
  test.each([
    ['good.pem', undefined],
    ['locked.pem', 'MARKpass'],
    ['good.pfx', 'MARKpass'],
  ])('%s gives the key and its certificate', async (name, password) => {
    const setting = password === undefined ? { path: at(name) } : { path: at(name), password }
    const { key, certificate } = await loadCertificate(setting)
    expect(certificate.fingerprint256).toBe(x509.fingerprint256)
    expect(certificate.checkPrivateKey(key)).toBe(true)
  })

  test.each([
    ['locked.pem', undefined, /encrypted or damaged/],
    ['locked.pem', 'MARKwrong', /password does not open the private key/],
    ['good.pfx', 'MARKwrong', /password does not open the certificate file/],
    ['mixed.pem', undefined, /do not belong together/],
    ['ec.pem', undefined, /RSA keys only/],
    ['only.crt', undefined, /no private key/],
    ['only.key', undefined, /no certificate/],
    ['noise.bin', undefined, /neither a PEM nor a PFX/],
    ['absent.pem', undefined, /cannot be read/],
  ])('%s with password %s is refused in words', async (name, password, message) => {
    const setting = password === undefined ? { path: at(name) } : { path: at(name), password }
    const error: unknown = await loadCertificate(setting).catch((failure: unknown) => failure)
    expect(error).toMatchObject({ message: expect.stringMatching(message) })
    expect(JSON.stringify(error)).not.toContain('MARK')
  })
})

describe('signing in with a certificate', () => {
  const OK = jsonAnswer(200, { access_token: 'at', expires_in: 3599 })

  test.each([
    ['sha256', 'PS256', 'x5t#S256'],
    ['sha1', 'RS256', 'x5t'],
  ] as const)('%s is %s with %s, and the statement verifies', async (thumbprint, alg, header) => {
    const fake = fakeHttp([OK])
    const certificate = { path: at('good.pem'), thumbprint }
    const { context, clock } = grantContext(
      { grant: 'client-certificate', clientId: CLIENT, certificate },
      fake,
    )
    expect(await clientCertificateGrant(context)).toMatchObject({ accessToken: 'at' })
    const { client_assertion = '', ...form } = fake.form(0)
    expect(form).toEqual({
      client_id: CLIENT,
      scope: `${RESOURCE}/.default`,
      client_assertion_type: ASSERTION_TYPE,
      grant_type: 'client_credentials',
    })
    expect(decodeProtectedHeader(client_assertion)).toEqual({
      alg,
      typ: 'JWT',
      [header]: createHash(thumbprint).update(x509.raw).digest('base64url'),
    })
    const now = clock.now() / 1000
    const { payload } = await jwtVerify(client_assertion, x509.publicKey, {
      issuer: CLIENT,
      subject: CLIENT,
      audience: targetOf(2).tokenUri,
      currentDate: new Date(clock.now()),
    })
    expect(payload).toMatchObject({
      iat: now,
      nbf: now,
      exp: now + 600,
      jti: expect.stringMatching(/^[0-9a-f-]{36}$/),
    })
  })

  test('a clock that is off is corrected once, by the Date of the refusal', async () => {
    const late = {
      ...entraError(401, 'invalid_client', 700024),
      headers: { date: 'Thu, 01 Jan 2026 02:00:00 GMT' },
    }
    const fake = fakeHttp([late, OK])
    const credential = {
      grant: 'client-certificate',
      clientId: CLIENT,
      certificate: { path: at('good.pem') },
    } as const
    await clientCertificateGrant(grantContext(credential, fake).context)
    const { payload } = await jwtVerify(fake.form(1).client_assertion ?? '', x509.publicKey, {
      currentDate: new Date('2026-01-01T02:00:00Z'),
    })
    expect(payload.iat).toBe(Date.UTC(2026, 0, 1, 2) / 1000)
    const twice = grantContext(credential, fakeHttp([late, late]))
    await expect(clientCertificateGrant(twice.context)).rejects.toMatchObject({ serviceCode: 'AADSTS700024' })
  })
})

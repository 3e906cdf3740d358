import { createHash, createPrivateKey, type KeyObject, randomUUID, X509Certificate } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { SignJWT } from 'jose'
import { D365Error } from '../../core/errors.ts'
import type { CertificateSetting } from '../settings.ts'
import { readPfx } from './pfx.ts'

/** Proves an application by its certificate: a short-lived statement signed with the private key. */
export interface ClientCertificate {
  readonly key: KeyObject
  readonly certificate: X509Certificate
}

export interface AssertionOptions {
  readonly clientId: string
  /** The token URL the statement is sent to. */
  readonly audience: string
  /** Server time as well as it is known, in ms since 1970. */
  readonly now: number
  /** Default `sha256`: PS256 with x5t#S256. `sha1`: RS256 with x5t. */
  readonly thumbprint?: 'sha256' | 'sha1' | undefined
}

/** Life of an assertion. Entra takes 5 to 10 minutes. */
const ASSERTION_LIFE_S = 600

export async function signAssertion(
  { key, certificate }: ClientCertificate,
  { clientId, audience, now, thumbprint = 'sha256' }: AssertionOptions,
): Promise<{ client_assertion_type: string; client_assertion: string }> {
  const seconds = Math.floor(now / 1000)
  const digest = createHash(thumbprint).update(certificate.raw).digest('base64url')
  const assertion = await new SignJWT({
    aud: audience,
    iss: clientId,
    sub: clientId,
    jti: randomUUID(),
    iat: seconds,
    nbf: seconds,
    exp: seconds + ASSERTION_LIFE_S,
  })
    .setProtectedHeader(
      thumbprint === 'sha1'
        ? { alg: 'RS256', typ: 'JWT', x5t: digest }
        : { alg: 'PS256', typ: 'JWT', 'x5t#S256': digest },
    )
    .sign(key)
  return { client_assertion_type: ASSERTION_TYPE, client_assertion: assertion }
}

export const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'

/** Reads certificate and private key from a PEM or PFX file; which of the two it is, the content tells. */
export async function loadCertificate({ path, password }: CertificateSetting): Promise<ClientCertificate> {
  let content: Buffer
  try {
    content = await readFile(path)
  } catch (cause) {
    throw new D365Error('IO_FAILED', `The certificate file ${path} cannot be read.`, {
      hint: 'Check the path and that this user may read the file.',
      cause,
    })
  }
  const pem = content.includes('-----BEGIN ')
    ? content.toString('utf8')
    : readPfx(content, { path, password })
  return readPem(pem, { path, password })
}

function readPem(
  pem: string,
  { path, password }: { path: string; password?: string | undefined },
): ClientCertificate {
  const keyBlock = /-----BEGIN ([A-Z ]*PRIVATE KEY)-----[\s\S]*?-----END \1-----/.exec(pem)?.[0]
  const certificates = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? []
  if (keyBlock === undefined || certificates.length === 0)
    throw invalid(
      `${path} has ${keyBlock === undefined ? 'no private key' : 'a private key but no certificate'} in it.`,
      'One file must hold both: join the .crt and .key in PEM form, or export a .pfx with its private key.',
    )
  const key = readKey(keyBlock, { path, password })
  if (key.asymmetricKeyType !== 'rsa')
    throw invalid(`The key in ${path} is ${key.asymmetricKeyType}; Entra ID takes RSA keys only.`)
  // A chain may come in any order: the application's own certificate is the one that belongs to the key.
  const own = certificates.map((text) => new X509Certificate(text)).find((one) => one.checkPrivateKey(key))
  if (own === undefined)
    throw invalid(`The certificate and the private key in ${path} do not belong together.`)
  return { key, certificate: own }
}

function readKey(
  block: string,
  { path, password }: { path: string; password?: string | undefined },
): KeyObject {
  try {
    return createPrivateKey({ key: block, ...(password === undefined ? {} : { passphrase: password }) })
  } catch {
    // The cause is left out: OpenSSL's texts say nothing more, and the key must not be near a message.
    throw invalid(
      password === undefined
        ? `The private key in ${path} is encrypted or damaged.`
        : `The password does not open the private key in ${path}.`,
      'Give the certificate password that was set when the file was made.',
    )
  }
}

function invalid(message: string, hint?: string): D365Error {
  return new D365Error('CONFIG_INVALID', message, { hint })
}

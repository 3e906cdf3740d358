import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import forge from 'node-forge'
import writeFileAtomic from 'write-file-atomic'

/**
 * A certificate authority of the sandbox's own, and server certificates by it. With a folder the authority is kept
 * there, so that it is trusted once; without one it is made anew for each start.
 */
export interface Authority {
  /** What clients have to trust, e.g. by NODE_EXTRA_CA_CERTS. */
  readonly caPem: string
  /** Key and certificate (PEM) for these host names and addresses. */
  issue(hosts: readonly string[]): { readonly key: string; readonly cert: string }
}

/** Longer ones are refused by Apple's clients. */
const ISSUED_DAYS = 825
const AUTHORITY_DAYS = 3650
const DAY_MS = 86_400_000

/** The authority's certificate and key in the sandbox's folder. Only its owner can read the key. */
const CERTIFICATE_FILE = 'sandbox-ca.pem'
const KEY_FILE = 'sandbox-ca.key'

export async function createAuthority(folder?: string): Promise<Authority> {
  const { certificate, privateKey } = folder === undefined ? makeAuthority() : await keptAuthority(folder)
  return {
    caPem: forge.pki.certificateToPem(certificate),
    issue: (hosts) => {
      const own = keyPair()
      const issued = forge.pki.createCertificate()
      fill(issued, { publicKey: own.publicKey, name: hosts[0] ?? 'localhost' })
      issued.setIssuer(certificate.subject.attributes)
      issued.setExtensions([
        { name: 'basicConstraints', cA: false },
        { name: 'keyUsage', digitalSignature: true, keyEncipherment: true },
        { name: 'extKeyUsage', serverAuth: true },
        { name: 'subjectAltName', altNames: hosts.map(alternativeName) },
      ])
      issued.sign(privateKey, forge.md.sha256.create())
      return { key: own.pem, cert: forge.pki.certificateToPem(issued) }
    },
  }
}

interface AuthorityKeys {
  readonly certificate: forge.pki.Certificate
  readonly privateKey: forge.pki.rsa.PrivateKey
}

async function keptAuthority(folder: string): Promise<AuthorityKeys> {
  const [certificateFile, keyFile] = [join(folder, CERTIFICATE_FILE), join(folder, KEY_FILE)] as const
  if (existsSync(certificateFile) && existsSync(keyFile)) {
    const certificate = forge.pki.certificateFromPem(readFileSync(certificateFile, 'utf8'))
    const privateKey = forge.pki.privateKeyFromPem(readFileSync(keyFile, 'utf8'))
    if (certificate.validity.notAfter.getTime() > Date.now() + ISSUED_DAYS * DAY_MS)
      return { certificate, privateKey }
  }
  const made = makeAuthority()
  mkdirSync(folder, { recursive: true })
  await writeFileAtomic(keyFile, forge.pki.privateKeyToPem(made.privateKey), { mode: 0o600 })
  await writeFileAtomic(certificateFile, forge.pki.certificateToPem(made.certificate), { mode: 0o644 })
  return made
}

function makeAuthority(): AuthorityKeys {
  const { privateKey, publicKey } = keyPair()
  const certificate = forge.pki.createCertificate()
  fill(certificate, { publicKey, name: 'd365 sandbox authority', days: AUTHORITY_DAYS })
  certificate.setIssuer(certificate.subject.attributes)
  certificate.setExtensions([
    { name: 'basicConstraints', cA: true, critical: true },
    { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    { name: 'subjectKeyIdentifier' },
  ])
  certificate.sign(privateKey, forge.md.sha256.create())
  return { certificate, privateKey }
}

/** Node makes keys a hundred times as fast as forge does. */
function keyPair() {
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  const key = forge.pki.privateKeyFromPem(privateKey)
  return { pem: privateKey, privateKey: key, publicKey: forge.pki.rsa.setPublicKey(key.n, key.e) }
}

function fill(
  certificate: forge.pki.Certificate,
  {
    publicKey,
    name,
    days = ISSUED_DAYS,
  }: { readonly publicKey: forge.pki.rsa.PublicKey; readonly name: string; readonly days?: number },
): void {
  certificate.publicKey = publicKey
  // Browsers refuse a second certificate of one authority under the same number; a leading 1 keeps it positive.
  certificate.serialNumber = `1${randomBytes(15).toString('hex')}`
  certificate.validity.notBefore = new Date(Date.now() - DAY_MS)
  certificate.validity.notAfter = new Date(Date.now() + days * DAY_MS)
  certificate.setSubject([{ name: 'commonName', value: name }])
}

/** Type 7 is an address, type 2 a DNS name. */
function alternativeName(host: string) {
  return /^[\d.]+$|:/.test(host) ? { type: 7, ip: host } : { type: 2, value: host }
}

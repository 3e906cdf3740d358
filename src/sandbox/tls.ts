import { generateKeyPairSync } from 'node:crypto'
import forge from 'node-forge'

/** A certificate authority of the sandbox's own, and server certificates by it, made anew for each start. */
export interface Authority {
  /** What clients have to trust, e.g. by NODE_EXTRA_CA_CERTS. */
  readonly caPem: string
  /** Key and certificate (PEM) for these host names and addresses. */
  issue(hosts: readonly string[]): { readonly key: string; readonly cert: string }
}

const DAYS = 825

export function createAuthority(): Authority {
  const ca = keyPair()
  const certificate = forge.pki.createCertificate()
  fill(certificate, { publicKey: ca.publicKey, serial: '01', name: 'd365 sandbox authority' })
  certificate.setIssuer(certificate.subject.attributes)
  certificate.setExtensions([
    { name: 'basicConstraints', cA: true, critical: true },
    { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    { name: 'subjectKeyIdentifier' },
  ])
  certificate.sign(ca.privateKey, forge.md.sha256.create())
  return {
    caPem: forge.pki.certificateToPem(certificate),
    issue: (hosts) => {
      const own = keyPair()
      const issued = forge.pki.createCertificate()
      fill(issued, { publicKey: own.publicKey, serial: '02', name: hosts[0] ?? 'localhost' })
      issued.setIssuer(certificate.subject.attributes)
      issued.setExtensions([
        { name: 'basicConstraints', cA: false },
        { name: 'keyUsage', digitalSignature: true, keyEncipherment: true },
        { name: 'extKeyUsage', serverAuth: true },
        { name: 'subjectAltName', altNames: hosts.map(alternativeName) },
      ])
      issued.sign(ca.privateKey, forge.md.sha256.create())
      return { key: own.pem, cert: forge.pki.certificateToPem(issued) }
    },
  }
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
  { publicKey, serial, name }: { publicKey: forge.pki.rsa.PublicKey; serial: string; name: string },
): void {
  certificate.publicKey = publicKey
  certificate.serialNumber = serial
  certificate.validity.notBefore = new Date(Date.now() - 86_400_000)
  certificate.validity.notAfter = new Date(Date.now() + DAYS * 86_400_000)
  certificate.setSubject([{ name: 'commonName', value: name }])
}

/** Type 7 is an address, type 2 a DNS name. */
function alternativeName(host: string) {
  return /^[\d.]+$|:/.test(host) ? { type: 7, ip: host } : { type: 2, value: host }
}

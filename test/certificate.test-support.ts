import { generateKeyPairSync } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import forge from 'node-forge'

/** A self-signed certificate of today, as the files people have: PEM with the key, and PFX. */
export interface CertificateFiles {
  /** What is uploaded to the app registration. */
  readonly certificate: string
  readonly privateKey: string
  readonly pemFile: string
  readonly pfxFile: string
  readonly pfxPassword: string
}

export function writeCertificate(folder: string): CertificateFiles {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  })
  const made = forge.pki.createCertificate()
  made.publicKey = forge.pki.publicKeyFromPem(publicKey)
  made.serialNumber = '01'
  made.validity.notBefore = new Date(Date.now() - 86_400_000)
  made.validity.notAfter = new Date(Date.now() + 86_400_000)
  made.setSubject([{ name: 'commonName', value: 'd365 test' }])
  made.setIssuer([{ name: 'commonName', value: 'd365 test' }])
  const key = forge.pki.privateKeyFromPem(privateKey)
  made.sign(key, forge.md.sha256.create())
  const certificate = forge.pki.certificateToPem(made)
  const pfxPassword = 'pfx-password'
  const pfx = forge.pkcs12.toPkcs12Asn1(key, [made], pfxPassword, { algorithm: '3des' })
  const [pemFile, pfxFile] = [join(folder, 'app.pem'), join(folder, 'app.pfx')] as const
  writeFileSync(pemFile, `${certificate}\n${privateKey}`)
  writeFileSync(pfxFile, Buffer.from(forge.asn1.toDer(pfx).getBytes(), 'binary'))
  return { certificate, privateKey, pemFile, pfxFile, pfxPassword }
}

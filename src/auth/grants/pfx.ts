import forge from 'node-forge'
import { D365Error } from '../../core/errors.ts'

/** Opens a PFX (PKCS #12) file: Node's own TLS can use one, but does not give its key out. Returns PEM text. */
export function readPfx(
  content: Buffer,
  { path, password = '' }: { readonly path: string; readonly password?: string | undefined },
): string {
  const bags = open(content, path, password)
  const keys = [
    ...bagsOf(bags, forge.pki.oids.pkcs8ShroudedKeyBag),
    ...bagsOf(bags, forge.pki.oids.keyBag),
  ].flatMap(({ key }) => (key ? [forge.pki.privateKeyToPem(key)] : []))
  const certificates = bagsOf(bags, forge.pki.oids.certBag).flatMap(({ cert }) =>
    cert ? [forge.pki.certificateToPem(cert)] : [],
  )
  return [...keys.slice(0, 1), ...certificates].join('\n')
}

function open(content: Buffer, path: string, password: string): forge.pkcs12.Pkcs12Pfx {
  try {
    const asn1 = forge.asn1.fromDer(forge.util.createBuffer(content.toString('binary')))
    return forge.pkcs12.pkcs12FromAsn1(asn1, false, password)
  } catch (error) {
    const wrongPassword = error instanceof Error && /MAC|password/i.test(error.message)
    throw new D365Error(
      'CONFIG_INVALID',
      wrongPassword
        ? `The password does not open the certificate file ${path}.`
        : `${path} is neither a PEM nor a PFX file.`,
      {
        hint: wrongPassword
          ? 'Give the certificate password that was set when the PFX was exported.'
          : 'Export the certificate with its private key as .pfx, or give a .pem with both.',
      },
    )
  }
}

function bagsOf(pfx: forge.pkcs12.Pkcs12Pfx, type: string | undefined): forge.pkcs12.Bag[] {
  return type === undefined ? [] : (pfx.getBags({ bagType: type })[type] ?? [])
}

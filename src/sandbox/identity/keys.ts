import { createHash, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { type CryptoKey, exportJWK, importJWK, type JWK, jwtVerify, SignJWT } from 'jose'

/** The keys tokens are signed with: made when first needed, several published, one in use. */
export interface SigningKeys {
  sign(claims: Readonly<Record<string, unknown>>): Promise<string>
  /** The public keys, as `/discovery/keys` lists them. */
  published(): Promise<readonly JWK[]>
  /** Claims of a token signed here; undefined where the signature is not ours. Times are not looked at. */
  verify(token: string): Promise<Readonly<Record<string, unknown>> | undefined>
  /** A new key signs from now on; tokens of the old one stay valid. */
  rotate(): void
}

interface SigningKey {
  readonly id: string
  readonly privateKey: KeyObject
  readonly jwk: JWK
}

const ALGORITHM = 'RS256'

export function createSigningKeys(issuer: () => string): SigningKeys {
  const keys: Promise<SigningKey>[] = []
  const current = (): Promise<SigningKey> => {
    const last = keys.at(-1)
    if (last) return last
    const made = makeKey()
    keys.push(made)
    return made
  }
  return {
    sign: async (claims) => {
      const { id, privateKey } = await current()
      return new SignJWT({ ...claims })
        .setProtectedHeader({ typ: 'JWT', alg: ALGORITHM, x5t: id, kid: id })
        .sign(privateKey)
    },
    published: async () => {
      await current()
      const made = await Promise.all(keys)
      return made.map(({ jwk }) => ({ ...jwk, issuer: issuer() }))
    },
    verify: async (token) => {
      for (const key of await Promise.all(keys)) {
        const publicKey: CryptoKey | Uint8Array = await importJWK(key.jwk, ALGORITHM)
        try {
          // The times are judged by the caller's clock, which may be a made-up one.
          const { payload } = await jwtVerify(token, publicKey, { currentDate: insideItsTime(token) })
          return payload
        } catch {}
      }
      return undefined
    },
    rotate: () => {
      keys.push(makeKey())
    },
  }
}

/** A moment at which the token is surely valid, so that only its signature is judged. */
function insideItsTime(token: string): Date {
  const [, payload = ''] = token.split('.')
  try {
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString())
    const nbf = typeof claims === 'object' && claims !== null && 'nbf' in claims ? Number(claims.nbf) : 0
    return new Date(nbf * 1000 + 1000)
  } catch {
    return new Date(0)
  }
}

async function makeKey(): Promise<SigningKey> {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const jwk = await exportJWK(publicKey)
  const id = createHash('sha256')
    .update(jwk.n ?? '')
    .digest('base64url')
    .slice(0, 27)
  return { id, privateKey, jwk: { ...jwk, kty: 'RSA', use: 'sig', kid: id, x5t: id, alg: ALGORITHM } }
}

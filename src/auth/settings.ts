/**
 * What a person configures. An external system says where; a credential says who. One system has several credentials.
 * Both are plain data: secrets are in them only in memory, the store keeps them apart.
 */
export interface ExternalSystem {
  readonly name: string
  readonly serviceUrl: string
  /** Address of the sign-in page. Default: found from the Service URL. */
  readonly authUri?: string
  /** Address of the token endpoint, with or without `POST `. Default: found from the Service URL. */
  readonly tokenUri?: string
  /** Scopes separated by blanks (v2 only). Default: the right one for the Service URL and the grant. */
  readonly scope?: string
  /** Tenant id or domain, used where no URI names one. Default: found from the Service URL. */
  readonly tenant?: string
}

export const GRANTS = [
  'access-token',
  'refresh-token',
  'client-secret',
  'client-certificate',
  'browser',
  'device-code',
  'managed-identity',
  'workload-identity',
] as const

export type GrantName = (typeof GRANTS)[number]

export interface CertificateSetting {
  /** A PEM file with certificate and private key, or a PFX (PKCS #12) file. */
  readonly path: string
  /** Password of the PFX or of the PEM's private key. Default: none. */
  readonly password?: string
  /** Thumbprint in the assertion: `sha256` is PS256 with x5t#S256, `sha1` is RS256 with x5t. Default `sha256`. */
  readonly thumbprint?: 'sha256' | 'sha1'
}

export interface Credential {
  readonly name: string
  readonly grant: GrantName
  /** Application (client) id. For a managed identity: the client id of a user-assigned one. */
  readonly clientId?: string
  /** Client secret, with or without single quotes around it. */
  readonly secret?: string
  readonly certificate?: CertificateSetting
  readonly accessToken?: string
  readonly refreshToken?: string
  /** Where the sign-in page returns to. Default `http://localhost` on a free port (a native app registration). */
  readonly redirectUri?: string
  /** File with a federated token, read again for each request. Default: `AZURE_FEDERATED_TOKEN_FILE`. */
  readonly tokenFile?: string
}

export type SystemField = Exclude<keyof ExternalSystem, 'name'>
export type CredentialField = Exclude<keyof Credential, 'name'>

/** Grants where the application signs in as itself: no person, no refresh token. */
export function isAppGrant(grant: GrantName): boolean {
  return (
    grant === 'client-secret' ||
    grant === 'client-certificate' ||
    grant === 'workload-identity' ||
    grant === 'managed-identity'
  )
}

export function isGrantName(text: string): text is GrantName {
  return GRANTS.some((grant) => grant === text)
}

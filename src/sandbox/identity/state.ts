import type { Clock } from '../../core/clock.ts'
import type { DirectoryApp, DirectoryUser } from '../seed/directory.ts'
import type { SigningKeys } from './keys.ts'

/** What the sandbox's Entra ID knows and remembers. */
export interface IdentityState {
  readonly clock: Clock
  /** Uniform in [0, 1). */
  readonly random: () => number
  /** Origins of the Dynamics environments it issues tokens for, without a trailing slash. */
  readonly resources: () => readonly string[]
  readonly users: readonly DirectoryUser[]
  readonly apps: readonly DirectoryApp[]
  readonly keys: SigningKeys
  readonly settings: IdentitySettings
  readonly codes: Map<string, AuthorizationCode>
  readonly refreshTokens: Map<string, RefreshToken>
  readonly deviceCodes: Map<string, DeviceCodeRecord>
  /** By cookie value. */
  readonly browserSessions: Map<string, BrowserSession>
  /** `clientId user` pairs a person has consented to. */
  readonly consents: Set<string>
  /** Client id to its certificates (PEM). */
  readonly certificates: Map<string, string[]>
  readonly federated: Map<string, FederatedCredential[]>
}

export interface IdentitySettings {
  /** Default: the service's own range of 60 to 90 minutes, drawn for each token. */
  tokenLifeSeconds: number | undefined
  /** Is a refresh token of no use once it was used? Entra itself keeps it. */
  strictRotation: boolean
  /** Conditional Access sign-in frequency, in ms; undefined: none. */
  signInFrequencyMs: number | undefined
  /** Is the port of a loopback redirect ignored for every platform, or for native apps only? */
  loopbackPort: 'ignore' | 'exactForWebAndSpa'
}

/** What a redirect URI is registered under. */
export type Platform = DirectoryApp['redirectUris'][number]['platform']

/** A person signed in to a browser. */
export interface BrowserSession {
  readonly objectId: string
  /** Was a second factor given? */
  readonly secondFactor: boolean
}

export interface AuthorizationCode {
  readonly clientId: string
  readonly objectId: string
  readonly tenantSegment: string
  readonly redirectUri: string
  readonly platform: Platform
  readonly challenge: { readonly method: 'plain' | 'S256'; readonly value: string } | undefined
  readonly scope: string
  readonly resource: string | undefined
  readonly nonce: string | undefined
  readonly issuedAt: number
  used: boolean
}

export interface RefreshToken {
  readonly clientId: string
  readonly objectId: string
  readonly scope: string
  readonly resource: string
  readonly platform: Platform
  readonly signedInAt: number
  readonly issuedAt: number
  used: boolean
  /** When an administrator or a new password ended it, in ms. */
  revokedAt: number | undefined
}

export interface DeviceCodeRecord {
  readonly userCode: string
  readonly clientId: string
  readonly scope: string
  readonly resource: string | undefined
  readonly expiresAt: number
  status: 'pending' | 'declined' | { readonly objectId: string }
}

export interface FederatedCredential {
  readonly issuer: string
  readonly subject: string
  readonly audience: string
  /** Public key of the issuer (PEM). */
  readonly publicKey: string
}

import type { DirectoryApp } from '../seed/directory.ts'
import type { Circumstances } from './answers.ts'
import type { Proof } from './client-proof.ts'
import { EntraError } from './errors.ts'
import type { IdentityState, Platform } from './state.ts'
import type { TenantSegment } from './tenants.ts'

/** A request to the token endpoint, read; and what its client must, may or must not send. */
export interface TokenRequest {
  readonly state: IdentityState
  readonly circumstances: Circumstances
  readonly form: URLSearchParams
  readonly version: 1 | 2
  readonly tenant: TenantSegment
  /** The segment as written: a code is redeemed where it was issued. */
  readonly segment: string
  readonly origin: string
  readonly app: DirectoryApp
  readonly client: ClientClaim
  /** `Origin` header: what a browser's script sends. */
  readonly crossOrigin: string | undefined
}

export interface ClientClaim {
  /** Was a secret or an assertion sent, right or wrong? */
  readonly presented: boolean
  /** Undefined where none was sent; throws what Entra says to a wrong one. */
  prove(): Proof | undefined
}

/** The platform a redirect URI is registered under decides whether a secret must, may or must not come. */
export function provePlatform(platform: Platform, { client, crossOrigin }: TokenRequest): Proof | undefined {
  if (platform !== 'web') {
    if (client.presented) throw new EntraError(700025)
    if (platform === 'spa' && crossOrigin === undefined) throw new EntraError(9002327)
    if (platform === 'native') refuseCrossOrigin(crossOrigin)
    return undefined
  }
  refuseCrossOrigin(crossOrigin)
  const proof = client.prove()
  if (proof === undefined) throw new EntraError(7000218)
  return proof
}

/** Scripts in a browser may redeem for single-page applications only. */
export function refuseCrossOrigin(crossOrigin: string | undefined): void {
  if (crossOrigin !== undefined) throw new EntraError(9002326, [crossOrigin])
}

/** Where access tokens come from; one per credential and external system. */
export interface AccessToken {
  readonly value: string
  /** When it ends, in ms since 1970; undefined where nothing tells. */
  readonly expiresAt: number | undefined
}

export interface TokenSource {
  /** A token that is good now: cached, or fetched once for all who ask at the same time. */
  token(options?: { readonly signal?: AbortSignal | undefined }): Promise<AccessToken>
  /**
   * A token other than `failed`, which the service answered with 401.
   * Returns the cached one where it is newer; throws SIGN_IN_REQUIRED where nothing can be renewed.
   */
  renew(failed: AccessToken, options?: { readonly signal?: AbortSignal | undefined }): Promise<AccessToken>
}

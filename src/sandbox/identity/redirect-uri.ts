import type { DirectoryApp } from '../seed/directory.ts'
import type { IdentityState } from './state.ts'

/** A registered redirect URI and the platform it stands under, which decides the kind of client. */
export type RegisteredUri = DirectoryApp['redirectUris'][number]

/** Scheme, host and path must match; the port of a loopback address may differ. The path is case-sensitive. */
export function matchRedirectUri(
  app: DirectoryApp,
  requested: string,
  { settings }: IdentityState,
): RegisteredUri | undefined {
  if (!URL.canParse(requested)) return undefined
  return app.redirectUris.find(({ uri, platform }) => {
    if (uri === requested || withSlash(uri) === withSlash(requested)) return true
    const anyPort = settings.loopbackPort === 'ignore' || platform === 'native'
    return anyPort && isLoopback(new URL(uri)) && withoutPort(uri) === withoutPort(requested)
  })
}

/** A URI without a path comes back with a slash. */
function withSlash(uri: string): string {
  return new URL(uri).href
}

function withoutPort(uri: string): string {
  const url = new URL(uri)
  url.port = ''
  return url.href
}

function isLoopback({ hostname, protocol }: URL): boolean {
  return protocol === 'http:' && (hostname === 'localhost' || hostname === '127.0.0.1')
}

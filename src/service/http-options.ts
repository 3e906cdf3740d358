import type { ConnectionOptions } from '../auth/index.ts'
import type { HttpOptions } from './http.ts'

/** What a connection string says of the transport. */
export function httpOptions({
  timeoutMs,
  connectTimeoutMs,
  proxyHost,
  proxyPort,
  proxyUser,
  proxyPassword,
}: ConnectionOptions): HttpOptions {
  const user =
    proxyUser === undefined
      ? ''
      : `${encodeURIComponent(proxyUser)}:${encodeURIComponent(proxyPassword ?? '')}@`
  return {
    ...(timeoutMs === undefined || timeoutMs === 0 ? {} : { timeoutMs }),
    ...(connectTimeoutMs === undefined || connectTimeoutMs === 0 ? {} : { connectTimeoutMs }),
    ...(proxyHost === undefined ? {} : { proxyUrl: `http://${user}${proxyHost}:${proxyPort || 8080}` }),
  }
}

import { D365Error } from '../core/errors.ts'
import { isLoopback } from './loopback.ts'

/** Reads a Service URL as people paste it, and tells which resource a token for it is issued for. */
export interface ServiceUrl {
  /** As given: scheme, host and port. */
  readonly origin: string
  readonly host: string
  /** Path as given, ending in a slash; `/` where none was given or where it is that of a page. */
  readonly path: string
  /** `v9.2` where the path names one. */
  readonly version: string | undefined
  /** What a token is asked for: the origin without the `api` label, no trailing slash. */
  readonly resource: string
  readonly loopback: boolean
}

export function parseServiceUrl(raw: string): ServiceUrl {
  const text = unquote(raw)
  const address = /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `${schemeFor(text)}://${text}`
  if (text === '' || !URL.canParse(address))
    throw invalid(text === '' ? 'Service URL is empty.' : `Service URL is not a URL: ${text.slice(0, 200)}.`)
  const url = new URL(address)
  if (url.username || url.password)
    throw invalid('Service URL has a user name or password in it.', 'Remove what stands before the @.')
  const loopback = isLoopback(url.hostname)
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && loopback))
    throw invalid(
      `Service URL uses ${url.protocol}//, which would send tokens in the clear.`,
      `Write https://${url.host} in its place; http is accepted for localhost only.`,
    )
  const path = isPage(url.pathname) ? '/' : url.pathname.replace(/\/*$/, '/')
  return {
    origin: url.origin,
    host: url.host,
    path,
    version: /^\/api\/data\/(v\d+\.\d+)\//i.exec(path)?.[1]?.toLowerCase(),
    resource: resourceOf(url.origin),
    loopback,
  }
}

/** The same resource, whether its address carries the `api` label of the Web API or not. */
export function resourceOf(origin: string): string {
  return origin.replace(/^(https?:\/\/[^./]+)\.api\.(?=crm\d*\.)/i, '$1.')
}

/** Do both addresses mean one resource? Compared without the `api` label, path and case. */
export function sameResource(one: string, other: string): boolean {
  if (!URL.canParse(one) || !URL.canParse(other)) return false
  return resourceOf(new URL(one).origin) === resourceOf(new URL(other).origin)
}

function unquote(raw: string): string {
  const text = raw.trim()
  return (/^(['"])(.*)\1$/s.exec(text)?.[2] ?? text).trim()
}

const schemeFor = (text: string): string =>
  /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:|\/|$)/i.test(text) ? 'http' : 'https'

/** The address bar of a signed-in user shows a page of the app, not the service. */
const isPage = (path: string): boolean => /\.aspx$|\.html?$|^\/apps\//i.test(path)

function invalid(message: string, hint?: string): D365Error {
  return new D365Error('CONFIG_INVALID', message, {
    hint:
      hint ??
      'It looks like https://contoso.crm.dynamics.com (power platform admin center > environment > URL).',
  })
}

import { D365Error } from '../core/errors.ts'
import { isLoopback } from './loopback.ts'

/** Reads and builds the addresses of Entra ID: which host, tenant, protocol version and endpoint a URL means. */
export type EntraEndpoint = 'authorize' | 'token' | 'devicecode' | 'logout'

export interface EntraUrl {
  readonly origin: string
  readonly host: string
  /** First path segment as written: a GUID, a domain, or one of the words of `SHARED_TENANTS`. */
  readonly tenant: string
  readonly version: 1 | 2
  readonly kind: EntraEndpoint
  /** The address itself, without verb, quotes or blanks. */
  readonly href: string
}

/** Tenant segments that name no tenant. The GUID is that of personal Microsoft accounts. */
export const SHARED_TENANTS: readonly string[] = [
  'common',
  'organizations',
  'consumers',
  '9188040d-6c67-4c5b-b112-36a304b66dad',
]

const PATH = /^\/([^/]+)\/oauth2\/(v2\.0\/)?(authorize|token|devicecode|logout)\/?$/i
const SWAPPED = /^\/([^/]+)\/v2\.0\/oauth2\/(authorize|token|devicecode|logout)\/?$/i

/** `raw` as people have it: with a `POST ` prefix, in quotes, with blanks around. Throws CONFIG_INVALID naming `field`. */
export function parseEntraUrl(raw: string, field = 'Token URI'): EntraUrl {
  const { verb, address } = splitVerb(raw)
  if (verb === 'GET')
    throw invalid(`${field} begins with GET.`, 'Write POST in its place, or leave the word out: both work.')
  if (/\s/.test(address) || !URL.canParse(address))
    throw invalid(
      `${field} is not one URL: ${quoteForPeople(address)}.`,
      'It looks like https://login.microsoftonline.com/TENANT/oauth2/v2.0/token.',
    )
  const url = new URL(address)
  if (url.username || url.password)
    throw invalid(`${field} has a user name or password in it.`, 'Remove what stands before the @.')
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url.hostname)))
    throw invalid(
      `${field} uses ${url.protocol}//, which would send secrets in the clear.`,
      'Write https:// in its place.',
    )
  const path = PATH.exec(url.pathname)
  if (!path)
    throw invalid(`${field} has the path ${url.pathname}, which Entra ID does not have.`, pathHint(url))
  const [, tenant = '', v2, kind = ''] = path
  return {
    origin: url.origin,
    host: url.host,
    tenant: decodeURIComponent(tenant),
    version: v2 ? 2 : 1,
    kind: endpoint(kind),
    href: `${url.origin}${url.pathname.replace(/\/$/, '')}`,
  }
}

export interface EntraUrlParts {
  readonly origin: string
  readonly tenant: string
  /** Default 2. */
  readonly version?: 1 | 2
}

export function buildEntraUrl(kind: EntraEndpoint, { origin, tenant, version = 2 }: EntraUrlParts): string {
  return `${origin}/${encodeURIComponent(tenant)}/oauth2/${version === 2 ? 'v2.0/' : ''}${kind}`
}

export function isSharedTenant(tenant: string): boolean {
  return SHARED_TENANTS.includes(tenant.toLowerCase())
}

function splitVerb(raw: string): { verb: string | undefined; address: string } {
  const text = raw.trim()
  const bare = /^(['"])(.*)\1$/s.exec(text)?.[2] ?? text
  const match = /^(?:(POST|GET)\s+)?(.*)$/is.exec(bare.trim())
  return { verb: match?.[1]?.toUpperCase(), address: (match?.[2] ?? '').trim() }
}

function endpoint(kind: string): EntraEndpoint {
  const lower = kind.toLowerCase()
  if (lower === 'authorize' || lower === 'devicecode' || lower === 'logout') return lower
  return 'token'
}

function pathHint(url: URL): string {
  const swapped = SWAPPED.exec(url.pathname)
  if (swapped) return `Write ${url.origin}/${swapped[1]}/oauth2/v2.0/${swapped[2]}: oauth2 comes before v2.0.`
  const tenant = url.pathname.split('/')[1] || 'TENANT'
  return `It ends in /oauth2/v2.0/token or /oauth2/token, for example ${url.origin}/${tenant}/oauth2/v2.0/token.`
}

const quoteForPeople = (text: string): string => (text === '' ? 'it is empty' : text.slice(0, 200))

function invalid(message: string, hint: string): D365Error {
  return new D365Error('CONFIG_INVALID', message, { hint })
}

/**
 * What a host name means: this machine, where Web API and Entra ID share one origin and are told apart by path,
 * or one of the names of Microsoft's cloud that clients are pointed at over TLS.
 */

export type HostRole = 'loopback' | 'login' | 'environment' | 'other'

const LOGIN_HOSTS = new Set([
  'login.microsoftonline.com',
  'login.microsoft.com',
  'login.windows.net',
  'sts.windows.net',
])

/** `host` without a port, in any case. */
export function hostRole(host: string): HostRole {
  const name = host.toLowerCase()
  if (isLoopbackName(name)) return 'loopback'
  if (LOGIN_HOSTS.has(name)) return 'login'
  return /^[a-z0-9-]+(\.api)?\.crm\d*\.dynamics\.com$/.test(name) ? 'environment' : 'other'
}

export function isLoopbackName(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)
}

export function isLoopbackAddress(address: string | undefined): boolean {
  if (address === undefined) return false
  return isLoopbackName(address.replace(/^::ffff:/, ''))
}

/** The Entra ID of an environment at `origin`: its own origin on this machine, Microsoft's name otherwise. */
export function authorityOf(origin: string): string {
  const { hostname, port, protocol } = new URL(origin)
  if (hostRole(hostname) !== 'environment') return origin
  return `${protocol}//login.microsoftonline.com${port === '' ? '' : `:${port}`}`
}

/** Regions of Dynamics 365 by the number in their host names; '' is North America. */
const REGIONS = [
  '',
  '2',
  '3',
  '4',
  '5',
  '6',
  '7',
  '8',
  '9',
  '11',
  '12',
  '14',
  '15',
  '16',
  '17',
  '19',
  '20',
  '21',
]

/** Origins under which the environment `name` is known in every region, with and without the `api` label. */
export function cloudOrigins(name: string): readonly string[] {
  return REGIONS.flatMap((region) => [
    `https://${name}.crm${region}.dynamics.com`,
    `https://${name}.api.crm${region}.dynamics.com`,
  ])
}

/** Every name the TLS certificate has to carry. */
export function certificateHosts(host: string): readonly string[] {
  const wildcards = REGIONS.flatMap((region) => [
    `*.crm${region}.dynamics.com`,
    `*.api.crm${region}.dynamics.com`,
  ])
  return [...new Set(['localhost', '127.0.0.1', '::1', host, ...LOGIN_HOSTS, ...wildcards])]
}

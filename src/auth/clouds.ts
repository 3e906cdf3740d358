/**
 * Which login hosts and service hosts belong to which Microsoft cloud.
 * The list of login hosts is a safety rule: a discovered sign-in address outside it is refused.
 */
export interface Cloud {
  readonly name: string
  readonly loginHost: string
  /** Other hosts that serve the same Entra ID. */
  readonly aliases: readonly string[]
  /** Host of its admin pages. */
  readonly portal: string
  /** What the host name of a Dynamics service in this cloud ends with. Numbers keep growing: patterns, never a list. */
  readonly serviceHost: RegExp | undefined
  /** Why sign-ins no longer work there. */
  readonly closed?: string
}

export const CLOUDS: readonly Cloud[] = [
  {
    name: 'Global and US GCC',
    loginHost: 'login.microsoftonline.com',
    aliases: ['login.windows.net', 'login.microsoft.com', 'sts.windows.net'],
    portal: 'entra.microsoft.com',
    serviceHost: /\.dynamics\.com$/,
  },
  {
    name: 'US Government (GCC High, DoD)',
    loginHost: 'login.microsoftonline.us',
    aliases: ['login.usgovcloudapi.net'],
    portal: 'portal.azure.us',
    serviceHost: /\.(microsoftdynamics|appsplatform)\.us$/,
  },
  {
    name: 'China (21Vianet)',
    loginHost: 'login.partner.microsoftonline.cn',
    aliases: ['login.chinacloudapi.cn'],
    portal: 'portal.azure.cn',
    serviceHost: /\.dynamics\.cn$/,
  },
  {
    name: 'Germany',
    loginHost: 'login.microsoftonline.de',
    aliases: [],
    portal: 'portal.microsoftazure.de',
    serviceHost: /\.microsoftdynamics\.de$/,
    closed: 'Microsoft closed this cloud on 29 October 2021',
  },
  ...['fr', 'de', 'sg'].map((country) => ({
    name: `Sovereign cloud (${country})`,
    loginHost: `login.sovcloud-identity.${country}`,
    aliases: [],
    portal: 'entra.microsoft.com',
    serviceHost: undefined,
  })),
]

/** The cloud a login host belongs to; undefined for a host Microsoft does not sign people in on. */
export function cloudOfLoginHost(host: string): Cloud | undefined {
  const wanted = host.toLowerCase()
  return CLOUDS.find((cloud) => cloud.loginHost === wanted || cloud.aliases.includes(wanted))
}

export function cloudOfServiceHost(host: string): Cloud | undefined {
  return CLOUDS.find((cloud) => cloud.serviceHost?.test(host.toLowerCase()))
}

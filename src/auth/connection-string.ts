import { D365Error } from '../core/errors.ts'
import { nearNames } from '../core/near.ts'
import {
  CONNECTION_PROPERTIES,
  type ConnectionOptions,
  type ConnectionProperty,
  findProperty,
  type OptionType,
} from './connection-properties.ts'
import { JDBC_PREFIX, type Pair, parsePairs, printPairs } from './connection-text.ts'
import { impliedGrant } from './environment.ts'
import { present } from './present.ts'
import { maskSecret } from './secret.ts'
import { type Credential, type ExternalSystem, GRANTS, type GrantName, isGrantName } from './settings.ts'

/** A connection string as settings, and settings as a connection string. */
export interface ConnectionSettings {
  readonly system: ExternalSystem
  readonly credential: Credential
  readonly options: ConnectionOptions
  /** Properties that mean nothing here, each with what takes its place. */
  readonly notes: readonly string[]
}

/** Name of the system and the credential that a connection string describes without naming them. */
const UNNAMED = 'connection string'

/** Values of AuthenticationMethod that mean OAuth 2.0; the ODBC driver writes numbers. */
/** Also what Microsoft's own connection strings say in `AuthType`. */
const OAUTH2 = ['oauth2', 'oauth', '24', '0', 'clientsecret', 'certificate']

export function parseConnectionString(text: string): ConnectionSettings {
  const pairs = resolvePairs(parsePairs(text))
  const of = <K extends string>(kind: string, key: K): string | undefined =>
    pairs.find(({ property }) => kind in property && Object.values(property).includes(key))?.value
  const path = of('certificate', 'path')
  const password = of('certificate', 'password')
  const thumbprint = thumbprintOf(of('certificate', 'thumbprint'))
  const given = present({
    clientId: of('credential', 'clientId'),
    secret: of('credential', 'secret'),
    certificate: path === undefined ? undefined : { path, ...present({ password, thumbprint }) },
    accessToken: of('credential', 'accessToken'),
    refreshToken: of('credential', 'refreshToken'),
    redirectUri: of('credential', 'redirectUri'),
    tokenFile: of('credential', 'tokenFile'),
  })
  checkMethod(of('special', 'AuthenticationMethod'))
  const grant = grantOf(of('special', 'Grant')) ?? impliedGrant(given) ?? 'browser'
  const serviceUrl = of('system', 'serviceUrl')
  if (!serviceUrl)
    throw new D365Error('CONFIG_INVALID', 'The connection string has no ServiceURL.', {
      hint: 'Begin it with ServiceURL=https://contoso.crm.dynamics.com;',
    })
  return {
    system: {
      name: UNNAMED,
      serviceUrl,
      ...present({
        authUri: of('system', 'authUri'),
        tokenUri: of('system', 'tokenUri'),
        scope: of('system', 'scope'),
        tenant: of('system', 'tenant'),
      }),
    },
    credential: { name: UNNAMED, grant, ...given },
    options: readOptions(pairs),
    notes: pairs.flatMap(({ property }) =>
      'replacedBy' in property ? [`${property.name} has no effect. ${property.replacedBy}`] : [],
    ),
  }
}

export interface FormatOptions {
  /** `jdbc` with the prefix and AuthenticationMethod, `plain` without. Default `plain`. */
  readonly spelling?: 'jdbc' | 'plain'
  /** `shown` writes secrets out, `masked` their last four characters at most. Default `masked`. */
  readonly secrets?: 'shown' | 'masked'
}

export function formatConnectionString(
  {
    system,
    credential,
    options = {},
  }: Pick<ConnectionSettings, 'system' | 'credential'> & Partial<Pick<ConnectionSettings, 'options'>>,
  { spelling = 'plain', secrets = 'masked' }: FormatOptions = {},
): string {
  const pairs: Pair[] = []
  const seen = new Set<string>()
  for (const property of CONNECTION_PROPERTIES) {
    const value = settingOf(property, { system, credential, options })
    const target = JSON.stringify({ ...property, name: undefined, aliases: undefined })
    if (value === undefined || seen.has(target)) continue
    seen.add(target)
    const hide = 'secret' in property && property.secret === true && secrets === 'masked'
    pairs.push([property.name, hide ? maskSecret(value) : value])
    if (property.name === 'ServiceURL' && spelling === 'jdbc') pairs.push(['AuthenticationMethod', 'OAuth2'])
  }
  return `${spelling === 'jdbc' ? JDBC_PREFIX : ''}${printPairs(pairs)}`
}

interface KnownPair {
  readonly property: ConnectionProperty
  readonly value: string
}

function resolvePairs(pairs: readonly Pair[]): readonly KnownPair[] {
  const known: KnownPair[] = []
  for (const [name, value] of pairs) {
    const property = findProperty(name)
    if (property === undefined) throw unknownName(name)
    if (known.some((pair) => pair.property === property))
      throw new D365Error('CONFIG_INVALID', `The connection string gives ${property.name} twice.`, {
        hint: 'Remove one of them.',
      })
    known.push({ property, value })
  }
  return known
}

function unknownName(name: string): D365Error {
  const names = CONNECTION_PROPERTIES.flatMap((property) =>
    'replacedBy' in property ? [] : [property.name, ...(property.aliases ?? [])],
  )
  const near = nearNames(name, names)
  return new D365Error(
    'CONFIG_INVALID',
    `The connection string has a property ${name.slice(0, 80)}, which d365 does not know.`,
    {
      hint:
        near.length > 0
          ? `Did you mean ${near.join(' or ')}?`
          : 'A value with a semicolon in it goes in braces: ClientSecret={a;b}. Otherwise remove the property.',
    },
  )
}

function checkMethod(method: string | undefined): void {
  if (method === undefined || OAUTH2.includes(method.toLowerCase())) return
  throw new D365Error(
    'CONFIG_INVALID',
    `AuthenticationMethod (AuthType) is ${method}; d365 signs in by OAuth2 only.`,
    {
      hint: 'NTLM is for on-premises servers. For Dynamics 365 online leave AuthenticationMethod out.',
    },
  )
}

function grantOf(value: string | undefined): GrantName | undefined {
  if (value === undefined || isGrantName(value)) return value
  const lower = value.toLowerCase()
  if (isGrantName(lower)) return lower
  throw new D365Error('CONFIG_INVALID', `Grant is ${value}; it must be one of ${GRANTS.join(', ')}.`, {
    hint: 'Leave Grant out to have it follow from what is given.',
  })
}

function thumbprintOf(value: string | undefined): 'sha256' | 'sha1' | undefined {
  if (value === undefined || value === 'sha256' || value === 'sha1') return value
  throw new D365Error(
    'CONFIG_INVALID',
    `ClientCertificateThumbprint is ${value}; it must be sha256 or sha1.`,
    {
      hint: 'Leave it out for sha256.',
    },
  )
}

function readOptions(pairs: readonly KnownPair[]): ConnectionOptions {
  const options: Record<string, string | number | boolean> = {}
  for (const { property, value } of pairs)
    if ('option' in property) options[property.option] = convert(property.name, value, property.type)
  return options
}

function convert(name: string, value: string, type: OptionType): string | number | boolean {
  if (type === 'text') return value
  if (type === 'boolean') {
    if (/^(true|yes|1)$/i.test(value)) return true
    if (/^(false|no|0)$/i.test(value)) return false
    throw wrong(name, value, 'true or false')
  }
  if (!/^\d{1,9}$/.test(value)) throw wrong(name, value, 'a whole number, 0 or more')
  return type === 'seconds' ? Number(value) * 1000 : Number(value)
}

function wrong(name: string, value: string, allowed: string): D365Error {
  return new D365Error('CONFIG_INVALID', `${name} is ${value.slice(0, 80)}; it must be ${allowed}.`, {
    hint: `Correct ${name}, or leave it out for the default.`,
  })
}

type Parts = Pick<ConnectionSettings, 'system' | 'credential' | 'options'>

function settingOf(property: ConnectionProperty, { system, credential, options }: Parts): string | undefined {
  if ('system' in property) return system[property.system]
  if ('credential' in property) return credential[property.credential]
  if ('certificate' in property) return credential.certificate?.[property.certificate]
  if ('option' in property) return printOption(options[property.option], property.type)
  // Written only where the rest would not say it.
  const telling = property.name === 'Grant' && (impliedGrant(credential) ?? 'browser') !== credential.grant
  return telling ? credential.grant : undefined
}

function printOption(value: string | number | boolean | undefined, type: OptionType): string | undefined {
  if (value === undefined) return undefined
  return String(type === 'seconds' && typeof value === 'number' ? value / 1000 : value)
}

import type { Credential, ExternalSystem } from './settings.ts'

/**
 * The names a connection string may hold: ours, and every one of the JDBC and ODBC driver people come from.
 * Each either means something here or has a sentence that says what takes its place; none is passed over in silence.
 */
export type ConnectionProperty = PropertyFacts & {
  readonly name: string
  /** Short names and other spellings. */
  readonly aliases?: readonly string[]
}

type PropertyFacts =
  | { readonly system: keyof ExternalSystem }
  | { readonly credential: Exclude<keyof Credential, 'certificate' | 'grant'>; readonly secret?: boolean }
  | { readonly certificate: 'path' | 'password' | 'thumbprint'; readonly secret?: boolean }
  | { readonly option: keyof ConnectionOptions; readonly type: OptionType; readonly secret?: boolean }
  | { readonly special: 'AuthenticationMethod' | 'Grant' }
  | { readonly replacedBy: string; readonly secret?: boolean }

export type OptionType = 'text' | 'boolean' | 'count' | 'seconds'

/** What a connection string says beside where and who. */
export interface ConnectionOptions {
  /** Refuse writes. Default false. */
  readonly readOnly?: boolean
  /** Rows per page, 1 to 5000. */
  readonly pageSize?: number
  /** Rows per write request, at least 1. */
  readonly batchSize?: number
  /** Longest wait for one answer, in ms; 0 waits for ever. */
  readonly timeoutMs?: number
  /** Longest wait for a connection, in ms; 0 leaves the default. */
  readonly connectTimeoutMs?: number
  /** Repetitions of a request whose answer was lost. */
  readonly retries?: number
  /** Label columns (`statuscodename`) beside choices and lookups. Default false. */
  readonly labels?: boolean
  readonly proxyHost?: string
  readonly proxyPort?: number
  readonly proxyUser?: string
  readonly proxyPassword?: string
}

const POOLING = 'Statements need no pool: d365 keeps its HTTP connections open by itself.'
const CACHE = 'd365 keeps metadata in its cache folder and renews it whenever the service says it changed.'
const NTLM =
  'User names and passwords are for on-premises servers (NTLM); Dynamics 365 online takes OAuth 2.0 only.'
const LOGGING = 'Use `--log debug` on the command line, or the `log` option of the library.'
const SQL_ENGINE = 'd365 has no separate SQL engine process to configure.'
const JDBC_ONLY = 'It shapes JDBC result sets, which d365 does not have: values come in exact types.'

export const CONNECTION_PROPERTIES: readonly ConnectionProperty[] = [
  { name: 'ServiceURL', aliases: ['surl', 'URL', 'Server'], system: 'serviceUrl' },
  { name: 'AuthenticationMethod', aliases: ['am', 'AuthType'], special: 'AuthenticationMethod' },
  { name: 'Grant', special: 'Grant' },
  { name: 'AuthURI', aliases: ['OauthAuthUri', 'AuthorizationURI'], system: 'authUri' },
  { name: 'TokenURI', aliases: ['OauthTokenUri'], system: 'tokenUri' },
  { name: 'Scope', aliases: ['oas', 'OauthScope'], system: 'scope' },
  { name: 'Tenant', aliases: ['TenantID'], system: 'tenant' },
  { name: 'ClientID', aliases: ['ApplicationID'], credential: 'clientId' },
  { name: 'ClientSecret', credential: 'secret', secret: true },
  { name: 'ClientCertificate', aliases: ['Certificate'], certificate: 'path' },
  {
    name: 'ClientCertificatePassword',
    aliases: ['CertificatePassword'],
    certificate: 'password',
    secret: true,
  },
  { name: 'ClientCertificateThumbprint', certificate: 'thumbprint' },
  { name: 'AccessToken', credential: 'accessToken', secret: true },
  { name: 'RefreshToken', credential: 'refreshToken', secret: true },
  { name: 'RedirectURI', credential: 'redirectUri' },
  { name: 'TokenFile', aliases: ['FederatedTokenFile'], credential: 'tokenFile' },

  { name: 'FetchSize', aliases: ['PageSize'], option: 'pageSize', type: 'count' },
  { name: 'WSFetchSize', option: 'pageSize', type: 'count' },
  { name: 'BatchUpdateChunkSize', aliases: ['bucs', 'BatchSize'], option: 'batchSize', type: 'count' },
  { name: 'WSTimeout', aliases: ['Timeout'], option: 'timeoutMs', type: 'seconds' },
  { name: 'LoginTimeout', option: 'connectTimeoutMs', type: 'seconds' },
  { name: 'WSRetryCount', aliases: ['Retries'], option: 'retries', type: 'count' },
  { name: 'ShowNameColumns', aliases: ['snc', 'Labels'], option: 'labels', type: 'boolean' },
  { name: 'ReadOnly', aliases: ['ro'], option: 'readOnly', type: 'boolean' },
  { name: 'ProxyHost', option: 'proxyHost', type: 'text' },
  { name: 'ProxyPort', option: 'proxyPort', type: 'count' },
  { name: 'ProxyUser', option: 'proxyUser', type: 'text' },
  { name: 'ProxyPassword', option: 'proxyPassword', type: 'text', secret: true },

  { name: 'User', aliases: ['UserName', 'UID'], replacedBy: NTLM },
  { name: 'Password', aliases: ['PWD'], replacedBy: NTLM, secret: true },
  { name: 'NTLMDomain', replacedBy: NTLM },
  {
    name: 'OAuthCode',
    aliases: ['AuthorizationCode'],
    replacedBy: 'A code works once and for minutes only: run `d365 login`, which fetches and uses it.',
    secret: true,
  },
  { name: 'SchemaMap', aliases: ['smp'], replacedBy: CACHE },
  { name: 'CreateMap', aliases: ['cm'], replacedBy: CACHE },
  {
    name: 'CustomPrefix',
    aliases: ['cpx'],
    replacedBy:
      'Tables and columns keep their logical names, publisher prefix included, so that none can clash.',
  },
  {
    name: 'CustomPrefixName',
    aliases: ['cpxn'],
    replacedBy:
      'Tables and columns keep their logical names, publisher prefix included, so that none can clash.',
  },
  {
    name: 'KeywordConflictSuffix',
    replacedBy: 'Names are never changed: a column named like an SQL keyword is read by its own name.',
  },
  {
    name: 'ConfigOptions',
    replacedBy: 'Each setting has a property of its own here; write them one by one.',
  },
  {
    name: 'CrossCompany',
    aliases: ['cc'],
    replacedBy: 'Companies belong to Finance & Operations, which has its own service; Dataverse has none.',
  },
  {
    name: 'StmtCallLimit',
    replacedBy: 'There is no limit on calls to meet: reading stops with `--top`, or when it is cancelled.',
  },
  {
    name: 'StmtCallLimitBehavior',
    aliases: ['sclb'],
    replacedBy: 'A read that ends early is always an error here, never a shorter result.',
  },
  { name: 'MaxPooledStatements', replacedBy: POOLING },
  { name: 'ImportStatementPool', replacedBy: POOLING },
  { name: 'RegisterStatementPoolMonitorMBean', replacedBy: POOLING },
  { name: 'SpyAttributes', replacedBy: LOGGING },
  { name: 'LogConfigFile', replacedBy: LOGGING },
  { name: 'ConvertNull', replacedBy: JDBC_ONLY },
  {
    name: 'InsensitiveResultSetBufferSize',
    replacedBy: 'Rows are streamed; no result set is kept in memory.',
  },
  { name: 'JavaDoubleToString', replacedBy: JDBC_ONLY },
  {
    name: 'InitializationString',
    replacedBy: 'Nothing runs on connecting; put the step before your own first call.',
  },
  { name: 'Description', replacedBy: 'Give the external system a telling name: `d365 system add NAME`.' },
  {
    name: 'DataSourceName',
    aliases: ['dsn'],
    replacedBy: 'Save the settings under a name with `d365 system add`, and use them with `--system NAME`.',
  },
  { name: 'SQLEngineMode', aliases: ['SQL Engine Mode'], replacedBy: SQL_ENGINE },
  { name: 'ServerDBDirectory', aliases: ['Server DB Directory'], replacedBy: SQL_ENGINE },
  { name: 'JVMArgs', aliases: ['JVM Arguments', 'JVM Args'], replacedBy: SQL_ENGINE },
  { name: 'ServerPortNumber', aliases: ['Server Port Number'], replacedBy: SQL_ENGINE },
]

const BY_NAME = new Map(
  CONNECTION_PROPERTIES.flatMap((property) =>
    [property.name, ...(property.aliases ?? [])].map((name) => [name.toLowerCase(), property] as const),
  ),
)

export function findProperty(name: string): ConnectionProperty | undefined {
  return BY_NAME.get(name.trim().toLowerCase())
}

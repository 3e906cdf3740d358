import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { CONNECTION_PROPERTIES } from './connection-properties.ts'
import { formatConnectionString, parseConnectionString } from './connection-string.ts'
import { parsePairs, printPairs } from './connection-text.ts'

const URL = 'https://contoso.api.crm.dynamics.com/api/data/v9.1/'

describe('reading', () => {
  test('the driver’s own sample for client credentials, prefix and POST included', () => {
    const read = parseConnectionString(
      `jdbc:datadirect:dynamics365:ServiceURL=${URL};AuthenticationMethod=OAuth2;ClientID=c1;ClientSecret='s;1';` +
        'TokenURI=POST https://login.microsoftonline.com/common/oauth2/v2.0/token;Scope=https://contoso.crm.dynamics.com/.default;',
    )
    expect(read).toEqual({
      system: {
        name: 'connection string',
        serviceUrl: URL,
        tokenUri: 'POST https://login.microsoftonline.com/common/oauth2/v2.0/token',
        scope: 'https://contoso.crm.dynamics.com/.default',
      },
      credential: { name: 'connection string', grant: 'client-secret', clientId: 'c1', secret: 's;1' },
      options: {},
      notes: [],
    })
  })

  test.each([
    ['AccessToken=a', 'access-token'],
    ['AccessToken=a;RefreshToken=r;ClientID=c', 'access-token'],
    ['RefreshToken=r;ClientID=c;ClientSecret=s', 'refresh-token'],
    ['ClientID=c;ClientCertificate=/x.pfx;ClientCertificatePassword=p', 'client-certificate'],
    ['ClientID=c;TokenFile=/t', 'workload-identity'],
    ['ClientID=c', 'browser'],
    ['ClientID=c;Grant=Device-Code', 'device-code'],
    ['Grant=managed-identity', 'managed-identity'],
  ])('%s means the grant %s', (rest, grant) => {
    expect(parseConnectionString(`ServiceURL=${URL};${rest}`).credential.grant).toBe(grant)
  })

  test('names are read in any case and by their short spelling, options are converted', () => {
    expect(
      parseConnectionString(
        'SURL=contoso.crm.dynamics.com;RO=1;wstimeout=300;bucs=50;snc=False;proxyhost=p;PROXYPORT=8080',
      ).options,
    ).toEqual({
      readOnly: true,
      timeoutMs: 300_000,
      batchSize: 50,
      labels: false,
      proxyHost: 'p',
      proxyPort: 8080,
    })
  })

  test.each([
    ['{a;b}', 'a;b'],
    ['{a}}b}', 'a}b'],
    ['{ }', ' '],
    ["'it''s'", "it's"],
    ['"a""b"', 'a"b'],
    ["'a'b", "'a'b"],
    [' plain with blanks ', 'plain with blanks'],
    ['a=b==', 'a=b=='],
    ['a}b{', 'a}b{'],
    ['', ''],
  ])('the value %s reads as <%s>', (written, value) => {
    expect(parsePairs(`A=1;X=${written};B=2`)).toEqual([
      ['A', '1'],
      ['X', value],
      ['B', '2'],
    ])
  })

  test.each([
    ['ServiceURL=x;ClientSecrt=1', /ClientSecrt/, /Did you mean ClientSecret/],
    ['ServiceURL=x;ClientSecret=a;b', /Part 3 .*no equals sign/, /braces/],
    ['ServiceURL=x;ClientSecret={a;b', /ClientSecret begins with \{/, /twice/],
    ['ServiceURL=x;serviceurl=y', /ServiceURL twice/, /Remove/],
    ['ServiceURL=x;AuthenticationMethod=NTLM', /NTLM/, /on-premises/],
    ['ServiceURL=x;ReadOnly=maybe', /ReadOnly is maybe/, /Correct/],
    ['ServiceURL=x;WSTimeout=-1', /WSTimeout is -1/, /Correct/],
    ['ServiceURL=x;Grant=password', /Grant is password/, /Leave Grant out/],
    ['ClientID=x', /no ServiceURL/, /Begin it with/],
    ['jdbc:postgresql://x', /jdbc:/, /jdbc:datadirect:dynamics365/],
  ])('%s is refused with a next step', (text, message, hint) => {
    expect(() => parseConnectionString(text)).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        message: expect.stringMatching(message),
        hint: expect.stringMatching(hint),
      }),
    )
  })

  test('every property of the driver means something or says what replaces it', () => {
    const driver =
      'ServiceURL AuthenticationMethod AccessToken RefreshToken ClientID ClientSecret AuthURI TokenURI Scope RedirectURI OAuthCode User Password NTLMDomain SchemaMap CreateMap CustomPrefix CustomPrefixName KeywordConflictSuffix ConfigOptions CrossCompany ShowNameColumns FetchSize WSFetchSize BatchUpdateChunkSize StmtCallLimit StmtCallLimitBehavior WSTimeout WSRetryCount LoginTimeout ProxyHost ProxyPort ProxyUser ProxyPassword ReadOnly MaxPooledStatements ImportStatementPool RegisterStatementPoolMonitorMBean SpyAttributes LogConfigFile ConvertNull InsensitiveResultSetBufferSize JavaDoubleToString InitializationString Description DataSourceName surl oas smp cm cpx cpxn cc snc bucs sclb ro dsn'.split(
        ' ',
      )
    const known = CONNECTION_PROPERTIES.flatMap(({ name, aliases = [] }) => [name, ...aliases])
    expect(driver.filter((name) => !known.includes(name))).toEqual([])
    expect(new Set(known.map((name) => name.toLowerCase())).size).toBe(known.length)
  })

  test('a property without effect is named with what replaces it, and its value is not', () => {
    const { notes } = parseConnectionString('ServiceURL=x;CreateMap=ForceNew;Password=MARK')
    expect(notes[0]).toBe(
      'CreateMap has no effect. d365 keeps metadata in its cache folder and renews it whenever the service says it changed.',
    )
    expect(notes[1]).toMatch(/^Password has no effect\. .*OAuth 2\.0/)
    expect(notes.join()).not.toContain('MARK')
  })
})

describe('writing', () => {
  const settings = {
    system: { name: 'connection string', serviceUrl: URL, scope: 'a b' },
    credential: {
      name: 'connection string',
      grant: 'client-secret',
      clientId: 'c1',
      secret: "s'e+c/=~ %;}markmark",
    },
    options: { timeoutMs: 30_000, labels: true },
  } as const

  test('both spellings, secrets masked unless asked for', () => {
    expect(formatConnectionString(settings)).toBe(
      `ServiceURL=${URL};Scope={a b};ClientID=c1;ClientSecret={••••mark};WSTimeout=30;ShowNameColumns=true;`,
    )
    expect(formatConnectionString(settings, { spelling: 'jdbc', secrets: 'shown' })).toBe(
      `jdbc:datadirect:dynamics365:ServiceURL=${URL};AuthenticationMethod=OAuth2;Scope={a b};ClientID=c1;ClientSecret={s'e+c/=~ %;}}markmark};WSTimeout=30;ShowNameColumns=true;`,
    )
  })

  const nasty = fc.string({
    unit: fc.constantFrom(...';{}\'"= aZ9~+/%&\t\u00e9•'),
    minLength: 1,
    maxLength: 24,
  })

  test('any value survives writing and reading, whatever signs it holds', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.stringMatching(/^[A-Za-z]{1,8}$/), nasty), { maxLength: 5 }),
        (pairs) => {
          expect(parsePairs(printPairs(pairs))).toEqual(pairs)
        },
      ),
      { numRuns: 500 },
    )
  })

  test('settings survive both spellings', () => {
    const credential = fc.oneof(
      fc.record({ grant: fc.constant('client-secret' as const), clientId: nasty, secret: nasty }),
      fc.record({ grant: fc.constant('refresh-token' as const), clientId: nasty, refreshToken: nasty }),
      fc.record({ grant: fc.constant('device-code' as const), clientId: nasty, redirectUri: nasty }),
      fc.record({
        grant: fc.constant('client-certificate' as const),
        certificate: fc.record({
          path: nasty,
          password: nasty,
          thumbprint: fc.constantFrom('sha1', 'sha256'),
        }),
      }),
    )
    fc.assert(
      fc.property(nasty, credential, fc.constantFrom('jdbc', 'plain'), (serviceUrl, given, spelling) => {
        const wanted = {
          system: { name: 'connection string', serviceUrl },
          credential: { name: 'connection string', ...given },
          options: {},
          notes: [],
        }
        expect(parseConnectionString(formatConnectionString(wanted, { spelling, secrets: 'shown' }))).toEqual(
          wanted,
        )
      }),
      { numRuns: 500 },
    )
  })
})

import { describe, expect, test } from 'vitest'
import { buildEntraUrl, isSharedTenant, parseEntraUrl } from './entra-url.ts'

const HREF = 'https://login.microsoftonline.com/contoso.com/oauth2/v2.0/token'

describe('a Token URI as people have it', () => {
  test.each([HREF, `POST ${HREF}`, `  post   ${HREF}  `, `"${HREF}"`, `'POST ${HREF}'`, `${HREF}/`])(
    '%s means the same address',
    (raw) => {
      expect(parseEntraUrl(raw)).toEqual({
        origin: 'https://login.microsoftonline.com',
        host: 'login.microsoftonline.com',
        tenant: 'contoso.com',
        version: 2,
        kind: 'token',
        href: HREF,
      })
    },
  )

  test.each([
    ['https://login.microsoftonline.us/common/oauth2/authorize', 1, 'authorize'],
    ['https://LOGIN.microsoftonline.com/common/OAuth2/V2.0/DeviceCode', 2, 'devicecode'],
    ['http://localhost:8365/common/oauth2/v2.0/logout', 2, 'logout'],
  ])('%s is v%i %s', (raw, version, kind) => {
    expect(parseEntraUrl(raw)).toMatchObject({ version, kind, tenant: 'common' })
  })

  test.each([
    [`GET ${HREF}`, /begins with GET/, /POST/],
    ['', /not one URL: it is empty/, /oauth2/],
    [`${HREF} ${HREF}`, /not one URL/, /oauth2/],
    ['http://login.microsoftonline.com/x/oauth2/token', /http:\/\//, /https/],
    ['https://u:p@login.microsoftonline.com/x/oauth2/token', /user name or password/, /@/],
    ['https://login.microsoftonline.com/common/v2.0/oauth2/token', /path/, /common\/oauth2\/v2.0\/token/],
    ['https://login.microsoftonline.com/common/oauth2/tokens', /path \/common\/oauth2\/tokens/, /token/],
  ])('%s is refused, and the hint says what to write', (raw, message, hint) => {
    expect(() => parseEntraUrl(raw)).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        message: expect.stringMatching(message),
        hint: expect.stringMatching(hint),
      }),
    )
  })

  test('an address is built for both versions', () => {
    const parts = { origin: 'https://login.microsoftonline.us', tenant: 'contoso.com' }
    expect(buildEntraUrl('authorize', parts)).toBe(
      'https://login.microsoftonline.us/contoso.com/oauth2/v2.0/authorize',
    )
    expect(buildEntraUrl('token', { ...parts, version: 1 })).toBe(
      'https://login.microsoftonline.us/contoso.com/oauth2/token',
    )
  })

  test('shared tenants are known in any case, and by the GUID of personal accounts', () => {
    expect(['Common', 'organizations', '9188040D-6c67-4c5b-b112-36a304b66dad'].every(isSharedTenant)).toBe(
      true,
    )
    expect(isSharedTenant('contoso.com')).toBe(false)
  })
})

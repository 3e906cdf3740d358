import { describe, expect, test } from 'vitest'
import { parseServiceUrl, resourceOf, sameResource } from './service-url.ts'

describe('a Service URL as people have it', () => {
  test.each([
    [
      'https://contoso.api.crm4.dynamics.com/api/data/v9.2/',
      'https://contoso.crm4.dynamics.com',
      'v9.2',
      '/api/data/v9.2/',
    ],
    [
      'https://contoso.crm4.dynamics.com/api/data/v9.1',
      'https://contoso.crm4.dynamics.com',
      'v9.1',
      '/api/data/v9.1/',
    ],
    ['contoso.crm.dynamics.com', 'https://contoso.crm.dynamics.com', undefined, '/'],
    [' "https://Contoso.crm.dynamics.com/" ', 'https://contoso.crm.dynamics.com', undefined, '/'],
    [
      'https://contoso.crm.dynamics.com/main.aspx?appid=1#x',
      'https://contoso.crm.dynamics.com',
      undefined,
      '/',
    ],
    ['https://contoso.crm.dynamics.com/apps/sales', 'https://contoso.crm.dynamics.com', undefined, '/'],
    ['localhost:8365/api/data/v9.2', 'http://localhost:8365', 'v9.2', '/api/data/v9.2/'],
    ['https://api.crm.dynamics.com', 'https://api.crm.dynamics.com', undefined, '/'],
    [
      'https://contoso.operations.dynamics.com/data',
      'https://contoso.operations.dynamics.com',
      undefined,
      '/data/',
    ],
  ])('%s is for the resource %s', (raw, resource, version, path) => {
    expect(parseServiceUrl(raw)).toMatchObject({ resource, version, path })
  })

  test.each([
    ['', /empty/],
    ['http://contoso.crm.dynamics.com', /http:\/\//],
    ['https://user:pass@contoso.crm.dynamics.com', /user name or password/],
    ['ftp://contoso', /ftp/],
    ['https://', /not a URL/],
  ])('%s is refused', (raw, message) => {
    expect(() => parseServiceUrl(raw)).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID', message: expect.stringMatching(message) }),
    )
  })

  test('the api label makes no difference, another host, scheme or port does', () => {
    expect(resourceOf('https://a.api.crm11.microsoftdynamics.us')).toBe(
      'https://a.crm11.microsoftdynamics.us',
    )
    expect(sameResource('https://a.api.crm.dynamics.com', 'https://A.crm.dynamics.com/x')).toBe(true)
    expect(sameResource('https://a.crm.dynamics.com', 'https://b.crm.dynamics.com')).toBe(false)
    expect(sameResource('http://localhost:1', 'http://localhost:2')).toBe(false)
    expect(sameResource('https://a.crm.dynamics.com', 'nonsense')).toBe(false)
  })
})

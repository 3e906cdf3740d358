import { expect, test } from 'vitest'
import { configFolder, readEnvironment } from './environment.ts'

test('variables override system and credential, and the grant follows from what is given', () => {
  expect(
    readEnvironment({
      D365_SERVICE_URL: 'https://contoso.crm.dynamics.com',
      D365_CLIENT_ID: 'c',
      D365_CLIENT_SECRET: 's',
      D365_SCOPE: '',
      D365_LOGIN_HOSTS: 'localhost:1, login.test',
      D365_SECRET_STORE: 'file',
      PATH: '/bin',
    }),
  ).toEqual({
    connectionString: undefined,
    systemName: undefined,
    credentialName: undefined,
    system: { serviceUrl: 'https://contoso.crm.dynamics.com' },
    credential: { clientId: 'c', secret: 's', grant: 'client-secret' },
    loginHosts: ['localhost:1', 'login.test'],
    secretStore: 'file',
    notes: [],
  })
  expect(readEnvironment({}).credential).toEqual({})
  expect(readEnvironment({ D365_CERTIFICATE: '/c', D365_CERTIFICATE_PASSWORD: 'p' }).credential).toEqual({
    grant: 'client-certificate',
    certificate: { path: '/c', password: 'p' },
  })
})

test('a variable that means nothing is named with the near ones, its value is not', () => {
  expect(readEnvironment({ D365_CLIENT_SECERT: 'MARK' }).notes).toEqual([
    'The environment variable D365_CLIENT_SECERT means nothing to d365. Did you mean D365_CLIENT_SECRET or D365_CLIENT_ID?',
  ])
})

test('a value that is none of those allowed is refused', () => {
  expect(() => readEnvironment({ D365_GRANT: 'password' })).toThrow(
    /D365_GRANT is password; it must be one of access-token/,
  )
  expect(() => readEnvironment({ D365_SECRET_STORE: 'vault' })).toThrow(/keychain, file/)
})

test('the folder is the one given, or the usual one', () => {
  expect(configFolder({ D365_CONFIG_DIR: '/x/y' })).toBe('/x/y')
  expect(configFolder({ D365_CONFIG_DIR: '~/y' })).toMatch(/^\/.*\/y$/)
  expect(configFolder({})).toMatch(/d365/)
})

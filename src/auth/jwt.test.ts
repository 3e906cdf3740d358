import { expect, test } from 'vitest'
import { CLIENT, fakeJwt, RESOURCE, TENANT } from './auth.test-support.ts'
import { readToken } from './jwt.ts'

const base = { aud: RESOURCE, tid: TENANT, iat: 1_795_445_000, exp: 1_795_449_711 }
const times = {
  issuedAt: 1_795_445_000_000,
  expiresAt: 1_795_449_711_000,
  audience: RESOURCE,
  tenant: TENANT,
}

test('a person’s token tells who, for what, until when', () => {
  const claims = { ...base, appid: CLIENT, scp: 'user_impersonation', upn: 'ann@contoso.com', ver: '1.0' }
  expect(readToken(fakeJwt(claims))).toEqual({
    ...times,
    who: 'ann@contoso.com',
    kind: 'user',
    clientId: CLIENT,
    scopes: ['user_impersonation'],
    version: '1.0',
  })
})

test('an application’s token tells its client id, in both versions', () => {
  expect(readToken(fakeJwt({ ...base, appid: CLIENT, ver: '1.0' }))).toMatchObject({
    who: CLIENT,
    kind: 'application',
    scopes: [],
  })
  expect(readToken(fakeJwt({ ...base, azp: CLIENT, ver: '2.0' }))).toMatchObject({
    who: CLIENT,
    clientId: CLIENT,
    version: '2.0',
  })
})

test('line breaks of a paste are tolerated, anything else is no token', () => {
  const token = fakeJwt(base)
  expect(readToken(` ${token.slice(0, 9)}\r\n${token.slice(9)}`)).toMatchObject(times)
  expect(['', 'opaque', 'a.b.c', '...'].map(readToken)).toEqual([undefined, undefined, undefined, undefined])
  expect(readToken(fakeJwt({ exp: 'never' }))).toMatchObject({ expiresAt: undefined })
})

import { describe, expect, test } from 'vitest'
import { manualClock } from '../core/clock.ts'
import type { HttpRequest, HttpResponse } from '../core/http.ts'
import { CLIENT, entraError, fakeHttp, fakeJwt, jsonAnswer, RESOURCE, TENANT } from './auth.test-support.ts'
import { createTokenSource } from './create-token-source.ts'
import type { Credential } from './settings.ts'
import { createMemoryTokenStore, type TokenStore } from './token-store.ts'

const TOKEN_URI = `https://login.microsoftonline.com/${TENANT}/oauth2/v2.0/token`
const tokens = (name: string, life = 3600) =>
  jsonAnswer(200, { access_token: `at-${name}`, refresh_token: `rt-${name}`, expires_in: life })

interface Given {
  readonly store?: TokenStore
  readonly credential?: Partial<Credential>
  readonly tokenUri?: string
}

function setUp(
  answers: readonly (HttpResponse | Error | ((request: HttpRequest) => HttpResponse))[],
  { store = createMemoryTokenStore(), credential = {}, tokenUri = TOKEN_URI }: Given = {},
) {
  const fake = fakeHttp(answers)
  const clock = manualClock()
  const source = createTokenSource({
    system: { name: 'contoso', serviceUrl: RESOURCE, tokenUri },
    credential: {
      name: 'ann',
      grant: 'refresh-token',
      clientId: CLIENT,
      refreshToken: 'rt-0',
      ...credential,
    },
    http: fake.http,
    clock,
    random: () => 1,
    store,
    env: {},
  })
  return { fake, clock, source, store }
}

describe('one supply of tokens', () => {
  test('everybody who asks at the same time shares one request and its error', async () => {
    const { fake, source } = setUp([entraError(400, 'invalid_scope', 70011), tokens('1')])
    const failed = await Promise.allSettled([source.token(), source.token(), source.token()])
    expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
    expect(fake.requests.length).toBe(1)
    const values = await Promise.all([source.token(), source.token(), source.token()])
    expect(new Set(values.map(({ value }) => value))).toEqual(new Set(['at-1']))
    expect(fake.requests.length).toBe(2)
  })

  test.each([
    [3600, 3300],
    [600, 540],
  ])('a life of %i s is renewed after %i s, not before', async (life, renewedAfter) => {
    const { fake, source, clock } = setUp([tokens('1', life), tokens('2')])
    await source.token()
    clock.advance(renewedAfter * 1000 - 1)
    expect((await source.token()).value).toBe('at-1')
    clock.advance(1)
    expect((await source.token()).value).toBe('at-2')
    expect(fake.form(1).refresh_token).toBe('rt-1')
  })

  test('a 401 renews once for all who met it, and not for whoever holds an older token', async () => {
    const { fake, source } = setUp([tokens('1'), tokens('2')])
    const old = await source.token()
    const renewed = await Promise.all([source.renew(old), source.renew(old)])
    expect(renewed.map(({ value }) => value)).toEqual(['at-2', 'at-2'])
    expect((await source.renew(old)).value).toBe('at-2')
    expect(fake.requests.length).toBe(2)
  })

  test('a caller that leaves does not take the others’ token along', async () => {
    const controller = new AbortController()
    const { source, fake } = setUp([
      () => {
        controller.abort(new Error('left'))
        return tokens('1')
      },
    ])
    const leaving = source.token({ signal: controller.signal })
    const staying = source.token()
    await expect(leaving).rejects.toThrow('left')
    expect((await staying).value).toBe('at-1')
    expect(fake.requests.length).toBe(1)
  })

  test('a refresh under way is finished and kept even when everybody left', async () => {
    const controller = new AbortController()
    const { source, store } = setUp(
      [
        (request) => {
          controller.abort(new Error('left'))
          expect(request.signal).toBeUndefined()
          return tokens('1')
        },
      ],
      { store: createMemoryTokenStore() },
    )
    const kept: string[] = []
    const write = store.write
    store.write = async (id, entry) => {
      kept.push(entry.refreshToken ?? '')
      await write(id, entry)
    }
    await expect(source.token({ signal: controller.signal })).rejects.toThrow('left')
    await new Promise((resolve) => setImmediate(resolve))
    expect(kept).toEqual(['rt-1'])
  })

  test('while Entra cannot be reached the old token is used to its end, not past it', async () => {
    const busy = jsonAnswer(503, {})
    const { source, clock } = setUp([tokens('1'), busy, busy, busy, busy, busy, busy, busy, busy])
    await source.token()
    clock.advance(3_400_000)
    expect((await source.token()).value).toBe('at-1')
    clock.advance(200_000)
    await expect(source.token()).rejects.toMatchObject({ code: 'SERVICE_UNAVAILABLE' })
  })

  test('a refused refresh token is not sent again', async () => {
    const { fake, source } = setUp([entraError(400, 'invalid_grant', 50173)])
    await expect(source.token()).rejects.toMatchObject({
      code: 'SIGN_IN_REQUIRED',
      serviceCode: 'AADSTS50173',
    })
    await expect(source.token()).rejects.toMatchObject({ serviceCode: 'AADSTS50173' })
    expect(fake.requests.length).toBe(1)
  })
})

describe('tokens between processes', () => {
  test('a second process uses the token of the first, and its newer refresh token later', async () => {
    const store = createMemoryTokenStore()
    const first = setUp([tokens('1')], { store })
    const second = setUp([tokens('2')], { store })
    await Promise.all([first.source.token(), second.source.token()])
    expect(first.fake.requests.length + second.fake.requests.length).toBe(1)
    second.clock.advance(3_500_000)
    await second.source.token()
    expect(second.fake.form(0).refresh_token).toBe('rt-1')
  })

  test('the new refresh token is stored before the access token is handed out', async () => {
    const store = createMemoryTokenStore()
    const write = store.write
    let failing = true
    store.write = async (id, entry) => {
      if (failing) throw new Error('disk full')
      await write(id, entry)
    }
    const { source, fake } = setUp([tokens('1')], { store })
    await expect(source.token()).rejects.toThrow('disk full')
    failing = false
    expect((await source.token()).value).toBe('at-1')
    expect(fake.requests.length).toBe(1)
  })

  test('a refresh token entered anew goes before what was stored for the old one', async () => {
    const store = createMemoryTokenStore()
    const make = (refreshToken: string, answers: HttpResponse[]) => {
      const fake = fakeHttp(answers)
      const source = createTokenSource({
        system: { name: 's', serviceUrl: RESOURCE, tokenUri: TOKEN_URI },
        credential: { name: 'ann', grant: 'refresh-token', clientId: CLIENT, refreshToken },
        http: fake.http,
        clock: manualClock(),
        random: () => 1,
        store,
        id: 'same',
      })
      return { fake, source }
    }
    await make('rt-old', [tokens('1')]).source.token()
    const renewed = make('rt-new', [tokens('2')])
    expect((await renewed.source.token()).value).toBe('at-2')
    expect(renewed.fake.form(0).refresh_token).toBe('rt-new')
  })

  test('another secret does not hide behind the token of the right one', async () => {
    const store = createMemoryTokenStore()
    const app = { grant: 'client-secret', secret: 'right' } as const
    const { refreshToken: _, ...answer } = { refreshToken: 0, ...tokens('1') }
    await setUp([answer], { store, credential: app }).source.token()
    const wrong = setUp([entraError(401, 'invalid_client', 7000215)], {
      store,
      credential: { ...app, secret: 'wrong' },
    })
    await expect(wrong.source.token()).rejects.toMatchObject({ serviceCode: 'AADSTS7000215' })
  })
})

describe('grants', () => {
  test('an access token alone is used to its end, then told; a 401 before that is told too', async () => {
    const accessToken = fakeJwt({ exp: Date.UTC(2026, 0, 1, 1) / 1000, iat: Date.UTC(2026, 0, 1) / 1000 })
    const credential = { grant: 'access-token', accessToken } as const
    const { refreshToken: _, ...rest } = { refreshToken: undefined, ...credential }
    const source = (clock: ReturnType<typeof manualClock>) =>
      createTokenSource({
        system: { name: 's', serviceUrl: RESOURCE },
        credential: { name: 'given', ...rest },
        http: fakeHttp([]).http,
        clock,
        random: () => 1,
        store: createMemoryTokenStore(),
      })
    const clock = manualClock()
    const one = source(clock)
    const token = await one.token()
    expect(token).toEqual({ value: accessToken, expiresAt: Date.UTC(2026, 0, 1, 1) })
    await expect(one.renew(token)).rejects.toMatchObject({
      code: 'SIGN_IN_REQUIRED',
      message: expect.stringContaining('does not accept'),
    })
    clock.advance(3_599_999)
    expect((await one.token()).value).toBe(accessToken)
    clock.advance(1)
    await expect(one.token()).rejects.toThrow('The access token expired at 2026-01-01T01:00:00.000Z.')
  })

  test('an access token with a refresh token is renewed by it', async () => {
    const credential = { grant: 'access-token', accessToken: 'opaque' } as const
    const { source, fake } = setUp([tokens('1')], { credential })
    const given = await source.token()
    expect(given.value).toBe('opaque')
    expect((await source.renew(given)).value).toBe('at-1')
    expect(fake.form(0).refresh_token).toBe('rt-0')
    expect((await source.token()).value).toBe('at-1')
  })

  test('a browser credential without a sign-in says how to sign in; afterwards it renews by itself', async () => {
    const store = createMemoryTokenStore()
    const fake = fakeHttp([tokens('2')])
    const clock = manualClock()
    const source = createTokenSource({
      system: { name: 's', serviceUrl: RESOURCE, tokenUri: TOKEN_URI },
      credential: { name: 'ann', grant: 'browser', clientId: CLIENT },
      http: fake.http,
      clock,
      random: () => 1,
      store,
    })
    await expect(source.token()).rejects.toMatchObject({
      code: 'SIGN_IN_REQUIRED',
      hint: 'Run `d365 login --credential ann`.',
    })
    const now = clock.now()
    const run = async () => ({
      accessToken: 'at-1',
      refreshToken: 'rt-1',
      obtainedAt: now,
      expiresAt: now + 3_600_000,
    })
    expect((await source.signIn(run)).value).toBe('at-1')
    expect((await source.token()).value).toBe('at-1')
    clock.advance(3_600_000)
    expect((await source.token()).value).toBe('at-2')
    expect(fake.form(0).refresh_token).toBe('rt-1')
    await source.signOut()
    await expect(source.token()).rejects.toMatchObject({ code: 'SIGN_IN_REQUIRED' })
  })
})

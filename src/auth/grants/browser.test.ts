import { createServer } from 'node:net'
import { describe, expect, test } from 'vitest'
import { systemClock } from '../../core/clock.ts'
import { CLIENT, fakeHttp, grantContext, jsonAnswer, RESOURCE } from '../auth.test-support.ts'
import { challengeOf, readPastedRedirect, redeemCode, startAuthorization } from './authorization-code.ts'
import { browserGrant } from './browser.ts'
import { openLoopbackListener } from './loopback-listener.ts'

const OK = jsonAnswer(200, { access_token: 'at', refresh_token: 'rt', expires_in: 3600 })

/** A person whose browser follows the redirect with these parameters added; returns what the pages said. */
function person(answer: (url: URL) => Record<string, string>, pages: Response[] = []) {
  return async (link: string): Promise<void> => {
    const url = new URL(link)
    const back = new URL(url.searchParams.get('redirect_uri') ?? '')
    for (const [name, value] of Object.entries(answer(url))) back.searchParams.set(name, value)
    pages.push(await fetch(back, { redirect: 'manual' }))
    pages.push(await fetch(new URL('/signed-in', back)))
  }
}

const accept = (url: URL) => ({ code: '0.AX', state: url.searchParams.get('state') ?? '' })

function setUp(answers = [OK], redirectUri?: string, secret?: string) {
  const fake = fakeHttp(answers)
  const credential = {
    grant: 'browser',
    clientId: CLIENT,
    ...(redirectUri === undefined ? {} : { redirectUri }),
    ...(secret === undefined ? {} : { secret }),
  } as const
  const { context } = grantContext(credential, fake, { app: false })
  return { fake, context: { ...context, clock: systemClock } }
}

describe('the code challenge', () => {
  test('is that of RFC 7636, appendix B', () => {
    expect(challengeOf('dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk')).toBe(
      'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    )
  })
})

describe('signing in with the browser', () => {
  test('the page is asked with PKCE and state, the code is redeemed with the very same redirect URI', async () => {
    const { fake, context } = setUp()
    let asked = new URL('http://x')
    const pages: Response[] = []
    const openBrowser = async (link: string) => {
      asked = new URL(link)
      await person(accept, pages)(link)
    }
    expect(await browserGrant(context, { openBrowser, loginHint: 'ann@contoso.com' })).toMatchObject({
      accessToken: 'at',
      refreshToken: 'rt',
    })
    const query = Object.fromEntries(asked.searchParams)
    const form = fake.form(0)
    expect(asked.origin + asked.pathname).toBe(context.target.authUri)
    expect(query).toEqual({
      client_id: CLIENT,
      response_type: 'code',
      redirect_uri: expect.stringMatching(/^http:\/\/localhost:\d+$/),
      response_mode: 'query',
      scope: `${RESOURCE}/user_impersonation offline_access`,
      state: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge: challengeOf(form.code_verifier ?? ''),
      code_challenge_method: 'S256',
      prompt: 'select_account',
      login_hint: 'ann@contoso.com',
    })
    expect(form).toEqual({
      client_id: CLIENT,
      grant_type: 'authorization_code',
      code: '0.AX',
      redirect_uri: query.redirect_uri,
      code_verifier: expect.stringMatching(/^[\w-]{43}$/),
      scope: `${RESOURCE}/user_impersonation offline_access`,
    })
    expect(pages[0]?.status).toBe(303)
    expect(pages[0]?.headers.get('location')).toBe('/signed-in')
    expect(pages[0]?.headers.get('referrer-policy')).toBe('no-referrer')
    expect(await pages[1]?.text()).toContain('<h1>Signed in</h1>')
  })

  test('the listener is gone afterwards', async () => {
    const { context } = setUp()
    let back = ''
    await browserGrant(context, {
      openBrowser: async (link) => {
        back = new URL(link).searchParams.get('redirect_uri') ?? ''
        await person(accept)(link)
      },
    })
    await expect(fetch(back)).rejects.toThrow()
  })

  test('a Web app has a fixed port and path, and proves itself with its secret', async () => {
    const port = await freePort()
    const { fake, context } = setUp([OK], `http://localhost:${port}/callback`, 's')
    await browserGrant(context, { openBrowser: person(accept) })
    expect(fake.form(0)).toMatchObject({
      redirect_uri: `http://localhost:${port}/callback`,
      client_secret: 's',
    })
  })

  test('declining is told in words, with nothing sent', async () => {
    const { context, fake } = setUp([])
    const decline = (url: URL) => ({
      error: 'access_denied',
      error_subcode: 'cancel',
      state: url.searchParams.get('state') ?? '',
      error_description: 'AADSTS65004: User declined to consent to access the app.\r\nTrace ID: x',
    })
    await expect(browserGrant(context, { openBrowser: person(decline) })).rejects.toMatchObject({
      code: 'SIGN_IN_REQUIRED',
      serviceCode: 'AADSTS65004',
      message: 'The person signing in declined the permissions.',
    })
    expect(fake.requests).toEqual([])
  })

  test('an answer with another state is turned away, and the right one still counts', async () => {
    const { context, fake } = setUp()
    const pages: Response[] = []
    const openBrowser = async (link: string) => {
      await person(() => ({ code: 'EVIL', state: 'other<script>' }), pages)(link)
      await person(accept)(link)
    }
    await browserGrant(context, { openBrowser })
    expect(pages[0]?.status).toBe(400)
    expect(await pages[0]?.text()).not.toContain('script')
    expect(fake.form(0).code).toBe('0.AX')
  })

  test('only one answer is taken', async () => {
    const { context, fake } = setUp()
    const pages: Response[] = []
    const openBrowser = async (link: string) => {
      const first = person(accept)(link)
      await first
      await person(accept, pages)(link)
    }
    await browserGrant(context, { openBrowser })
    expect(pages[0]?.status).toBe(400)
    expect(fake.requests.length).toBe(1)
  })

  test('nobody coming ends it in time, with the likely reason', async () => {
    const { context } = setUp([])
    await expect(browserGrant(context, { openBrowser: () => {}, timeoutMs: 20 })).rejects.toMatchObject({
      code: 'TIMED_OUT',
      hint: expect.stringContaining('AADSTS50011'),
    })
  })

  test('a browser that cannot be opened, and cancelling, end it at once', async () => {
    const { context } = setUp([])
    const openBrowser = () => Promise.reject(new Error('no browser'))
    await expect(browserGrant(context, { openBrowser })).rejects.toThrow('no browser')
    const controller = new AbortController()
    const cancelled = browserGrant(context, {
      openBrowser: () => controller.abort(new Error('stop')),
      signal: controller.signal,
    })
    await expect(cancelled).rejects.toThrow('stop')
  })

  test('v1 asks with resource', async () => {
    const { context } = grantContext({ grant: 'browser', clientId: CLIENT }, fakeHttp([]), {
      version: 1,
      app: false,
    })
    const { url } = startAuthorization(context, { redirectUri: 'http://localhost' })
    expect(new URL(url).searchParams.get('resource')).toBe(`${RESOURCE}/`)
    expect(new URL(url).searchParams.has('scope')).toBe(false)
  })
})

describe('the listener', () => {
  test('answers on both addresses of localhost, and to no other name', async () => {
    const listener = await openLoopbackListener('http://localhost/callback')
    const { port } = new URL(listener.redirectUri)
    expect(listener.redirectUri).toBe(`http://localhost:${port}/callback`)
    expect((await fetch(`http://127.0.0.1:${port}/callback`)).status).toBe(404)
    expect((await fetch(`http://127.0.0.1:${port}/callback?state=x`)).status).toBe(400)
    expect((await fetch(`http://127.0.0.1:${port}/callback?state=`, { method: 'POST' })).status).toBe(405)
    await listener.close()
  })

  test('a redirect URI to elsewhere, and a port in use, are refused', async () => {
    await expect(openLoopbackListener('https://oauth.pstmn.io/v1/callback')).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    })
    const taken = createServer()
    const port = await new Promise<number>((resolve) => {
      taken.listen(0, '127.0.0.1', () => resolve(portOf(taken)))
    })
    await expect(openLoopbackListener(`http://localhost:${port}/`)).rejects.toMatchObject({
      code: 'IO_FAILED',
      message: `Port ${port} on this machine is not free for the sign-in's answer.`,
    })
    taken.close()
  })
})

describe('a pasted redirect', () => {
  test('gives the code, from the query or the fragment, and nothing for another state', async () => {
    const { context, fake } = setUp()
    const start = startAuthorization(context, { redirectUri: 'https://oauth.pstmn.io/v1/callback' })
    const base = `https://oauth.pstmn.io/v1/callback`
    expect(readPastedRedirect(context, start, ` '${base}?code=a%2Bb&state=${start.state}' `)).toBe('a+b')
    expect(readPastedRedirect(context, start, `${base}#code=c&state=${start.state}`)).toBe('c')
    expect(() => readPastedRedirect(context, start, `${base}?code=c&state=x`)).toThrow('another sign-in')
    expect(() => readPastedRedirect(context, start, 'abc')).toThrow('not an address')
    await redeemCode(context, start, { code: 'c' })
    expect(fake.form(0)).toMatchObject({ code: 'c', redirect_uri: base, code_verifier: start.verifier })
  })
})

const portOf = (server: ReturnType<typeof createServer>): number => {
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

async function freePort(): Promise<number> {
  const server = createServer()
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve(portOf(server)))
  })
  await new Promise((resolve) => server.close(resolve))
  return port
}

describe('an address that is pasted', () => {
  const answerTo = (link: string, changes: Readonly<Record<string, string>> = {}): string => {
    const url = new URL(link)
    const back = new URL(url.searchParams.get('redirect_uri') ?? '')
    for (const [name, value] of Object.entries({ ...accept(url), ...changes }))
      back.searchParams.set(name, value)
    return back.href
  }

  test('brings the code where the redirect URI leads elsewhere, once; others are turned away', async () => {
    const { context, fake } = setUp([OK], 'https://app.contoso.example/back')
    const refusals: unknown[] = []
    let hand: (address: string) => void = () => {}
    const attempt = (address: string): void => {
      try {
        hand(address)
      } catch (error) {
        refusals.push(error)
      }
    }
    const tokens = await browserGrant(context, {
      onPaste: (paste) => {
        hand = paste
      },
      openBrowser: (link) => {
        attempt('hello')
        attempt(answerTo(link, { state: 'another' }))
        attempt(answerTo(link))
        attempt(answerTo(link))
      },
    })
    expect(tokens.accessToken).toBe('at')
    expect(fake.form(0).redirect_uri).toBe('https://app.contoso.example/back')
    expect(refusals).toMatchObject([
      { code: 'INPUT_INVALID' },
      { message: expect.stringContaining('belongs to another sign-in') },
      { message: expect.stringContaining('pasted already') },
    ])
  })

  test('works beside the listener, and a refusal in it ends the sign-in', async () => {
    const { context } = setUp([])
    let hand: (address: string) => void = () => {}
    const refused = browserGrant(context, {
      onPaste: (paste) => {
        hand = paste
      },
      openBrowser: (link) => {
        const url = new URL(link)
        const back = `${url.searchParams.get('redirect_uri')}/?error=access_denied&error_description=AADSTS65004: declined&state=${url.searchParams.get('state')}`
        hand(back)
      },
    })
    await expect(refused).rejects.toMatchObject({ serviceCode: 'AADSTS65004' })
  })
})

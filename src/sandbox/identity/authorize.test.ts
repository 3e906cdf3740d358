import { beforeEach, describe, expect, test } from 'vitest'
import { TENANT_ID } from '../seed/directory.ts'
import {
  appNamed,
  authorize,
  type Entra,
  type Form,
  freshEntra,
  ORIGIN,
  redirected,
} from './identity.test-support.ts'

let entra: Entra

beforeEach(() => {
  entra = freshEntra()
})

const STATE = 'a b+c/=?&"<é>%20'

describe('how the code travels back', () => {
  test('in the query, with a slash after a bare host, and state byte for byte', async () => {
    const { url, parameters } = redirected(await authorize(entra, { state: STATE }))
    expect(`${url.origin}${url.pathname}`).toBe('http://localhost:5000/')
    expect(parameters.get('state')).toBe(STATE)
    expect(parameters.get('code')).toMatch(/^0\.A/)
    expect(parameters.has('session_state')).toBe(true)
  })

  test('in the fragment, that no server sees', async () => {
    const { url } = redirected(await authorize(entra, { response_mode: 'fragment', state: STATE }))
    expect(url.search).toBe('')
    expect(new URLSearchParams(url.hash.slice(1)).get('state')).toBe(STATE)
  })

  test('by a form that posts itself', async () => {
    const response = await authorize(entra, { response_mode: 'form_post', state: STATE })
    const html = await response.text()
    expect(response.status).toBe(200)
    expect(html).toContain('<form method="post" action="http://localhost:5000">')
    const [, escaped = ''] = /name="state" value="([^"]*)"/.exec(html) ?? []
    expect(escaped.replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)))).toBe(STATE)
  })

  test('an error goes the same way, with its number and help page', async () => {
    const { parameters } = redirected(
      await authorize(entra, {
        client_id: appNamed('Asks for consent').clientId,
        redirect_uri: 'http://localhost',
        step: 'cancel',
        state: STATE,
      }),
    )
    expect(Object.fromEntries(parameters)).toEqual({
      error: 'access_denied',
      error_subcode: 'cancel',
      error_description: expect.stringMatching(/^AADSTS65004: /),
      error_uri: 'https://login.microsoftonline.com/error?code=65004',
      state: STATE,
    })
  })
})

describe('redirect URIs', () => {
  const native = appNamed('d365 desktop').clientId
  const web = appNamed('d365 service').clientId

  test.each([
    ['another port of localhost', native, 'http://localhost:61234', 302],
    ['another port of a path', native, 'http://localhost:7/callback', 302],
    ['a path in another case', native, 'http://localhost/Callback', 400],
    ['a path that is not registered', native, 'http://localhost/other', 400],
    ['a deeper path', native, 'http://localhost/callback/x', 400],
    ['another host', native, 'http://localhost.example/callback', 400],
    ['https in place of http', native, 'https://localhost', 400],
    ['another port for a web app', web, 'http://localhost:1234', 302],
  ])('%s', async (_name, clientId, redirectUri, status) => {
    const response = await authorize(entra, { client_id: clientId, redirect_uri: redirectUri })
    expect(response.status).toBe(status)
    if (status === 400) expect(await response.text()).toContain('AADSTS50011')
  })

  test('a web app may be held to its exact port', async () => {
    entra = freshEntra({ loopbackPort: 'exactForWebAndSpa' })
    const ask = (redirectUri: string) => authorize(entra, { client_id: web, redirect_uri: redirectUri })
    expect((await ask('http://localhost:1234')).status).toBe(400)
    expect((await ask('http://localhost:53682/callback')).status).toBe(302)
  })

  test('what was asked is escaped on the page that refuses it', async () => {
    const html = await (await authorize(entra, { redirect_uri: 'http://x/<script>alert(1)</script>' })).text()
    expect(html).toContain('AADSTS50011')
    expect(html).not.toContain('<script>')
  })
})

describe('prompt', () => {
  const silent: Form = { prompt: 'none', sandbox_sign_in: '', state: '1' }

  test('none without a session is login_required, never a page', async () => {
    expect(redirected(await authorize(entra, silent)).parameters.get('error')).toBe('login_required')
  })

  test('none with a session signs in by its cookie', async () => {
    const cookie = (await authorize(entra, {})).headers.get('set-cookie')?.split(';')[0] ?? ''
    const url = new URL(`${ORIGIN}/${TENANT_ID}/oauth2/v2.0/authorize`)
    const { clientId } = appNamed('d365 desktop')
    for (const [name, value] of Object.entries({
      client_id: clientId,
      response_type: 'code',
      redirect_uri: 'http://localhost',
      scope: 'openid',
      prompt: 'none',
    }))
      url.searchParams.set(name, value)
    const response = await entra.identity.fetch(new Request(url, { headers: { cookie } }))
    expect(redirected(response).parameters.get('code')).toMatch(/^0\.A/)
  })

  test('none where consent is missing is an error for the application', async () => {
    const { parameters } = redirected(
      await authorize(entra, {
        client_id: appNamed('Asks for consent').clientId,
        redirect_uri: 'http://localhost',
        prompt: 'none',
      }),
    )
    expect(parameters.get('error_description')).toMatch(/^AADSTS65001: /)
  })
})

describe('what a person sees', () => {
  test('the sign-in page offers every test user', async () => {
    const html = await (await authorize(entra, { sandbox_sign_in: '', login_hint: '' })).text()
    for (const name of ['Ann Miller', 'Ben Okafor', 'Mia Factor']) expect(html).toContain(name)
  })

  test('a second factor comes after the password where the person has one', async () => {
    const response = await authorize(entra, { login_hint: 'mfa@contoso.onmicrosoft.com' })
    expect(response.status).toBe(200)
    expect(await response.text()).toContain('name="mfa"')
  })

  test('consent once given is not asked for again', async () => {
    const asks = { client_id: appNamed('Asks for consent').clientId, redirect_uri: 'http://localhost' }
    expect((await authorize(entra, asks)).status).toBe(200)
    expect((await authorize(entra, { ...asks, step: 'consent' })).status).toBe(302)
    expect((await authorize(entra, asks)).status).toBe(302)
  })

  test('an administrator consents for everybody', async () => {
    const asks = { client_id: appNamed('Asks for consent').clientId, redirect_uri: 'http://localhost' }
    await entra.identity.fetch(new Request(`${ORIGIN}/${TENANT_ID}/adminconsent?client_id=${asks.client_id}`))
    expect((await authorize(entra, asks)).status).toBe(302)
  })
})

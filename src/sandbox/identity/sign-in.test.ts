import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { appNamed } from './identity.test-support.ts'
import {
  bodyOf,
  codeFor,
  type Fields,
  formOf,
  landing,
  oauthUrl,
  type Running,
  redeemCode,
  startSandbox,
  visitAuthorize,
} from './running.test-support.ts'

/** A person at a browser: every page with its form, the cookie between them, and silent sign-in. */

let running: Running

beforeAll(async () => {
  running = await startSandbox()
})
afterAll(() => running.close())

/** Follows forms, keeps cookies, runs no script. */
interface Browser {
  open(fields?: Fields): Promise<Seen>
  /** Sends the form with this button, its fields filled with what is entered. */
  press(button: string, entered?: Fields): Promise<Seen>
  /** Signs out and keeps the cookie. */
  signOut(): Promise<void>
}

interface Seen {
  readonly status: number
  readonly title: string
  readonly html: string
  /** Parameters of the redirect, where there was one. */
  readonly landed: Readonly<Record<string, string>> | undefined
}

function newBrowser(): Browser {
  let cookie: string | undefined
  let html = ''
  const see = async (response: Response): Promise<Seen> => {
    cookie = response.headers.get('set-cookie')?.split(';')[0] ?? cookie
    html = await response.text()
    return {
      status: response.status,
      title: /<h1>([^<]*)<\/h1>/.exec(html)?.[1] ?? '',
      html,
      landed: response.status === 302 ? landing(response) : undefined,
    }
  }
  return {
    open: async (fields = {}) => {
      const by = { sandbox_sign_in: undefined, login_hint: undefined }
      return see(await visitAuthorize(running, { ...by, ...fields }, cookie === undefined ? {} : { cookie }))
    },
    signOut: async () => {
      await fetch(oauthUrl(running, 'logout'), cookie === undefined ? {} : { headers: { cookie } })
    },
    press: async (button, entered = {}) => {
      const forms = [...html.matchAll(/<form[^>]*>(.*?)<\/form>/gs)].map(([, form = '']) => form)
      const form = forms.find((one) =>
        textOf(/<button[^>]*>(.*?)<\/button>/s.exec(one)?.[1]).includes(button),
      )
      if (form === undefined) throw new Error(`no button ${button} on the page`)
      const hidden = [...form.matchAll(/type="hidden" name="([^"]*)" value="([^"]*)"/g)]
      const fields = hidden.map(([, name, value]) => [textOf(name), textOf(value)])
      return see(
        await fetch(oauthUrl(running, 'authorize'), {
          method: 'POST',
          redirect: 'manual',
          headers: cookie === undefined ? {} : { cookie },
          body: formOf({ ...Object.fromEntries(fields), ...entered }),
        }),
      )
    },
  }
}

/** HTML as it is read. */
function textOf(html = ''): string {
  return html
    .replace(/<[^>]*>/g, ' ')
    .replace(/&#(\d+);/g, (_, code: string) => String.fromCharCode(Number(code)))
}

const ANN = 'ann@contoso.onmicrosoft.com'
const MIA = 'mfa@contoso.onmicrosoft.com'
const ASKS = { client_id: appNamed('Asks for consent').clientId, redirect_uri: 'http://localhost' }
const STATE = 'a b+c/=?&"<é>%20'
let browser: Browser

beforeEach(() => {
  browser = newBrowser()
})

describe('with a password', () => {
  const signIn = (upn: string, password: string) => browser.press('Sign in', { upn, password })

  test('the right one leads to the application, its state and nonce kept through the form', async () => {
    await browser.open({ state: STATE, nonce: 'n-1' })
    const { landed } = await signIn(` ${ANN.toUpperCase()} `, 'Sandbox-1')
    expect(landed).toEqual({
      code: expect.stringMatching(/^0\.A/),
      state: STATE,
      session_state: expect.any(String),
    })
    expect((await redeemCode(running, { code: landed?.code ?? '' })).status).toBe(200)
  })

  test.each([
    ['a wrong password', ANN, 'wrong', 'AADSTS50126: Error validating credentials due to invalid username'],
    ['an unknown name', 'an@contoso.com', 'x', 'AADSTS50034: The user account an@contoso.com does not exist'],
  ])('%s may be corrected on the page that names it', async (_name, upn, password, problem) => {
    await browser.open({ state: STATE })
    const again = await signIn(upn, password)
    expect(again.title).toBe('Pick an account')
    expect(again.html).toContain(problem)
    expect(again.html).toContain(`value="${upn}" required`)
    expect((await signIn(ANN, 'Sandbox-1')).landed).toMatchObject({ state: STATE })
  })

  test('no password is written into a page that was sent one', async () => {
    await browser.open({ login_hint: ANN })
    const { html } = await signIn(ANN, 'my-own-wrong-password')
    expect(html).not.toContain('my-own-wrong-password')
  })

  test.each([
    ['Dan Disabled', 50057],
    ['Eve Expired', 50055],
  ])('%s is turned away on a page', async (name, code) => {
    await browser.open()
    const { status, html, landed } = await browser.press(name)
    expect({ status, landed }).toEqual({ status: 400, landed: undefined })
    expect(html).toContain(`AADSTS${code}: `)
  })

  test('Conditional Access turns the application away', async () => {
    await browser.open({ state: STATE })
    expect((await browser.press('Bob Blocked')).landed).toMatchObject({
      error: 'access_denied',
      error_description: expect.stringMatching(/^AADSTS53003: /),
      state: STATE,
    })
  })

  test('cancelling is told to the application', async () => {
    await browser.open({ state: STATE })
    expect((await browser.press('Cancel')).landed).toMatchObject({
      error: 'access_denied',
      error_subcode: 'cancel',
      state: STATE,
    })
  })
})

describe('a second factor', () => {
  test('comes after the password, and before the code', async () => {
    await browser.open()
    expect((await browser.press('Mia Factor')).title).toBe('Approve sign in request')
    expect((await browser.press('Approve')).landed?.code).toBeDefined()
  })

  test('is missing in a silent sign-in until it was given once', async () => {
    await browser.open()
    await browser.press('Mia Factor')
    expect((await browser.open({ prompt: 'none' })).landed).toMatchObject({
      error: 'interaction_required',
      error_description: expect.stringMatching(/^AADSTS50076: /),
    })
    await browser.open({ login_hint: MIA })
    await browser.press('Approve')
    expect((await browser.open({ prompt: 'none' })).landed?.code).toBeDefined()
  })
})

describe('consent', () => {
  test('is asked for once', async () => {
    await browser.open({ ...ASKS, state: STATE })
    expect((await browser.press('Ann Miller')).title).toBe('Permissions requested')
    expect((await browser.press('Accept')).landed).toMatchObject({ state: STATE, code: expect.any(String) })
    expect((await browser.open(ASKS)).landed?.code).toBeDefined()
  })

  test('may be asked for again', async () => {
    await browser.open({ prompt: 'consent' })
    expect((await browser.press('Ann Miller')).title).toBe('Permissions requested')
    expect((await browser.press('Accept')).landed?.code).toBeDefined()
  })

  test('declined, the application hears of it', async () => {
    await browser.open(ASKS)
    await browser.press('Ben Okafor')
    expect((await browser.press('Cancel')).landed).toMatchObject({ error_subcode: 'cancel' })
  })

  test('of an administrator is asked for on a page', async () => {
    await browser.open({
      client_id: appNamed('Needs an administrator').clientId,
      redirect_uri: 'http://localhost',
    })
    const { status, html } = await browser.press('Ann Miller')
    expect(status).toBe(400)
    expect(html).toContain('AADSTS90094: An administrator of Contoso has set a policy')
  })

  test('that cannot be asked for silently is consent_required', async () => {
    await browser.open()
    await browser.press('Ben Okafor')
    expect((await browser.open({ ...ASKS, prompt: 'none' })).landed).toMatchObject({
      error: 'consent_required',
      error_description: expect.stringMatching(/^AADSTS65001: /),
    })
  })
})

describe('the session of the browser', () => {
  beforeEach(async () => {
    await browser.open()
    await browser.press('Ann Miller')
  })

  test.each<[string, Fields]>([
    ['without a word', {}],
    ['silently', { prompt: 'none' }],
    ['where she is expected', { login_hint: ANN }],
  ])('signs Ann in again %s', async (_name, fields) => {
    const { landed } = await browser.open(fields)
    const { id_token } = await bodyOf(await redeemCode(running, { code: landed?.code ?? '' }))
    const [, claims = ''] = String(id_token).split('.')
    expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toMatchObject({ preferred_username: ANN })
  })

  test.each<[string, Fields]>([
    ['the password is wanted anew', { prompt: 'login' }],
    ['an account is to be chosen', { prompt: 'select_account' }],
    ['somebody else is expected', { login_hint: 'ben@contoso.onmicrosoft.com' }],
  ])('signs nobody in where %s', async (_name, fields) => {
    expect((await browser.open(fields)).title).toBe('Pick an account')
    expect((await browser.press('Ben Okafor')).landed?.code).toBeDefined()
  })

  test('silently, for somebody else, is login_required', async () => {
    const { landed } = await browser.open({ prompt: 'none', login_hint: 'ben@contoso.onmicrosoft.com' })
    expect(landed).toMatchObject({
      error: 'login_required',
      error_description: expect.stringMatching(
        /^AADSTS50058: .+\r\nTrace ID: .+\r\nCorrelation ID: .+\r\nTimestamp: /,
      ),
    })
  })

  test('ends with sign-out, for whoever kept the cookie as well', async () => {
    await browser.signOut()
    expect((await browser.open({ prompt: 'none' })).landed).toMatchObject({ error: 'login_required' })
  })

  test.each([
    ['http://localhost:4000/callback', 302, 'http://localhost:4000/callback'],
    ['https://evil.example/', 200, null],
  ])('sign-out that wants to go on to %s', async (back, status, location) => {
    const response = await fetch(
      `${oauthUrl(running, 'logout')}?${formOf({ post_logout_redirect_uri: back })}`,
      { redirect: 'manual' },
    )
    expect({ status: response.status, location: response.headers.get('location') }).toEqual({
      status,
      location,
    })
    expect(response.headers.get('set-cookie')).toBe('sandbox_session=; Path=/; Max-Age=0')
  })

  test('ends when an administrator ends it', async () => {
    running.server.sandbox.identity.revokeSessions(ANN)
    expect((await browser.open({ prompt: 'none' })).landed).toMatchObject({ error: 'login_required' })
  })
})

describe('a page, never a redirect, where the application cannot be trusted with the error', () => {
  test.each<[string, Fields, string]>([
    ['a redirect URI that is not registered', { redirect_uri: 'http://localhost/elsewhere' }, 'AADSTS50011'],
    ['no URL', { redirect_uri: 'nonsense' }, 'AADSTS50011'],
    ['a script', { redirect_uri: 'javascript:alert(1)' }, 'AADSTS50011'],
    ['an unknown application', { client_id: '99999999-0000-4000-8000-000000000000' }, 'AADSTS700016'],
    ['no application', { client_id: undefined }, 'AADSTS900144'],
    [
      'an application that is switched off',
      { client_id: appNamed('Switched off').clientId },
      'AADSTS7000112',
    ],
  ])('%s', async (_name, fields, code) => {
    const response = await visitAuthorize(running, fields)
    expect({ status: response.status, location: response.headers.get('location') }).toEqual({
      status: 400,
      location: null,
    })
    expect(await response.text()).toContain(`${code}: `)
  })

  test('an application of one tenant on /common', async () => {
    const fields = { client_id: appNamed('d365 service').clientId, redirect_uri: 'http://localhost' }
    const response = await visitAuthorize(running, fields, { tenant: 'common' })
    expect(response.headers.get('location')).toBeNull()
    expect(await response.text()).toContain('AADSTS50194: ')
  })
})

describe('a redirect where it can', () => {
  test.each<[string, Fields, string, string]>([
    ['no scope', { scope: undefined }, 'invalid_request', 'AADSTS900144'],
    ['no response type', { response_type: undefined }, 'invalid_request', 'AADSTS900144'],
    ['an ID token asked for', { response_type: 'id_token' }, 'unsupported_response_type', 'AADSTS700054'],
    ['a scope of Graph', { scope: 'user_impersonation' }, 'invalid_scope', 'AADSTS650053'],
    ['a right Dynamics does not have', { scope: 'ORIGIN/write_all' }, 'invalid_scope', 'AADSTS650053'],
    [
      'an environment that is not here',
      { scope: 'https://x.crm.dynamics.com/.default' },
      'invalid_resource',
      'AADSTS500011',
    ],
  ])('%s', async (_name, fields, error, code) => {
    const scope = fields.scope?.replace('ORIGIN', running.origin)
    const response = await visitAuthorize(running, {
      ...fields,
      ...('scope' in fields ? { scope } : {}),
      state: STATE,
    })
    expect(landing(response)).toMatchObject({
      error,
      error_description: expect.stringMatching(new RegExp(`^${code}: `)),
      state: STATE,
    })
  })
})

describe('without a browser', () => {
  test('a program signs a test user in by name', async () => {
    const code = await codeFor(running, { login_hint: 'BEN@contoso.onmicrosoft.com' })
    expect((await redeemCode(running, { code })).status).toBe(200)
  })

  test('a name nobody has leads to the page', async () => {
    const response = await visitAuthorize(running, { login_hint: 'nobody@contoso.onmicrosoft.com' })
    expect(response.status).toBe(200)
    expect(await response.text()).toContain('Pick an account')
  })
})

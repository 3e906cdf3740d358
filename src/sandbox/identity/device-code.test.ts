import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { appNamed } from './identity.test-support.ts'
import {
  askToken,
  bodyOf,
  type Fields,
  formOf,
  type Running,
  refusal,
  refusalOf,
  type Sending,
  sendForm,
  startSandbox,
  whoAmI,
} from './running.test-support.ts'

/** A device without a browser: the code it shows, the page where somebody enters it, and what polling is told. */

let running: Running

beforeAll(async () => {
  running = await startSandbox()
})
afterAll(() => running.close())

const desktop = appNamed('d365 desktop').clientId
const GRANT = 'urn:ietf:params:oauth:grant-type:device_code'
const V1: Sending = { version: 1 }
const PENDING = refusal(400, 'authorization_pending', [
  70016,
  'OAuth 2.0 device flow error. Authorization is pending. Continue polling.',
])

function ask(fields: Fields = {}, sending: Sending = {}): Promise<Response> {
  const wanted =
    sending.version === 1
      ? { resource: `${running.origin}/` }
      : { scope: `${running.origin}/user_impersonation offline_access` }
  return sendForm(running, 'devicecode', { fields: { client_id: desktop, ...wanted, ...fields }, ...sending })
}

interface Codes {
  readonly device: string
  readonly user: string
}

async function codes(fields: Fields = {}, sending: Sending = {}): Promise<Codes> {
  const { device_code, user_code } = await bodyOf(await ask(fields, sending))
  return { device: String(device_code), user: String(user_code) }
}

function poll({ device }: Codes, fields: Fields = {}, sending: Sending = {}): Promise<Response> {
  return askToken(running, { grant_type: GRANT, client_id: desktop, device_code: device, ...fields }, sending)
}

/** The page where the code is entered, after one form; as text. */
async function enter({ user }: Pick<Codes, 'user'>, fields: Fields = {}): Promise<string> {
  const body = formOf({ code: user, ...fields })
  return (await fetch(`${running.origin}/devicelogin`, { method: 'POST', body })).text()
}

const as = (name: string): Fields => ({ upn: `${name}@contoso.onmicrosoft.com`, password: 'Sandbox-1' })

describe('the code', () => {
  test('v2 tells where to go, in numbers', async () => {
    const body = await bodyOf(await ask())
    const address = `${running.origin}/devicelogin`
    expect(body).toEqual({
      user_code: expect.stringMatching(/^[BCDFGHJKLMNPQRSTVWXZ2346789]{9}$/),
      device_code: expect.stringMatching(/^BAQABAAEAAAD/),
      verification_uri: address,
      expires_in: 900,
      interval: 5,
      message: `To sign in, use a web browser to open the page ${address} and enter the code ${body.user_code} to authenticate.`,
    })
  })

  test('v1 tells it in texts, under another name', async () => {
    const body = await bodyOf(await ask({}, V1))
    expect(body).toMatchObject({
      verification_url: `${running.origin}/devicelogin`,
      expires_in: '900',
      interval: '5',
    })
    expect(body).not.toHaveProperty('verification_uri')
  })

  test.each<[string, Fields, Sending, number]>([
    ['no scope', { scope: undefined }, {}, 900144],
    ['no resource on v1', { resource: undefined }, V1, 50001],
    ['no application', { client_id: undefined }, {}, 900144],
    ['an unknown application', { client_id: '99999999-0000-4000-8000-000000000000' }, {}, 700016],
    ['an environment that is not here', { scope: 'https://x.crm.dynamics.com/.default' }, {}, 500011],
    ['an unknown tenant', {}, { tenant: 'nowhere.example' }, 90002],
    [
      'an application of one tenant on /common',
      { client_id: appNamed('Asks for consent').clientId },
      { tenant: 'common' },
      50059,
    ],
  ])('is not given for %s', async (_name, fields, sending, code) => {
    expect(await refusalOf(await ask(fields, sending))).toMatchObject({ status: 400, codes: [code] })
  })
})

describe('polling', () => {
  test('is pending, gives the tokens once, and then knows the code no more', async () => {
    const code = await codes()
    expect(await refusalOf(await poll(code))).toEqual(PENDING)
    expect(await refusalOf(await poll(code))).toEqual(PENDING)
    expect(await enter(code, as('ann'))).toContain('You have signed in')
    const body = await bodyOf(await poll(code))
    expect(body).toMatchObject({
      scope: `${running.origin}/user_impersonation`,
      refresh_token: expect.any(String),
    })
    expect((await whoAmI(running, body.access_token)).status).toBe(200)
    expect(await refusalOf(await poll(code))).toMatchObject({
      status: 400,
      error: 'bad_verification_code',
      codes: [70018],
    })
  })

  test('its refresh token renews without a secret', async () => {
    const code = await codes()
    await enter(code, as('ann'))
    const { refresh_token } = await bodyOf(await poll(code))
    const response = await askToken(running, {
      grant_type: 'refresh_token',
      client_id: desktop,
      refresh_token: String(refresh_token),
    })
    expect(response.status).toBe(200)
  })

  test('v1 names the field `code` and the grant `device_code`', async () => {
    const code = await codes({}, V1)
    await enter(code, as('ann'))
    const fields = { grant_type: 'device_code', device_code: undefined, code: code.device }
    const body = await bodyOf(await poll(code, fields, V1))
    expect(body).toMatchObject({ resource: `${running.origin}/`, expires_in: expect.stringMatching(/^\d+$/) })
    expect(decodeJwt(String(body.access_token)).aud).toBe(`${running.origin}/`)
  })

  test('declined is authorization_declined, as traceable as every refusal', async () => {
    const code = await codes()
    expect(await enter(code, { step: 'cancel' })).toContain('You declined')
    const response = await poll(code)
    expect(response.status).toBe(400)
    expect(await bodyOf(response)).toEqual({
      error: 'authorization_declined',
      error_description: expect.stringMatching(
        /^The end user denied the authorization request\.\r\nTrace ID: .+\r\nCorrelation ID: .+\r\nTimestamp: 2026-01-05 12:00:00Z$/,
      ),
      error_codes: [],
      timestamp: '2026-01-05 12:00:00Z',
      trace_id: expect.any(String),
      correlation_id: expect.any(String),
    })
  })

  test.each<[string, Fields, number, string, number]>([
    ['a code that never was', { device_code: 'nonsense' }, 400, 'bad_verification_code', 70018],
    [
      'the code of another application',
      { client_id: appNamed('Asks for consent').clientId },
      400,
      'bad_verification_code',
      70018,
    ],
    ['no code', { device_code: undefined }, 400, 'invalid_request', 900144],
  ])('with %s is refused', async (_name, fields, status, error, number) => {
    expect(await refusalOf(await poll(await codes(), fields))).toMatchObject({
      status,
      error,
      codes: [number],
    })
  })

  test('of an application whose public flows are off needs its secret', async () => {
    const { clientId, secrets } = appNamed('d365 service')
    const code = await codes({ client_id: clientId })
    expect(await refusalOf(await poll(code, { client_id: clientId }))).toMatchObject({
      status: 401,
      error: 'invalid_client',
      codes: [7000218],
    })
    await enter(code, as('ann'))
    const response = await poll(code, { client_id: clientId, client_secret: secrets[0]?.value })
    expect(response.status).toBe(200)
  })
})

describe('fifteen minutes later', () => {
  test('the code has expired, for the device and on the page', async () => {
    const [last, late] = [await codes(), await codes()]
    running.clock.advance(900_000)
    expect(await enter(last, as('ann'))).toContain('You have signed in')
    expect((await poll(last)).status).toBe(200)
    running.clock.advance(1)
    expect(await enter(late, as('ann'))).toContain('That code didn’t work')
    expect(await refusalOf(await poll(late))).toMatchObject({
      status: 400,
      error: 'expired_token',
      codes: [70020],
    })
  })
})

describe('the page', () => {
  test('asks for a code, then for a person, and says who wants to be let in', async () => {
    const form = await (await fetch(`${running.origin}/devicelogin`)).text()
    expect(form).toContain('Code displayed on your app or device')
    const { user } = await codes()
    const people = await enter({ user: ` ${user.slice(0, 4).toLowerCase()}-${user.slice(4)} ` })
    expect(people).toContain('Sign in to d365 desktop')
    expect(people).toContain('Ann Miller')
  })

  test.each(['NONSENSE1', '<script>'])('does not know the code %s, nor repeat it', async (user) => {
    const html = await enter({ user })
    expect(html).toContain('That code didn’t work')
    expect(html).not.toContain('<script>')
  })

  test('takes a code once', async () => {
    const code = await codes()
    await enter(code, as('ann'))
    expect(await enter(code, { step: 'cancel' })).toContain('That code didn’t work')
    expect((await poll(code)).status).toBe(200)
  })

  test('says that the password is wrong, and the device goes on waiting', async () => {
    const code = await codes()
    expect(await enter(code, { ...as('ann'), password: 'wrong' })).toContain('AADSTS50126: ')
    expect(await refusalOf(await poll(code))).toEqual(PENDING)
  })

  test('asks for a second factor', async () => {
    const code = await codes()
    expect(await enter(code, as('mfa'))).toContain('Approve sign in request')
    expect(await refusalOf(await poll(code))).toEqual(PENDING)
    await enter(code, { ...as('mfa'), mfa: '1' })
    const { access_token } = await bodyOf(await poll(code))
    expect(decodeJwt(String(access_token))).toMatchObject({ amr: ['pwd', 'mfa'] })
  })

  test.each([
    ['disabled', 50057],
    ['expired', 50055],
    ['blocked', 53003],
  ])('turns %s away', async (name, number) => {
    const code = await codes()
    expect(await enter(code, as(name))).toContain(`AADSTS${number}: `)
    expect(await refusalOf(await poll(code))).toEqual(PENDING)
  })

  test.each([
    ['Needs an administrator', 90094],
    ['No Dynamics permission', 65001],
  ])('turns the application "%s" away', async (name, number) => {
    const client_id = appNamed(name).clientId
    const code = await codes({ client_id })
    expect(await enter(code, as('ann'))).toContain(`AADSTS${number}: `)
    expect(await refusalOf(await poll(code, { client_id }))).toEqual(PENDING)
  })
})

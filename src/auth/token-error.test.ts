import { describe, expect, test } from 'vitest'
import { ServiceError } from '../core/errors.ts'
import { ADVICE, adviseOn } from './aadsts.ts'
import { CLIENT, entraError, jsonAnswer, RESOURCE, TENANT } from './auth.test-support.ts'
import { tokenError } from './token-error.ts'

const CONTEXT = {
  host: 'login.microsoftonline.com',
  now: Date.UTC(2026, 0, 1),
  secrets: ['MARKsecret~1'],
  clientId: CLIENT,
  tenant: TENANT,
  resource: RESOURCE,
}

/** Every number of the reference's table that Entra can send. */
const REFERENCE =
  '50011 500113 900971 700016 700011 70001 7000112 7000229 90002 900023 50059 9001023 90130 90124 50194 90038 900432 900382 7000215 7000222 7000218 700025 70002 700027 700024 50048 50027 700211 700212 700213 1002012 70011 28002 28003 28000 700022 700023 650053 500011 50001 650057 650052 650056 65005 901002 9010010 65001 65004 90094 90095 50020 50034 50105 50057 50053 50055 50126 50076 50079 50072 50074 50078 50158 53003 53000 53001 53002 50097 530035 530032 70043 700082 70008 700084 50173 50132 50133 70000 54005 700005 501481 50147 501491 9002325 9002326 9002327 700054 70005 70003 900144 90014 9002313 900561 90056 70016 70018 70019 70020 50196 90055 90033 90024 90006 50033 50087 65002 500021 500022 50002 500212 500213'

describe('the table of advice', () => {
  test('has every number once, and each speaks in one sentence and says what to do', () => {
    const codes = ADVICE.flatMap((advice) => advice.codes)
    expect(
      REFERENCE.split(' ')
        .map(Number)
        .filter((code) => !codes.includes(code)),
    ).toEqual([])
    expect(new Set(codes).size).toBe(codes.length)
    for (const { message, hint } of ADVICE) {
      expect(message).toMatch(/^[A-Z][^.]*(\.[^ ][^.]*)*\.$/)
      expect(hint.length).toBeGreaterThan(20)
    }
  })

  test('of chained codes the last telling one decides', () => {
    expect(adviseOn([70002, 70008])?.code).toBe(70008)
    expect(adviseOn([70008, 70002])?.code).toBe(70008)
    expect(adviseOn([70002])?.code).toBe(70002)
    expect(adviseOn([1])).toBeUndefined()
  })

  test('names what was asked for', () => {
    expect(adviseOn([700016], CONTEXT)?.message).toBe(
      `Application ${CLIENT} does not exist in tenant ${TENANT}.`,
    )
    expect(adviseOn([1002012], CONTEXT)?.hint).toContain(`${RESOURCE}/.default`)
  })
})

test('the place to click is in the admin pages of the cloud', () => {
  const hint = (host: string) => adviseOn([7000215], { host })?.hint
  expect(hint('login.microsoftonline.us')).toContain('portal.azure.us > Entra ID > App registrations')
  expect(hint('localhost:8365')).toContain('entra.microsoft.com > Entra ID > App registrations')
})

describe('a refusal of the token endpoint', () => {
  test('becomes a ServiceError with code, sentence, place to click and both ids', () => {
    const error = tokenError(entraError(401, 'invalid_client', 7000215), CONTEXT)
    expect(error).toBeInstanceOf(ServiceError)
    expect(error).toMatchObject({
      code: 'SIGN_IN_FAILED',
      message: `The client secret is wrong for application ${CLIENT}.`,
      hint: expect.stringContaining('Certificates & secrets > New client secret'),
      serviceCode: 'AADSTS7000215',
      status: 401,
      requestId:
        'trace 5c3bd525-61b3-44d4-a70a-fb93e9ddc500, correlation d66bc564-8e3b-45d1-8909-988927d3ec8e',
    })
  })

  test.each([
    ['invalid_grant', 50173, undefined, 'SIGN_IN_REQUIRED'],
    ['interaction_required', 50076, 'basic_action', 'SIGN_IN_REQUIRED'],
    ['invalid_request', 999, 'bad_token', 'SIGN_IN_REQUIRED'],
    ['invalid_scope', 70011, undefined, 'SIGN_IN_FAILED'],
    ['temporarily_unavailable', 90055, undefined, 'SERVICE_UNAVAILABLE'],
  ])('%s AADSTS%i %s is %s', (error, code, suberror, expected) => {
    const answer = entraError(400, error, code, suberror === undefined ? {} : { suberror })
    expect(tokenError(answer, CONTEXT).code).toBe(expected)
  })

  test('an application that signs in as itself is never told that a person must', () => {
    expect(tokenError(entraError(400, 'invalid_grant', 65001), { ...CONTEXT, app: true }).code).toBe(
      'SIGN_IN_FAILED',
    )
  })

  test('an unknown number shows Entra’s own first line, without an echoed secret', () => {
    const error = tokenError(
      entraError(400, 'invalid_request', 12345, { text: 'Value MARKsecret~1 is odd.' }),
      CONTEXT,
    )
    expect(error.message).toBe('Sign-in refused: AADSTS12345: Value [redacted] is odd.')
    expect(error).toMatchObject({ serviceCode: 'AADSTS12345' })
  })

  test('numbers are found in the text where the list is missing', () => {
    const error = tokenError(
      jsonAnswer(400, {
        error: 'invalid_tenant',
        error_description:
          "AADSTS90002: Tenant 'x' not found.\r\nTrace ID: 5c3bd525-61b3-44d4-a70a-fb93e9ddc500",
      }),
      CONTEXT,
    )
    expect(error).toMatchObject({
      serviceCode: 'AADSTS90002',
      requestId: 'trace 5c3bd525-61b3-44d4-a70a-fb93e9ddc500',
    })
  })

  test.each([
    [502, 'SERVICE_UNAVAILABLE'],
    [407, 'RESPONSE_INVALID'],
    [429, 'THROTTLED'],
  ])('an HTML page with status %i is named as the work of a proxy', (status, code) => {
    const error = tokenError(
      jsonAnswer(status, '<html>MARKsecret~1</html>', { 'content-type': 'text/html', 'retry-after': '7' }),
      CONTEXT,
    )
    expect(error).toMatchObject({
      code,
      message: `login.microsoftonline.com answered the sign-in with HTTP ${status} and text/html instead of Entra ID's JSON.`,
      hint: expect.stringContaining('proxy'),
      retryAfterMs: 7000,
    })
  })

  test('a code on an HTML page is read too', () => {
    expect(tokenError(jsonAnswer(400, '<p>AADSTS50011: The redirect URI…</p>'), CONTEXT)).toMatchObject({
      serviceCode: 'AADSTS50011',
      code: 'SIGN_IN_FAILED',
    })
  })
})

import { expect, test } from 'vitest'
import { D365Error, ServiceError } from '../core/errors.ts'
import { reportError } from './report-error.ts'

const refused = new ServiceError('FORBIDDEN', 'contoso answered 403 to GET accounts: no privilege.', {
  status: 403,
  serviceCode: '0x80040220',
  requestId: 'abc-123',
  hint: 'Grant the privilege.',
})

test('people read a sentence, what to do, and the ids support asks for', () => {
  expect(reportError(refused, { json: false })).toEqual({
    text: `✖ contoso answered 403 to GET accounts: no privilege.
  → Grant the privilege.
  [FORBIDDEN · 0x80040220 · request abc-123]
`,
    exitCode: 13,
  })
})

test('machines read the same as JSON on one line', () => {
  expect(JSON.parse(reportError(refused, { json: true }).text)).toEqual({
    error: {
      code: 'FORBIDDEN',
      message: 'contoso answered 403 to GET accounts: no privilege.',
      hint: 'Grant the privilege.',
      status: 403,
      serviceCode: '0x80040220',
      requestId: 'abc-123',
    },
  })
})

test('a secret in a message or a hint does not get out', () => {
  const leaky = new D365Error('CONFIG_INVALID', 'client_secret=abc8Q~verysecretvalue was refused', {
    hint: 'Authorization: Bearer eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJ4In0.c2lnbmF0dXJl',
  })
  for (const json of [false, true]) {
    const { text } = reportError(leaky, { json })
    expect(text).not.toContain('verysecretvalue')
    expect(text).not.toContain('eyJhdWQiOiJ4In0')
  }
})

test('an error nobody expected is called a fault of d365, with its trace', () => {
  const { text, exitCode } = reportError(new TypeError('x is not a function'), { json: false })
  expect(text).toContain('[BUG]')
  expect(text).toContain('TypeError: x is not a function')
  expect(exitCode).toBe(70)
})

import { expect, test } from 'vitest'
import { testSandbox, userToken } from './sandbox.test-support.ts'

const { ask } = testSandbox()

async function answer(headers: Readonly<Record<string, string>>, person?: string) {
  const response = await ask('WhoAmI', {
    headers,
    ...(person === undefined ? {} : { as: userToken(person) }),
  })
  return { status: response.status, text: await response.text() }
}

test('an administrator may keep custom logic and flows from running', async () => {
  const headers = {
    'MSCRM.BypassBusinessLogicExecution': 'CustomSync,CustomAsync',
    'MSCRM.BypassCustomPluginExecution': 'true',
    'MSCRM.SuppressCallbackRegistrationExpanderJob': 'true',
  }
  expect((await answer(headers)).status).toBe(200)
})

test.each([
  ['MSCRM.BypassBusinessLogicExecution', 'CustomSync', 'prvBypassCustomBusinessLogic'],
  ['MSCRM.BypassCustomPluginExecution', 'true', 'prvBypassCustomPlugins'],
])('%s needs a privilege a salesperson does not have', async (name, value, privilege) => {
  const { status, text } = await answer({ [name]: value }, 'ben')
  expect(status).toBe(403)
  expect(text).toContain('0x80040220')
  expect(text).toContain(privilege)
})

test('a value that means nothing is refused', async () => {
  const { status, text } = await answer({ 'MSCRM.BypassBusinessLogicExecution': 'All' })
  expect(status).toBe(400)
  expect(text).toContain("'All'")
})

import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { appNamed } from './identity.test-support.ts'
import { bodyOf, type Fields, formOf, type Running, startSandbox, whoAmI } from './running.test-support.ts'

/** Tokens without any secret, for machines in Azure: of a virtual machine, and of App Service. */

let running: Running

beforeAll(async () => {
  running = await startSandbox()
})
afterAll(() => running.close())

const system = appNamed('d365 service')
const assigned = appNamed('Account reader')

interface Machine {
  readonly name: string
  readonly path: string
  readonly header: readonly [string, string]
}

const VIRTUAL_MACHINE: Machine = {
  name: 'a virtual machine',
  path: '/metadata/identity/oauth2/token',
  header: ['Metadata', 'true'],
}
const APP_SERVICE: Machine = {
  name: 'App Service',
  path: '/msi/token',
  header: ['X-IDENTITY-HEADER', 'sandbox-identity-header'],
}

function ask(
  { path, header: [name, value] }: Machine,
  fields: Fields = {},
  headers: Readonly<Record<string, string>> = { [name]: value },
): Promise<Response> {
  const query = formOf({ 'api-version': '2018-02-01', resource: running.origin, ...fields })
  return fetch(`${running.origin}${path}?${query}`, { headers })
}

describe.each([VIRTUAL_MACHINE, APP_SERVICE])('$name', (machine) => {
  test('is given a token of its own, every number as text', async () => {
    const response = await ask(machine)
    expect(response.status).toBe(200)
    const seconds = running.clock.now() / 1000
    const body = await bodyOf(response)
    expect(body).toEqual({
      access_token: expect.any(String),
      client_id: system.clientId,
      expires_in: '86400',
      expires_on: String(seconds + 86_400),
      ext_expires_in: '86400',
      not_before: String(seconds - 300),
      resource: running.origin,
      token_type: 'Bearer',
    })
    expect(await (await whoAmI(running, body.access_token)).json()).toMatchObject({
      UserId: system.systemUserId,
    })
  })

  test('may take an identity assigned to it', async () => {
    const body = await bodyOf(await ask(machine, { client_id: assigned.clientId.toUpperCase() }))
    expect(body.client_id).toBe(assigned.clientId)
    expect(decodeJwt(String(body.access_token))).toMatchObject({
      appid: assigned.clientId,
      oid: assigned.servicePrincipalId,
      aud: running.origin,
    })
  })

  test('asks with a slash at the end of the path as well', async () => {
    expect((await ask({ ...machine, path: `${machine.path}/` })).status).toBe(200)
  })

  test('is answered with the resource as it was written', async () => {
    const resource = `${running.origin}/`
    const body = await bodyOf(await ask(machine, { resource }))
    expect(body.resource).toBe(resource)
    expect(decodeJwt(String(body.access_token)).aud).toBe(resource)
  })

  test.each<[string, Fields, string, string]>([
    [
      'no resource',
      { resource: undefined },
      'invalid_request',
      "Required query variable 'resource' is missing",
    ],
    [
      'an empty resource',
      { resource: '' },
      'invalid_request',
      "Required query variable 'resource' is missing",
    ],
    [
      'no api-version',
      { 'api-version': undefined },
      'invalid_request',
      "Required query variable 'api-version' is missing",
    ],
    [
      'an identity that is not assigned',
      { client_id: '99999999-0000-4000-8000-000000000000' },
      'invalid_request',
      'Identity not found',
    ],
  ])('is refused with %s', async (_name, fields, error, error_description) => {
    const response = await ask(machine, fields)
    expect({ status: response.status, ...(await bodyOf(response)) }).toEqual({
      status: 400,
      error,
      error_description,
    })
  })

  test('is refused for an environment that is not here', async () => {
    const response = await ask(machine, { resource: 'https://fabrikam.crm.dynamics.com' })
    expect(response.status).toBe(400)
    expect(await bodyOf(response)).toEqual({
      error: 'invalid_resource',
      error_description: expect.stringMatching(
        /^AADSTS500011: The resource principal named https:\/\/fabrikam\.crm\.dynamics\.com was not found/,
      ),
    })
  })
})

describe('the header that no forged link can send', () => {
  test.each([{}, { Metadata: 'false' }])('%o is refused by a virtual machine', async (headers) => {
    const response = await ask(VIRTUAL_MACHINE, {}, headers)
    expect({ status: response.status, ...(await bodyOf(response)) }).toEqual({
      status: 400,
      error: 'invalid_request',
      error_description: 'Required metadata header not specified',
    })
  })

  test.each([{}, { 'X-IDENTITY-HEADER': 'guessed' }, { Metadata: 'true' }])(
    '%o is refused by App Service',
    async (headers) => {
      const response = await ask(APP_SERVICE, {}, headers)
      expect(response.status).toBe(401)
      expect(await response.text()).not.toContain('sandbox-identity-header')
    },
  )
})

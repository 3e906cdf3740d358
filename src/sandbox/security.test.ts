import { describe, expect, test } from 'vitest'
import { ADMIN, appToken, ORIGIN, testSandbox, tokenOf, userToken } from './sandbox.test-support.ts'
import { TENANT_ID, USERS } from './seed/directory.ts'

const { sandbox, ask } = testSandbox()
const ann = USERS.find(({ upn }) => upn.startsWith('ann@'))
const ben = USERS.find(({ upn }) => upn.startsWith('ben@'))

async function errorOf(response: Response): Promise<{ status: number; code: string; message: string }> {
  const { error } = JSON.parse(await response.text())
  return { status: response.status, ...error }
}

describe('sign-in', () => {
  test.each([
    ['no token', {}],
    ['a token that does not verify', { authorization: 'Bearer nonsense' }],
    ['another scheme', { authorization: 'Basic YTpi' }],
    [
      'a token for somebody else',
      { authorization: `Bearer ${appToken(0, 'https://other.crm.dynamics.com')}` },
    ],
    ['a token without its claims', { authorization: `Bearer ${tokenOf({ aud: ORIGIN })}` }],
  ])('%s: 401 with the challenge and a body that is not JSON', async (_, headers) => {
    const response = await sandbox.fetch(new Request(`${ORIGIN}/api/data/v9.2/WhoAmI`, { headers }))
    expect(response.status).toBe(401)
    expect(response.headers.get('www-authenticate')).toBe(
      `Bearer authorization_uri=${ORIGIN}/${TENANT_ID}/oauth2/authorize, resource_id=${ORIGIN}/`,
    )
    expect(await response.text()).toBe('HTTP Error 401 - Unauthorized: Access is denied')
  })

  test.each([
    ORIGIN,
    `${ORIGIN}/`,
    'https://contoso.crm.dynamics.com',
    'https://contoso.api.crm4.dynamics.com/',
    '00000007-0000-0000-c000-000000000000',
  ])('a token for %s is accepted', async (audience) => {
    expect((await ask('WhoAmI', { as: appToken(0, audience) })).status).toBe(200)
  })

  test('under a cloud name the challenge leads to the cloud login, and to the resource without api', async () => {
    const response = await sandbox.fetch(
      new Request('https://contoso.api.crm.dynamics.com/api/data/v9.2/WhoAmI'),
    )
    expect(response.headers.get('www-authenticate')).toBe(
      `Bearer authorization_uri=https://login.microsoftonline.com/${TENANT_ID}/oauth2/authorize, resource_id=https://contoso.crm.dynamics.com/`,
    )
  })

  test('an application is found by its id, a person by the object id', async () => {
    const app = JSON.parse(await (await ask('WhoAmI')).text())
    expect(app.UserId).toBe('d0000000-0000-4000-8000-000000000101')
    const person = await (await ask('WhoAmI', { as: userToken('ann') })).json()
    expect(person).toEqual({
      '@odata.context': `${ORIGIN}/api/data/v9.2/$metadata#Microsoft.Dynamics.CRM.WhoAmIResponse`,
      BusinessUnitId: sandbox.store.organization.rootBusinessUnitId,
      UserId: ann?.systemUserId,
      OrganizationId: sandbox.store.organization.id,
    })
  })
})

describe('what Dynamics itself refuses', () => {
  test('an application without an application user, a person who is no member', async () => {
    const expected = {
      status: 403,
      code: '0x80072560',
      message: 'The user is not a member of the organization.',
    }
    expect(await errorOf(await ask('WhoAmI', { as: appToken(3) }))).toEqual(expected)
    expect(await errorOf(await ask('WhoAmI', { as: userToken('outsider') }))).toEqual(expected)
  })

  test('a user without a role', async () => {
    expect(await errorOf(await ask('WhoAmI', { as: appToken(4) }))).toEqual({
      status: 403,
      code: '0x80042f09',
      message:
        'RetrievePrivilegeForUser: The user with id d0000000-0000-4000-8000-000000000105 has not been assigned any roles. They need a role with the prvReadUser privilege.',
    })
  })

  test('a disabled user', async () => {
    expect(await errorOf(await ask('WhoAmI', { as: userToken('inactive') }))).toEqual({
      status: 403,
      code: '0x80040225',
      message: 'The specified user is disabled.',
    })
  })

  test('a role without the privilege, naming user, privilege and table', async () => {
    const error = await errorOf(await ask('accounts', { method: 'POST', as: appToken(5), body: '{}' }))
    expect(error).toMatchObject({ status: 403, code: '0x80040220' })
    expect(error.message).toMatch(
      /^Principal user \(Id=d0000000-0000-4000-8000-000000000106, type=8, roleCount=1, privilegeCount=\d+, accessMode=0\), is missing prvCreateAccount privilege \(Id=[0-9a-f-]{36}\) on OTC=1 for entity 'account'\. context\.Caller=d0000000-0000-4000-8000-000000000106$/,
    )
    expect((await ask('accounts', { as: appToken(5) })).status).toBe(200)
  })
})

describe('impersonation', () => {
  test.each([
    ['CallerObjectId', ben?.objectId],
    ['MSCRMCallerID', ben?.systemUserId],
  ])('%s makes the request run as that user', async (header, id = '') => {
    const answer = JSON.parse(await (await ask('WhoAmI', { headers: { [header]: id } })).text())
    expect(answer.UserId).toBe(ben?.systemUserId)
  })

  test('without the privilege to act for others it is refused', async () => {
    const response = await ask('WhoAmI', {
      as: userToken('ben'),
      headers: { CallerObjectId: ann?.objectId ?? '' },
    })
    expect(await errorOf(response)).toMatchObject({ status: 403, code: '0x8004A110' })
  })

  test('the rights are those that both have', async () => {
    const reader = 'd0000000-0000-4000-8000-000000000106'
    const response = await ask('accounts', {
      as: ADMIN,
      method: 'POST',
      headers: { MSCRMCallerID: reader },
      body: '{}',
    })
    expect(await errorOf(response)).toMatchObject({ status: 403, code: '0x80040220' })
  })

  test('an id that is none, and one that nobody has', async () => {
    expect((await ask('WhoAmI', { headers: { MSCRMCallerID: 'me' } })).status).toBe(400)
    const nobody = await ask('WhoAmI', {
      headers: { CallerObjectId: '11111111-0000-4000-8000-000000000000' },
    })
    expect(await errorOf(nobody)).toMatchObject({ status: 403, code: '0x80072560' })
  })
})

test('a role taken away in the data is taken away at the next request', async () => {
  const own = testSandbox()
  const { store } = own.sandbox
  const memberships = store.table('systemuserroles')
  const [row] = memberships.rowsByLookup('systemuserid', 'd0000000-0000-4000-8000-000000000101')
  expect((await own.ask('WhoAmI')).status).toBe(200)
  store.transaction(() => memberships.delete(String(row?.systemuserrolesid)))
  expect((await own.ask('WhoAmI')).status).toBe(403)
})

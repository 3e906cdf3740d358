import { expect, test } from 'vitest'
import { fakeHttp, jsonAnswer, RESOURCE, TENANT } from './auth.test-support.ts'
import type { ExternalSystem, GrantName } from './settings.ts'
import { audienceField, resolveTarget, userAudienceField } from './target.ts'

const LOGIN = 'https://login.microsoftonline.com'
const challenge = jsonAnswer(401, '', {
  'www-authenticate': `Bearer authorization_uri=${LOGIN}/${TENANT}/oauth2/authorize, resource_id=${RESOURCE}/`,
})

async function resolve(system: Partial<ExternalSystem>, grant: GrantName, answers = [challenge]) {
  const fake = fakeHttp(answers)
  const target = await resolveTarget({
    system: { name: 's', serviceUrl: RESOURCE, ...system },
    grant,
    http: fake.http,
  })
  return { ...target, requests: fake.requests.length }
}

test('from the Service URL alone everything is found, by one request', async () => {
  expect(await resolve({}, 'browser')).toMatchObject({
    requests: 1,
    tenant: TENANT,
    version: 2,
    authUri: `${LOGIN}/${TENANT}/oauth2/v2.0/authorize`,
    tokenUri: `${LOGIN}/${TENANT}/oauth2/v2.0/token`,
    deviceCodeUri: `${LOGIN}/${TENANT}/oauth2/v2.0/devicecode`,
    scope: `${RESOURCE}/user_impersonation offline_access`,
    notes: [`Found from the Service URL: tenant ${TENANT} on login.microsoftonline.com.`],
  })
  expect(await resolve({}, 'client-secret')).toMatchObject({ scope: `${RESOURCE}/.default` })
})

test('a complete Token URI needs no request, and the Auth URI follows from it', async () => {
  expect(await resolve({ tokenUri: `POST ${LOGIN}/contoso.com/oauth2/token` }, 'browser', [])).toMatchObject({
    requests: 0,
    version: 1,
    tokenUri: `${LOGIN}/contoso.com/oauth2/token`,
    authUri: `${LOGIN}/contoso.com/oauth2/authorize`,
  })
})

test('/common in a client-credentials URI is replaced by the tenant of the service, and said', async () => {
  const target = await resolve({ tokenUri: `POST ${LOGIN}/common/oauth2/v2.0/token` }, 'client-secret')
  expect(target).toMatchObject({ requests: 1, tokenUri: `${LOGIN}/${TENANT}/oauth2/v2.0/token` })
  expect(target.notes[0]).toContain(
    `says common, where an application cannot sign in as itself: tenant ${TENANT}`,
  )
  expect(await resolve({ tokenUri: `${LOGIN}/common/oauth2/v2.0/token` }, 'browser', [])).toMatchObject({
    requests: 0,
    tokenUri: `${LOGIN}/common/oauth2/v2.0/token`,
  })
})

test('a tenant and the cloud of the service are enough without a request', async () => {
  const serviceUrl = 'https://contoso.crm.microsoftdynamics.us'
  expect(await resolve({ serviceUrl, tenant: 'contoso.us' }, 'client-secret', [])).toMatchObject({
    tokenUri: 'https://login.microsoftonline.us/contoso.us/oauth2/v2.0/token',
  })
  expect(
    await resolve({ serviceUrl: 'https://c.crm9.dynamics.com', tenant: 'gcc.com' }, 'client-secret', []),
  ).toMatchObject({ authority: LOGIN })
})

test('v1 is sent a resource, v2 a scope, never both', async () => {
  const v1 = await resolve({ tokenUri: `${LOGIN}/t/oauth2/token`, scope: 'x' }, 'browser', [])
  expect(audienceField(v1)).toEqual({ resource: `${RESOURCE}/` })
  expect(userAudienceField(v1)).toEqual({ resource: `${RESOURCE}/` })
  const scope = `  ${RESOURCE}/user_impersonation\n openid `
  const v2 = await resolve({ tokenUri: `${LOGIN}/t/oauth2/v2.0/token`, scope }, 'browser', [])
  expect(audienceField(v2)).toEqual({ scope: `${RESOURCE}/user_impersonation openid` })
  expect(userAudienceField(v2)).toEqual({ scope: `${RESOURCE}/user_impersonation openid offline_access` })
})

import { afterAll, beforeAll, expect, test } from 'vitest'
import { createSandbox, type ListeningSandbox } from '../../src/sandbox/index.ts'
import type { SettingsForm } from '../../src/studio/server/connect-form.ts'
import { openTestStudio, type TestStudio } from '../../src/studio/server/studio.test-support.ts'
import { appNamed } from '../sandbox.test-support.ts'

/** What the Connect page asks, without a page. */
let sandbox: ListeningSandbox
let studio: TestStudio

const SECRET = 'marker-secret-of-some-length'
const desktop = appNamed('d365 desktop')

beforeAll(async () => {
  sandbox = await createSandbox().listen({ port: 0 })
  studio = await openTestStudio()
})

afterAll(async () => {
  await studio.close()
  await sandbox.close()
})

function form(fields: Partial<SettingsForm>): SettingsForm {
  return {
    serviceUrl: sandbox.origin,
    authUri: '',
    tokenUri: '',
    scope: '',
    tenant: '',
    grant: 'client-secret',
    clientId: desktop.clientId,
    redirectUri: '',
    certificatePath: '',
    thumbprint: '',
    tokenFile: '',
    secret: '',
    certificatePassword: '',
    accessToken: '',
    refreshToken: '',
    ...fields,
  }
}

async function put(fields: Partial<SettingsForm>, draft?: string): Promise<string> {
  const { content } = await studio.ask('connect.put', {
    form: form(fields),
    ...(draft === undefined ? {} : { draft }),
  })
  return textIn(content, 'draft')
}

function textIn(content: unknown, name: string): string {
  const value =
    typeof content === 'object' && content ? Object.entries(content).find(([key]) => key === name) : undefined
  return String(value?.[1] ?? '')
}

test('secrets come back by reveal alone', async () => {
  const fields = {
    secret: SECRET,
    grant: 'browser',
    accessToken: `${SECRET}-a`,
    refreshToken: `${SECRET}-r`,
  } as const
  const draft = await put(fields)
  const asked = [
    await studio.ask('connect.put', { draft, form: form({ ...fields, secret: null }) }),
    await studio.ask('connect.get', { draft }),
    await studio.ask('connect.parse', {
      draft,
      text: `ServiceURL=${sandbox.origin};ClientSecret={${SECRET}}`,
    }),
    await studio.ask('connect.put', { draft, form: { ...form(fields), thumbprint: SECRET } }),
    await studio.ask('connect.parse', { draft, text: `ServiceURL=x;Clientsecrets={${SECRET}}` }),
  ]
  for (const { content } of asked) expect(JSON.stringify(content)).not.toContain(SECRET)
  const { content } = await studio.ask('connect.reveal', { draft })
  expect(content).toMatchObject({ secrets: { secret: SECRET } })
})

test('a secret the page never saw stays when other fields change, and goes when it is emptied', async () => {
  const draft = await put({ secret: SECRET })
  await put({ secret: null, clientId: 'another' }, draft)
  expect(await studio.ask('connect.reveal', { draft })).toMatchObject({
    content: { secrets: { secret: SECRET } },
  })
  await put({ secret: '' }, draft)
  expect(await studio.ask('connect.reveal', { draft })).toMatchObject({ content: { secrets: {} } })
})

test('a secret of another kind of sign-in waits until one changes back', async () => {
  const draft = await put({ secret: SECRET })
  await put({ secret: null, grant: 'managed-identity' }, draft)
  expect(await studio.ask('connect.get', { draft })).toMatchObject({
    content: { connectionString: { plain: expect.not.stringContaining('ClientSecret') } },
  })
  await put({ secret: null }, draft)
  expect(await studio.ask('connect.get', { draft })).toMatchObject({
    content: { connectionString: { plain: expect.stringContaining('ClientSecret={••••ngth}') } },
  })
})

test('masks in an edited connection string mean the secrets they stand for', async () => {
  const text = `ServiceURL=${sandbox.origin};ClientID=x;ClientSecret={${SECRET}};ProxyHost=p;ProxyPassword={${SECRET}}`
  const { content } = await studio.ask('connect.parse', { text })
  const draft = textIn(content, 'draft')
  await studio.ask('connect.parse', {
    draft,
    text: `ServiceURL=${sandbox.origin};ClientID=y;ClientSecret={••••ngth};ProxyHost=p;ProxyPassword={••••ngth}`,
  })
  expect(await studio.ask('connect.reveal', { draft })).toMatchObject({
    content: {
      connectionString: {
        plain: `ServiceURL=${sandbox.origin};ClientID=y;ClientSecret=${SECRET};ProxyHost=p;ProxyPassword=${SECRET};`,
      },
    },
  })
})

test('what is wrong in a field is found, with the value that would be right', async () => {
  const tokenUri = 'https://login.microsoftonline.com/contoso.com/oauth2/v2.0/authorize'
  const html = '<img src=x onerror=alert(1)>'
  const { content } = await studio.ask('connect.put', { form: form({ tokenUri, clientId: html }) })
  expect(content).toMatchObject({
    version: 2,
    findings: expect.arrayContaining([
      expect.objectContaining({ field: 'tokenUri', fix: tokenUri.replace('authorize', 'token') }),
      expect.objectContaining({ field: 'clientId', message: `Client ID ${html} is not a GUID.` }),
    ]),
  })
})

test('both versions of the addresses are found from the Service URL', async () => {
  const { content } = await studio.ask('connect.discover', {
    serviceUrl: sandbox.origin,
    grant: 'client-secret',
  })
  expect(content).toMatchObject({
    v1: { tokenUri: expect.stringMatching(/\/oauth2\/token$/) },
    v2: { tokenUri: expect.stringMatching(/\/oauth2\/v2.0\/token$/) },
    scope: `${sandbox.origin}/.default`,
  })
})

test('the answer of another sign-in is refused, the right one is taken once, and the tokens stay here', async () => {
  const draft = await put({ grant: 'browser' })
  const response = await studio.fetch(
    new Request(`${studio.origin}/api/connect.signIn`, {
      method: 'POST',
      headers: studio.headers,
      body: JSON.stringify({ draft }),
    }),
  )
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  const opened = (await reader?.read())?.value ?? ''
  const { url } = JSON.parse(/^data: (.*)$/m.exec(opened)?.[1] ?? '{}')
  const address = new URL(url)
  for (const [name, value] of Object.entries({
    sandbox_sign_in: '1',
    login_hint: 'ann@contoso.onmicrosoft.com',
    prompt: '',
  }))
    address.searchParams.set(name, value)
  const ended = (await fetch(address, { redirect: 'manual' })).headers.get('location') ?? ''
  const paste = (text: string) => studio.ask('connect.paste', { draft, address: text })
  expect(await paste('hello')).toMatchObject({
    status: 422,
    content: { message: expect.stringContaining('not an address') },
  })
  expect(await paste(ended.replace(/(?<=[?&])state=[^&]+/, 'state=x'))).toMatchObject({
    status: 401,
    content: { message: expect.stringContaining('belongs to another sign-in') },
  })
  expect(await paste(ended)).toMatchObject({ status: 200 })
  let rest = ''
  for (let next = await reader?.read(); next && !next.done; next = await reader?.read()) rest += next.value
  expect(rest).toContain('"kind":"signed-in"')
  expect(rest).not.toContain('eyJ')
  expect(await paste(ended)).toMatchObject({
    status: 404,
    content: { message: expect.stringContaining('No sign-in is waiting') },
  })
  expect(await studio.ask('connect.get', { draft })).toMatchObject({
    content: {
      token: { who: 'ann@contoso.onmicrosoft.com' },
      form: { accessToken: null, refreshToken: null },
    },
  })
})

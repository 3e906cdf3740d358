import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { listenStudio } from './listen.ts'
import { openTestStudio, type TestStudio } from './studio.test-support.ts'

let studio: TestStudio

beforeAll(async () => {
  studio = await openTestStudio()
})

afterAll(() => studio.close())

/** As the studio's own page would ask, with some headers changed or taken away. */
function ask(changes: Readonly<Record<string, string | undefined>>, method = 'POST', at = studio.origin) {
  const headers = Object.entries({ ...studio.headers, ...changes }).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, value] satisfies [string, string]],
  )
  return studio.fetch(
    new Request(`${at}/api/systems.list`, { method, headers, ...(method === 'GET' ? {} : { body: '{}' }) }),
  )
}

test('its own page is answered', async () => {
  expect((await ask({})).status).toBe(200)
  expect((await ask({ 'sec-fetch-site': 'same-origin' })).status).toBe(200)
})

test.each([
  ['another page', { origin: 'https://evil.example' }, 403],
  ['another program on this machine', { origin: 'http://127.0.0.1:9999' }, 403],
  ['a page in a sandboxed frame', { origin: 'null' }, 403],
  ['no page at all', { origin: undefined }, 403],
  ['the right origin, but another site says the browser', { 'sec-fetch-site': 'cross-site' }, 403],
  ['a name of this machine that a stranger made (DNS rebinding)', { host: 'evil.example:8366' }, 421],
  ['the right name on another port', { host: '127.0.0.1:80' }, 421],
  ['nobody who has entered', { cookie: undefined }, 401],
  ['a session that was never opened', { cookie: `d365-studio-8366=${'a'.repeat(43)}` }, 401],
  ['the session of another port', { cookie: 'd365-studio-9999=x' }, 401],
])('a request of %s is refused', async (_who, changes, status) => {
  const response = await ask(changes)
  expect(response.status).toBe(status)
  expect(await response.text()).not.toContain('systems')
})

test('a page of a stranger’s name is refused too, not only its data', async () => {
  const request = new Request(`${studio.origin}/`, { headers: { host: 'evil.example' } })
  expect((await studio.fetch(request)).status).toBe(421)
})

test('nothing can be asked by an address alone, as a link or a picture could', async () => {
  const response = await ask({}, 'GET')
  expect(await response.text()).not.toContain('systems')
})

test('a form of another page cannot ask: only JSON is read', async () => {
  expect((await ask({ 'content-type': 'text/plain' })).status).toBe(422)
  expect((await ask({ 'content-type': 'application/x-www-form-urlencoded' })).status).toBe(422)
})

describe('the key', () => {
  const keyIn = (address: string): string => address.replace(/^.*key=/, '')
  const enter = (given: unknown) =>
    studio.fetch(
      new Request(`${studio.origin}/api/enter`, {
        method: 'POST',
        headers: studio.headers,
        body: JSON.stringify(given),
      }),
    )

  test('opens once where other users of the machine could see it', async () => {
    const key = keyIn(studio.address({ once: true }))
    expect((await enter({ key })).status).toBe(200)
    expect((await enter({ key })).status).toBe(401)
  })

  test('opens again and again where it was printed', async () => {
    const key = keyIn(studio.address({ once: false }))
    expect((await enter({ key })).status).toBe(200)
    expect((await enter({ key })).status).toBe(200)
  })

  test('brings a cookie that no script and no other site can use', async () => {
    const response = await enter({ key: keyIn(studio.address({ once: true })) })
    expect(response.headers.get('set-cookie')).toMatch(
      /^d365-studio-8366=[\w-]{43}; Path=\/; HttpOnly; SameSite=Strict$/,
    )
  })

  test('is not looked for in more than 4 kB, which is all that nobody may send', async () => {
    expect((await enter({ key: 'a'.repeat(5000) })).status).toBe(413)
  })

  test('is never sent to a server by the browser: it follows the # of the address', () => {
    expect(new URL(studio.address({ once: true })).search).toBe('')
  })
})

test('a password is not guessed: after 20 wrong ones no key opens any more', async () => {
  const open = await openTestStudio({ password: 'correct horse battery' })
  const enter = (password: string) =>
    open.fetch(
      new Request(`${open.origin}/api/enter`, {
        method: 'POST',
        headers: open.headers,
        body: JSON.stringify({ password }),
      }),
    )
  expect((await enter('correct horse battery')).status).toBe(200)
  for (let guess = 0; guess < 20; guess++) expect((await enter(`guess ${guess}`)).status).toBe(401)
  expect((await enter('correct horse battery')).status).toBe(401)
  await open.close()
})

describe('beyond this machine', () => {
  const listen = (options: object) =>
    listenStudio({ port: 0, listen: 'studio.example', assets: () => new Response(), ...options })
  const tls = { certificate: '', key: '' }

  test('it does not start without TLS', async () => {
    await expect(listen({ password: 'correct horse battery' })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('no TLS'),
    })
  })

  test('it does not start without a password of 12 characters', async () => {
    await expect(listen({ tls })).rejects.toMatchObject({ message: expect.stringContaining('no password') })
    await expect(listen({ tls, password: 'short' })).rejects.toMatchObject({
      message: expect.stringContaining('12 characters'),
    })
  })

  test('it does not listen on every address, where no name could be checked', async () => {
    await expect(listen({ tls, password: 'correct horse battery', listen: '0.0.0.0' })).rejects.toMatchObject(
      {
        message: expect.stringContaining('no name'),
      },
    )
  })
})

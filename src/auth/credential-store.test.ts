import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { maskCredential, openCredentialStore } from './credential-store.ts'
import { openSecretStore } from './secret-store.ts'
import { createFileTokenStore } from './token-store.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'd365-store-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const open = () => openCredentialStore({ env: { D365_CONFIG_DIR: folder, D365_SECRET_STORE: 'file' } })
const contoso = { name: 'Contoso', serviceUrl: 'https://contoso.crm.dynamics.com', tenant: 'contoso.com' }
const etl = { name: 'etl', grant: 'client-secret', clientId: 'c1', secret: 'MARKsecret' } as const
const ann = {
  name: 'Ann',
  grant: 'refresh-token',
  clientId: 'c2',
  refreshToken: 'MARKrefresh',
  certificate: { path: '/x.pfx', password: 'MARKpass', thumbprint: 'sha1' },
} as const

test('tokens kept under a lost key are as good as none, and new ones take their place', async () => {
  const tokens = {
    accessToken: 'a',
    accessPrint: 'p',
    refreshPrint: 'q',
    obtainedAt: 1,
    expiresAt: undefined,
  }
  const storeOf = async () =>
    createFileTokenStore({ folder, secrets: await openSecretStore({ folder, prefer: 'file' }) })
  await (await storeOf()).write('x', tokens)
  rmSync(join(folder, 'secret.key'))
  const again = await storeOf()
  expect(await again.read('x')).toBeUndefined()
  await again.write('x', tokens)
  expect(await again.read('x')).toEqual(tokens)
})

describe('systems and credentials', () => {
  test('what is saved is read back by another process, names without case, the first as default', async () => {
    const store = await open()
    await store.addSystem(contoso)
    await store.addCredential('CONTOSO', etl)
    await store.addCredential(undefined, ann)
    const again = await open()
    expect(await again.credential(undefined)).toEqual({
      id: expect.any(String),
      system: contoso,
      credential: etl,
    })
    expect((await again.credential('contoso', 'ANN')).credential).toEqual(ann)
    await again.makeDefaultCredential('Contoso', 'ann')
    expect((await store.credential('Contoso')).credential.name).toBe('Ann')
  })

  test('no secret is in the settings or readable in any file, and only the owner may read', async () => {
    const store = await open()
    await store.addSystem(contoso)
    await store.addCredential('Contoso', etl)
    await store.addCredential('Contoso', ann)
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
      entry.isFile(),
    )
    expect(files.length).toBe(4)
    for (const { parentPath, name } of files) {
      expect(readFileSync(join(parentPath, name), 'latin1')).not.toContain('MARK')
      expect(statSync(join(parentPath, name)).mode & 0o777).toBe(0o600)
    }
    expect(store.protection).toEqual({
      kind: 'file',
      sentence: `Secrets are encrypted; the key is in ${join(folder, 'secret.key')}, protected by its file permissions only.`,
    })
  })

  test('changing keeps the rest, renaming keeps secrets and the default', async () => {
    const store = await open()
    await store.addSystem(contoso)
    await store.addCredential('Contoso', etl)
    await store.changeSystem('contoso', { name: 'Fabrikam', scope: 's' })
    await store.changeCredential('fabrikam', 'etl', { name: 'nightly', clientId: 'c9' })
    expect(await store.credential()).toMatchObject({
      system: { ...contoso, name: 'Fabrikam', scope: 's' },
      credential: { ...etl, name: 'nightly', clientId: 'c9' },
    })
  })

  test('removing takes secrets and tokens along, and the default moves on', async () => {
    const store = await open()
    await store.addSystem(contoso)
    await store.addCredential('Contoso', etl)
    await store.addCredential('Contoso', ann)
    const { id } = await store.credential('Contoso', 'etl')
    await store.tokens.write(id, {
      accessToken: 'a',
      obtainedAt: 1,
      expiresAt: 2,
      accessPrint: 'x',
      refreshPrint: 'y',
    })
    await store.removeCredential('Contoso', 'ETL')
    expect((await store.credential()).credential.name).toBe('Ann')
    expect(readdirSync(join(folder, 'secrets')).filter((name) => name.includes(id))).toEqual([])
    await store.removeSystem('contoso')
    expect(readdirSync(join(folder, 'secrets'))).toEqual([])
    await expect(store.system()).rejects.toThrow('There is no external system yet.')
  })

  test('a wrong name is answered with near ones, a twin is refused', async () => {
    const store = await open()
    await store.addSystem(contoso)
    await store.addSystem({ ...contoso, name: 'Other' })
    await expect(store.system('Contso')).rejects.toMatchObject({
      code: 'NOT_FOUND',
      hint: 'Did you mean Contoso?',
    })
    await expect(store.credential('Contoso', 'x')).rejects.toMatchObject({
      message: 'There is no credential of Contoso yet.',
    })
    await expect(store.addSystem({ ...contoso, name: 'CONTOSO' })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    })
    await expect(store.changeSystem('other', { name: 'contoso' })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    })
    await store.addCredential('Other', etl)
    await expect(store.addCredential('Other', etl)).rejects.toThrow('already a credential of Other named etl')
  })

  test('two processes adding at the same time lose nothing', async () => {
    const stores = await Promise.all([open(), open(), open()])
    await Promise.all(stores.map((store, index) => store.addSystem({ ...contoso, name: `s${index}` })))
    expect((await stores[0].systems()).map(({ name }) => name).sort()).toEqual(['s0', 's1', 's2'])
  })

  test.each([
    ['{ broken', /damaged; nothing was changed/],
    ['{"version":2,"systems":[]}', /version 2/],
    ['{"version":1,"systems":[{"name":"x"}]}', /system 1 cannot be used: serviceUrl is missing/],
    [
      '{"version":1,"systems":[{"name":"x","serviceUrl":"y","credentials":[{"id":"1","name":"z","grant":"password"}]}]}',
      /kind of sign-in is password/,
    ],
  ])('settings that cannot be read are left alone: %s', async (content, message) => {
    const store = await open()
    writeFileSync(join(folder, 'settings.json'), content)
    await expect(store.addSystem(contoso)).rejects.toMatchObject({
      code: 'IO_FAILED',
      message: expect.stringMatching(message),
    })
    expect(readFileSync(join(folder, 'settings.json'), 'utf8')).toBe(content)
  })

  test('a shown credential gives four characters away at most', () => {
    const shown = JSON.stringify(maskCredential({ ...ann, secret: 'abcdefghijklmnop', accessToken: 'short' }))
    expect(shown).toContain('••••mnop')
    expect(shown).not.toMatch(/MARK|lmnop|short/)
  })
})

describe('secrets at rest', () => {
  test('a secret belongs to its id: put under another it does not open', async () => {
    const secrets = await openSecretStore({ folder, prefer: 'file' })
    await secrets.write('one', 'MARK')
    writeFileSync(join(folder, 'secrets', 'two.json'), readFileSync(join(folder, 'secrets', 'one.json')))
    expect(await secrets.read('one')).toBe('MARK')
    await expect(secrets.read('two')).rejects.toMatchObject({ code: 'IO_FAILED' })
    expect(await secrets.read('three')).toBeUndefined()
  })

  test('a changed byte, and another key, are noticed', async () => {
    const secrets = await openSecretStore({ folder, prefer: 'file' })
    await secrets.write('one', 'value')
    const box = JSON.parse(readFileSync(join(folder, 'secrets', 'one.json'), 'utf8'))
    const data = Buffer.from(box.data, 'base64')
    data[0] = (data[0] ?? 0) ^ 1
    writeFileSync(
      join(folder, 'secrets', 'one.json'),
      JSON.stringify({ ...box, data: data.toString('base64') }),
    )
    await expect(secrets.read('one')).rejects.toThrow('cannot be decrypted')
    await secrets.write('one', 'value')
    rmSync(join(folder, 'secret.key'))
    const other = await openSecretStore({ folder, prefer: 'file' })
    await expect(other.read('one')).rejects.toThrow('cannot be decrypted')
    writeFileSync(join(folder, 'secret.key'), 'short')
    await expect(openSecretStore({ folder, prefer: 'file' })).rejects.toThrow('is damaged')
  })

  test('processes started together agree on one key', async () => {
    const stores = await Promise.all(
      Array.from({ length: 8 }, () => openSecretStore({ folder, prefer: 'file' })),
    )
    await Promise.all(stores.map((store, index) => store.write(`s${index}`, 'v')))
    const [first] = stores
    expect(await Promise.all(stores.map((_, index) => first?.read(`s${index}`)))).toEqual(Array(8).fill('v'))
  })
})

import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { openSecretStore } from './secret-store.ts'

const keychain = vi.hoisted(() => {
  const state: { works: boolean; kept: Map<string, string>; options?: unknown } = {
    works: true,
    kept: new Map(),
  }
  return state
})

vi.mock('@napi-rs/keyring', () => ({
  AsyncEntry: class {
    readonly name: string
    constructor(service: string, user: string, options: unknown) {
      keychain.options = options
      this.name = `${service}/${user}`
    }
    async getPassword() {
      if (!keychain.works) throw new Error('locked')
      return keychain.kept.get(this.name) ?? null
    }
    async setPassword(value: string) {
      if (!keychain.works) throw new Error('locked')
      keychain.kept.set(this.name, value)
    }
  },
}))

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'd365-keychain-'))
  keychain.works = true
  keychain.kept.clear()
})
afterEach(() => rmSync(folder, { recursive: true }))

test('where a keychain works the key is in it, and no key file is made', async () => {
  const store = await openSecretStore({ folder })
  await store.write('one', 'value')
  expect(store.protection).toEqual({
    kind: 'keychain',
    sentence: 'Secrets are encrypted; the key is in the keychain of this operating system.',
  })
  expect([...keychain.kept.keys()]).toEqual([`d365/key of ${folder}`])
  expect(existsSync(join(folder, 'secret.key'))).toBe(false)
  expect(await (await openSecretStore({ folder, prefer: 'keychain' })).read('one')).toBe('value')
})

test('where none works a key file is made, and it stays in use when a keychain appears', async () => {
  keychain.works = false
  const store = await openSecretStore({ folder })
  await store.write('one', 'value')
  expect(store.protection.kind).toBe('file')
  keychain.works = true
  const later = await openSecretStore({ folder })
  expect(later.protection.kind).toBe('file')
  expect(await later.read('one')).toBe('value')
})

test('a keychain that was asked for and does not work is an error, not a silent file', async () => {
  keychain.works = false
  await expect(openSecretStore({ folder, prefer: 'keychain' })).rejects.toMatchObject({
    code: 'CONFIG_INVALID',
    hint: expect.stringContaining('D365_SECRET_STORE=file'),
  })
  expect(existsSync(join(folder, 'secret.key'))).toBe(false)
})

test('a keychain that is locked today does not start a second key', async () => {
  await (await openSecretStore({ folder })).write('one', 'value')
  keychain.works = false
  await expect(openSecretStore({ folder })).rejects.toThrow('in the keychain, which does not open now')
  keychain.works = true
  expect(await (await openSecretStore({ folder })).read('one')).toBe('value')
})

test('a keychain that has lost the key does not get another one: it could read nothing of what is there', async () => {
  await (await openSecretStore({ folder })).write('one', 'value')
  keychain.kept.clear()
  await expect(openSecretStore({ folder })).rejects.toThrow('or has lost it')
  expect(keychain.kept.size).toBe(0)
})

test('on Linux only a store that outlives a reboot is used', async () => {
  await openSecretStore({ folder })
  expect(keychain.options).toEqual({ linux: { store: 'secret-service' } })
})

test('commands started together agree on one key in the keychain', async () => {
  const stores = await Promise.all(Array.from({ length: 5 }, () => openSecretStore({ folder })))
  await Promise.all(stores.map((store, index) => store.write(`s${index}`, 'v')))
  expect(await Promise.all(stores.map((_, index) => stores[0]?.read(`s${index}`)))).toEqual(
    Array(5).fill('v'),
  )
})

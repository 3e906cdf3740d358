import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createSeededStore } from '../seed/index.ts'
import type { MemoryStore } from './memory-store.ts'
import { loadStore, saveStore } from './persistence.ts'

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'd365-store-'))
})
afterEach(async () => {
  await rm(dir, { recursive: true, force: true })
})

const id = (number: number): string => `aaaaaaaa-0000-4000-8000-${String(number).padStart(12, '0')}`

function contentsOf(store: MemoryStore): unknown {
  const { tables, oneToMany, manyToMany } = store.schema
  return {
    schema: { tables, oneToMany, manyToMany },
    organization: store.organization,
    version: store.version,
    files: [...store.files],
    tables: [...store.tables].map(([name, table]) => [name, table.rowsByKey(), table.deletions]),
  }
}

async function loaded(): Promise<MemoryStore> {
  const store = await loadStore(dir)
  if (!store) throw new Error('Nothing was saved.')
  return store
}

/** The environment with everything JSON and line-based files are known to break. */
function awkwardStore(): MemoryStore {
  const store = createSeededStore()
  store.transaction(() => {
    const account = store.table('account')
    account.insert({
      accountid: id(1),
      name: 'two\nlines\r\n, a \u2028 separator, "quotes", \\n, 🚀, \ud800 and \u0000',
      revenue: 922_337_203_685_477_5807n,
      creditlimit: -1n,
      donotemail: false,
      numberofemployees: 0,
      address1_latitude: 0.1 + 0.2,
    })
    account.insert({ accountid: id(2), name: '["12"]', description: 'null' })
    account.insert({ accountid: id(3), name: 'gone' })
    account.update(id(2), { description: undefined })
    account.delete(id(3))
  })
  store.files.set(id(9), {
    name: '../naïve.png',
    mimeType: 'image/png',
    bytes: new Uint8Array([0, 10, 13, 255]),
  })
  store.files.set('second', { name: 'empty', mimeType: '', bytes: new Uint8Array() })
  return store
}

const rowsFile = (): string => join(dir, 'saved-1', 'account.rows.ndjson')

describe('a saved environment', () => {
  test('comes back whole: schema, organization, rows, deletions, files and version', async () => {
    const store = awkwardStore()
    await saveStore(store, dir)
    expect(contentsOf(await loaded())).toEqual(contentsOf(store))
  })

  test('goes on where it stopped: versions continue and keys still bind', async () => {
    const store = awkwardStore()
    await saveStore(store, dir)
    const again = await loaded()
    expect(() => again.transaction(() => again.table('account').insert({ accountid: id(1) }))).toThrow(
      /exists already/,
    )
    again.transaction(() => again.table('account').insert({ accountid: id(4) }))
    expect(again.table('account').get(id(4))?.versionnumber).toBe(store.version + 1n)
  })

  test('may be saved in a folder that does not exist yet, and over and over', async () => {
    const store = createSeededStore({ empty: true })
    dir = join(dir, 'new', 'folder')
    await saveStore(store, dir)
    store.transaction(() => store.table('account').insert({ accountid: id(1) }))
    await saveStore(store, dir)
    expect((await loaded()).table('account').size).toBe(1)
    expect((await readdir(dir)).sort()).toEqual(['environment.json', 'saved-2'])
  })

  test('is the store as it was when saving began', async () => {
    const store = createSeededStore({ empty: true })
    store.transaction(() => store.table('account').insert({ accountid: id(1), name: 'before' }))
    const version = store.version
    const saving = saveStore(store, dir)
    store.transaction(() => store.table('account').update(id(1), { name: 'meanwhile' }))
    store.transaction(() => store.table('account').insert({ accountid: id(2) }))
    await saving
    const again = await loaded()
    expect(again.version).toBe(version)
    expect(again.table('account').rowsByKey()).toEqual([
      { accountid: id(1), name: 'before', versionnumber: version },
    ])
  })
})

describe('a folder without a saved environment', () => {
  test('gives nothing, whether it exists or not', async () => {
    await writeFile(join(dir, 'notes.txt'), 'mine')
    expect(await loadStore(dir)).toBeUndefined()
    expect(await loadStore(join(dir, 'nowhere'))).toBeUndefined()
  })

  test('keeps the files it has', async () => {
    await writeFile(join(dir, 'notes.txt'), 'mine')
    await saveStore(createSeededStore({ empty: true }), dir)
    expect(await readFile(join(dir, 'notes.txt'), 'utf8')).toBe('mine')
  })
})

describe('a crash', () => {
  test('before the new state counts leaves the old one, and the next save clears what it left', async () => {
    const store = createSeededStore({ empty: true })
    await saveStore(store, dir)
    store.transaction(() => store.table('account').insert({ accountid: id(1) }))
    // Where a save stands just before its last step: everything written, the manifest not moved yet.
    await cp(join(dir, 'saved-1'), join(dir, 'saved-2'), { recursive: true })
    await writeFile(join(dir, 'saved-2', 'account.rows.ndjson'), '["half a ')
    await writeFile(join(dir, 'saved-2', 'environment.json'), '{"form')
    expect((await loaded()).table('account').size).toBe(0)
    await saveStore(store, dir)
    expect((await loaded()).table('account').size).toBe(1)
    expect((await readdir(dir)).sort()).toEqual(['environment.json', 'saved-3'])
  })

  test('of a save that cannot write reports the folder and keeps the old state', async () => {
    const store = createSeededStore({ empty: true })
    await saveStore(store, dir)
    const broken: MemoryStore = { ...store, organization: { ...store.organization, name: 'other' } }
    // The manifest is printed last: everything before it is on the disk by then.
    Object.defineProperty(broken.organization, 'toJSON', {
      value: () => {
        throw new Error('no space left on device')
      },
    })
    await expect(saveStore(broken, dir)).rejects.toMatchObject({
      code: 'IO_FAILED',
      message: `The environment could not be saved in ${dir}: no space left on device.`,
    })
    expect((await readdir(dir)).sort()).toEqual(['environment.json', 'saved-1'])
    expect((await loaded()).organization.name).toBe(store.organization.name)
  })
})

describe('a damaged file is named, with what is wrong:', () => {
  beforeEach(() => saveStore(awkwardStore(), dir))
  const damage = async (path: string, change: (text: string) => string): Promise<void> =>
    writeFile(path, change(await readFile(path, 'utf8')))

  test('a line that is not JSON', async () => {
    const path = rowsFile()
    await damage(path, (text) => text.replace('\n', '\n{\n'))
    await expect(loadStore(dir)).rejects.toMatchObject({
      code: 'IO_FAILED',
      message: `The saved environment is damaged: ${path}: line 2 cannot be read.`,
    })
  })

  test('one character changed', async () => {
    const path = rowsFile()
    await damage(path, (text) => text.replace('quotes', 'quotas'))
    await expect(loadStore(dir)).rejects.toThrow(`${path}: it is not what was saved.`)
  })

  test.each([
    ['the last lines missing', (text: string) => text.slice(0, text.lastIndexOf('\n', text.length - 2) + 1)],
    ['cut in a line', (text: string) => text.slice(0, -3)],
    ['nothing in it', () => ''],
  ])('%s', async (_, change) => {
    const path = rowsFile()
    await damage(path, change)
    await expect(loadStore(dir)).rejects.toThrow(`${path}: it is not what was saved.`)
  })

  test.each(['account.rows.ndjson', 'schema.json', 'account.deletions.ndjson', 'file-1'])(
    '%s missing',
    async (name) => {
      await rm(join(dir, 'saved-1', name))
      await expect(loadStore(dir)).rejects.toThrow(join(dir, 'saved-1', name))
    },
  )

  test('bytes of a file changed', async () => {
    await writeFile(join(dir, 'saved-1', 'file-1'), 'other')
    await expect(loadStore(dir)).rejects.toThrow(
      `${join(dir, 'saved-1', 'file-1')}: it is not what was saved.`,
    )
  })

  test.each([
    [
      'half of it',
      (text: string) => text.slice(0, text.length / 2),
      'it does not describe a saved environment',
    ],
    ['a later format', (text: string) => text.replace('"format": 1', '"format": 2'), 'it has format 2'],
    [
      'a path that leads out of the folder',
      (text: string) => text.replace('saved-1', '../saved-1'),
      'it does not describe a saved environment',
    ],
  ])('environment.json with %s', async (_, change, message) => {
    const path = join(dir, 'environment.json')
    await damage(path, change)
    await expect(loadStore(dir)).rejects.toThrow(`${path}: ${message}`)
  })
})

import { describe, expect, test } from 'vitest'
import { createSandboxData, type StorePersistence } from './sandbox-data.ts'
import type { MemoryStore } from './store/memory-store.ts'
import { createSchema } from './store/schema-index.ts'

/** Folders in memory. */
function folders() {
  const kept = new Map<string, MemoryStore>()
  const asked: string[] = []
  const persistence: StorePersistence = {
    load: async (dir) => {
      asked.push(`load ${dir}`)
      return kept.get(dir)
    },
    save: async (store, dir) => {
      asked.push(`save ${dir}`)
      kept.set(dir, store)
    },
  }
  return { persistence, asked }
}

const ID = 'aaaaaaaa-0000-4000-8000-000000000001'

describe('a folder', () => {
  test('gives back what was there at the end', async () => {
    const { persistence, asked } = folders()
    const first = createSandboxData({ empty: true, dir: '/d' }, persistence)
    await first.open()
    first.current.transaction(() => first.current.table('account').insert({ accountid: ID, name: 'Kept' }))
    await first.save()
    const second = createSandboxData({ empty: true, dir: '/d' }, persistence)
    await second.open()
    await second.open()
    expect(second.current.table('account').get(ID)?.name).toBe('Kept')
    expect(asked).toEqual(['load /d', 'save /d', 'load /d'])
  })

  test('is written when something has changed, and only then', async () => {
    const { persistence, asked } = folders()
    const data = createSandboxData({ empty: true, dir: '/d' }, persistence)
    await Promise.all([data.save(), data.save()])
    data.current.transaction(() => data.current.table('account').insert({ accountid: ID }))
    await data.save()
    data.reset()
    await data.save()
    await data.save()
    expect(asked).toEqual(['save /d', 'save /d', 'save /d'])
  })

  test('is left alone where none was named', async () => {
    const { persistence, asked } = folders()
    const data = createSandboxData({ empty: true }, persistence)
    await data.open()
    await data.save()
    expect(asked).toEqual([])
  })
})

test('another schema keeps rows, versions and deletions of the tables it still has', () => {
  const data = createSandboxData({ empty: true }, folders().persistence)
  const before = data.current
  before.transaction(() => {
    before.table('account').insert({ accountid: ID, name: 'Kept' })
    before.table('contact').insert({ contactid: ID })
    before.table('account').insert({ accountid: ID.replace('1', '2') })
    before.table('account').delete(ID.replace('1', '2'))
  })
  const { tables, oneToMany, manyToMany } = before.schema
  const schema = createSchema({
    tables: tables.filter(({ logicalName }) => logicalName !== 'contact'),
    oneToMany,
    manyToMany,
  })
  data.changeSchema(schema)
  const { current } = data
  expect(current.schema.table('contact')).toBeUndefined()
  expect(current.table('account').get(ID)).toEqual(before.table('account').get(ID))
  expect(current.table('account').deletionsSince(0n)).toEqual(before.table('account').deletionsSince(0n))
  expect(current.version).toBe(before.version)
})

test('what is told of the schema follows it', () => {
  const data = createSandboxData({ empty: true }, folders().persistence)
  const named = (table: string, column: string) =>
    new Set(
      data.current
        .table(table)
        .rowsByKey()
        .map((row) => row[column]),
    )
  expect(named('sdkmessagefilter', 'primaryobjecttypecode')).toContain('contact')
  expect(named('entityimageconfig', 'parententitylogicalname')).toContain('contact')
  const { tables, oneToMany, manyToMany } = data.current.schema
  const [account] = tables.filter(({ logicalName }) => logicalName === 'account')
  if (!account) throw new Error('no account')
  const copy = { ...account, logicalName: 'new_account', entitySetName: 'new_accounts' }
  data.changeSchema(
    createSchema({
      tables: [...tables.filter(({ logicalName }) => logicalName !== 'contact'), copy],
      oneToMany,
      manyToMany,
    }),
  )
  const filters = named('sdkmessagefilter', 'primaryobjecttypecode')
  const images = named('entityimageconfig', 'parententitylogicalname')
  for (const names of [filters, images])
    expect([names.has('contact'), names.has('new_account')]).toEqual([false, true])
})

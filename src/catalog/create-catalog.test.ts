import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fakeSession } from '../service/fake-session.test-support.ts'
import { createCatalog } from './create-catalog.ts'
import { type MetadataService, metadataService } from './metadata.test-support.ts'
import { createMetadataCache } from './metadata-cache.ts'
import type { Column, Table } from './table.ts'

describe('one table', () => {
  let service: MetadataService
  let table: Table
  const column = (name: string): Column | undefined => table.columns.find((one) => one.name === name)

  beforeAll(async () => {
    service = metadataService()
    table = await createCatalog({ session: service.session }).table('new_project')
  })

  test('takes two requests, whatever the number of its columns', () => {
    expect(service.requests.map(({ method, path }) => `${method} ${path.split('?')[0]}`)).toEqual([
      'GET EntityDefinitions',
      'POST $batch',
    ])
  })

  test('knows its names, keys and what it can do', () => {
    expect(table).toMatchObject({
      name: 'new_project',
      label: 'Project',
      pluralLabel: 'Projects',
      entitySet: 'new_projects',
      primaryKey: 'new_projectid',
      primaryName: 'new_name',
      kind: 'standard',
      custom: true,
      changeTracking: true,
      optimisticConcurrency: true,
      keys: [{ name: 'new_bycode', columns: ['new_name', 'new_parent'] }],
    })
  })

  test('columns that are only in metadata are left out: labels and tables of lookups, labels of choices', () => {
    expect(table.columns.map(({ name }) => name)).toEqual([
      'new_big',
      'new_budget',
      'new_customer',
      'new_done',
      'new_due',
      'new_fixed',
      'new_name',
      'new_parent',
      'new_people',
      'new_photo',
      'new_photo_url',
      'new_projectid',
      'new_stage',
      'new_start',
      'new_tags',
      'ownerid',
    ])
  })

  test('navigation properties keep their case, and a lookup to several tables has one for each', () => {
    expect(column('new_parent')).toMatchObject({
      type: 'lookup',
      property: '_new_parent_value',
      targets: [{ table: 'new_project', navigation: 'new_Parent' }],
    })
    expect(column('new_customer')?.targets).toEqual([
      { table: 'account', navigation: 'new_Customer_account' },
      { table: 'contact', navigation: 'new_Customer_contact' },
    ])
  })

  test('an owner points to users and teams through the one property ownerid', () => {
    expect(column('ownerid')?.targets).toEqual([
      { table: 'systemuser', navigation: 'ownerid' },
      { table: 'team', navigation: 'ownerid' },
    ])
  })

  test('date-only columns are dates, the others say whether they are converted', () => {
    expect(column('new_due')?.type).toBe('date')
    expect(column('new_start')).toMatchObject({ type: 'datetime' })
    expect(column('new_start')?.timeZoneIndependent).toBeUndefined()
    expect(column('new_fixed')).toMatchObject({ type: 'datetime', timeZoneIndependent: true })
  })

  test('limits keep every digit', () => {
    expect(column('new_budget')).toMatchObject({
      min: '-922337203685477.5807',
      max: '922337203685477.5807',
      precision: 2,
    })
    expect(column('new_big')).toMatchObject({ min: '-9223372036854775808', max: '9223372036854775807' })
    expect(column('new_name')?.maxLength).toBe(100)
  })

  test('choices come from local and global sets, and a boolean has two', () => {
    expect(column('new_stage')?.choices).toEqual([
      { value: 1, label: 'Open' },
      { value: 2, label: 'Won' },
    ])
    expect(column('new_tags')?.choices?.map(({ value }) => value)).toEqual([7, 8])
    expect(column('new_done')?.choices).toEqual([
      { value: 0, label: 'No' },
      { value: 1, label: 'Yes' },
    ])
  })

  test('relationships are seen from this table', () => {
    expect(table.relationships.filter(({ kind }) => kind !== 'many-to-one')).toEqual([
      {
        name: 'lk_children',
        kind: 'one-to-many',
        table: 'new_project',
        navigation: 'new_Children',
        column: 'new_parent',
      },
      { name: 'new_project_contacts', kind: 'many-to-many', table: 'contact', navigation: 'new_contacts' },
    ])
  })
})

describe('names', () => {
  test('a table is found by logical name or entity set, in any case', async () => {
    const catalog = createCatalog({ session: metadataService().session })
    for (const name of ['new_project', 'NEW_PROJECT', 'new_projects', ' New_Projects '])
      expect((await catalog.table(name)).name).toBe('new_project')
  })

  test('an unknown table is NOT_FOUND and names near ones', async () => {
    const catalog = createCatalog({ session: metadataService().session })
    await expect(catalog.table('oportunity')).rejects.toMatchObject({
      code: 'NOT_FOUND',
      hint: 'Did you mean opportunity?',
    })
  })

  test('tables without an entity set cannot be read and are not listed', async () => {
    const tables = await createCatalog({ session: metadataService().session }).tables()
    expect(tables.map(({ name }) => name)).toEqual(['new_project', 'opportunity'])
  })
})

describe('answers', () => {
  test('a list without its value is an error, not an environment without tables', async () => {
    for (const body of ['{}', '{"value":[{"Logical', '<html>'])
      await expect(
        createCatalog({ session: fakeSession(() => body).session }).tables(),
      ).rejects.toMatchObject({ code: 'RESPONSE_INVALID' })
  })

  test('callers at the same time share one answer, and one that gives up does not take it from the others', async () => {
    const service = metadataService()
    const catalog = createCatalog({ session: service.session })
    const controller = new AbortController()
    const first = catalog.table('new_project', { signal: controller.signal })
    const second = catalog.table('new_project')
    controller.abort()
    await expect(first).rejects.toMatchObject({ code: 'CANCELLED' })
    expect((await second).name).toBe('new_project')
    expect(service.requests).toHaveLength(2)
  })

  test('a failure is not kept: the next caller asks again', async () => {
    const service = metadataService()
    let fail = true
    const catalog = createCatalog({
      session: {
        ...service.session,
        request: async (request) => {
          if (fail) throw new RangeError('down')
          return service.session.request(request)
        },
      },
    })
    await expect(catalog.tables()).rejects.toThrow('down')
    fail = false
    expect(await catalog.tables()).toHaveLength(2)
  })
})

describe('the cache on disk', () => {
  const folder = mkdtempSync(join(tmpdir(), 'd365-cache-'))
  afterAll(() => rmSync(folder, { recursive: true }))

  const open = (version: string) => {
    const service = metadataService()
    service.version = version
    const cache = createMetadataCache({ folder, root: service.session.root, reader: 'ann' })
    return { ...service, catalog: createCatalog({ session: service.session, cache }) }
  }
  const asked = ({ requests }: MetadataService) => requests.map(({ path }) => path.split('?')[0])

  test('a second process asks for the version alone and knows the same', async () => {
    const first = open('100')
    const table = await first.catalog.table('new_project')
    const second = open('100')
    expect(await second.catalog.table('new_project')).toEqual(table)
    expect(asked(second)).toEqual(['organizations'])
  })

  test('a new version is read afresh, and the old one leaves the disk', async () => {
    const changed = open('101')
    await changed.catalog.table('new_project')
    expect(asked(changed)).toEqual(['organizations', 'EntityDefinitions', '$batch'])
    const [environment = ''] = readdirSync(folder)
    expect(readdirSync(join(folder, environment))).toEqual(['2-101'])
  })

  test('a damaged file is as good as none', async () => {
    const [environment = ''] = readdirSync(folder)
    for (const text of ['{"columns":[', '{}', '[{"name":"x"}]', 'null']) {
      writeFileSync(join(folder, environment, '2-101', 'table-new_project.json'), text)
      const service = open('101')
      expect((await service.catalog.table('new_project')).columns).toHaveLength(16)
      expect(asked(service)).toEqual(['organizations', '$batch'])
    }
  })

  test('another reader has labels of their own, and after a day they are read again', async () => {
    const root = metadataService().session.root
    await createMetadataCache({ folder, root, reader: 'ann' }).write('7', 'x', { label: 'Company' })
    expect(await createMetadataCache({ folder, root, reader: 'ann' }).read('7', 'x')).toEqual({
      label: 'Company',
    })
    expect(await createMetadataCache({ folder, root, reader: 'bernd' }).read('7', 'x')).toBeUndefined()
    const tomorrow = () => Date.now() + 25 * 3_600_000
    expect(
      await createMetadataCache({ folder, root, reader: 'ann', now: tomorrow }).read('7', 'x'),
    ).toBeUndefined()
  })

  test('a folder that cannot be written is no failure', async () => {
    const file = join(folder, 'a-file')
    writeFileSync(file, '')
    const { session } = metadataService()
    const cache = createMetadataCache({ folder: file, root: session.root, reader: 'ann' })
    expect(await createCatalog({ session, cache }).tables()).toHaveLength(2)
  })
})

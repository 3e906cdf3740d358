import { DynamicsWebApi } from 'dynamics-web-api'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createSandbox, type ListeningSandbox } from '../../src/sandbox/index.ts'
import { APPS } from '../../src/sandbox/seed/directory.ts'

/** The most used npm client of the Dataverse Web API, unmodified, against the sandbox. */

let server: ListeningSandbox
let api: DynamicsWebApi

beforeAll(async () => {
  server = await createSandbox().listen({ port: 0 })
  const accessToken = await signIn(server)
  api = new DynamicsWebApi({
    serverUrl: server.origin,
    dataApi: { version: '9.2' },
    onTokenRefresh: async () => accessToken,
  })
})

afterAll(() => server.close())

async function signIn({ origin, tokenUri }: ListeningSandbox): Promise<string> {
  const app = APPS[0]
  const response = await fetch(tokenUri, {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: app?.clientId ?? '',
      client_secret: app?.secrets[0]?.value ?? '',
      scope: `${origin}/.default`,
    }),
  })
  const body: unknown = await response.json()
  if (typeof body === 'object' && body && 'access_token' in body) return String(body.access_token)
  throw new Error(`no token: ${JSON.stringify(body)}`)
}

describe('rows', () => {
  test('create gives the id, retrieve the row, update and delete do what they say', async () => {
    const id = await api.create<{ name: string }, string>({
      collection: 'accounts',
      data: { name: 'Foreign client' },
    })
    expect(id).toMatch(/^[0-9a-f-]{36}$/)

    await api.update({ collection: 'accounts', key: id, data: { telephone1: '555-0100', revenue: 1234.5 } })
    const row = await api.retrieve({
      collection: 'accounts',
      key: id,
      select: ['name', 'telephone1', 'revenue'],
    })
    expect(row).toMatchObject({
      accountid: id,
      name: 'Foreign client',
      telephone1: '555-0100',
      revenue: 1234.5,
    })
    expect(row['@odata.etag']).toMatch(/^W\/"\d+"$/)

    await api.deleteRecord({ collection: 'accounts', key: id })
    await expect(api.retrieve({ collection: 'accounts', key: id })).rejects.toMatchObject({ status: 404 })
  })

  test('a representation comes back when asked for, with its formatted values', async () => {
    const row = await api.create({
      collection: 'contacts',
      data: { firstname: 'Ada', lastname: 'Lovelace', preferredcontactmethodcode: 2 },
      returnRepresentation: true,
      select: ['fullname', 'preferredcontactmethodcode'],
      includeAnnotations: '*',
    })
    expect(row).toMatchObject({
      fullname: 'Ada Lovelace',
      preferredcontactmethodcode: 2,
      'preferredcontactmethodcode@OData.Community.Display.V1.FormattedValue': 'Email',
    })
  })

  test('an update with a stale ETag is refused, with the current one accepted', async () => {
    const row = await api.create<object, Record<string, string>>({
      collection: 'accounts',
      data: { name: 'Etag' },
      returnRepresentation: true,
    })
    const { '@odata.etag': stale = '', accountid = '' } = row
    await api.update({ collection: 'accounts', key: accountid, data: { fax: '1' }, ifmatch: stale })
    // The client turns a failed precondition into `false`.
    expect(
      await api.update({ collection: 'accounts', key: accountid, data: { fax: '2' }, ifmatch: stale }),
    ).toBe(false)
  })

  test('upsert by alternate key creates once and updates after that', async () => {
    const key = "accountnumber='FOREIGN-1'"
    await api.upsert({ collection: 'accounts', key, data: { name: 'First' } })
    await api.upsert({ collection: 'accounts', key, data: { name: 'Second' } })
    const found = await api.retrieveMultiple({
      collection: 'accounts',
      select: ['name'],
      filter: "accountnumber eq 'FOREIGN-1'",
    })
    expect(found.value.map((row) => row.name)).toEqual(['Second'])
  })

  test('a single property is set and cleared', async () => {
    const id = await api.create<object, string>({ collection: 'accounts', data: { name: 'Property' } })
    await api.updateSingleProperty({
      collection: 'accounts',
      key: id,
      fieldValuePair: { description: 'here' },
    })
    expect((await api.retrieve({ collection: 'accounts', key: id })).description).toBe('here')
    await api.deleteRecord({ collection: 'accounts', key: id, property: 'description' })
    expect((await api.retrieve({ collection: 'accounts', key: id })).description).toBeNull()
  })

  test('lookups are bound by navigation property and associations made and broken', async () => {
    const contact = await api.create<object, string>({ collection: 'contacts', data: { lastname: 'Bound' } })
    const account = await api.create<object, string>({
      collection: 'accounts',
      data: { name: 'Binder', 'primarycontactid@odata.bind': `/contacts(${contact})` },
    })
    const row = await api.retrieve({
      collection: 'accounts',
      key: account,
      select: ['name', '_primarycontactid_value'],
      expand: [{ property: 'primarycontactid', select: ['lastname'] }],
    })
    expect(row).toMatchObject({ _primarycontactid_value: contact, primarycontactid: { lastname: 'Bound' } })

    await api.associate({
      collection: 'accounts',
      primaryKey: account,
      relationshipName: 'contact_customer_accounts',
      relatedCollection: 'contacts',
      relatedKey: contact,
    })
    expect((await api.retrieve({ collection: 'contacts', key: contact }))._parentcustomerid_value).toBe(
      account,
    )
    await api.disassociate({
      collection: 'accounts',
      primaryKey: account,
      relationshipName: 'contact_customer_accounts',
      relatedKey: contact,
    })
    expect((await api.retrieve({ collection: 'contacts', key: contact }))._parentcustomerid_value).toBeNull()
    await api.disassociateSingleValued({
      collection: 'accounts',
      primaryKey: account,
      navigationProperty: 'primarycontactid',
    })
    expect((await api.retrieve({ collection: 'accounts', key: account }))._primarycontactid_value).toBeNull()
  })
})

describe('many rows', () => {
  test('pages follow each other to the end without a gap or a repeat', async () => {
    const all = await api.retrieveMultiple({ collection: 'contacts', select: ['fullname'] })
    const paged = await api.retrieveAll({ collection: 'contacts', select: ['fullname'], maxPageSize: 7 })
    const ids = paged.value.map((row) => row.contactid)
    expect(ids.length).toBeGreaterThan(50)
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids).toEqual(all.value.map((row) => row.contactid))
  })

  test('counts agree', async () => {
    const filter = 'statecode eq 0'
    const listed = await api.retrieveMultiple({
      collection: 'accounts',
      select: ['name'],
      filter,
      count: true,
    })
    expect(listed.oDataCount).toBe(listed.value.length)
    expect(await api.count({ collection: 'accounts', filter })).toBe(listed.value.length)
  })

  test('FetchXML pages by cookie to the end', async () => {
    const fetchXml = `<fetch count="20"><entity name="contact"><attribute name="fullname"/><order attribute="fullname"/></entity></fetch>`
    const fetched = await api.fetchAll({
      collection: 'contacts',
      fetchXml,
      includeAnnotations: 'Microsoft.Dynamics.CRM.fetchxmlpagingcookie,Microsoft.Dynamics.CRM.morerecords',
    })
    const all = await api.retrieveMultiple({
      collection: 'contacts',
      select: ['fullname'],
      orderBy: ['fullname'],
    })
    expect(fetched.value.length).toBe(all.value.length)
    expect(new Set(fetched.value.map((row) => row.contactid)).size).toBe(all.value.length)
  })

  test('a FetchXML aggregate counts what a plain read lists', async () => {
    const fetchXml = `<fetch aggregate="true"><entity name="account"><attribute name="accountid" alias="n" aggregate="count"/></entity></fetch>`
    const [row] = (await api.fetch({ collection: 'accounts', fetchXml })).value
    const all = await api.retrieveMultiple({ collection: 'accounts', select: ['name'] })
    expect(row.n).toBe(all.value.length)
  })
})

describe('batches', () => {
  test('reads and writes in one batch come back in order', async () => {
    const id = await api.create<object, string>({ collection: 'accounts', data: { name: 'In batch' } })
    api.startBatch()
    api.retrieve({ collection: 'accounts', key: id, select: ['name'] })
    api.retrieveMultiple({ collection: 'contacts', select: ['fullname'], top: 2 })
    const [account, contacts] = await api.executeBatch()
    expect(account).toMatchObject({ name: 'In batch' })
    expect(contacts.value).toHaveLength(2)
  })

  test('a change set refers to an earlier part and happens whole', async () => {
    api.startBatch()
    api.create({ collection: 'contacts', data: { lastname: 'Content' }, contentId: '1' })
    api.create({
      collection: 'accounts',
      data: { name: 'Reference', 'primarycontactid@odata.bind': '$1' },
      contentId: '2',
    })
    const [contact, account] = await api.executeBatch()
    const row = await api.retrieve({
      collection: 'accounts',
      key: account,
      select: ['_primarycontactid_value'],
    })
    expect(row._primarycontactid_value).toBe(contact)
  })

  test('a change set with one bad part leaves nothing behind', async () => {
    api.startBatch()
    api.create({ collection: 'accounts', data: { name: 'Half written' }, contentId: '1' })
    api.create({ collection: 'accounts', data: { nosuchcolumn: 1 }, contentId: '2' })
    await expect(api.executeBatch()).rejects.toBeDefined()
    const left = await api.retrieveMultiple({ collection: 'accounts', filter: "name eq 'Half written'" })
    expect(left.value).toEqual([])
  })
})

describe('metadata and functions', () => {
  test('tables, columns and option sets are described', async () => {
    const entity = await api.retrieveEntity({
      key: "LogicalName='account'",
      select: ['LogicalName', 'EntitySetName'],
    })
    expect(entity).toMatchObject({ LogicalName: 'account', EntitySetName: 'accounts' })
    const attributes = await api.retrieveAttributes({
      entityKey: "LogicalName='account'",
      castType: 'Microsoft.Dynamics.CRM.PicklistAttributeMetadata',
      select: ['LogicalName'],
      expand: [{ property: 'OptionSet' }],
    })
    const category = attributes.value.find((attribute) => attribute.LogicalName === 'accountcategorycode')
    expect(category.OptionSet.Options[0]).toMatchObject({ Value: 1 })
    const tables = await api.retrieveEntities({ select: ['LogicalName'] })
    expect(tables.value.map((table) => table.LogicalName)).toContain('contact')
  })

  test('$metadata is a CSDL document', async () => {
    const csdl = await api.retrieveCsdlMetadata()
    expect(csdl).toContain('<EntityType Name="account" BaseType="mscrm.crmbaseentity">')
  })

  test('WhoAmI and RetrieveTotalRecordCount answer', async () => {
    const who = await api.callFunction('WhoAmI')
    expect(who).toMatchObject({ UserId: APPS[0]?.systemUserId })
    const totals = await api.callFunction({
      name: 'RetrieveTotalRecordCount',
      parameters: { EntityNames: ['account'] },
    })
    expect(totals.EntityRecordCountCollection.Keys).toEqual(['account'])
  })
})

describe('files', () => {
  test('a file goes up in chunks and comes down the same', async () => {
    const id = await api.create<object, string>({
      collection: 'sample_everythings',
      data: { sample_name: 'File' },
    })
    const bytes = Uint8Array.from({ length: 5 * 1024 * 1024 }, (_, index) => index % 251)
    await api.uploadFile({
      collection: 'sample_everythings',
      key: id,
      property: 'sample_file',
      fileName: 'pattern.bin',
      data: bytes,
    })
    const file = await api.downloadFile({
      collection: 'sample_everythings',
      key: id,
      property: 'sample_file',
    })
    expect(file.fileName).toBe('pattern.bin')
    expect(file.fileSize).toBe(bytes.length)
    expect(Buffer.from(file.data).equals(bytes)).toBe(true)
  })
})

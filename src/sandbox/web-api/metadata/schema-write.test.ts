import { describe, expect, test } from 'vitest'
import { appToken, ORIGIN, testSandbox } from '../../sandbox.test-support.ts'
import { metadataId } from './parts.ts'

const root = `${ORIGIN}/api/data/v9.2/`
const label = (Label: string) => ({
  '@odata.type': 'Microsoft.Dynamics.CRM.Label',
  LocalizedLabels: [{ '@odata.type': 'Microsoft.Dynamics.CRM.LocalizedLabel', Label, LanguageCode: 1033 }],
})
const attribute = (type: string, SchemaName: string, more = {}) => ({
  '@odata.type': `Microsoft.Dynamics.CRM.${type}AttributeMetadata`,
  SchemaName,
  DisplayName: label(SchemaName),
  ...more,
})
const bankAccount = {
  '@odata.type': 'Microsoft.Dynamics.CRM.EntityMetadata',
  SchemaName: 'new_BankAccount',
  DisplayName: label('Bank Account'),
  DisplayCollectionName: label('Bank Accounts'),
  OwnershipType: 'UserOwned',
  Attributes: [attribute('String', 'new_AccountName', { IsPrimaryName: true, MaxLength: 100 })],
}
const TABLE = "EntityDefinitions(LogicalName='new_bankaccount')"

function customizable() {
  const { sandbox, ask } = testSandbox()
  const send = async (method: string, path: string, body?: unknown, as?: string) => {
    const response = await ask(path, {
      method,
      ...(as === undefined ? {} : { as }),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    return {
      status: response.status,
      id: response.headers.get('odata-entityid'),
      body: text === '' ? undefined : JSON.parse(text),
    }
  }
  const make = async (method: string, path: string, body: unknown) => {
    const answer = await send(method, path, body)
    if (answer.status >= 300) throw new Error(JSON.stringify(answer.body))
    return answer
  }
  return { sandbox, send, make }
}

describe('tables', () => {
  test('a new one has its columns, the system ones, an entity set and a place for rows', async () => {
    const { sandbox, send, make } = customizable()
    const { status, id } = await make('POST', 'EntityDefinitions', bankAccount)
    expect([status, id]).toEqual([
      204,
      `${root}EntityDefinitions(${metadataId('entity', 'new_bankaccount')})`,
    ])
    const { body } = await send(
      'GET',
      `${TABLE}?$select=EntitySetName,PrimaryNameAttribute,IsCustomEntity,ObjectTypeCode`,
    )
    expect(body).toMatchObject({
      EntitySetName: 'new_bankaccounts',
      PrimaryNameAttribute: 'new_accountname',
      IsCustomEntity: true,
      ObjectTypeCode: expect.any(Number),
    })
    const { schema } = sandbox.store
    const names = schema.table('new_bankaccount')?.columns.map(({ logicalName }) => logicalName)
    expect(names).toEqual(
      expect.arrayContaining([
        'new_bankaccountid',
        'new_accountname',
        'ownerid',
        'statecode',
        'statuscode',
        'createdon',
      ]),
    )
    expect(schema.lookups('new_bankaccount').map(({ lookupNavigation }) => lookupNavigation)).toContain(
      'createdby',
    )
    sandbox.store.transaction(() =>
      sandbox.store.table('new_bankaccount').insert({ new_bankaccountid: metadataId('x') }),
    )
    expect(sandbox.store.table('new_bankaccount').size).toBe(1)
  })

  test('rows of other tables, their versions and the trace stay', async () => {
    const { sandbox, make } = customizable()
    const before = { size: sandbox.store.table('systemuser').size, version: sandbox.store.version }
    await make('POST', 'EntityDefinitions', bankAccount)
    expect({ size: sandbox.store.table('systemuser').size, version: sandbox.store.version }).toEqual(before)
  })

  test('labels change with PUT; a deleted custom table is gone, a system table stays', async () => {
    const { send, make } = customizable()
    await make('POST', 'EntityDefinitions', bankAccount)
    await make('PUT', TABLE, { ...bankAccount, DisplayName: label('Bank Business Name') })
    const { body } = await send('GET', `${TABLE}?$select=DisplayName`)
    expect(body.DisplayName.UserLocalizedLabel.Label).toBe('Bank Business Name')
    await make('DELETE', TABLE, undefined)
    expect((await send('GET', TABLE)).status).toBe(404)
    expect((await send('DELETE', "EntityDefinitions(LogicalName='account')")).status).toBe(400)
  })

  test('a name without prefix, a second one of a name, and no primary column are refused', async () => {
    const { send, make } = customizable()
    await make('POST', 'EntityDefinitions', bankAccount)
    expect((await send('POST', 'EntityDefinitions', bankAccount)).body.error.code).toBe('0x80044363')
    expect((await send('POST', 'EntityDefinitions', { ...bankAccount, SchemaName: 'Bank' })).status).toBe(400)
    expect(
      (await send('POST', 'EntityDefinitions', { ...bankAccount, SchemaName: 'new_B', Attributes: [] }))
        .status,
    ).toBe(400)
    expect((await send('POST', 'EntityDefinitions', bankAccount, appToken(5))).status).toBe(403)
  })
})

describe('columns', () => {
  test.each([
    [
      'String',
      { MaxLength: 50, FormatName: { Value: 'Email' } },
      { MaxLength: 50, FormatName: { Value: 'Email' } },
    ],
    ['Memo', { MaxLength: 500 }, { MaxLength: 500 }],
    ['Integer', { MinValue: 0, MaxValue: 9 }, { MinValue: 0, MaxValue: 9 }],
    ['Decimal', { Precision: 4 }, { Precision: 4 }],
    ['Double', { Precision: 5 }, { Precision: 5 }],
    ['Money', { PrecisionSource: 2 }, { Precision: 2, IsBaseCurrency: false }],
    ['Boolean', { DefaultValue: true }, { DefaultValue: true }],
    [
      'DateTime',
      { DateTimeBehavior: { Value: 'DateOnly' } },
      { DateTimeBehavior: { Value: 'DateOnly' }, Format: 'DateOnly' },
    ],
    ['File', {}, { IsCustomAttribute: true }],
    ['Image', {}, { IsCustomAttribute: true }],
    ['BigInt', {}, { IsCustomAttribute: true }],
    [
      'Picklist',
      { OptionSet: { Options: [{ Label: label('Red') }, { Value: 7, Label: label('Blue') }] } },
      { IsCustomAttribute: true },
    ],
    [
      'MultiSelectPicklist',
      { 'GlobalOptionSet@odata.bind': "/GlobalOptionSetDefinitions(Name='sample_size')" },
      { IsCustomAttribute: true },
    ],
  ])('a %s column keeps what was asked', async (type, given, expected) => {
    const { send, make } = customizable()
    const { id } = await make(
      'POST',
      "EntityDefinitions(LogicalName='account')/Attributes",
      attribute(type, 'new_Thing', given),
    )
    expect(id).toBe(
      `${root}EntityDefinitions(70816501-edb9-4740-a16c-6a5efbc05d84)/Attributes(${metadataId('attribute', 'account', 'new_thing')})`,
    )
    const cast = `Microsoft.Dynamics.CRM.${type}AttributeMetadata`
    const { body } = await send(
      'GET',
      `EntityDefinitions(LogicalName='account')/Attributes(LogicalName='new_thing')/${cast}`,
    )
    expect(body).toMatchObject({ SchemaName: 'new_Thing', ...expected })
  })

  test('money brings its base column, a choice numbers its options', async () => {
    const { sandbox, make } = customizable()
    const path = "EntityDefinitions(LogicalName='account')/Attributes"
    await make('POST', path, attribute('Money', 'new_Balance'))
    await make(
      'POST',
      path,
      attribute('Picklist', 'new_Color', { OptionSet: { Options: [{ Label: label('Red') }] } }),
    )
    const { schema } = sandbox.store
    expect(schema.column('account', 'new_balance_base')).toMatchObject({
      baseOf: 'new_balance',
      create: false,
    })
    expect(schema.column('account', 'new_color')?.options).toEqual([{ value: 100_000_000, label: 'Red' }])
  })

  test('a column is relabelled, deleted, and not deleted while a key uses it', async () => {
    const { sandbox, send, make } = customizable()
    await make('POST', 'EntityDefinitions', bankAccount)
    await make('POST', `${TABLE}/Attributes`, attribute('String', 'new_Iban'))
    await make('PUT', `${TABLE}/Attributes(LogicalName='new_iban')`, {
      DisplayName: label('IBAN'),
      MaxLength: 34,
    })
    expect(sandbox.store.schema.column('new_bankaccount', 'new_iban')).toMatchObject({
      label: 'IBAN',
      maxLength: 34,
    })
    await make('POST', `${TABLE}/Keys`, { SchemaName: 'new_IbanKey', KeyAttributes: ['new_iban'] })
    expect((await send('GET', `${TABLE}/Keys`)).body.value).toMatchObject([{ KeyAttributes: ['new_iban'] }])
    expect((await send('DELETE', `${TABLE}/Attributes(LogicalName='new_iban')`)).status).toBe(400)
    await make('DELETE', `${TABLE}/Keys(LogicalName='new_ibankey')`, undefined)
    await make('DELETE', `${TABLE}/Attributes(LogicalName='new_iban')`, undefined)
    expect(sandbox.store.schema.column('new_bankaccount', 'new_iban')).toBeUndefined()
  })
})

describe('relationships', () => {
  test('a one-to-many makes the lookup column and both navigation properties', async () => {
    const { sandbox, send, make } = customizable()
    await make('POST', 'EntityDefinitions', bankAccount)
    const { id } = await make('POST', 'RelationshipDefinitions', {
      '@odata.type': 'Microsoft.Dynamics.CRM.OneToManyRelationshipMetadata',
      SchemaName: 'new_contact_new_bankaccount',
      ReferencedEntity: 'contact',
      ReferencingEntity: 'new_bankaccount',
      CascadeConfiguration: { Delete: 'Cascade' },
      Lookup: attribute('Lookup', 'new_ContactId'),
    })
    expect(id).toBe(
      `${root}RelationshipDefinitions(${metadataId('relationship', 'new_contact_new_bankaccount')})`,
    )
    expect(sandbox.store.schema.lookups('new_bankaccount')).toContainEqual({
      schemaName: 'new_contact_new_bankaccount',
      referencedTable: 'contact',
      referencingTable: 'new_bankaccount',
      referencingColumn: 'new_contactid',
      lookupNavigation: 'new_ContactId',
      collectionNavigation: 'new_contact_new_bankaccount',
      onDelete: 'Cascade',
      hierarchical: false,
    })
    const { body } = await send(
      'GET',
      "EntityDefinitions(LogicalName='contact')/OneToManyRelationships?$filter=ReferencingEntity eq 'new_bankaccount'",
    )
    expect(body.value).toHaveLength(1)
  })

  test('a customer lookup has a relationship and a navigation property for each target', async () => {
    const { sandbox, make } = customizable()
    await make('POST', 'EntityDefinitions', bankAccount)
    const { status, body } = await make('POST', 'CreateCustomerRelationships', {
      OneToManyRelationships: [
        {
          SchemaName: 'new_bankaccount_customer_account',
          ReferencedEntity: 'account',
          ReferencingEntity: 'new_bankaccount',
        },
        {
          SchemaName: 'new_bankaccount_customer_contact',
          ReferencedEntity: 'contact',
          ReferencingEntity: 'new_bankaccount',
        },
      ],
      Lookup: {
        ...attribute('Lookup', 'new_CustomerId'),
        '@odata.type': 'Microsoft.Dynamics.CRM.ComplexLookupAttributeMetadata',
      },
    })
    expect([status, body]).toEqual([
      200,
      {
        '@odata.context': `${root}$metadata#Microsoft.Dynamics.CRM.CreateCustomerRelationshipsResponse`,
        RelationshipIds: [expect.any(String), expect.any(String)],
        AttributeId: metadataId('attribute', 'new_bankaccount', 'new_customerid'),
      },
    ])
    const { schema } = sandbox.store
    expect(schema.column('new_bankaccount', 'new_customerid')).toMatchObject({
      type: 'Customer',
      targets: ['account', 'contact'],
    })
    expect(schema.lookups('new_bankaccount').map(({ lookupNavigation }) => lookupNavigation)).toEqual(
      expect.arrayContaining(['new_CustomerId_account', 'new_CustomerId_contact']),
    )
  })

  test('a many-to-many makes its intersect table', async () => {
    const { sandbox, send, make } = customizable()
    const body = {
      '@odata.type': 'Microsoft.Dynamics.CRM.ManyToManyRelationshipMetadata',
      SchemaName: 'new_account_contact',
      Entity1LogicalName: 'account',
      Entity2LogicalName: 'contact',
      IntersectEntityName: 'new_account_contact',
    }
    await make('POST', 'RelationshipDefinitions', body)
    expect(sandbox.store.schema.manyToManyOf('contact').map(({ schemaName }) => schemaName)).toContain(
      'new_account_contact',
    )
    expect(sandbox.store.table('new_account_contact').definition.kind).toBe('Intersect')
    expect((await send('POST', 'RelationshipDefinitions', body)).body.error.code).toBe('0x80044363')
  })
})

describe('changes since a version stamp', () => {
  test('are the tables that changed, and the ids of what was deleted', async () => {
    const { send, make } = customizable()
    const changes = async (stamp?: string) => {
      const parameters = stamp === undefined ? '' : `ClientVersionStamp='${stamp}'`
      const { body } = await send('GET', `RetrieveMetadataChanges(${parameters})`)
      const names: string[] = body.EntityMetadata.map(
        ({ LogicalName }: { LogicalName: string }) => LogicalName,
      )
      return { names, deleted: body.DeletedMetadata, stamp: String(body.ServerVersionStamp) }
    }
    const start = await changes()
    await make('POST', 'EntityDefinitions', bankAccount)
    const added = await changes(start.stamp)
    expect(added.names).toEqual(['new_bankaccount'])
    expect((await changes(added.stamp)).names).toEqual([])
    await make('DELETE', TABLE, undefined)
    expect((await changes(added.stamp)).deleted).toEqual({
      Count: 1,
      IsReadOnly: false,
      Keys: ['Entity'],
      Values: [[metadataId('entity', 'new_bankaccount')]],
    })
  })
})

test('publishing is accepted; what is not emulated says so', async () => {
  const { send } = customizable()
  expect((await send('POST', 'PublishAllXml')).status).toBe(204)
  expect((await send('PATCH', TABLE, {})).status).toBe(501)
  expect(
    (
      await send(
        'POST',
        "EntityDefinitions(LogicalName='account')/Attributes",
        attribute('EntityName', 'new_X'),
      )
    ).status,
  ).toBe(501)
  expect((await send('POST', 'EntityDefinitions', [])).body.error.code).toBe('0x80048d19')
})

describe('columns that the platform numbers', () => {
  const COLUMN = `${TABLE}/Attributes(LogicalName='new_serial')`
  const serial = (AutoNumberFormat: string) => attribute('String', 'new_Serial', { AutoNumberFormat })
  const numbered = async () => {
    const api = customizable()
    await api.make('POST', 'EntityDefinitions', bankAccount)
    await api.make('POST', `${TABLE}/Attributes`, serial('B-{SEQNUM:5}'))
    const how = () => api.sandbox.store.schema.column('new_bankaccount', 'new_serial')?.autoNumber
    return { ...api, how }
  }

  test('tell their format, take a seed and another format, and end with an empty one', async () => {
    const { send, make, how } = await numbered()
    expect(how()).toEqual({ format: 'B-{SEQNUM:5}', seed: 1000 })
    const seed = { EntityName: 'new_BankAccount', AttributeName: 'new_Serial', Value: 20_000 }
    expect((await make('POST', 'SetAutoNumberSeed', seed)).status).toBe(204)
    await make('PUT', COLUMN, serial('C-{SEQNUM:1}'))
    expect(how()).toEqual({ format: 'C-{SEQNUM:1}', seed: 20_000 })
    const { body } = await send('GET', `${COLUMN}?$select=AutoNumberFormat`)
    expect(body.AutoNumberFormat).toBe('C-{SEQNUM:1}')
    await make('PUT', COLUMN, serial(''))
    expect(how()).toBeUndefined()
  })

  test.each([
    [{ EntityName: 'new_bankaccount', AttributeName: 'new_accountname', Value: 1 }, 400],
    [{ EntityName: 'new_bankaccount', AttributeName: 'new_serial' }, 400],
    [{ EntityName: 'nothing', AttributeName: 'new_serial', Value: 1 }, 404],
  ])('a seed for %j is refused', async (body, status) => {
    const { send } = await numbered()
    expect((await send('POST', 'SetAutoNumberSeed', body)).status).toBe(status)
  })

  test('a format with an unknown placeholder is refused', async () => {
    const { send } = await numbered()
    const body = attribute('String', 'new_Other', { AutoNumberFormat: '{WRONG:1}' })
    expect((await send('POST', `${TABLE}/Attributes`, body)).status).toBe(400)
  })
})

import { describe, expect, test } from 'vitest'
import { EURO } from '../../../seed/people.ts'
import { jsonIn, ROOT, testApi } from '../write.test-support.ts'

const ID = '00000000-0000-0000-0000-000000000001'
const PATH = `accounts(${ID})`
const made = () => {
  const api = testApi()
  api.make('accounts', { accountid: ID, name: 'A', accountnumber: 'N1', telephone1: '5' })
  return api
}

describe('PATCH of a row that is there', () => {
  test('changes what is named, and counts as a change even with the same value', () => {
    const { ask, row } = made()
    const before = row('account')
    const answer = ask('PATCH', PATH, { body: { name: 'A' }, headers: { 'If-None-Match': 'null' } })
    expect(answer).toMatchObject({ status: 204, headers: { 'OData-EntityId': `${ROOT}${PATH}` } })
    expect(row('account')).toMatchObject({ name: 'A', telephone1: '5' })
    expect(row('account').versionnumber).not.toBe(before.versionnumber)
  })

  test('answers 200 with the row where the request prefers it; $expand does not count', () => {
    const { ask } = made()
    const answer = ask('PATCH', PATH, {
      query: '$select=name&$expand=primarycontactid',
      headers: { prefer: 'return=representation' },
      body: { name: 'B' },
    })
    expect(answer.status).toBe(200)
    expect(jsonIn(answer)).toMatchObject({ name: 'B', accountid: ID })
    expect(jsonIn(answer)).not.toHaveProperty('primarycontactid')
  })

  test('If-Match compares versions', () => {
    const { ask, row } = made()
    const match = (etag: string) => ask('PATCH', PATH, { body: { name: 'B' }, headers: { 'If-Match': etag } })
    expect(match('*').status).toBe(204)
    expect(match(`W/"${row('account').versionnumber}"`).status).toBe(204)
    expect(match('W/"1"')).toMatchObject({
      status: 412,
      code: '0x80060882',
      message: "The version of the existing record doesn't match the RowVersion property provided.",
    })
  })

  test('If-None-Match: * refuses it', () => {
    const { ask, row } = made()
    expect(ask('PATCH', PATH, { body: { name: 'B' }, headers: { 'If-None-Match': '*' } })).toMatchObject({
      status: 412,
      code: '0x80040237',
      message: 'A record with matching key values already exists.',
    })
    expect(row('account').name).toBe('A')
  })

  test('by alternate key leaves the key as it is', () => {
    const { ask, row } = made()
    const path = "accounts(accountnumber='n1')"
    const answer = ask('PATCH', path, { body: { name: 'B', accountnumber: 'N2' } })
    expect(answer).toMatchObject({ status: 204, headers: { 'OData-EntityId': `${ROOT}${path}` } })
    expect(row('account')).toMatchObject({ name: 'B', accountnumber: 'N1' })
  })

  test('does not insert or link rows of a collection', () => {
    const { ask } = made()
    const message = 'Deep update of navigation properties is not allowed.'
    for (const body of [{ Account_Tasks: [] }, { primarycontactid: {} }, { 'Account_Tasks@odata.bind': [] }])
      expect(ask('PATCH', PATH, { body })).toMatchObject({ status: 400, message })
  })

  test('null clears a lookup in both spellings; binding one customer clears the other', () => {
    const { ask, make, row } = made()
    const contact = make('contacts', { lastname: 'L' })
    const id = make('opportunities', { name: 'O', 'customerid_account@odata.bind': PATH })
    const patch = (body: object) => ask('PATCH', `opportunities(${id})`, { body })
    patch({ 'customerid_contact@odata.bind': `/contacts(${contact})` })
    expect(row('opportunity')).toMatchObject({ customerid: contact, 'customerid@table': 'contact' })
    patch({ customerid_contact: null })
    expect(row('opportunity').customerid).toBeUndefined()
    expect(row('opportunity')['customerid@table']).toBeUndefined()
    patch({ 'customerid_account@odata.bind': PATH })
    patch({ 'customerid_account@odata.bind': null })
    expect(row('opportunity').customerid).toBeUndefined()
  })

  test('another currency recomputes the base amounts', () => {
    const { ask, row } = made()
    ask('PATCH', PATH, { body: { revenue: 92 } })
    expect(row('account').revenue_base).toBe(920_000n)
    ask('PATCH', PATH, { body: { 'transactioncurrencyid@odata.bind': `transactioncurrencies(${EURO})` } })
    expect(row('account')).toMatchObject({ revenue: 920_000n, revenue_base: 1_000_000n })
    ask('PATCH', PATH, { body: { revenue: null } })
    expect(row('account').revenue_base).toBeUndefined()
  })

  test('a state alone brings its status; a status keeps to its state', () => {
    const { ask, row } = made()
    ask('PATCH', PATH, { body: { statecode: 1 } })
    expect(row('account')).toMatchObject({ statecode: 1, statuscode: 2 })
    expect(ask('PATCH', PATH, { body: { statecode: 1, statuscode: 1 } })).toMatchObject({
      status: 400,
      code: '0x80048408',
      message: `1 is not a valid status code for state code AccountState.Inactive on account with Id ${ID}.`,
    })
  })

  test('duplicate detection looks at other rows only, by the columns it changes', () => {
    const { ask, make } = made()
    make('accounts', { name: 'B' })
    const headers = { 'MSCRM.SuppressDuplicateDetection': 'false' }
    expect(ask('PATCH', PATH, { body: { name: 'A' }, headers }).status).toBe(204)
    expect(ask('PATCH', PATH, { body: { telephone1: '1' }, headers }).status).toBe(204)
    expect(ask('PATCH', PATH, { body: { name: 'B' }, headers })).toMatchObject({ code: '0x80040333' })
  })

  test('an alternate key of another row is refused', () => {
    const { ask, make } = made()
    make('accounts', { name: 'B', accountnumber: 'N2' })
    expect(ask('PATCH', PATH, { body: { accountnumber: 'N2' } })).toMatchObject({
      status: 412,
      code: '0x80060892',
    })
    expect(ask('PATCH', PATH, { body: { accountnumber: 'N1' } }).status).toBe(204)
  })
})

describe('PATCH of a row that is missing', () => {
  test('creates it, and only a representation tells', () => {
    const { ask, row } = testApi()
    expect(ask('PATCH', PATH, { body: { name: 'A' } })).toMatchObject({
      status: 204,
      headers: { 'OData-EntityId': `${ROOT}${PATH}` },
    })
    expect(row('account', ID).name).toBe('A')
    const other = PATH.replace('1)', '2)')
    const headers = { prefer: 'return=representation' }
    expect(ask('PATCH', other, { body: { name: 'B' }, headers }).status).toBe(201)
  })

  test('If-Match forbids that', () => {
    const { ask } = testApi()
    for (const etag of ['*', 'W/"5"'])
      expect(ask('PATCH', PATH, { body: { name: 'A' }, headers: { 'If-Match': etag } })).toMatchObject({
        status: 404,
        code: '0x80040217',
        message: `account With Id = ${ID} Does Not Exist`,
      })
  })

  test('by alternate key fills the key from the URL, unless the body has other values', () => {
    const { ask, store } = testApi()
    ask('PATCH', 'example_records(example_key1=3,example_key2=3)', { body: { example_name: '3:3' } })
    ask('PATCH', 'example_records(example_key1=4,example_key2=4)', {
      body: { example_key2: 5 },
      headers: { 'If-None-Match': '*' },
    })
    const keys = store.table('example_record').rowsByKey()
    expect(keys.map((row) => [row.example_key1, row.example_key2])).toEqual([
      [3, 3],
      [4, 5],
    ])
  })
})

describe('one property', () => {
  test('PUT sets and DELETE clears it', () => {
    const { ask, row } = made()
    expect(ask('PUT', `${PATH}/name`, { body: { value: 'B' } })).toMatchObject({ status: 204 })
    expect(ask('DELETE', `${PATH}/telephone1`)).toMatchObject({ status: 204 })
    expect(row('account').name).toBe('B')
    expect(row('account').telephone1).toBeUndefined()
  })

  test('of a missing row is 404; a navigation property is not deleted so', () => {
    const { ask } = made()
    expect(ask('PUT', `accounts(${ID.replace(/1$/, '2')})/name`, { body: { value: 'B' } }).status).toBe(404)
    expect(ask('DELETE', `${PATH}/primarycontactid`).status).toBe(405)
  })
})

describe('methods a path does not take', () => {
  test.each([
    ['PATCH', 'accounts'],
    ['DELETE', 'accounts'],
    ['POST', PATH],
    ['PUT', PATH],
    ['POST', `${PATH}/Account_Tasks`],
    ['PUT', `${PATH}/Account_Tasks`],
  ])('%s %s is 405', (method, path) => {
    expect(made().ask(method, path, { body: { name: 'B' } })).toMatchObject({
      status: 405,
      code: '0x80040315',
    })
  })
})

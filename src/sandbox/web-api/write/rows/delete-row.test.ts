import { expect, test } from 'vitest'
import { testApi } from '../write.test-support.ts'

test('DELETE answers 204, then 404', () => {
  const { ask, make, store } = testApi()
  const path = `accounts(${make('accounts', { name: 'A' })})`
  expect(ask('DELETE', path)).toMatchObject({ status: 204, body: undefined })
  expect(store.table('account').size).toBe(0)
  expect(ask('DELETE', path)).toMatchObject({ status: 404, code: '0x80040217' })
})

test('by alternate key, with the version the caller knows', () => {
  const { ask, make, row } = testApi()
  make('accounts', { name: 'A', accountnumber: 'N' })
  const path = "accounts(accountnumber='N')"
  expect(ask('DELETE', path, { headers: { 'If-Match': 'W/"1"' } })).toMatchObject({
    status: 412,
    code: '0x80060882',
  })
  const etag = `W/"${row('account').versionnumber}"`
  expect(ask('DELETE', path, { headers: { 'If-Match': etag } }).status).toBe(204)
  expect(ask('DELETE', path)).toMatchObject({ status: 404, code: '0x80060891' })
})

test('tasks go with their account, a child account only loses its parent', () => {
  const { ask, make, row, store } = testApi()
  const id = make('accounts', {
    name: 'P',
    Account_Tasks: [{ subject: 'T' }],
    account_parent_account: [{ name: 'C' }],
    accountleads_association: [{ lastname: 'L' }],
  })
  ask('DELETE', `accounts(${id})`)
  expect(store.table('task').size).toBe(0)
  expect(row('account').name).toBe('C')
  expect(row('account').parentaccountid).toBeUndefined()
  expect(store.table('accountleads').size).toBe(0)
  expect(store.table('lead').size).toBe(1)
})

test('a restricted row stays, with everything below it', () => {
  const { ask, make, store } = testApi()
  const id = make('sample_everythings', {
    sample_name: 'P',
    sample_everything_parent: [{ sample_name: 'C' }],
  })
  expect(ask('DELETE', `sample_everythings(${id})`)).toMatchObject({
    status: 405,
    code: '0x80040227',
    message: 'The object you tried to delete is associated with another object and cannot be deleted.',
  })
  expect(store.table('sample_everything').size).toBe(2)
})

test('a contact with the same id as an account does not keep or lose its opportunities', () => {
  const { ask, make, row } = testApi()
  const id = '00000000-0000-0000-0000-0000000000aa'
  make('accounts', { accountid: id, name: 'A' })
  make('contacts', { contactid: id, lastname: 'C' })
  make('opportunities', { name: 'O', 'customerid_account@odata.bind': `accounts(${id})` })
  ask('DELETE', `contacts(${id})`)
  expect(row('opportunity').customerid).toBe(id)
})

test('without the privilege nothing is deleted', () => {
  const { ask, make, forbidden, store } = testApi()
  const id = make('accounts', { name: 'A' })
  forbidden.add('account')
  expect(ask('DELETE', `accounts(${id})`)).toMatchObject({ status: 403, message: 'Delete account' })
  expect(store.table('account').size).toBe(1)
})

import { describe, expect, test } from 'vitest'
import { ROOT, testApi } from '../write.test-support.ts'

function setting() {
  const api = testApi()
  const account = api.make('accounts', { name: 'A' })
  const opportunity = api.make('opportunities', { name: 'O' })
  const reference = (path: string) => ({ body: { '@odata.id': path } })
  return { ...api, account, opportunity, reference }
}

describe('$ref of a collection', () => {
  test('POST adds a row by its lookup, DELETE takes it out by key or by $id', () => {
    const { ask, row, account, opportunity, reference } = setting()
    const path = `accounts(${account})/opportunity_customer_accounts`
    const url = `${ROOT}opportunities(${opportunity})`
    expect(ask('POST', `${path}/$ref`, reference(url))).toMatchObject({ status: 204 })
    expect(row('opportunity')).toMatchObject({ customerid: account, 'customerid@table': 'account' })
    expect(ask('DELETE', `${path}(${opportunity})/$ref`)).toMatchObject({ status: 204 })
    expect(row('opportunity').customerid).toBeUndefined()
    ask('POST', `${path}/$ref`, reference(`opportunities(${opportunity})`))
    expect(ask('DELETE', `${path}/$ref`, { query: `$id=${encodeURIComponent(url)}` }).status).toBe(204)
    expect(row('opportunity').customerid).toBeUndefined()
  })

  test('of a many-to-many relationship works from both sides, once', () => {
    const { ask, make, row, store, account, reference } = setting()
    const lead = make('leads', { lastname: 'L' })
    const path = `accounts(${account})/accountleads_association/$ref`
    expect(ask('POST', path, reference(`leads(${lead})`)).status).toBe(204)
    expect(row('accountleads')).toMatchObject({ accountid: account, leadid: lead })
    expect(ask('POST', path, reference(`leads(${lead})`))).toMatchObject({ status: 412, code: '0x80040237' })
    expect(ask('DELETE', `leads(${lead})/accountleads_association(${account})/$ref`).status).toBe(204)
    expect(store.table('accountleads').size).toBe(0)
  })

  test('without a row to link is 400, with a missing one 404, with one of another table 400', () => {
    const { ask, account, reference } = setting()
    const path = `accounts(${account})/opportunity_customer_accounts/$ref`
    expect(ask('POST', path, { body: {} })).toMatchObject({ status: 400, code: '0x80048d19' })
    expect(ask('POST', path, reference('opportunities(00000000-0000-0000-0000-000000000001)')).status).toBe(
      404,
    )
    expect(ask('POST', path, reference(`accounts(${account})`)).status).toBe(400)
    expect(ask('DELETE', path).status).toBe(400)
  })
})

describe('$ref of a lookup', () => {
  test('PUT points it, DELETE clears it', () => {
    const { ask, row, account, opportunity, reference } = setting()
    const path = `opportunities(${opportunity})/customerid_account/$ref`
    expect(ask('PUT', path, reference(`${ROOT}accounts(${account})`))).toMatchObject({ status: 204 })
    expect(row('opportunity')).toMatchObject({ customerid: account, 'customerid@table': 'account' })
    expect(ask('DELETE', path)).toMatchObject({ status: 204 })
    expect(row('opportunity').customerid).toBeUndefined()
    expect(ask('POST', path, reference(`accounts(${account})`)).status).toBe(405)
  })
})

test('PUT of the parties of an email replaces them all', () => {
  const { ask, make, row, store } = testApi()
  const contact = make('contacts', { lastname: 'A' })
  const party = (mask: number) => ({
    'partyid_contact@odata.bind': `contacts(${contact})`,
    participationtypemask: mask,
  })
  const email = make('emails', { subject: 'E', email_activity_parties: [party(1), party(2)] })
  const value = [party(3)]
  expect(ask('PUT', `emails(${email})/email_activity_parties`, { body: { value } }).status).toBe(204)
  expect(row('activityparty')).toMatchObject({ participationtypemask: 3, activityid: email })
  ask('PUT', `emails(${email})/email_activity_parties`, { body: { value: [] } })
  expect(store.table('activityparty').size).toBe(0)
})

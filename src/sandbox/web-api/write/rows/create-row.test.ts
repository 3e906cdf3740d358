import { describe, expect, test } from 'vitest'
import { EURO, ROOT_BUSINESS_UNIT, US_DOLLAR } from '../../../seed/people.ts'
import { idIn, jsonIn, NOW_TEXT, ROOT, SEED_USER, testApi, textIn } from '../write.test-support.ts'

const JSON_TYPE = { 'content-type': 'application/json' }
const ID = '00000000-0000-0000-0000-000000000001'

describe('POST of a set', () => {
  test('answers 204 and where the row is', () => {
    const { ask, row } = testApi()
    const answer = ask('POST', 'accounts', { body: { name: 'Contoso' } })
    const { accountid } = row('account')
    expect(answer).toMatchObject({ status: 204, body: undefined })
    expect(answer.headers).toEqual({
      'OData-Version': '4.0',
      'OData-EntityId': `${ROOT}accounts(${accountid})`,
    })
  })

  test('answers 201 with the row and without OData-EntityId where the request prefers it', () => {
    const { ask, row } = testApi()
    const answer = ask('POST', 'accounts', {
      query: '$select=name,revenue',
      headers: { prefer: 'return=representation' },
      body: { name: 'Contoso', revenue: 5_000_000 },
    })
    const { accountid, versionnumber } = row('account')
    expect(answer.status).toBe(201)
    expect(answer.headers['OData-EntityId']).toBeUndefined()
    expect(answer.headers['Preference-Applied']).toBe('return=representation')
    expect(textIn(answer)).toContain('"revenue":5000000.0000')
    expect(jsonIn(answer)).toMatchObject({
      '@odata.context': `${ROOT}$metadata#accounts(name,revenue)/$entity`,
      '@odata.etag': `W/"${versionnumber}"`,
      name: 'Contoso',
      accountid,
    })
  })

  test('takes a primary key of the client once', () => {
    const { ask } = testApi()
    expect(idIn(ask('POST', 'accounts', { body: { accountid: ID, name: 'A' } }))).toBe(ID)
    expect(ask('POST', 'accounts', { body: { accountid: ID, name: 'B' } })).toMatchObject({
      status: 412,
      code: '0x80040237',
      message: 'A record with matching key values already exists.',
    })
  })

  test('fills defaults, owner, state, stamps and computed columns', () => {
    const { ask, row } = testApi()
    ask('POST', 'contacts', { body: { firstname: 'Ann', lastname: 'Lee', address1_city: 'Oslo' } })
    expect(row('contact')).toMatchObject({
      fullname: 'Ann Lee',
      address1_composite: 'Oslo',
      statecode: 0,
      statuscode: 1,
      ownerid: SEED_USER,
      'ownerid@table': 'systemuser',
      owninguser: SEED_USER,
      owningbusinessunit: ROOT_BUSINESS_UNIT,
      createdon: NOW_TEXT,
      createdby: SEED_USER,
      modifiedon: NOW_TEXT,
      modifiedby: SEED_USER,
    })
    expect(row('contact').createdonbehalfby).toBeUndefined()
  })

  test('an impersonated user is the author, the real one acted on behalf', () => {
    const { ask, row } = testApi()
    const actualUserId = 'd0000000-0000-4000-8000-000000000002'
    ask('POST', 'accounts', { body: { name: 'A' }, caller: { actualUserId } })
    expect(row('account')).toMatchObject({ createdby: SEED_USER, createdonbehalfby: actualUserId })
  })

  test('overriddencreatedon backdates the row', () => {
    const { ask, row } = testApi()
    ask('POST', 'accounts', { body: { name: 'A', overriddencreatedon: '2001-02-03T04:05:06Z' } })
    expect(row('account')).toMatchObject({
      createdon: '2001-02-03T04:05:06Z',
      overriddencreatedon: NOW_TEXT,
      modifiedon: NOW_TEXT,
    })
  })

  test('money is kept exactly, in the organization currency too', () => {
    const { ask, row } = testApi()
    const body = `{"sample_name":"A","sample_cost":922337203685476.1234,"transactioncurrencyid@odata.bind":"/transactioncurrencies(${EURO})"}`
    expect(ask('POST', 'sample_everythings', { body, headers: JSON_TYPE }).status).toBe(204)
    expect(row('sample_everything')).toMatchObject({
      sample_cost: 9_223_372_036_854_761_234n,
      // 922337203685476.1234 / 0.92
      sample_cost_base: 10_025_404_387_885_610_037n,
      transactioncurrencyid: EURO,
      exchangerate: 9_200_000_000n,
    })
  })

  test('money without a currency is in that of the organization', () => {
    const { ask, row } = testApi()
    ask('POST', 'accounts', { body: { name: 'A', revenue: 12.345 } })
    expect(row('account')).toMatchObject({
      revenue: 123_500n,
      revenue_base: 123_500n,
      transactioncurrencyid: US_DOLLAR,
    })
  })

  test('without the privilege nothing is written', () => {
    const { ask, store, forbidden } = testApi()
    forbidden.add('account')
    expect(ask('POST', 'accounts', { body: { name: 'A' } })).toMatchObject({
      status: 403,
      message: 'Create account',
    })
    expect(store.table('account').size).toBe(0)
  })

  test('another media type is 415, broken JSON 400', () => {
    const { ask } = testApi()
    const type = (value: string) => ({ headers: { 'content-type': value }, body: '{"name":"A"}' })
    expect(ask('POST', 'accounts', type('text/plain')).status).toBe(415)
    expect(ask('POST', 'accounts', type('application/json; charset=utf-8')).status).toBe(204)
    expect(ask('POST', 'accounts', { headers: JSON_TYPE, body: '{"name":' })).toMatchObject({
      status: 400,
      code: '0x80048d19',
    })
  })
})

describe('deep insert', () => {
  test('makes rows before and after, at any depth, and answers the outer id', () => {
    const { ask, row } = testApi()
    const answer = ask('POST', 'accounts', {
      body: {
        name: 'Sample',
        primarycontactid: { firstname: 'John', lastname: 'Smith' },
        opportunity_customer_accounts: [
          { name: 'Opportunity', Opportunity_Tasks: [{ subject: 'Task 1' }, { subject: 'Task 2' }] },
        ],
      },
    })
    const account = row('account')
    expect(idIn(answer)).toBe(account.accountid)
    expect(account.primarycontactid).toBe(row('contact').contactid)
    expect(row('opportunity')).toMatchObject({
      customerid: account.accountid,
      'customerid@table': 'account',
    })
    expect(row('opportunity').opportunityid).toBeDefined()
  })

  test('is one transaction', () => {
    const { ask, store } = testApi()
    const answer = ask('POST', 'accounts', {
      body: {
        name: 'Sample',
        primarycontactid: { lastname: 'Smith' },
        Account_Tasks: [{ subject: 'x'.repeat(201) }],
      },
    })
    expect(answer).toMatchObject({
      status: 400,
      code: '0x80044331',
      message:
        "A validation error occurred.  The length of the 'subject' attribute of the 'task' entity exceeded the maximum allowed length of '200'.",
    })
    expect([store.table('account').size, store.table('contact').size, store.table('task').size]).toEqual([
      0, 0, 0,
    ])
  })

  test('of many-to-many members makes the row and the link', () => {
    const { ask, row } = testApi()
    ask('POST', 'accounts', { body: { name: 'A', accountleads_association: [{ lastname: 'Lead' }] } })
    expect(row('accountleads')).toMatchObject({
      accountid: row('account').accountid,
      leadid: row('lead').leadid,
    })
  })

  test('parties of an email come with it', () => {
    const { ask, make, row } = testApi()
    const contact = make('contacts', { lastname: 'A' })
    const bind = `/contacts(${contact})`
    ask('POST', 'emails', {
      body: {
        subject: 'Hello',
        email_activity_parties: [{ 'partyid_contact@odata.bind': bind, participationtypemask: 2 }],
      },
    })
    expect(row('activityparty')).toMatchObject({
      activityid: row('email').activityid,
      'activityid@table': 'email',
      partyid: contact,
      'partyid@table': 'contact',
      participationtypemask: 2,
    })
    expect(row('email').activitytypecode).toBe('email')
  })
})

describe('@odata.bind', () => {
  test('takes a URL with or without slash, from the root, whole, and by alternate key', () => {
    const { make, row } = testApi()
    const parent = make('accounts', { name: 'P', accountnumber: "O'Neil" })
    for (const url of [
      `/accounts(${parent})`,
      `accounts(${parent})`,
      `/api/data/v9.2/accounts(${parent})`,
      `https://org.crm.dynamics.com/api/data/v9.2/accounts(${parent})`,
      "/accounts(accountnumber='O''Neil')",
    ]) {
      const id = make('accounts', { name: 'C', 'parentaccountid@odata.bind': url })
      expect(row('account', id).parentaccountid).toBe(parent)
    }
  })

  test('of a collection points its members', () => {
    const { make, row } = testApi()
    const task = make('tasks', { subject: 'T' })
    const account = make('accounts', { name: 'A', 'Account_Tasks@odata.bind': [`/tasks(${task})`] })
    expect(row('task')).toMatchObject({
      regardingobjectid: account,
      'regardingobjectid@table': 'account',
    })
  })

  test('of an owner brings the owning team and business unit', () => {
    const { store, make, row } = testApi()
    const team = String(store.table('team').rowsByKey()[0]?.teamid)
    make('accounts', { name: 'A', 'ownerid@odata.bind': `/teams(${team})` })
    expect(row('account')).toMatchObject({ ownerid: team, 'ownerid@table': 'team', owningteam: team })
    expect(row('account').owninguser).toBeUndefined()
  })

  test('to a missing row is 404, by id and by key', () => {
    const { ask } = testApi()
    const bind = (url: string) =>
      ask('POST', 'accounts', { body: { name: 'A', 'parentaccountid@odata.bind': url } })
    expect(bind(`/accounts(${ID})`)).toMatchObject({
      status: 404,
      code: '0x80040217',
      message: `account With Id = ${ID} Does Not Exist`,
    })
    expect(bind("/accounts(accountnumber='X')")).toMatchObject({ status: 404, code: '0x80060891' })
  })

  test('to a table the lookup does not take is refused', () => {
    const { ask, make } = testApi()
    const url = `/contacts(${make('contacts', { lastname: 'A' })})`
    const body = { name: 'A', 'parentaccountid@odata.bind': url }
    expect(ask('POST', 'accounts', { body })).toMatchObject({ status: 400, code: '0x80048d19' })
  })

  test('takes Append on the row and AppendTo on its target', () => {
    const { ask, make, forbidden } = testApi()
    const contact = make('contacts', { lastname: 'A' })
    forbidden.add('contact')
    const body = { name: 'A', 'primarycontactid@odata.bind': `/contacts(${contact})` }
    expect(ask('POST', 'accounts', { body })).toMatchObject({ status: 403, message: 'AppendTo contact' })
  })
})

describe('uniqueness', () => {
  test('an alternate key is compared as text is: case and trailing blanks do not count', () => {
    const { ask, make } = testApi()
    make('accounts', { name: 'A', accountnumber: 'ABC' })
    expect(ask('POST', 'accounts', { body: { name: 'B', accountnumber: 'abc ' } })).toMatchObject({
      status: 412,
      code: '0x80060892',
    })
    expect(ask('POST', 'accounts', { body: { name: 'B', accountnumber: '' } }).status).toBe(204)
    expect(ask('POST', 'accounts', { body: { name: 'C', accountnumber: null } }).status).toBe(204)
  })

  test('duplicates are found only where the request asks', () => {
    const { ask, make } = testApi()
    make('accounts', { name: 'Sample Account' })
    const body = { name: 'sample account' }
    const detect = (value: string) =>
      ask('POST', 'accounts', { body, headers: { 'MSCRM.SuppressDuplicateDetection': value } })
    expect(detect('false')).toMatchObject({
      status: 412,
      code: '0x80040333',
      message:
        'A record was not created or updated because a duplicate of the current record already exists.',
    })
    expect(detect('true').status).toBe(204)
    expect(ask('POST', 'accounts', { body }).status).toBe(204)
  })
})

test('a row without a number gets the next one, one with a number keeps it', () => {
  const { ask, make, row } = testApi()
  const number = (body: object) => row('incident', make('incidents', { title: 'I', ...body })).ticketnumber
  expect(number({})).toMatch(/^CAS-01000-[A-Z0-9]{6}$/)
  expect(number({ ticketnumber: 'CAS-02000-MINE' })).toBe('CAS-02000-MINE')
  ask('POST', 'incidents', { body: { title: 'refused', ticketnumber: 'CAS-02000-MINE' } })
  expect(number({})).toMatch(/^CAS-01001-/)
})

test('numbers go on after the highest that is there', () => {
  const { store, make, row } = testApi()
  store.transaction(() =>
    store.table('incident').insert({ incidentid: SEED_USER, title: 'I', ticketnumber: 'CAS-01234-ABCDEF' }),
  )
  const id = make('incidents', { title: 'I' })
  expect(row('incident', id).ticketnumber).toMatch(/^CAS-01235-/)
})

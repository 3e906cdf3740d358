import { describe, expect, test } from 'vitest'
import { createSeededStore } from '../seed/index.ts'
import { callFunction } from './functions.ts'
import { functionParameters, parameterValue } from './functions-parameters.ts'
import { type ApiContext, ApiError } from './operation.ts'

const store = createSeededStore()
const context: ApiContext = {
  store,
  caller: { userId: 'u', actualUserId: 'u', businessUnitId: 'b' },
  root: 'http://x/api/data/v9.2/',
  now: Date.UTC(2026, 0, 20),
  demand: () => {},
}

function call(name: string, inline = '', query = '', within = context) {
  const response = callFunction({ name, inline, query }, within)
  return response ? JSON.parse(String(response.body)) : undefined
}

describe('parameters', () => {
  test('inline and by alias they are the same', () => {
    const expected = new Map<string, unknown>([
      ['A', "O'Brian"],
      ['B', 1033],
      ['C', ['x', 'y']],
    ])
    expect(functionParameters("A='O''Brian',B=1033,C=['x','y']", '')).toEqual(expected)
    expect(
      functionParameters('A=@p1,B=@p2,C=@p3', "@p1='O''Brian'&@p2=1033&@p3=%5B%22x%22,%22y%22%5D"),
    ).toEqual(expected)
  })

  test.each([
    ["{'@odata.id':'accounts(1)'}", { '@odata.id': 'accounts(1)' }],
    ['{"a":[1,true,null]}', { a: [1, true, null] }],
    ["Microsoft.Dynamics.CRM.TargetFieldType'ValidForCreate'", 'ValidForCreate'],
    ['true', true],
    ['null', null],
    ['-1.5', -1.5],
  ])('%s is read as %j', (text, expected) => {
    expect(parameterValue(text)).toEqual(expected)
  })

  test('an alias without a value and broken JSON are refused', () => {
    expect(() => functionParameters('A=@p1', '@p2=1')).toThrow(
      "The parameter alias '@p1' has no value in the query.",
    )
    expect(() => parameterValue('{broken')).toThrow(ApiError)
  })
})

test('RetrieveVersion and WhoAmI answer the documented shapes', () => {
  expect(call('RetrieveVersion')).toEqual({
    '@odata.context': 'http://x/api/data/v9.2/$metadata#Microsoft.Dynamics.CRM.RetrieveVersionResponse',
    Version: store.organization.version,
  })
  expect(call('WhoAmI')).toMatchObject({
    UserId: 'u',
    BusinessUnitId: 'b',
    OrganizationId: store.organization.id,
  })
})

test('RetrieveTotalRecordCount counts by table, and names a table that is none', () => {
  expect(
    call('RetrieveTotalRecordCount', "EntityNames=['account','contact']").EntityRecordCountCollection,
  ).toEqual({
    Count: 2,
    IsReadOnly: false,
    Keys: ['account', 'contact'],
    Values: [store.table('account').size, store.table('contact').size],
  })
  expect(() => call('RetrieveTotalRecordCount', "EntityNames=['nothing']")).toThrow(/'nothing'/)
})

test('GetTimeZoneCodeByLocalizedName answers the documented code', () => {
  const query = "@p1='Pacific%20Standard%20Time'&@p2=1033"
  expect(call('GetTimeZoneCodeByLocalizedName', 'LocalizedStandardName=@p1,LocaleId=@p2', query)).toEqual({
    '@odata.context':
      'http://x/api/data/v9.2/$metadata#Microsoft.Dynamics.CRM.GetTimeZoneCodeByLocalizedNameResponse',
    TimeZoneCode: 4,
  })
})

test('InitializeFrom takes over address and currency and points back at the parent', () => {
  const row = store
    .table('account')
    .rowsByKey()
    .find(({ address1_city, transactioncurrencyid }) => address1_city && transactioncurrencyid)
  const id = String(row?.accountid)
  const query = `@p1={'@odata.id':'accounts(${id})'}&@p2='account'&@p3=Microsoft.Dynamics.CRM.TargetFieldType'ValidForCreate'`
  const answer = call('InitializeFrom', 'EntityMoniker=@p1,TargetEntityName=@p2,TargetFieldType=@p3', query)
  expect(answer).toMatchObject({
    '@odata.context': 'http://x/api/data/v9.2/$metadata#accounts/$entity',
    '@odata.type': '#Microsoft.Dynamics.CRM.account',
    'parentaccountid@odata.bind': `accounts(${id})`,
    'transactioncurrencyid@odata.bind': `transactioncurrencies(${row?.transactioncurrencyid})`,
    address1_city: row?.address1_city,
  })
  expect(answer).not.toHaveProperty('name')
  expect(answer).not.toHaveProperty('creditonhold')
  expect(answer).not.toHaveProperty('accountid')
})

test('RetrieveDuplicates answers the rows that a rule takes for the same, a page at a time', () => {
  const table = store.table('account')
  const [one, other] = table.rowsByKey()
  const name = 'Ärmel & Co'
  const find = (entity: object, page = 1, matching = 'account') => {
    const type = { '@odata.type': 'Microsoft.Dynamics.CRM.account' }
    const query = `@p1=${encodeURIComponent(JSON.stringify({ ...type, ...entity }))}&@p2='${matching}'&@p3={'PageNumber':${page},'Count':1}`
    return call('RetrieveDuplicates', 'BusinessEntity=@p1,MatchingEntityName=@p2,PagingInfo=@p3', query)
  }
  table.update(String(one?.accountid), { name: 'ARMEL & CO' })
  expect(find({ accountid: one?.accountid }).value).toEqual([])
  table.update(String(other?.accountid), { name })
  const { value, ...rest } = find({ accountid: one?.accountid })
  expect(rest).toEqual({ '@odata.context': 'http://x/api/data/v9.2/$metadata#accounts' })
  expect(value).toMatchObject([{ accountid: other?.accountid, name }])
  expect(find({ accountid: one?.accountid }, 2).value).toEqual([])
  expect(find({ accountid: one?.accountid }, 1, 'contact').value).toEqual([])
  const both = [find({ name }), find({ name }, 2)].flatMap((answer) => answer.value)
  expect(both).toMatchObject([{ accountid: one?.accountid }, { accountid: other?.accountid }])
  table.update(String(one?.accountid), { name: String(one?.name) })
  table.update(String(other?.accountid), { name: String(other?.name) })
  expect(() => call('RetrieveDuplicates', 'MatchingEntityName=@p2', "@p2='account'")).toThrow(
    "The parameter 'BusinessEntity' is missing",
  )
})

test('a function nobody knows is left to somebody else', () => {
  expect(call('Nothing')).toBeUndefined()
})

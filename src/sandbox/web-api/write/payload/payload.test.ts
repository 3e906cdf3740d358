import { describe, expect, test } from 'vitest'
import { testApi } from '../write.test-support.ts'

const JSON_TYPE = { 'content-type': 'application/json' }

/** Writes one member of a row given as JSON text; returns what was stored or the refusal's code. */
function written(member: string, set = 'sample_everythings'): unknown {
  const { ask, store } = testApi()
  const answer = ask('POST', set, { headers: JSON_TYPE, body: `{${member}}` })
  if (answer.status !== 204) return answer.code
  const name = /"(\w+)"/.exec(member)?.[1] ?? ''
  const table = store.schema.tableBySet(set)?.logicalName ?? ''
  return store.table(table).rowsByKey()[0]?.[name]
}

function refusal(member: string, set = 'sample_everythings'): string {
  return testApi().ask('POST', set, { headers: JSON_TYPE, body: `{${member}}` }).message
}

describe('cells', () => {
  test.each([
    ['"sample_name":"A"', 'A'],
    ['"sample_name":""', undefined],
    ['"sample_name":null', undefined],
    ['"sample_number":-2147483648', -2_147_483_648],
    ['"sample_number":"200"', 200],
    ['"sample_number":2e2', 200],
    ['"sample_big":9007199254740993', 9_007_199_254_740_993n],
    ['"sample_big":-9223372036854775808', -9_223_372_036_854_775_808n],
    ['"sample_decimal":0.1234567891', 1_234_567_891n],
    ['"sample_decimal":12345678901.0123456789', 123_456_789_010_123_456_789n],
    ['"sample_rate":12.345', 123_500_000_000n],
    ['"sample_rate":12.344', 123_400_000_000n],
    ['"sample_price":-1.005', -10_100n],
    ['"sample_cost":0.0001', 1n],
    ['"sample_cost":922337203685476.9999', 9_223_372_036_854_769_999n],
    ['"sample_double":47.639583', 47.63958],
    ['"sample_flag":true', true],
    ['"sample_colour":100000002', 100_000_002],
    ['"sample_tags":"9, 2,1,2"', '1,2,9'],
    ['"sample_tags":""', undefined],
    ['"sample_moment":"2024-02-29T23:30:15.987-01:30"', '2024-03-01T01:00:15Z'],
    ['"sample_moment":"2024-02-29T10:00:00"', '2024-02-29T10:00:00Z'],
    ['"sample_moment":"2024-02-29"', '2024-02-29T00:00:00Z'],
    ['"sample_timetable":"2024-02-29T10:00:00Z"', '2024-02-29T10:00:00Z'],
    ['"sample_day":"1753-01-01"', '1753-01-01'],
  ])('%s is stored as %s', (member, cell) => {
    expect(written(member)).toBe(cell)
  })

  test.each([
    ['"sample_name":5', '0x80048d19'],
    [`"sample_code":"${'x'.repeat(21)}"`, '0x80044331'],
    ['"sample_number":1.5', '0x80048d19'],
    ['"sample_number":2147483648', '0x80048d19'],
    ['"sample_number":"abc"', '0x80048d19'],
    ['"sample_score":101', '0x80044330'],
    ['"sample_big":9223372036854775808', '0x80048d19'],
    ['"sample_big":"5"', '0x80048d19'],
    ['"sample_decimal":100000000001', '0x80044330'],
    ['"sample_rate":100.01', '0x80044330'],
    ['"sample_price":922337203685477.01', '0x80040317'],
    ['"sample_flag":1', '0x80048d19'],
    ['"sample_colour":4', '0x8004431A'],
    ['"sample_tags":"1,4"', '0x8004431A'],
    ['"sample_tags":"1;2"', '0x80048d19'],
    ['"sample_tags":[1,2]', '0x80048d19'],
    ['"sample_moment":"2024-02-30T00:00:00Z"', '0x80048d19'],
    ['"sample_moment":"2024-02-28T00:00:00+01:00Z"', '0x80048d19'],
    ['"sample_moment":"1752-12-31T23:59:59Z"', '0x80040239'],
    ['"sample_day":"2024-02-29T00:00:00Z"', '0x80048d19'],
    ['"sample_day":"1752-12-31"', '0x80040239'],
    ['"sample_everythingid":"123"', '0x80048d19'],
    ['"statuscode":7', '0x8004431A'],
    ['"statecode":0,"statuscode":2', '0x80048408'],
    ['"nothing":1', '0x80048d19'],
    ['"Sample_Name":"A"', '0x80048d19'],
    ['"statuscodename":"Active"', '0x80048d19'],
  ])('%s is refused with %s', (member, code) => {
    expect(written(member)).toBe(code)
  })

  test('a status brings its state, a state its first status', () => {
    expect(written('"statecode":1,"statuscode":2')).toBe(1)
    const { ask, row } = testApi()
    ask('POST', 'sample_everythings', { body: { statuscode: 2 } })
    expect(row('sample_everything')).toMatchObject({ statecode: 1, statuscode: 2 })
  })

  test('a required column of the platform has to be there', () => {
    expect(written('"description":"x"', 'teams')).toBe('0x80040200')
    expect(written('"name":null', 'teams')).toBe('0x80040200')
  })
})

describe('names', () => {
  test('columns that are not written are left out in silence, annotations too', () => {
    const { ask, row } = testApi()
    const body = {
      '@odata.etag': 'W/"1"',
      '@odata.type': 'Microsoft.Dynamics.CRM.sample_everything',
      'sample_name@OData.Community.Display.V1.FormattedValue': 'B',
      sample_name: 'A',
      createdon: '2001-01-01T00:00:00Z',
      versionnumber: 1,
      sample_price_base: 5,
      sample_file: '00000000-0000-0000-0000-000000000001',
    }
    expect(ask('POST', 'sample_everythings', { body }).status).toBe(204)
    expect(row('sample_everything')).toMatchObject({ sample_name: 'A', createdon: '2026-03-01T12:00:00Z' })
    expect(row('sample_everything').sample_price_base).toBeUndefined()
    expect(row('sample_everything').sample_file).toBeUndefined()
  })

  test('a lookup is written by its navigation property, whose case counts', () => {
    expect(refusal('"sample_accountid@odata.bind":"/accounts(1)"')).toContain(
      "An undeclared property 'sample_accountid' which only has property annotations in the payload",
    )
    expect(refusal('"_sample_accountid_value":"x"')).toBe(
      'CRM do not support direct update of Entity Reference properties, Use Navigation properties instead.',
    )
    expect(refusal('"sample_AccountId":"x"')).toContain("A 'PrimitiveValue' node with non-null value")
    expect(refusal('"sample_customerid":null')).toContain("An undeclared property 'sample_customerid'")
  })
})

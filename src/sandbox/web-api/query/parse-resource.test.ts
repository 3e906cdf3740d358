import { describe, expect, test } from 'vitest'
import { findRow, parseResource } from './parse-resource.ts'
import { id, refusal, USER, world } from './query.test-support.ts'

const { context, get, json } = world()
const parse = (path: string, query = '') => parseResource(path, query, context)

describe('what a path means', () => {
  test.each<[string, object]>([
    ['accounts', { kind: 'set', count: false }],
    ['accounts/$count', { kind: 'set', count: true }],
    [`accounts(${id(1)})`, { kind: 'row', key: { by: 'id', id: id(1) } }],
    [`accounts(accountid=${id(1)})`, { kind: 'row', key: { by: 'id', id: id(1) } }],
    ["accounts(accountnumber='A-1')", { key: { by: 'key', columns: ['accountnumber'], values: ['A-1'] } }],
    ["accounts(accountnumber='O''B%20%2F')", { key: { by: 'key', values: ["O'B /"] } }],
    [`accounts(${id(1)})/name`, { kind: 'column', raw: false, column: { logicalName: 'name' } }],
    [`accounts(${id(1)})/name/$value`, { kind: 'column', raw: true }],
    [
      `accounts(${id(1)})/_primarycontactid_value`,
      { kind: 'column', column: { logicalName: 'primarycontactid' } },
    ],
    [`accounts(${id(1)})/primarycontactid`, { kind: 'lookup', ref: false }],
    [`accounts(${id(1)})/primarycontactid/$ref`, { kind: 'lookup', ref: true }],
    [`accounts(${id(1)})/Account_Tasks`, { kind: 'collection', ref: false, count: false }],
    [`accounts(${id(1)})/Account_Tasks/$ref`, { kind: 'collection', ref: true }],
    [`accounts(${id(1)})/Account_Tasks/$count`, { kind: 'collection', count: true }],
    [
      `accounts(${id(1)})/Account_Tasks(${id(21)})/$ref`,
      { kind: 'collection', ref: true, member: { by: 'id', id: id(21) } },
    ],
    [
      `accounts(${id(1)})/primarycontactid/fullname/$value`,
      { kind: 'column', raw: true, table: { logicalName: 'contact' }, key: { by: 'id', id: id(11) } },
    ],
    [
      `accounts(${id(3)})/parentaccountid/primarycontactid/owninguser`,
      { kind: 'lookup', table: { logicalName: 'contact' }, key: { by: 'id', id: id(12) } },
    ],
    [
      `accounts(${id(1)})/Account_Tasks(${id(21)})/subject`,
      { kind: 'column', table: { logicalName: 'task' }, column: { logicalName: 'subject' } },
    ],
    [`accounts(${id(1)})/accountleads_association`, { kind: 'collection', related: { logicalName: 'lead' } }],
    [
      'accounts/Microsoft.Dynamics.CRM.CreateMultiple',
      { kind: 'bound', name: 'CreateMultiple', parameters: '' },
    ],
    [
      `systemusers(${USER})/Microsoft.Dynamics.CRM.RetrievePrincipalAccess(Target=@t)`,
      { kind: 'bound', name: 'RetrievePrincipalAccess', parameters: 'Target=@t' },
    ],
    [
      `activitypointers(${id(21)})/Microsoft.Dynamics.CRM.task`,
      { kind: 'row', table: { logicalName: 'task' } },
    ],
    ['WhoAmI()', { kind: 'unbound', name: 'WhoAmI', parameters: '', rest: '' }],
    [
      "EntityDefinitions(LogicalName='account')/Attributes",
      { kind: 'unbound', name: 'EntityDefinitions', rest: 'Attributes' },
    ],
  ])('%s', (path, expected) => {
    expect(parse(path)).toMatchObject(expected)
  })

  test('keys take parameter aliases, lookup parts and partitions', () => {
    expect(parse('accounts(accountnumber=@p1)', "@p1='A-1'")).toMatchObject({ key: { values: ['A-1'] } })
    expect(parse('accounts(@p1)', `@p1=${id(1)}`)).toMatchObject({ key: { id: id(1) } })
    expect(parse(`sample_everythings(_sample_accountid_value=${id(1)},sample_serial='5')`)).toMatchObject({
      key: { columns: ['sample_accountid', 'sample_serial'], values: [id(1), '5'] },
    })
    expect(parse(`contoso_sensordatas(${id(1)})`, "partitionId='device%201'")).toMatchObject({
      key: { id: id(1), partitionId: 'device 1' },
    })
    expect(parse(`contoso_sensordatas(contoso_sensordataid=${id(1)},partitionid='d')`)).toMatchObject({
      key: { id: id(1), partitionId: 'd' },
    })
  })
})

describe('refusals', () => {
  const invalid = (table: string) =>
    `400 0x80060888 The key in the request URI is not valid for resource 'Microsoft.Dynamics.CRM.${table}'. Ensure that the names and number of key properties match the declared or alternate key properties for the resource 'Microsoft.Dynamics.CRM.${table}'.`

  test.each([
    ["accounts(name='x')", 'account'],
    [`accounts(_primarycontactid_value=${id(1)})`, 'account'],
    ['accounts(5)', 'account'],
    [`systemusers(systemuserid=${USER})`, 'systemuser'],
    ["contacts(firstname='Joe')", 'contact'],
  ])('%s is not a key', (path, table) => {
    expect(refusal(() => parse(path))).toBe(invalid(table))
  })

  test('segments that are nothing are 404', () => {
    const notFound = (segment: string) => `404 0x8006088a Resource not found for the segment '${segment}'.`
    expect(refusal(() => parse(`accounts(${id(1)})/nothing`))).toBe(notFound('nothing'))
    expect(refusal(() => parse(`accounts(${id(1)})/primaryContactId`))).toBe(notFound('primaryContactId'))
    expect(refusal(() => get('nothings'))).toBe(notFound('nothings'))
    expect(refusal(() => parse(`accounts(${id(4)})/primarycontactid/fullname`))).toBe(notFound('fullname'))
    expect(refusal(() => parse(`accounts(${id(1)})/Account_Tasks(${id(23)})/subject`))).toBe(
      notFound('subject'),
    )
    expect(refusal(() => parse('accounts/$ref'))).toMatch(/^501 /)
    expect(refusal(() => get('activitypointers/Microsoft.Dynamics.CRM.task'))).toMatch(
      /^501 .*reading activitypointers as task/,
    )
  })
})

describe('rows by key', () => {
  test('an alternate key is compared as the service compares texts', () => {
    expect(json("accounts(accountnumber='a-1')?$select=name")).toMatchObject({ name: 'Contoso' })
  })

  test('a missing row is 404, with a code for each kind of key', () => {
    expect(refusal(() => get(`accounts(${id(77)})`))).toBe(
      `404 0x80040217 account With Id = ${id(77)} Does Not Exist`,
    )
    expect(refusal(() => get("accounts(accountnumber='none')"))).toBe(
      '404 0x80060891 A record with the specified key values does not exist in account entity',
    )
  })

  test('an activity is found by its kind and as an activity', () => {
    const key = { by: 'id', id: id(21) } as const
    const pointer = context.store.schema.table('activitypointer')
    expect(pointer && findRow(pointer, key, context)).toMatchObject({ subject: 'Call' })
    expect(json(`activitypointers(${id(31)})?$select=subject,activitytypecode`)).toMatchObject({
      subject: 'Offer',
      activitytypecode: 'email',
    })
  })
})

import { describe, expect, test } from 'vitest'
import { bare, id, ROOT, refusal, world } from './query.test-support.ts'

const { get, json } = world()
const only = (path: string, prefer?: string) => json(path, prefer).value[0] ?? {}
const one = `accounts?$filter=accountid eq ${id(1)}`

describe('lookups', () => {
  test('in a list hold the selection without an ETag', () => {
    const row = only(`${one}&$select=name&$expand=primarycontactid($select=fullname)`)
    expect(row.primarycontactid).toEqual({ fullname: 'Yvonne McKay', contactid: id(11) })
    expect(Object.keys(row)).toEqual(['@odata.etag', 'name', 'accountid', 'primarycontactid'])
  })

  test('in a single row have their ETag', () => {
    const row = json(`accounts(${id(1)})?$select=name&$expand=primarycontactid($select=fullname)`)
    expect(row.primarycontactid).toHaveProperty('@odata.etag')
    expect(row['@odata.context']).toBe(`${ROOT}$metadata#accounts(name,primarycontactid(fullname))/$entity`)
  })

  test('without a value are null', () => {
    expect(json(`accounts(${id(4)})?$select=name&$expand=primarycontactid`)).toMatchObject({
      primarycontactid: null,
    })
  })

  test('by reference name the row, show the value and say so in the context', () => {
    const answer = json(`${one}&$select=name&$expand=primarycontactid/$ref`)
    expect(answer['@odata.context']).toBe(
      `${ROOT}$metadata#accounts(name,primarycontactid,primarycontactid/$ref())`,
    )
    expect(bare(answer.value)).toEqual([
      {
        name: 'Contoso',
        _primarycontactid_value: id(11),
        accountid: id(1),
        primarycontactid: { '@odata.id': `${ROOT}contacts(${id(11)})` },
      },
    ])
  })

  test('users come with systemuserid and ownerid, owners by the table they are of', () => {
    expect(only(`${one}&$select=name&$expand=owninguser($select=fullname)`).owninguser).toEqual({
      fullname: 'Una User',
      systemuserid: id(900),
      ownerid: id(900),
    })
    const team = json(`accounts(${id(2)})?$select=name&$expand=ownerid`).ownerid
    expect(team).toMatchObject({ name: 'Team Sales', teamid: id(910) })
    expect(team).not.toHaveProperty('systemuserid')
  })

  test('nest', () => {
    const path = `accounts?$filter=accountid eq ${id(3)}&$select=name&$expand=parentaccountid($select=name;$expand=primarycontactid($select=fullname))`
    const answer = json(path)
    expect(answer.value[0]?.parentaccountid).toEqual({
      name: 'contoso_2',
      accountid: id(2),
      primarycontactid: { fullname: 'Adam Adam', contactid: id(12) },
    })
    expect(answer['@odata.context']).toBe(
      `${ROOT}$metadata#accounts(name,parentaccountid(name,primarycontactid(fullname)))`,
    )
  })
})

describe('collections', () => {
  test('in a list have ETags, the lookup they hang on, and a link even when complete', () => {
    const text = String(
      get(`${one}&$select=name&$expand=Account_Tasks($select=subject)`, { prefer: 'odata.maxpagesize=1' })
        .body,
    ).replace(/W\/\\"\d+\\"/g, 'ETAG')
    expect(text).toContain(
      `"Account_Tasks":[{"@odata.etag":"ETAG","subject":"Call","_regardingobjectid_value":"${id(1)}","activityid":"${id(21)}"},` +
        `{"@odata.etag":"ETAG","subject":"Write","_regardingobjectid_value":"${id(1)}","activityid":"${id(22)}"}],` +
        `"Account_Tasks@odata.nextLink":"${ROOT}accounts(${id(1)})/Account_Tasks?$select=subject"`,
    )
  })

  test('take filter, order and top, and the link repeats them', () => {
    const row = only(
      `${one}&$select=name&$expand=Account_Tasks($select=subject;$filter=contains(subject,'r') or statecode eq 0;$orderby=subject desc;$top=1)`,
    )
    expect(bare(Array.isArray(row.Account_Tasks) ? row.Account_Tasks : [])).toMatchObject([
      { subject: 'Write' },
    ])
    expect(row['Account_Tasks@odata.nextLink']).toBe(
      `${ROOT}accounts(${id(1)})/Account_Tasks?$select=subject&$filter=contains(subject,'r')%20or%20statecode%20eq%200&$orderby=subject%20desc&$top=1`,
    )
  })

  test('the link reads the same rows', () => {
    const row = only(`${one}&$select=name&$expand=Account_Tasks($select=subject;$filter=statecode eq 1)`)
    const link = String(row['Account_Tasks@odata.nextLink']).slice(ROOT.length)
    expect(json(link).value).toMatchObject([{ subject: 'Write' }])
  })

  test('in a single row are inline, without link and lookup', () => {
    const row = json(`accounts(${id(1)})?$select=name&$expand=Account_Tasks($select=subject)`)
    expect(row).not.toHaveProperty('Account_Tasks@odata.nextLink')
    expect(bare(Array.isArray(row.Account_Tasks) ? row.Account_Tasks : [])).toEqual([
      { subject: 'Call', activityid: id(21) },
      { subject: 'Write', activityid: id(22) },
    ])
  })

  test('of many-to-many relationships hold the rows at the other end', () => {
    const row = json(`accounts(${id(1)})?$select=name&$expand=accountleads_association($select=fullname)`)
    expect(row.accountleads_association).toMatchObject([{ fullname: 'Lea Lead', leadid: id(41) }])
  })

  test('beside a nested expand come in pages, without ETags', () => {
    const row = only(
      `${one}&$select=name&$expand=Account_Tasks($select=subject),contact_customer_accounts($select=fullname;$expand=owninguser($select=fullname))`,
      'odata.maxpagesize=1',
    )
    expect(row.Account_Tasks).toEqual([{ subject: 'Call', activityid: id(21) }])
    expect(row.contact_customer_accounts).toEqual([
      {
        fullname: 'Yvonne McKay',
        contactid: id(11),
        owninguser: { fullname: 'Una User', systemuserid: id(900), ownerid: id(900) },
      },
    ])
    const link = String(row['Account_Tasks@odata.nextLink'])
    expect(decodeURIComponent(decodeURIComponent(link))).toContain(
      '<cookie page="1" countOfRecords="1"><activityid last=',
    )
    expect(json(link.slice(ROOT.length), 'odata.maxpagesize=1').value).toMatchObject([{ subject: 'Write' }])
  })
})

describe('refusals', () => {
  const expand = (text: string) => refusal(() => get(`accounts?$select=name&$expand=${text}`))

  test.each([
    ['Account_Tasks/$ref', 'Expand with $ref is only supported on lookup type navigation property.'],
    [
      'primarycontactid($top=1)',
      'Only $select and $filter clause can be provided while doing $expand on many-to-one relationship or nested one-to-many relationship.',
    ],
    [
      'primarycontactid($expand=contact_customer_contacts($orderby=fullname))',
      'Only $select and $filter clause can be provided while doing $expand on many-to-one relationship or nested one-to-many relationship.',
    ],
    [
      'primarycontactid()',
      "Missing expand option on navigation property 'primarycontactid'. If a parenthesis expression follows an expanded navigation property, then at least one expand option must be provided.",
    ],
    [
      'primarycontactid(fullname)',
      "Term 'primarycontactid(fullname)' is not valid in a $select or $expand expression.",
    ],
    [
      'name',
      "Property 'name' on type 'Microsoft.Dynamics.CRM.account' is not a navigation property or complex property. Only navigation properties can be expanded.",
    ],
    ['Account_Tasks($levels=2)', 'The query parameter $levels is not supported in $expand'],
    ['Account_Tasks($filter=subject eq @p1)', 'Parameter aliases are not supported in $expand.'],
    ['nothing', "Could not find a property named 'nothing' on type 'Microsoft.Dynamics.CRM.account'."],
    [
      'primaryContactId',
      "Could not find a property named 'primaryContactId' on type 'Microsoft.Dynamics.CRM.account'.",
    ],
    [
      'primarycontactid($select=nme)',
      "Could not find a property named 'nme' on type 'Microsoft.Dynamics.CRM.contact'.",
    ],
  ])('%s', (text, message) => {
    expect(expand(text)).toBe(`400 0x80060888 ${message}`)
  })

  test('the rows that describe files, which are not emulated', () => {
    expect(expand('account_FileAttachments($select=filename)')).toBe(
      '501 0x80040219 The sandbox does not emulate the rows behind account_FileAttachments.',
    )
  })

  test('many-to-many with other kinds, or nested', () => {
    expect(expand('accountleads_association,primarycontactid')).toMatch(/^400 0x80060888 /)
    expect(expand('parentaccountid($expand=accountleads_association)')).toMatch(/^400 0x80060888 /)
  })

  test('more than 15 expands, nested ones counted', () => {
    const nested = 'parentaccountid($expand=primarycontactid)'
    expect(expand(Array(7).fill(nested).join(','))).toBe('not refused')
    expect(expand(Array(8).fill(nested).join(','))).toMatch(/^400 0x80060888 .*\(16\).*15/)
  })
})

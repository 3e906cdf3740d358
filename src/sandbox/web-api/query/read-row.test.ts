import { describe, expect, test } from 'vitest'
import { bare, id, ROOT, refusal, TEAM, USER, world } from './query.test-support.ts'

const { context, get, json } = world()

const body = (path: string, prefer?: string) => String(get(path, prefer === undefined ? {} : { prefer }).body)

describe('one row', () => {
  test('is written as the service writes it: context, ETag, the selection, what comes along, the key', () => {
    const version = context.store.table('account').get(id(1))?.versionnumber
    expect(body(`accounts(${id(1)})?$select=name,revenue,primarycontactid`)).toBe(
      `{"@odata.context":"${ROOT}$metadata#accounts(name,revenue,primarycontactid)/$entity",` +
        `"@odata.etag":"W/\\"${version}\\"","name":"Contoso","revenue":5000000.0000,` +
        `"_primarycontactid_value":"${id(11)}","_transactioncurrencyid_value":"${id(930)}","accountid":"${id(1)}"}`,
    )
    expect(get(`accounts(${id(1)})?$select=name`).headers).toEqual({
      'Content-Type': 'application/json; odata.metadata=minimal',
      ETag: `W/"${version}"`,
    })
  })

  test('without a selection has every column, NULLs at the end', () => {
    const row = json(`accounts(${id(4)})`)
    expect(row).toMatchObject({ accountid: id(4), name: null, _primarycontactid_value: null, statecode: 0 })
    const names = Object.keys(row)
    const firstNull = names.findIndex((name) => row[name] === null)
    expect(names.slice(firstNull).every((name) => row[name] === null)).toBe(true)
    expect(names.indexOf('accountid')).toBeLessThan(firstNull)
  })

  test('a street brings its composite along', () => {
    expect(Object.keys(json(`accounts(${id(1)})?$select=address1_line1`)).slice(2)).toEqual([
      'address1_line1',
      'address1_composite',
      'accountid',
    ])
  })

  test('unknown and virtual columns are refused', () => {
    expect(refusal(() => get('accounts?$select=nme'))).toBe(
      "400 0x80060888 Could not find a property named 'nme' on type 'Microsoft.Dynamics.CRM.account'.",
    )
    expect(refusal(() => get('accounts?$select=statuscodename'))).toMatch(/^400 0x80060888 /)
  })
})

describe('conditional reads', () => {
  const path = `accounts(${id(1)})?$select=name`
  const etag = String(get(path).headers?.ETag)

  test('the known version answers 304 without a body', () => {
    const answer = get(path, { 'if-none-match': etag })
    expect(answer).toMatchObject({ status: 304, headers: { ETag: etag } })
    expect(answer.body).toBeUndefined()
  })

  test('another version, and the literal null, answer the row', () => {
    expect(get(path, { 'if-none-match': 'W/"1"' }).status).toBe(200)
    expect(get(path, { 'if-none-match': 'null' }).status).toBe(200)
  })

  test('never with expand or annotations', () => {
    expect(get(`${path}&$expand=primarycontactid`, { 'if-none-match': etag }).status).toBe(200)
    expect(get(path, { 'if-none-match': etag, prefer: 'odata.include-annotations="*"' }).status).toBe(200)
  })
})

describe('single values', () => {
  test('a column is answered with its context', () => {
    expect(body(`accounts(${id(1)})/revenue`)).toBe(
      `{"@odata.context":"${ROOT}$metadata#accounts(${id(1)})/revenue","value":5000000.0000}`,
    )
    expect(json(`accounts(${id(1)})/_primarycontactid_value`).value).toBe(id(11))
  })

  test('$value is the bare text, and NULL is 204', () => {
    expect(body(`accounts(${id(1)})/name/$value`)).toBe('Contoso')
    expect(body(`accounts(${id(1)})/revenue/$value`)).toBe('5000000.0000')
    expect(get(`accounts(${id(4)})/name`)).toEqual({ status: 204 })
  })

  test('a lookup leads to its row, or to a reference to it', () => {
    expect(json(`accounts(${id(1)})/primarycontactid?$select=fullname`)).toMatchObject({
      '@odata.context': `${ROOT}$metadata#contacts(fullname)/$entity`,
      fullname: 'Yvonne McKay',
    })
    expect(json(`accounts(${id(1)})/primarycontactid/$ref`)).toEqual({
      '@odata.context': `${ROOT}$metadata#$ref`,
      '@odata.id': `${ROOT}contacts(${id(11)})`,
    })
    expect(get(`accounts(${id(4)})/primarycontactid`).status).toBe(204)
  })

  test('a lookup with several targets answers only by the property of its own', () => {
    expect(json(`contacts(${id(11)})/parentcustomerid_account?$select=name`)).toMatchObject({
      name: 'Contoso',
    })
    expect(get(`contacts(${id(11)})/parentcustomerid_contact`).status).toBe(204)
    expect(json(`accounts(${id(2)})/ownerid?$select=name`)).toMatchObject({ name: 'Team Sales' })
  })

  test('an image is base64 and brings an address, a file brings its name', () => {
    const { store } = context
    store.files.set(id(61), { name: 'a.png', mimeType: 'image/png', bytes: new Uint8Array([1, 2, 3]) })
    store.files.set(id(62), { name: 'note.txt', mimeType: 'text/plain', bytes: new Uint8Array([104, 105]) })
    store.transaction(() =>
      store.table('account').update(id(5), { entityimage: id(61), sample_filecolumn: id(62) }),
    )
    const version = Number(store.table('account').get(id(5))?.versionnumber)
    const select = 'entityimage,entityimageid,entityimage_url,entityimage_timestamp,sample_filecolumn_name'
    expect(bare([json(`accounts(${id(5)})?$select=${select}`)])).toMatchObject([
      {
        entityimage: 'AQID',
        entityimageid: id(61),
        entityimage_url: `/Image/download.aspx?Entity=account&Attribute=entityimage&Id=${id(5)}&Timestamp=${version}`,
        entityimage_timestamp: version,
        sample_filecolumn_name: 'note.txt',
      },
    ])
    expect(get(`accounts(${id(5)})/sample_filecolumn/$value`)).toMatchObject({
      status: 200,
      headers: { 'x-ms-file-name': 'note.txt', 'x-ms-file-size': '2' },
    })
    expect(json(`accounts(${id(5)})/entityimage`).value).toBe('AQID')
    expect(refusal(() => get("accounts?$filter=entityimage_url eq 'x'"))).toMatch(/^501 /)
  })
})

describe('annotations', () => {
  test('stand right before their property', () => {
    const text = body(
      `accounts(${id(1)})?$select=accountcategorycode,revenue,_ownerid_value,createdon,donotemail,numberofemployees`,
      'odata.include-annotations="*"',
    )
    const formatted = 'OData.Community.Display.V1.FormattedValue'
    expect(text).toContain(
      `"accountcategorycode@${formatted}":"Preferred Customer","accountcategorycode":1,` +
        `"revenue@${formatted}":"€5,000,000.00","revenue":5000000.0000,` +
        `"_ownerid_value@${formatted}":"Una User","_ownerid_value@Microsoft.Dynamics.CRM.associatednavigationproperty":"ownerid",` +
        `"_ownerid_value@Microsoft.Dynamics.CRM.lookuplogicalname":"systemuser","_ownerid_value":"${USER}",` +
        `"createdon@${formatted}":"5/13/2026 8:00 AM","createdon":"2026-05-13T08:00:00Z",` +
        `"donotemail@${formatted}":"No","donotemail":false,` +
        `"numberofemployees@${formatted}":"1,500","numberofemployees":1500,`,
    )
  })

  test('are only those asked for, by name or by a star at the end', () => {
    const names = (list: string) =>
      Object.keys(
        json(`accounts(${id(2)})?$select=_ownerid_value,name`, `odata.include-annotations="${list}"`),
      ).filter((name) => name.includes('@') && !name.startsWith('@odata'))
    expect(names('Microsoft.Dynamics.CRM.lookuplogicalname')).toEqual([
      '_ownerid_value@Microsoft.Dynamics.CRM.lookuplogicalname',
    ])
    expect(names('Microsoft.Dynamics.CRM.*')).toEqual([
      '_ownerid_value@Microsoft.Dynamics.CRM.associatednavigationproperty',
      '_ownerid_value@Microsoft.Dynamics.CRM.lookuplogicalname',
    ])
    expect(names('Something.Else')).toEqual([])
  })

  test('a lookup to several tables names the table and the property of the row it points at', () => {
    const prefer = 'odata.include-annotations="*"'
    const row = json(`contacts(${id(13)})?$select=_parentcustomerid_value`, prefer)
    expect(row).toMatchObject({
      '_parentcustomerid_value@Microsoft.Dynamics.CRM.associatednavigationproperty':
        'parentcustomerid_contact',
      '_parentcustomerid_value@Microsoft.Dynamics.CRM.lookuplogicalname': 'contact',
      '_parentcustomerid_value@OData.Community.Display.V1.FormattedValue': 'Yvonne McKay',
    })
    expect(json(`accounts(${id(2)})?$select=_ownerid_value`, prefer)).toMatchObject({
      _ownerid_value: TEAM,
      '_ownerid_value@Microsoft.Dynamics.CRM.lookuplogicalname': 'team',
      '_ownerid_value@OData.Community.Display.V1.FormattedValue': 'Team Sales',
    })
  })

  test('negative money and small decimals keep their sign and digits', () => {
    const prefer = 'odata.include-annotations="*"'
    const row = json(`accounts(${id(3)})?$select=revenue`, prefer)
    expect(row['revenue@OData.Community.Display.V1.FormattedValue']).toBe('-€50.00')
    expect(body(`accounts(${id(3)})?$select=revenue`)).toContain('"revenue":-50.0000')
  })

  test('choices are joined by a semicolon and a blank', () => {
    const row = json(`sample_everythings(${id(51)})?$select=sample_tags`, 'odata.include-annotations="*"')
    expect(row['sample_tags@OData.Community.Display.V1.FormattedValue']).toBe('Hot; Old; Rare')
    expect(row.sample_tags).toBe('2,3,8')
  })
})

test('reading asks for the privilege on every table that is read', () => {
  const asked: string[] = []
  const watched = world({ demand: (privilege, table) => void asked.push(`${privilege} ${table}`) })
  watched.get('accounts?$select=name&$expand=primarycontactid($select=fullname)')
  expect(asked).toEqual(['Read account', 'Read contact'])
})

import { describe, expect, test } from 'vitest'
import { id, MANAGER, refusal, TEAM, UNIT, USER, world } from './query.test-support.ts'

const { json, names } = world()

const FOUR = id(4)
const BRIEN = "O'Brien & Söhne"

describe('operators', () => {
  test.each<[string, readonly unknown[]]>([
    ['numberofemployees eq 20', ['contoso_2', BRIEN]],
    ['numberofemployees gt 20', ['Contoso']],
    ['numberofemployees ge 20 and numberofemployees le 1500', ['Contoso', 'contoso_2', BRIEN]],
    ['numberofemployees lt 20 or name eq null', [FOUR, 'Zebra 100%']],
    ['not (numberofemployees eq 20 or statecode eq 1)', ['Contoso', FOUR]],
    ['revenue eq 1234.5678', ['contoso_2']],
    ['revenue lt 0', [BRIEN]],
    ['revenue gt 1234.56779', ['Contoso', 'contoso_2']],
    ['donotemail eq true', ['contoso_2']],
    ['donotemail', ['contoso_2']],
    ['statecode eq 1', ['Zebra 100%']],
    ['accountcategorycode ne null and statecode eq 0', ['Contoso', 'contoso_2']],
    [`_primarycontactid_value eq ${id(12).toUpperCase()}`, ['contoso_2', BRIEN]],
    [`accountid eq ${id(1)}`, ['Contoso']],
    ['createdon ge 2026-05-13T10:00:00+02:00', ['Contoso']],
    ['createdon lt 2020-03-01', ['Zebra 100%']],
    ['createdon gt 2026-05-13T07:59:59.999Z', ['Contoso']],
    ['createdon gt 2026-05-13T08:00:00.001Z', []],
    ['createdon ge 2026-05-13T08:00:00.000Z and createdon lt 2026-05-13T08:00:00.5Z', ['Contoso']],
    ["'Contoso' eq name", ['Contoso']],
    ['20 lt numberofemployees', ['Contoso']],
  ])('%s', (filter, expected) => {
    expect(names(filter)).toEqual(expected)
  })

  test('texts compare without case and accents', () => {
    expect(names("name eq 'CONTOSO'")).toEqual(['Contoso'])
    expect(names("name eq 'o''brien & sohne'")).toEqual([BRIEN])
    expect(names("name gt 'p'")).toEqual(['Zebra 100%'])
  })

  test('ne takes rows with NULL in, unlike SQL', () => {
    expect(names('numberofemployees ne 20')).toEqual(['Contoso', FOUR, 'Zebra 100%'])
  })

  test('two columns of the same row and type compare', () => {
    expect(json('contacts?$select=fullname&$filter=firstname eq lastname').value).toMatchObject([
      { fullname: 'Adam Adam' },
    ])
    expect(refusal(() => names('name eq numberofemployees'))).toMatch(/^400 0x80060888 .*same type/)
  })

  test('aliases stand for operands, and one that was not given is null', () => {
    const found = json(`accounts?$select=name&$filter=@p1 ge @p2&@p1=numberofemployees&@p2=1000`)
    expect(found.value).toMatchObject([{ name: 'Contoso' }])
    expect(json('accounts?$select=accountid&$filter=name eq @p9').value).toMatchObject([{ accountid: FOUR }])
  })
})

describe('text functions', () => {
  test.each<[string, readonly unknown[]]>([
    ["contains(name,'TOSO')", ['Contoso', 'contoso_2']],
    ["startswith(name,'con')", ['Contoso', 'contoso_2']],
    ["endswith(name,'_2')", ['contoso_2']],
    ["not contains(name,'o')", [FOUR, 'Zebra 100%']],
    ["contains(name,'toso') eq false", [BRIEN, FOUR, 'Zebra 100%']],
  ])('%s', (filter, expected) => {
    expect(names(filter)).toEqual(expected)
  })

  test('SQL wildcards in the text are live', () => {
    expect(names("contains(name,'c_nt%o')")).toEqual(['Contoso', 'contoso_2'])
    expect(names("startswith(name,'[c-o]')")).toEqual(['Contoso', 'contoso_2', BRIEN])
    expect(names("startswith(name,'[^c]')")).toEqual([BRIEN, 'Zebra 100%'])
    expect(names("contains(name,'100[%]')")).toEqual(['Zebra 100%'])
  })
})

describe('related rows', () => {
  test('paths follow lookups over several tables', () => {
    expect(names("primarycontactid/fullname eq 'yvonne mckay'")).toEqual(['Contoso'])
    expect(names("parentaccountid/primarycontactid/lastname eq 'McKay'")).toEqual(['contoso_2'])
    expect(names('primarycontactid/fullname eq null')).toEqual([FOUR, 'Zebra 100%'])
  })

  test('any and all ask about collections', () => {
    expect(names('Account_Tasks/any(t:t/statecode eq 1)')).toEqual(['Contoso'])
    expect(names("Account_Tasks/any(t:contains(t/subject,'back') or t/statecode eq 1)")).toEqual([
      'Contoso',
      'contoso_2',
    ])
    expect(names('Account_Tasks/any() and Account_Tasks/all(t:t/statecode eq 0)')).toEqual(['contoso_2'])
    expect(names('not Account_Tasks/any()')).toEqual([BRIEN, FOUR, 'Zebra 100%'])
  })

  test('lambdas nest, and the inner one sees the outer variable', () => {
    const inner =
      "contact_customer_accounts/any(c:c/contact_customer_contacts/any(d:d/lastname eq 'Anderson'))"
    expect(names(inner)).toEqual(['Contoso'])
    expect(
      names(
        "account_parent_account/any(a:a/Account_Tasks/any(t:t/subject eq 'Call back' and a/statecode eq 0))",
      ),
    ).toEqual(['Contoso'])
  })

  test('many-to-many collections can be asked', () => {
    expect(names("accountleads_association/any(l:l/subject eq 'Fair')")).toEqual(['Contoso'])
  })

  test('a lambda below a lookup is refused', () => {
    expect(
      refusal(() => names('primarycontactid/contact_customer_contacts/any(c:c/statecode eq 0)')),
    ).toMatch(/^400 0x80060888 /)
  })
})

describe('query functions', () => {
  const call = (name: string, property: string, values = '') =>
    `Microsoft.Dynamics.CRM.${name}(PropertyName='${property}'${values === '' ? '' : `,${values}`})`

  test.each<[string, string, readonly unknown[]]>([
    ['Today', '', ['Contoso']],
    ['Yesterday', '', ['contoso_2']],
    ['Last7Days', '', ['Contoso', 'contoso_2']],
    ['LastXDays', 'PropertyValue=1', ['Contoso', 'contoso_2']],
    ['LastXHours', 'PropertyValue=11', ['Contoso', 'contoso_2']],
    ['LastXHours', "PropertyValue='3'", ['Contoso']],
    ['ThisMonth', '', ['Contoso', 'contoso_2']],
    ['LastMonth', '', [FOUR]],
    ['LastXMonths', 'PropertyValue=1', ['Contoso', 'contoso_2', FOUR]],
    ['ThisYear', '', ['Contoso', 'contoso_2', FOUR]],
    ['LastFiscalYear', '', [BRIEN]],
    ['LastXFiscalPeriods', 'PropertyValue=2', [BRIEN]],
    ['InFiscalYear', 'PropertyValue=2020', ['Zebra 100%']],
    ['InFiscalPeriod', 'PropertyValue=1', ['Zebra 100%']],
    ['InFiscalPeriodAndYear', 'PropertyValue1=2,PropertyValue2=2026', ['Contoso', 'contoso_2', FOUR]],
    ['InOrBeforeFiscalPeriodAndYear', 'PropertyValue1=4,PropertyValue2=2025', [BRIEN, 'Zebra 100%']],
    ['OlderThanXYears', 'PropertyValue=1', ['Zebra 100%']],
    ['OlderThanXMinutes', 'PropertyValue=600', ['contoso_2', BRIEN, FOUR, 'Zebra 100%']],
    ['On', 'PropertyValue=2026-05-13', ['Contoso']],
    ['OnOrBefore', "PropertyValue='2025-12-31'", [BRIEN, 'Zebra 100%']],
    ['OnOrAfter', 'PropertyValue=2026-05-12', ['Contoso', 'contoso_2']],
    ['NextXDays', 'PropertyValue=3', []],
  ])('%s(%s) of dates', (name, values, expected) => {
    expect(names(call(name, 'createdon', values))).toEqual(expected)
  })

  test.each<[string, string, string, readonly unknown[]]>([
    ['Between', 'numberofemployees', 'PropertyValues=["7","20"]', ['contoso_2', BRIEN, 'Zebra 100%']],
    ['NotBetween', 'numberofemployees', 'PropertyValues=["7","20"]', ['Contoso']],
    ['In', 'name', 'PropertyValues=["CONTOSO","O\'Brien & Söhne"]', ['Contoso', BRIEN]],
    ['In', 'numberofemployees', "PropertyValues=['7','1500']", ['Contoso', 'Zebra 100%']],
    ['NotIn', 'numberofemployees', 'PropertyValues=["20","7"]', ['Contoso', FOUR]],
    ['EqualUserId', 'ownerid', '', ['Contoso', BRIEN, FOUR, 'Zebra 100%']],
    ['NotEqualUserId', 'ownerid', '', ['contoso_2']],
    ['EqualUserTeams', 'ownerid', '', ['contoso_2']],
    ['EqualUserOrUserTeams', 'ownerid', '', ['Contoso', 'contoso_2', BRIEN, FOUR, 'Zebra 100%']],
    ['Under', 'accountid', `PropertyValue='${id(1)}'`, ['contoso_2', BRIEN]],
    ['UnderOrEqual', 'accountid', `PropertyValue=${id(1)}`, ['Contoso', 'contoso_2', BRIEN]],
    ['NotUnder', 'accountid', `PropertyValue='${id(2)}'`, ['Contoso', 'contoso_2', FOUR, 'Zebra 100%']],
    ['Above', 'accountid', `PropertyValue='${id(3)}'`, ['Contoso', 'contoso_2']],
    ['AboveOrEqual', 'accountid', `PropertyValue='${id(2)}'`, ['Contoso', 'contoso_2']],
  ])('%s(%s, %s)', (name, property, values, expected) => {
    // A lookup goes by its logical name and by its property.
    expect(names(call(name, property, values))).toEqual(expected)
    if (property === 'ownerid') expect(names(call(name, '_ownerid_value', values))).toEqual(expected)
  })

  test('the manager sees the rows of those below, and of their own teams only', () => {
    const above = world({ caller: { userId: MANAGER, actualUserId: MANAGER, businessUnitId: UNIT } })
    expect(above.names(call('EqualUserId', '_ownerid_value'))).toEqual([])
    expect(above.names(call('EqualUserOrUserHierarchy', '_ownerid_value'))).toEqual([
      'Contoso',
      BRIEN,
      FOUR,
      'Zebra 100%',
    ])
  })

  test('choices: any of the values, and NULL contains none', () => {
    const found = (name: string) =>
      json(
        `sample_everythings?$select=sample_everythingid&$filter=${call(name, 'sample_tags', "PropertyValues=['2','8']")}`,
      ).value.map((row) => row.sample_everythingid)
    expect(found('ContainValues')).toEqual([id(51)])
    expect(found('DoesNotContainValues')).toEqual([id(52), id(53)])
  })

  test('not in front of a query function is refused', () => {
    for (const filter of [call('Today', 'createdon'), `(${call('Today', 'createdon')} or statecode eq 1)`])
      expect(refusal(() => names(`not ${filter}`))).toBe(
        '405 0x80060888 Not operator along with the Custom Named Condition operators is not allowed',
      )
  })

  test('values that are none of the column are refused', () => {
    expect(refusal(() => names(call('On', 'createdon', "PropertyValue='never'")))).toMatch(/^400 .*'never'/)
    expect(refusal(() => names(call('LastXDays', 'createdon', "PropertyValue='x'")))).toMatch(/^400 .*'x'/)
    expect(refusal(() => names(call('In', 'numberofemployees', 'PropertyValues=["x"]')))).toMatch(
      /^400 .*'x'/,
    )
    expect(refusal(() => names(call('Today', 'name')))).toMatch(/^400 .*name is a String/)
    expect(refusal(() => names(call('In', 'name', 'PropertyValues=[]')))).toMatch(/^400 .*at least one value/)
    expect(refusal(() => names(call('InFiscalPeriodAndYear', 'createdon', 'PropertyValue1=1')))).toMatch(
      /^400 .*InFiscalPeriodAndYear needs a whole number, not ''/,
    )
  })

  test('stand behind a lambda variable or a lookup, and take no path in PropertyName', () => {
    const today = "Microsoft.Dynamics.CRM.In(PropertyName='subject',PropertyValues=['Call back'])"
    expect(names(`Account_Tasks/any(t:t/${today})`)).toEqual(['contoso_2'])
    expect(names(`Account_Tasks/any(t:${today})`)).toEqual(['contoso_2'])
    expect(names(`primarycontactid/${call('EqualUserId', 'ownerid')}`)).toEqual([
      'Contoso',
      'contoso_2',
      BRIEN,
    ])
    expect(refusal(() => names(call('EqualUserId', 'primarycontactid/ownerid')))).toMatch(
      /Could not find a property named 'primarycontactid\/ownerid'/,
    )
    expect(refusal(() => names(`nothing/${call('EqualUserId', 'ownerid')}`))).toMatch(/named 'nothing'/)
  })

  test('hierarchies need a hierarchical relationship', () => {
    const read = () => json(`contacts?$filter=${call('Under', 'contactid', `PropertyValue='${id(11)}'`)}`)
    expect(refusal(read)).toBe(
      "400 0x80047020 This query uses a hierarchical operator, but the contact entity doesn't have a hierarchical relationship.",
    )
  })

  test('a function the service has is not emulated, one that nobody knows is unknown', () => {
    expect(refusal(() => names(call('Contains', 'name', "PropertyValue='x'")))).toBe(
      '501 0x80040219 The sandbox does not emulate the query function Contains.',
    )
    expect(refusal(() => names(call('constructor', 'name')))).toMatch(
      /^400 0x80060888 An unknown function with name 'Microsoft.Dynamics.CRM.constructor' was found\./,
    )
  })
})

describe('refusals', () => {
  test.each([
    ["lastname eq 'O'Bryan'", /There is an unterminated literal at position 21 in/],
    [
      "nothing eq 'x'",
      /Could not find a property named 'nothing' on type 'Microsoft.Dynamics.CRM.account'\./,
    ],
    [
      `accountid eq '${id(1)}'`,
      /Found operand types 'Edm.Guid' and 'Edm.String' for operator kind 'Equal'\./,
    ],
    [`primarycontactid eq ${id(11)}`, /'Microsoft.Dynamics.CRM.contact' and 'Edm.Guid'/],
    ["numberofemployees eq 'x'", /'Edm.Int32' and 'Edm.String' for operator kind 'Equal'/],
    ["tolower(name) eq 'x'", /An unknown function with name 'tolower' was found\./],
    ['year(createdon) eq 2026', /An unknown function with name 'year' was found\./],
    ['contains(name)', /No function signature for the function with name 'contains'/],
    ["primarycontactid/any(c:c/fullname eq 'x')", /Any\/All may only be used following a collection\./],
    ["contains(numberofemployees,'1')", /No function signature for the function with name 'contains'/],
    ["constructor eq 'x'", /Could not find a property named 'constructor'/],
    ['name eq', /Expression expected at position 7/],
    ["(name eq 'x'", /Syntax error at position 12/],
    [`Microsoft.Dynamics.CRM.In(PropertyName='name',PropertyValues=["a" "b"])`, /A comma character ','/],
  ])('%s', (filter, message) => {
    const refused = refusal(() => names(filter))
    expect(refused).toMatch(/^400 0x80060888 /)
    expect(refused).toMatch(message)
  })

  test('more than 500 conditions', () => {
    const some = (count: number) => Array.from({ length: count }, () => "name eq 'x'").join(' or ')
    expect(names(some(500))).toEqual([])
    expect(refusal(() => names(some(501)))).toBe(
      '400 0x8004430C Number of conditions in query exceeded maximum limit.',
    )
  })

  test('operators the service does not document are not emulated', () => {
    expect(refusal(() => names("name in ('a','b')"))).toMatch(/^501 /)
    expect(refusal(() => names('numberofemployees add 1 eq 2'))).toMatch(/^501 /)
  })
})

test('owners compare by their GUID whatever table they are of', () => {
  expect(names(`_ownerid_value eq ${TEAM}`)).toEqual(['contoso_2'])
  expect(names(`_ownerid_value ne ${USER}`)).toEqual(['contoso_2'])
})

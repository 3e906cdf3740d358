import { describe, expect, test } from 'vitest'
import { type Answer, bare, id, ROOT, refusal, TEAM, USER, world } from '../query/query.test-support.ts'

const environment = world()
const { get, json } = environment

const path = (xml: string, set = 'accounts') => `${set}?fetchXml=${encodeURIComponent(xml)}`
const account = (inner: string, attributes = '') =>
  `<fetch ${attributes}><entity name="account">${inner}</entity></fetch>`
const rows = (xml: string, set?: string) => bare(json(path(xml, set)).value)
/** Numbers of the accounts that a filter finds. */
const found = (filter: string) =>
  json(path(account(`<attribute name="accountid"/><filter>${filter}</filter>`))).value.map(({ accountid }) =>
    Number(String(accountid).slice(-2)),
  )
const condition = (attribute: string, operator: string, value?: string) =>
  `<condition attribute="${attribute}" operator="${operator}"${value === undefined ? '' : ` value="${value}"`}/>`
const values = (attribute: string, operator: string, ...list: readonly string[]) =>
  `<condition attribute="${attribute}" operator="${operator}">${list.map((value) => `<value>${value}</value>`).join('')}</condition>`

describe('columns', () => {
  test('leave NULLs out, bring the key, and name themselves in the context', () => {
    const answer = json(path(account('<attribute name="name"/><attribute name="accountnumber"/>', 'top="3"')))
    expect(answer['@odata.context']).toBe(`${ROOT}$metadata#accounts(name,accountnumber,accountid)`)
    expect(answer.value[0]).toHaveProperty('@odata.etag')
    expect(bare(answer.value)).toEqual([
      { name: 'Contoso', accountnumber: 'A-1', accountid: id(1) },
      { name: 'contoso_2', accountnumber: 'A-2', accountid: id(2) },
      { name: "O'Brien & Söhne", accountid: id(3) },
    ])
  })

  test('money brings its currency, in the context three times', () => {
    const answer = json(path(account('<attribute name="revenue"/>', 'top="1"')))
    expect(answer['@odata.context']).toBe(
      `${ROOT}$metadata#accounts(revenue,_transactioncurrencyid_value,transactioncurrencyid,accountid,transactioncurrencyid())`,
    )
    expect(bare(answer.value)).toEqual([
      { revenue: 5_000_000, _transactioncurrencyid_value: id(930), accountid: id(1) },
    ])
  })

  test('a lookup stands in the context with all its navigation properties', () => {
    const one = account('<attribute name="primarycontactid"/><attribute name="name"/>', 'top="1"')
    expect(json(path(one))['@odata.context']).toBe(
      `${ROOT}$metadata#accounts(_primarycontactid_value,primarycontactid,name,accountid,primarycontactid())`,
    )
  })

  test('none named means all of them, unless no-attrs says none', () => {
    const all = account('<filter><condition attribute="accountid" operator="eq" value="{ID}"/></filter>')
    const [row] = rows(all.replace('{ID}', id(1)))
    expect(row).toMatchObject({ name: 'Contoso', _primarycontactid_value: id(11), statecode: 0 })
    expect(rows(account('<all-attributes/>', 'top="1"'))).toEqual([row])
    expect(rows(account('<no-attrs/>', 'top="1"'))).toEqual([{ accountid: id(1) }])
  })

  test('aliases rename, and the annotation tells the real name', () => {
    const xml = account('<attribute name="name" alias="title"/>', 'top="1"')
    const [row] = json(path(xml), 'odata.include-annotations="*"').value
    expect(row).toMatchObject({
      title: 'Contoso',
      'title@OData.Community.Display.V1.AttributeName': 'name',
    })
  })

  test('distinct drops equal rows, their keys and ETags', () => {
    const xml = account('<attribute name="statecode"/>', 'distinct="true"')
    expect(json(path(xml)).value).toEqual([{ statecode: 0 }, { statecode: 1 }])
  })
})

describe('conditions', () => {
  test.each<[string, readonly number[]]>([
    [condition('name', 'eq', 'CONTOSO'), [1]],
    [condition('numberofemployees', 'ne', '20'), [1, 4, 5]],
    [condition('numberofemployees', 'neq', '20'), [1, 4, 5]],
    [condition('numberofemployees', 'ge', '20'), [1, 2, 3]],
    [condition('revenue', 'lt', '1234.5679'), [2, 3]],
    [condition('name', 'like', '%o_t%'), [1, 2]],
    [condition('name', 'not-like', '%con%'), [3, 4, 5]],
    [condition('name', 'begins-with', 'Z'), [5]],
    [condition('name', 'not-begin-with', 'Z'), [1, 2, 3, 4]],
    [condition('name', 'ends-with', '_2'), [2]],
    [condition('name', 'null'), [4]],
    [condition('name', 'not-null'), [1, 2, 3, 5]],
    [values('numberofemployees', 'in', '7', '1500'), [1, 5]],
    [values('numberofemployees', 'not-in', '7', '1500'), [2, 3, 4]],
    [values('numberofemployees', 'between', '7', '20'), [2, 3, 5]],
    [values('numberofemployees', 'not-between', '7', '20'), [1]],
    [values('name', 'in', "o'brien &amp; söhne"), [3]],
    [condition('statecode', 'eq', '1'), [5]],
    [condition('donotemail', 'eq', '1'), [2]],
    [condition('primarycontactid', 'eq', `{${id(12)}}`), [2, 3]],
    [condition('ownerid', 'eq-userid'), [1, 3, 4, 5]],
    [condition('ownerid', 'ne-userid'), [2]],
    [condition('ownerid', 'eq-userteams'), [2]],
    [condition('ownerid', 'eq-useroruserteams'), [1, 2, 3, 4, 5]],
    [condition('ownerid', 'eq-useroruserhierarchyandteams'), [1, 2, 3, 4, 5]],
    [condition('accountid', 'under', id(1)), [2, 3]],
    [condition('accountid', 'eq-or-under', id(2)), [2, 3]],
    [condition('accountid', 'above', id(3)), [1, 2]],
    [condition('accountid', 'eq-or-above', id(3)), [1, 2, 3]],
    [condition('accountid', 'not-under', id(1)), [1, 4, 5]],
    [condition('createdon', 'today'), [1]],
    [condition('createdon', 'yesterday'), [2]],
    [condition('createdon', 'last-seven-days'), [1, 2]],
    [condition('createdon', 'last-x-hours', '11'), [1, 2]],
    [condition('createdon', 'last-month'), [4]],
    [condition('createdon', 'this-year'), [1, 2, 4]],
    [condition('createdon', 'on', '2026-05-13'), [1]],
    [condition('createdon', 'on-or-before', '2020-02-29'), [5]],
    [condition('createdon', 'on-or-after', '2026-05-12'), [1, 2]],
    [condition('createdon', 'olderthan-x-years', '1'), [5]],
    [condition('createdon', 'olderthan-x-minutes', '600'), [2, 3, 4, 5]],
    [condition('createdon', 'in-fiscal-year', '2020'), [5]],
    [condition('createdon', 'last-fiscal-year'), [3]],
    [values('createdon', 'in-fiscal-period-and-year', '4', '2025'), [3]],
    [values('createdon', 'in-or-after-fiscal-period-and-year', '2', '2026'), [1, 2, 4]],
  ])('%s', (filter, expected) => {
    expect(found(filter)).toEqual(expected)
  })

  test('choices contain any of the values', () => {
    const tagged = (operator: string) =>
      rows(
        `<fetch><entity name="sample_everything"><no-attrs/><filter>${values('sample_tags', operator, '2', '8')}</filter></entity></fetch>`,
        'sample_everythings',
      )
    expect(tagged('contain-values')).toEqual([{ sample_everythingid: id(51) }])
    expect(tagged('not-contain-values')).toHaveLength(2)
  })

  test('another column of the row can be the value', () => {
    const xml = `<fetch><entity name="contact"><attribute name="fullname"/><filter><condition attribute="firstname" operator="eq" valueof="lastname"/></filter></entity></fetch>`
    expect(rows(xml, 'contacts')).toMatchObject([{ fullname: 'Adam Adam' }])
  })

  test('a column of a linked row can be the value, if it is of the same type', () => {
    const linked = (column: string) =>
      rows(
        account(
          `<attribute name="name"/><link-entity name="contact" from="contactid" to="primarycontactid" alias="c"/><filter><condition attribute="name" operator="ne" valueof="${column}"/></filter>`,
        ),
      ).length
    expect(linked('c.fullname')).toBe(3)
    expect(refusal(() => linked('revenue'))).toMatch(/^400 .*name and revenue are not of the same type/)
    expect(refusal(() => linked('d.fullname'))).toMatch(/alias d is not found/)
  })

  test('on labels and on names of lookups look at what is shown', () => {
    expect(found(condition('statecodename', 'eq', 'inactive'))).toEqual([5])
    expect(found(condition('primarycontactidname', 'like', 'Adam%'))).toEqual([2, 3])
    expect(found(condition('primarycontactid', 'begins-with', 'Yvonne'))).toEqual([1])
  })

  test('or and and nest', () => {
    const inner = `<filter>${condition('statecode', 'eq', '0')}${condition('name', 'like', 'c%')}</filter>`
    expect(found(`<filter type="or">${condition('name', 'null')}${inner}</filter>`)).toEqual([1, 2, 4])
  })
})

describe('links', () => {
  const contact = (attributes: string, inner = '') =>
    `<link-entity name="contact" from="contactid" to="primarycontactid" ${attributes}>${inner}</link-entity>`
  const tasks = (attributes: string, inner = '') =>
    `<link-entity name="task" from="regardingobjectid" to="accountid" ${attributes}>${inner}</link-entity>`
  const numbers = (xml: string) =>
    json(path(xml)).value.map(({ accountid }) => Number(String(accountid).slice(-2)))

  test('inner ones multiply rows, with columns as alias.column', () => {
    const xml = account(`<attribute name="name"/>${tasks('alias="t"', '<attribute name="subject"/>')}`)
    expect(rows(xml)).toEqual([
      { name: 'Contoso', accountid: id(1), 't.subject': 'Call' },
      { name: 'Contoso', accountid: id(1), 't.subject': 'Write' },
      { name: 'contoso_2', accountid: id(2), 't.subject': 'Call back' },
    ])
  })

  test('without an alias are named by table and number', () => {
    const xml = account(`<attribute name="name"/>${contact('', '<attribute name="fullname"/>')}`, 'top="1"')
    expect(rows(xml)).toEqual([{ name: 'Contoso', accountid: id(1), 'contact1.fullname': 'Yvonne McKay' }])
  })

  test('outer ones keep rows without a match, and a filter can ask for those', () => {
    const xml = (filter: string) =>
      account(`<attribute name="accountid"/>${contact('link-type="outer" alias="c"')}${filter}`)
    expect(numbers(xml(''))).toEqual([1, 2, 3, 4, 5])
    const missing = '<filter><condition entityname="c" attribute="contactid" operator="null"/></filter>'
    expect(numbers(xml(missing))).toEqual([4, 5])
  })

  test.each<[string, string, readonly number[]]>([
    ['any', condition('statecode', 'eq', '0'), [1, 2]],
    ['not any', condition('statecode', 'eq', '1'), [2, 3, 4, 5]],
    ['all', condition('statecode', 'eq', '1'), [2]],
    ['not all', condition('statecode', 'eq', '1'), [1]],
  ])('%s in a filter asks about related rows', (type, filter, expected) => {
    expect(found(tasks(`link-type="${type}"`, `<filter>${filter}</filter>`))).toEqual(expected)
  })

  test.each(['exists', 'in'])('%s does not multiply rows', (type) => {
    expect(numbers(account(`<attribute name="accountid"/>${tasks(`link-type="${type}"`)}`))).toEqual([1, 2])
  })

  test('matchfirstrowusingcrossapply joins one row', () => {
    const xml = account(
      `<attribute name="name"/>${tasks('link-type="matchfirstrowusingcrossapply" alias="t"', '<attribute name="subject"/>')}`,
    )
    expect(rows(xml)).toMatchObject([{ 't.subject': 'Call' }, { 't.subject': 'Call back' }])
  })

  test('many-to-many tables are linked through', () => {
    const through =
      '<link-entity name="accountleads" from="accountid" to="accountid" intersect="true"><link-entity name="lead" from="leadid" to="leadid" alias="l"><attribute name="fullname"/></link-entity></link-entity>'
    expect(rows(account(`<attribute name="name"/>${through}`))).toMatchObject([{ 'l.fullname': 'Lea Lead' }])
  })

  test('nest ten deep, and stop at 15', () => {
    const chain = (depth: number): string =>
      depth === 0
        ? ''
        : `<link-entity name="account" from="accountid" to="accountid" alias="a${depth}"><attribute name="name"/>${chain(depth - 1)}</link-entity>`
    const [row] = rows(account(`<no-attrs/>${chain(10)}`, 'top="1"'))
    expect(row).toMatchObject({ 'a10.name': 'Contoso', 'a1.name': 'Contoso' })
    expect(refusal(() => rows(account(chain(15))))).toBe('not refused')
    expect(refusal(() => rows(account(chain(16))))).toMatch(/^400 0x8004430D .*15/)
  })

  test('every table asks for its privilege', () => {
    const asked: string[] = []
    const watched = world({ demand: (_, table) => void asked.push(table) })
    watched.get(path(account(tasks(''))))
    expect([...new Set(asked)]).toEqual(['account', 'task'])
  })
})

describe('order and pages', () => {
  const order = (orders: string, attributes = '') =>
    json(path(account(`<attribute name="accountid"/>${orders}`, attributes))).value.map(({ accountid }) =>
      Number(String(accountid).slice(-2)),
    )

  test('sort choices by label, lookups by name, NULL first', () => {
    expect(order('<order attribute="accountcategorycode" descending="true"/>')).toEqual([2, 1, 5, 3, 4])
    expect(order('<order attribute="primarycontactid"/>')).toEqual([4, 5, 2, 3, 1])
    expect(
      order('<order attribute="numberofemployees"/><order attribute="name" descending="true"/>'),
    ).toEqual([4, 5, 3, 2, 1])
  })

  test('useraworderby sorts choices by value', () => {
    const one = '<order attribute="statuscode" descending="true"/>'
    expect(order(one, 'useraworderby="true"')).toEqual([5, 1, 2, 3, 4])
  })

  test('a linked column can be sorted by', () => {
    const link =
      '<link-entity name="contact" from="contactid" to="primarycontactid" link-type="outer" alias="c"><order attribute="fullname" descending="true"/></link-entity>'
    expect(order(link)).toEqual([1, 2, 3, 4, 5])
    expect(
      order('<order entityname="c" attribute="fullname"/>'.concat(link.replace(/<order.*\/>/, ''))),
    ).toEqual([4, 5, 2, 3, 1])
  })

  test('the cookie annotation has the documented shape and is encoded twice', () => {
    const prefer =
      'odata.include-annotations="Microsoft.Dynamics.CRM.fetchxmlpagingcookie,Microsoft.Dynamics.CRM.morerecords"'
    const xml = account(
      '<attribute name="name"/><order attribute="name" descending="true"/>',
      'count="2" page="1"',
    )
    const answer = json(path(xml), prefer)
    expect(Object.keys(answer)).toEqual([
      '@odata.context',
      '@Microsoft.Dynamics.CRM.fetchxmlpagingcookie',
      '@Microsoft.Dynamics.CRM.morerecords',
      'value',
    ])
    const cookie = String(answer['@Microsoft.Dynamics.CRM.fetchxmlpagingcookie'])
    const [, page, encoded = ''] =
      /^<cookie pagenumber="(\d+)" pagingcookie="([^"]*)" istracking="False" \/>$/.exec(cookie) ?? []
    expect(page).toBe('2')
    expect(encoded).toMatch(
      /^%253ccookie%2520page%253d%25221%2522%253e%253cname%2520last%253d%2522O%2527Brien/,
    )
    expect(decodeURIComponent(decodeURIComponent(encoded))).toBe(
      `<cookie page="1"><name last="O'Brien &#38; Söhne" first="Zebra 100%" /><accountid last="{${id(3)}}" first="{${id(5)}}" /></cookie>`,
    )
  })

  /** Pages as a client asks for them: page number and cookie, escaped into the next query. */
  function allPages(inner: string, withCookie: boolean): unknown[][] {
    const prefer = 'odata.include-annotations="*"'
    const pages: unknown[][] = []
    let cookie = ''
    for (let page = 1; page < 10; page++) {
      const escaped = cookie.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)
      const given = withCookie && cookie !== '' ? ` paging-cookie="${escaped}"` : ''
      const answer: Answer = json(path(account(inner, `count="2" page="${page}"${given}`)), prefer)
      pages.push(answer.value.map((row) => row.name ?? null))
      if (answer['@Microsoft.Dynamics.CRM.morerecords'] !== true) return pages
      const annotation = String(answer['@Microsoft.Dynamics.CRM.fetchxmlpagingcookie'])
      const encoded = /pagingcookie="([^"]*)"/.exec(annotation)?.[1] ?? ''
      cookie = decodeURIComponent(decodeURIComponent(encoded))
    }
    return pages
  }

  test.each([true, false])('pages hold every row once (cookie: %s)', (withCookie) => {
    expect(
      allPages('<attribute name="name"/><order attribute="name" descending="true"/>', withCookie),
    ).toEqual([['Zebra 100%', "O'Brien & Söhne"], ['contoso_2', 'Contoso'], [null]])
    const link = '<attribute name="name"/><link-entity name="task" from="regardingobjectid" to="accountid"/>'
    expect(allPages(link, withCookie)).toEqual([['Contoso', 'Contoso'], ['contoso_2']])
  })

  test('the total is told where asked for, by the query or by $count', () => {
    const prefer = 'odata.include-annotations="*"'
    const told = {
      '@Microsoft.Dynamics.CRM.totalrecordcount': 5,
      '@Microsoft.Dynamics.CRM.totalrecordcountlimitexceeded': false,
    }
    expect(json(path(account('', 'count="1" returntotalrecordcount="true"')), prefer)).toMatchObject(told)
    expect(json(`${path(account('', 'count="1"'))}&$count=true`, prefer)).toMatchObject(told)
    expect(json(path(account('', 'count="1"')), prefer)).not.toHaveProperty(
      '@Microsoft.Dynamics.CRM.totalrecordcount',
    )
  })
})

describe('aggregates', () => {
  const aggregate = (inner: string, attributes = '') =>
    json(path(account(inner, `aggregate="true" ${attributes}`))).value

  test('sum, average, extremes and counts', () => {
    expect(
      aggregate(
        '<attribute name="numberofemployees" alias="sum" aggregate="sum"/><attribute name="numberofemployees" alias="avg" aggregate="avg"/><attribute name="revenue" alias="max" aggregate="max"/><attribute name="revenue" alias="min" aggregate="min"/><attribute name="accountid" alias="rows" aggregate="count"/><attribute name="numberofemployees" alias="filled" aggregate="countcolumn"/><attribute name="numberofemployees" alias="different" aggregate="countcolumn" distinct="true"/>',
      ),
    ).toEqual([{ sum: 1547, avg: 386, max: 5_000_000, min: -50, rows: 5, filled: 4, different: 3 }])
  })

  test('groups, sorted by alias, NULL keys left out', () => {
    expect(
      aggregate(
        '<attribute name="accountcategorycode" alias="kind" groupby="true"/><attribute name="accountid" alias="n" aggregate="count"/><order alias="n" descending="true"/><order alias="kind"/>',
      ),
    ).toEqual([{ n: 2 }, { kind: 1, n: 2 }, { kind: 2, n: 1 }])
  })

  test('dates group by their parts', () => {
    const by = (part: string) =>
      aggregate(
        `<attribute name="createdon" alias="part" groupby="true" dategrouping="${part}"/><attribute name="accountid" alias="n" aggregate="count"/><order alias="part"/>`,
      ).map(({ part: key, n }) => [key, n])
    expect(by('year')).toEqual([
      [2020, 1],
      [2025, 1],
      [2026, 3],
    ])
    expect(by('quarter')).toEqual([
      [1, 1],
      [2, 3],
      [4, 1],
    ])
    expect(by('month')).toEqual([
      [2, 1],
      [4, 1],
      [5, 2],
      [12, 1],
    ])
    expect(by('week')).toEqual([
      [9, 1],
      [18, 1],
      [20, 2],
      [53, 1],
    ])
    expect(by('day')).toEqual([
      [12, 1],
      [13, 1],
      [29, 1],
      [30, 1],
      [31, 1],
    ])
    expect(by('fiscal-year')).toEqual(by('year'))
    expect(by('fiscal-period')).toEqual(by('quarter'))
  })

  test('fiscal periods are shown with their year, parts of dates as numbers', () => {
    const parts = ['fiscal-period', 'fiscal-year', 'year'].map(
      (part) =>
        `<attribute name="createdon" alias="${part.replace('-', '')}" groupby="true" dategrouping="${part}"/>`,
    )
    const xml = account(`${parts.join('')}<order alias="year"/>`, 'aggregate="true"')
    const shown = 'OData.Community.Display.V1.FormattedValue'
    expect(json(path(xml), 'odata.include-annotations="*"').value.at(-1)).toEqual({
      [`fiscalperiod@${shown}`]: 'Quarter 2 FY2026',
      fiscalperiod: 2,
      [`fiscalyear@${shown}`]: 'FY2026',
      fiscalyear: 2026,
      [`year@${shown}`]: '2,026',
      year: 2026,
    })
  })

  test('top and pages count groups', () => {
    const groups = '<attribute name="accountid" alias="id" groupby="true"/><order alias="id"/>'
    const ids = (attributes: string) => aggregate(groups, attributes).map((row) => row.id)
    expect(ids('top="2"')).toEqual([id(1), id(2)])
    expect(ids('count="2" page="3"')).toEqual([id(5)])
    const more = (page: number) =>
      json(
        path(account(groups, `aggregate="true" count="2" page="${page}"`)),
        'odata.include-annotations="*"',
      )['@Microsoft.Dynamics.CRM.morerecords']
    expect([more(1), more(2), more(3)]).toEqual([true, true, undefined])
  })

  test('rowaggregate counts the rows right below each one', () => {
    const xml = account(
      '<attribute name="accountid" rowaggregate="CountChildren" alias="below"/><filter><condition attribute="name" operator="not-null"/></filter>',
    )
    expect(json(path(xml)).value.map(({ below }) => below)).toEqual([1, 1, 0, 0])
  })

  test('columns of links group and aggregate too', () => {
    expect(
      aggregate(
        '<attribute name="accountid" alias="n" aggregate="count"/><link-entity name="contact" from="contactid" to="primarycontactid"><attribute name="fullname" alias="who" groupby="true"/></link-entity><order alias="n"/>',
      ),
    ).toEqual([
      { n: 1, who: 'Yvonne McKay' },
      { n: 2, who: 'Adam Adam' },
    ])
  })

  test('formatted values come with keys and results', () => {
    const xml = account(
      '<attribute name="statecode" alias="state" groupby="true"/><attribute name="revenue" alias="total" aggregate="sum"/><order alias="state"/>',
      'aggregate="true"',
    )
    expect(json(path(xml), 'odata.include-annotations="*"').value).toEqual([
      {
        'state@OData.Community.Display.V1.FormattedValue': 'Active',
        state: 0,
        'total@OData.Community.Display.V1.FormattedValue': '$5,001,184.57',
        total: 5001184.5678,
      },
      { 'state@OData.Community.Display.V1.FormattedValue': 'Inactive', state: 1 },
    ])
  })

  test('aggregatelimit lowers the limit of rows', () => {
    const count = '<attribute name="accountid" alias="n" aggregate="count"/>'
    expect(aggregate(count, 'aggregatelimit="5"')).toEqual([{ n: 5 }])
    expect(refusal(() => aggregate(count, 'aggregatelimit="4"'))).toMatch(/^400 0x8004E023 /)
  })
})

describe('saved queries', () => {
  test('run by their id, system views and those of users', () => {
    const own = world()
    const { store } = own.context
    const view = {
      fetchxml: account(`<attribute name="name"/><filter>${condition('statecode', 'eq', '1')}</filter>`),
    }
    store.transaction(() => {
      store.table('savedquery').insert({ savedqueryid: id(600), ...view })
      store.table('userquery').insert({ userqueryid: id(601), ...view })
    })
    expect(own.json(`accounts?savedQuery=${id(600)}`).value).toMatchObject([{ name: 'Zebra 100%' }])
    expect(own.json(`accounts?userQuery=${id(601)}`).value).toMatchObject([{ name: 'Zebra 100%' }])
    expect(refusal(() => own.get(`accounts?savedQuery=${id(1)}`))).toMatch(/^404 0x80040217 savedquery/)
  })

  test('and FetchXML take no other option, nor change tracking', () => {
    const xml = encodeURIComponent(account('<attribute name="name"/>'))
    const refused = (query: string, headers = {}) => refusal(() => get(`accounts?${query}`, headers))
    expect(refused(`fetchXml=${xml}&$filter=statecode eq 0`)).toMatch(/^501 .*\$filter beside FetchXML/)
    expect(refused(`savedQuery=${id(1)}&$top=1`)).toMatch(/^501 .*\$top beside a saved query/)
    expect(refused(`fetchXml=${xml}`, { prefer: 'odata.track-changes' })).toMatch(/^501 /)
    expect(refused('savedQuery=abc')).toMatch(/^400 .*'abc' is not a GUID/)
  })

  test('and FetchXML work on the rows of a collection', () => {
    const xml = '<fetch><entity name="task"><attribute name="subject"/></entity></fetch>'
    expect(rows(xml, `accounts(${id(1)})/Account_Tasks`)).toMatchObject([
      { subject: 'Call' },
      { subject: 'Write' },
    ])
  })
})

describe('refusals', () => {
  test.each<[string, RegExp]>([
    ['<fetch', /^400 0x80040203 Invalid XML/],
    ['<fetch/>', /^400 0x80040203 Invalid XML/],
    [account('<attribut name="name"/>'), /^400 0x8004111c Invalid Child Node/],
    [
      account('<attribute name="nme"/>'),
      /^400 0x80041103 'account' entity doesn't contain attribute with Name = 'nme'/,
    ],
    [account('<link-entity name="nothing" from="a" to="b"/>'), /^400 0x80041102 .*'nothing'/],
    [
      account('<link-entity name="contact" from="contactid" to="accountid" link-type="left"/>'),
      /Invalid link type: left/,
    ],
    [
      account(`<filter>${condition('name', 'resembles', 'x')}</filter>`),
      /Invalid operator specified: resembles/,
    ],
    [account(`<filter>${condition('name', 'constructor', 'x')}</filter>`), /Invalid operator specified/],
    [
      account(`<filter><condition entityname="x" attribute="name" operator="null"/></filter>`),
      /alias x is not found/,
    ],
    [account(`<filter>${condition('primarycontactid', 'eq', 'x')}</filter>`), /'x' is not a GUID/],
    [account(`<filter>${condition('numberofemployees', 'eq', 'x')}</filter>`), /^400 /],
    [account('', 'top="5" page="2"'), /top attribute can't be specified with paging attribute page/],
    [account('', 'count="0"'), /^400 0x8004112A /],
    [account('<attribute name="name" alias="n"/>', 'aggregate="true"'), /groupby or an aggregate/],
    [account('', 'datasource="retained"'), /^501 /],
    [account('<attribute name="statecodename"/>'), /^501 /],
    [account('<attribute name="revenue" alias="r" aggregate="sum"/>'), /needs aggregate="true"/],
    [
      account('<attribute name="name" alias="a b"/>'),
      /^400 0x80041109 Invalid character specified for alias: a b/,
    ],
    [account('<attribute name="name" alias="n"/><attribute name="fax" alias="n"/>'), /unique aliases/],
    [account('<order alias="name"/>'), /An alias cannot be specified for an order clause/],
    [
      account(
        '<attribute name="name" alias="n" groupby="true"/><order attribute="name"/>',
        'aggregate="true"',
      ),
      /An attribute cannot be specified for an order clause for an aggregate Query/,
    ],
    [account('<filter type="xor"/>'), /^400 0x80041122 /],
    [
      account(`<filter>${condition('name', 'eq')}</filter>`),
      /'account.name': null is not a valid value for an attribute/,
    ],
    [
      account(`<filter type="or">${condition('name', 'eq', 'x').repeat(501)}</filter>`),
      /^400 0x8004430C Number of conditions in query exceeded maximum limit\.$/,
    ],
    ['<fetch><entity name="account"/><entity name="contact"/></fetch>', /one entity is expected/],
    ['<fetch><entity name="contact"/></fetch>', /does not match the entity set accounts/],
  ])('%s', (xml, expected) => {
    expect(refusal(() => get(path(xml)))).toMatch(expected)
  })

  test('links on elastic tables', () => {
    const xml =
      '<fetch><entity name="contoso_sensordata"><link-entity name="account" from="accountid" to="contoso_sensordataid"/></entity></fetch>'
    expect(refusal(() => get(path(xml, 'contoso_sensordatas')))).toBe(
      '400 0x80048d0b Link entities are not supported.',
    )
  })
})

test('owners are told with their table', () => {
  const xml = account('<attribute name="ownerid"/>', 'top="2"')
  const key = '_ownerid_value@Microsoft.Dynamics.CRM.lookuplogicalname'
  expect(json(path(xml), 'odata.include-annotations="*"').value).toMatchObject([
    { _ownerid_value: USER, [key]: 'systemuser' },
    { _ownerid_value: TEAM, [key]: 'team' },
  ])
})

import { DOMParser } from '@xmldom/xmldom'
import { describe, expect, test } from 'vitest'
import type { Condition } from './condition.ts'
import { type FetchRequest, isPrintable, printFetch } from './print-fetch.ts'

const name = { name: 'name', property: 'name' }
const owner = { name: 'ownerid', property: '_ownerid_value' }
const text = (value: string) => ({ kind: 'text', text: value }) as const
const plain = (value: string) => ({ kind: 'plain', text: value }) as const

const account = (more: Partial<FetchRequest['entity']> = {}): FetchRequest => ({
  entity: { name: 'account', attributes: [{ name: 'accountid' }], filter: [], ...more },
})

/** What stands between `<attribute name='accountid'/>` and `</entity>`. */
const inside = (filter: readonly Condition[]): string =>
  printFetch(account({ filter })).replace(/^.*?<attribute name='accountid'\/>|<\/entity><\/fetch>$/g, '')

test('columns, order, links within links, and the first rows', () => {
  const request: FetchRequest = {
    top: 5,
    ...account({
      orders: [{ attribute: 'createdon', descending: true }],
      links: [
        {
          name: 'contact',
          from: 'contactid',
          to: 'primarycontactid',
          alias: '_s2',
          type: 'outer',
          attributes: [{ name: 'fullname', alias: '_s2__fullname' }],
          filter: [{ kind: 'null', column: name, isNull: false }],
          links: [
            {
              name: 'systemuser',
              from: 'systemuserid',
              to: 'ownerid',
              alias: '_s3',
              type: 'inner',
              attributes: [],
              filter: [],
            },
          ],
        },
      ],
    }),
  }
  expect(printFetch(request, { count: 5000, page: 1 })).toBe(
    "<fetch top='5'><entity name='account'><attribute name='accountid'/><order attribute='createdon' descending='true'/>" +
      "<link-entity name='contact' from='contactid' to='primarycontactid' alias='_s2' link-type='outer'>" +
      "<attribute name='fullname' alias='_s2__fullname'/><filter><condition attribute='name' operator='not-null'/></filter>" +
      "<link-entity name='systemuser' from='systemuserid' to='ownerid' alias='_s3' link-type='inner'/>" +
      '</link-entity></entity></fetch>',
  )
})

test('groups, dates grouped in UTC among them', () => {
  const request: FetchRequest = {
    aggregate: true,
    entity: {
      name: 'account',
      filter: [],
      attributes: [
        { name: 'createdon', alias: 'g', groupBy: true, dateGrouping: 'month', userTimeZone: false },
        { name: 'name', alias: 'a', aggregate: 'countcolumn', distinct: true },
      ],
    },
  }
  expect(printFetch(request)).toBe(
    "<fetch aggregate='true'><entity name='account'>" +
      "<attribute name='createdon' alias='g' groupby='true' dategrouping='month' usertimezone='false'/>" +
      "<attribute name='name' alias='a' aggregate='countcolumn' distinct='true'/></entity></fetch>",
  )
})

describe('pages', () => {
  test('the cookie is escaped', () => {
    expect(printFetch(account(), { count: 2, page: 3, cookie: '<cookie page="2"/>' })).toBe(
      "<fetch count='2' page='3' paging-cookie='&#60;cookie page=&#34;2&#34;/&#62;'>" +
        "<entity name='account'><attribute name='accountid'/></entity></fetch>",
    )
  })
})

describe('conditions', () => {
  test.each<[string, Condition, string]>([
    [
      'a comparison',
      { kind: 'compare', column: name, operator: 'eq', value: text("O'Neil & <Söhne>") },
      "<condition attribute='name' operator='eq' value='O&#39;Neil &#38; &#60;Söhne&#62;'/>",
    ],
    [
      'a lookup by its logical name',
      { kind: 'compare', column: owner, operator: 'ne', value: plain('1') },
      "<condition attribute='ownerid' operator='ne' value='1'/>",
    ],
    ['NULL', { kind: 'null', column: name, isNull: true }, "<condition attribute='name' operator='null'/>"],
    [
      'the beginning of a text, its wildcards escaped',
      { kind: 'part', column: name, at: 'start', text: '100%_[a]' },
      "<condition attribute='name' operator='like' value='100[%][_][[]a]%'/>",
    ],
    [
      'its end',
      { kind: 'part', column: name, at: 'end', text: 'x' },
      "<condition attribute='name' operator='like' value='%x'/>",
    ],
    [
      'its middle',
      { kind: 'part', column: name, at: 'anywhere', text: 'x' },
      "<condition attribute='name' operator='like' value='%x%'/>",
    ],
    [
      'values of one column as a list',
      {
        kind: 'any',
        of: [
          { kind: 'compare', column: owner, operator: 'eq', value: plain('1') },
          { kind: 'compare', column: owner, operator: 'eq', value: plain('2') },
        ],
      },
      "<condition attribute='ownerid' operator='in'><value>1</value><value>2</value></condition>",
    ],
    [
      'texts one by one: blanks around a value of a list may not count',
      {
        kind: 'any',
        of: [
          { kind: 'compare', column: name, operator: 'eq', value: text(' a') },
          { kind: 'compare', column: name, operator: 'eq', value: text('b') },
        ],
      },
      "<filter type='or'><condition attribute='name' operator='eq' value=' a'/><condition attribute='name' operator='eq' value='b'/></filter>",
    ],
    [
      'no related row',
      {
        kind: 'related',
        exists: false,
        table: 'contact',
        from: 'parentcustomerid',
        to: 'accountid',
        filter: [],
      },
      "<link-entity name='contact' from='parentcustomerid' to='accountid' link-type='not any'/>",
    ],
  ])('%s', (_name, condition, expected) => {
    expect(inside([condition])).toBe(`<filter>${expected}</filter>`)
  })

  test('white space of a text arrives as it is', () => {
    const value = ' a\tb\nc\rd '
    const xml = printFetch(
      account({ filter: [{ kind: 'compare', column: name, operator: 'eq', value: text(value) }] }),
    )
    const [condition] = new DOMParser().parseFromString(xml, 'text/xml').getElementsByTagName('condition')
    expect(condition?.getAttribute('value')).toBe(value)
  })

  test('conditions that leave no room in a URL are not sent', () => {
    const equals = (count: number): Condition[] =>
      Array.from({ length: count }, (_, at) => ({
        kind: 'compare',
        column: name,
        operator: 'eq',
        value: text(`${at}`.padStart(100, 'x')),
      }))
    expect(isPrintable([{ kind: 'any', of: equals(100) }])).toBe(true)
    expect(isPrintable([{ kind: 'any', of: equals(300) }])).toBe(false)
  })

  test.each(['', 'a\u0000b', '\ud800', '\uffff'])('%j has no place in FetchXML', (value) => {
    const compare: Condition = { kind: 'compare', column: name, operator: 'eq', value: text(value) }
    expect(isPrintable([{ kind: 'any', of: [{ kind: 'all', of: [compare] }] }])).toBe(false)
    expect(isPrintable([{ kind: 'null', column: name, isNull: true }])).toBe(true)
  })
})

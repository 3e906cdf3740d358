import { describe, expect, test } from 'vitest'
import { readFetchXml, readPagingCookie } from './fetch-xml.ts'
import { boundaryOf, parseBatch, printBatch } from './multipart.ts'
import { printQuery, textLiteral } from './query.ts'
import { rowMapper } from './row-mapper.ts'

describe('queries', () => {
  test('an option is printed once and encoded once', () => {
    expect(
      printQuery('accounts', {
        select: ['name', '_primarycontactid_value'],
        filter: "name eq 'A & B + C' and revenue gt 1",
        orderby: 'name desc',
        top: 3,
      }),
    ).toBe(
      "accounts?$select=name,_primarycontactid_value&$filter=name%20eq%20'A%20%26%20B%20%2B%20C'%20and%20revenue%20gt%201&$orderby=name%20desc&$top=3",
    )
    expect(printQuery('accounts', {})).toBe('accounts')
  })

  test('quotes in a text literal are doubled', () => {
    expect(textLiteral("O'Brien")).toBe("'O''Brien'")
  })
})

describe('multipart batches', () => {
  const BOUNDARY = 'batch_1'

  test('a GET ends in the blank line the service insists on', () => {
    expect(
      printBatch(
        [{ method: 'GET', path: '/api/data/v9.2/accounts?$top=1', headers: { Accept: 'application/json' } }],
        BOUNDARY,
      ),
    ).toBe(
      [
        '--batch_1',
        'Content-Type: application/http',
        'Content-Transfer-Encoding: binary',
        '',
        'GET /api/data/v9.2/accounts?$top=1 HTTP/1.1',
        'Accept: application/json',
        '',
        '',
        '--batch_1--',
        '',
      ].join('\r\n'),
    )
  })

  const ANSWER = [
    '--batchresponse_9',
    'Content-Type: application/http',
    'Content-Transfer-Encoding: binary',
    '',
    'HTTP/1.1 204 No Content',
    'OData-Version: 4.0',
    'OData-EntityId: https://x/accounts(1)',
    '',
    '',
    '--batchresponse_9',
    'Content-Type: multipart/mixed; boundary=changesetresponse_8',
    '',
    '--changesetresponse_8',
    'Content-Type: application/http',
    'Content-ID: 1',
    '',
    'HTTP/1.1 412 Precondition Failed',
    'Content-Type: application/json',
    '',
    '{"error":{"code":"0x80040237","message":"twice"}}',
    '--changesetresponse_8--',
    '--batchresponse_9--',
    '',
  ]

  test.each(['\r\n', '\n'])(
    'an answer is read part by part, change sets in their place (line ends %j)',
    (line) => {
      expect(parseBatch(ANSWER.join(line), 'multipart/mixed; boundary="batchresponse_9"')).toEqual([
        {
          status: 204,
          headers: { 'odata-version': '4.0', 'odata-entityid': 'https://x/accounts(1)' },
          body: '',
        },
        {
          status: 412,
          headers: { 'content-type': 'application/json' },
          body: '{"error":{"code":"0x80040237","message":"twice"}}',
        },
      ])
    },
  )

  test('an answer cut off before its end is refused', () => {
    expect(() =>
      parseBatch(ANSWER.slice(0, 9).join('\r\n'), 'multipart/mixed; boundary=batchresponse_9'),
    ).toThrow(expect.objectContaining({ code: 'RESPONSE_INVALID' }))
    expect(() => parseBatch('{}', 'application/json')).toThrow(
      expect.objectContaining({ code: 'RESPONSE_INVALID' }),
    )
  })

  test('a boundary is found quoted, unquoted, and beside other parameters', () => {
    expect(boundaryOf('multipart/mixed; boundary="a b"')).toBe('a b')
    expect(boundaryOf('multipart/mixed;charset=utf-8;boundary=x-1')).toBe('x-1')
    expect(boundaryOf('application/json')).toBeUndefined()
  })
})

describe('FetchXML', () => {
  test('names of the answer: own columns, aliases, linked columns', () => {
    const query = readFetchXml(
      '<fetch count="50"><entity name="account"><attribute name="name"/><attribute name="revenue" alias="r"/><link-entity name="contact" from="contactid" to="primarycontactid" alias="c"><attribute name="fullname"/></link-entity></entity></fetch>',
    )
    expect(query).toMatchObject({
      entity: 'account',
      count: 50,
      top: undefined,
      columns: [
        { name: 'name', column: 'name' },
        { name: 'r', column: undefined },
        { name: 'c.fullname', column: undefined },
      ],
    })
  })

  test('a cookie is decoded twice and goes into the next page escaped', () => {
    const annotation =
      '<cookie pagenumber="2" pagingcookie="%253ccookie%2520page%253d%25221%2522%253e%253ccontactid%2520last%253d%2522%257bA%257d%2522%2520%252f%253e%253c%252fcookie%253e" istracking="False" />'
    const cookie = readPagingCookie(annotation)
    expect(cookie).toBe('<cookie page="1"><contactid last="{A}" /></cookie>')
    const next = readFetchXml('<fetch><entity name="contact"/></fetch>').withPage({
      page: 2,
      count: 3,
      cookie,
    })
    expect(next).toBe(
      '<fetch page="2" count="3" paging-cookie="&lt;cookie page=&quot;1&quot;&gt;&lt;contactid last=&quot;{A}&quot; /&gt;&lt;/cookie&gt;"><entity name="contact"/></fetch>',
    )
  })

  test.each([
    '',
    '<fetch>',
    '<fetch/>',
    '<entity name="x"/>',
    '<fetch top="many"><entity name="x"/></fetch>',
  ])('text that is no query is refused: %s', (xml) => {
    expect(() => readFetchXml(xml)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }))
  })
})

test('rows are mapped by name: lookups, labels, choices, big numbers, absent values', () => {
  const map = rowMapper([
    { name: 'primarycontactid', property: '_primarycontactid_value', read: 'as-is' },
    { name: 'statuscodename', property: 'statuscode', read: new Map([[1, 'Active']]) },
    { name: 'tags', property: 'tags', read: 'choices' },
    { name: 'versionnumber', property: 'versionnumber', read: 'bigint' },
    { name: 'fax', property: 'fax', read: 'as-is' },
    { name: 'Account_Tasks', property: 'Account_Tasks', read: 'nested' },
  ])
  expect(
    map({
      '@odata.etag': 'W/"1"',
      _primarycontactid_value: 'id',
      statuscode: 1,
      tags: '2,3',
      versionnumber: '9223372036854775807',
      Account_Tasks: [{ '@odata.etag': 'x', subject: 's' }],
    }),
  ).toEqual({
    primarycontactid: 'id',
    statuscodename: 'Active',
    tags: [2, 3],
    versionnumber: 9223372036854775807n,
    fax: null,
    Account_Tasks: [{ subject: 's' }],
  })
})

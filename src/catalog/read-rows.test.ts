import { beforeAll, describe, expect, test } from 'vitest'
import type { Row } from '../odata/row.ts'
import { type Answer, fakeSession, paths } from '../service/fake-session.test-support.ts'
import { createCatalog } from './create-catalog.ts'
import { metadataService } from './metadata.test-support.ts'
import { type ReadOptions, type RowReader, readRows } from './read-rows.ts'
import type { Column, Table } from './table.ts'

let table: Table

beforeAll(async () => {
  table = await createCatalog({ session: metadataService().session }).table('new_project')
})

const NOTHING: Answer = () => ({ value: [] })

function read(options: ReadOptions, answer: Answer = NOTHING, of = table) {
  const fake = fakeSession(answer)
  return { ...fake, reader: readRows(fake.session, of, options) }
}

async function all(reader: RowReader): Promise<Row[]> {
  const rows: Row[] = []
  for await (const row of reader) rows.push(row)
  return rows
}

const FORMATTED = 'OData.Community.Display.V1.FormattedValue'
const TABLE = 'Microsoft.Dynamics.CRM.lookuplogicalname'

describe('the request', () => {
  test('names columns by property, and the primary key always comes along', async () => {
    const { reader, requests } = read({
      select: ['New_Name', 'new_parent'],
      filter: "new_name eq 'R&D'",
      orderby: 'new_name desc',
    })
    await all(reader)
    expect(requests).toMatchObject([
      {
        method: 'GET',
        path: "new_projects?$select=new_name,_new_parent_value,new_projectid&$filter=new_name%20eq%20'R%26D'&$orderby=new_name%20desc",
        headers: { Prefer: 'odata.maxpagesize=5000' },
      },
    ])
  })

  test('top never stands beside the page size: it becomes the page size, and the read ends there', async () => {
    const { reader, requests } = read({ select: ['new_name'], top: 2 }, () => ({
      value: [{ new_name: 'a' }, { new_name: 'b' }],
      '@odata.nextLink': 'https://contoso.crm.dynamics.com/api/data/v9.2/new_projects?$skiptoken=2',
    }))
    expect(await all(reader)).toHaveLength(2)
    expect(requests.map(({ path, headers }) => [path, headers?.Prefer])).toEqual([
      ['new_projects?$select=new_name,new_projectid', 'odata.maxpagesize=2'],
    ])
    expect(reader.complete).toBe(true)
  })

  test.each([
    [100, 5000],
    [101, 1000],
    [501, 500],
  ])('%i columns are asked for %i rows at a time', async (count, pageSize) => {
    const template = table.columns.find(({ name }) => name === 'new_name')
    if (!template) throw new Error('no template')
    const columns = Array.from({ length: count }, (_, index): Column => {
      const name = index === 0 ? table.primaryKey : `c${index}`
      return { ...template, name, property: name }
    })
    const { reader, requests } = read({}, NOTHING, { ...table, columns })
    await all(reader)
    expect(requests[0]?.headers).toEqual({ Prefer: `odata.maxpagesize=${pageSize}` })
  })

  test.each([
    [{ select: ['new_nam'] }, 'NOT_FOUND', 'Did you mean new_name'],
    [{ select: ['new_people'] }, 'NOT_FOUND', 'd365 describe'],
    [{ top: 0 }, 'CONFIG_INVALID', undefined],
    [{ pageSize: 5001 }, 'CONFIG_INVALID', '5000'],
    [{ fetchXml: '<fetch><entity name="account"/></fetch>' }, 'CONFIG_INVALID', 'Read account'],
    [
      { fetchXml: '<fetch><entity name="new_project"/></fetch>', top: 1 },
      'CONFIG_INVALID',
      'into the FetchXML',
    ],
  ])('%j is refused before anything is sent', (options, code, hint) => {
    const fake = fakeSession(NOTHING)
    expect(() => readRows(fake.session, table, options)).toThrow(
      expect.objectContaining({ code, hint: hint === undefined ? undefined : expect.stringContaining(hint) }),
    )
    expect(fake.requests).toEqual([])
  })
})

describe('values', () => {
  const wire = `{"@odata.etag":"W/\\"1\\"","new_projectid":"p1","new_budget":9223372036854775.8070,"new_big":9223372036854775807,"new_due":"2024-02-29","new_tags":"7,8","new_stage":2,"new_done":false,"_new_customer_value":"c1","_new_customer_value@${FORMATTED}":"Ann","_new_customer_value@${TABLE}":"contact","_new_parent_value":null}`
  const answer: Answer = () => `{"value":[${wire}]}`

  test('are exact and typed, under the names of their columns, without annotations', async () => {
    const { reader, requests } = read(
      { select: ['new_budget', 'new_big', 'new_due', 'new_tags', 'new_stage', 'new_customer', 'new_parent'] },
      answer,
    )
    expect(await all(reader)).toEqual([
      {
        new_budget: '9223372036854775.807',
        new_big: 9223372036854775807n,
        new_due: '2024-02-29',
        new_tags: [7, 8],
        new_stage: 2,
        new_customer: 'c1',
        new_parent: null,
        new_projectid: 'p1',
      },
    ])
    expect(requests[0]?.headers?.Prefer).not.toContain('annotations')
  })

  test('labels of choices need no annotations; those of lookups are asked for', async () => {
    const choices = read({ select: ['new_stage', 'new_done'], labels: true }, answer)
    expect(await all(choices.reader)).toEqual([
      { new_stage: 2, new_stagename: 'Won', new_done: false, new_donename: 'No', new_projectid: 'p1' },
    ])
    expect(choices.requests[0]?.headers?.Prefer).toBe('odata.maxpagesize=5000')

    const lookups = read({ select: ['new_customer', 'new_parent'], labels: true }, answer)
    expect(await all(lookups.reader)).toEqual([
      {
        new_customer: 'c1',
        new_customername: 'Ann',
        new_customertype: 'contact',
        new_parent: null,
        new_parentname: null,
        new_projectid: 'p1',
      },
    ])
    expect(lookups.requests[0]?.headers?.Prefer).toBe(
      `odata.maxpagesize=5000,odata.include-annotations="${FORMATTED},${TABLE}"`,
    )
  })

  test('several choices have several labels', async () => {
    const { reader } = read({ select: ['new_tags'], labels: true }, answer)
    expect(await all(reader)).toEqual([{ new_tags: [7, 8], new_tagsname: 'Red; Blue', new_projectid: 'p1' }])
  })

  test('related rows come as they are, their long numbers exact', async () => {
    const { reader } = read(
      { select: ['new_name'], expand: 'new_Parent($select=new_name,new_budget)' },
      () =>
        '{"value":[{"new_projectid":"p1","new_name":"n","new_Parent":{"@odata.etag":"x","new_name":"up","new_budget":922337203685477.5807}}]}',
    )
    expect(await all(reader)).toEqual([
      {
        new_name: 'n',
        new_projectid: 'p1',
        new_Parent: { new_name: 'up', new_budget: '922337203685477.5807' },
      },
    ])
  })
})

describe('the end', () => {
  const twoPages: Answer = (_, number) => ({
    value: [{ new_name: `n${number}` }],
    ...(number === 0
      ? { '@odata.nextLink': 'https://contoso.crm.dynamics.com/api/data/v9.2/new_projects?$skiptoken=2' }
      : {}),
  })

  test('complete is true only once every row was handed out', async () => {
    const { reader } = read({ select: ['new_name'] }, twoPages)
    const seen: boolean[] = []
    for await (const _ of reader) seen.push(reader.complete)
    expect([...seen, reader.complete]).toEqual([false, false, true])
  })

  test('a reader that is left early is not complete', async () => {
    const { reader } = read({ select: ['new_name'] }, twoPages)
    for await (const _ of reader) break
    expect(reader.complete).toBe(false)
  })

  test('nothing is asked of the service before the first row is', () => {
    expect(read({}).requests).toEqual([])
  })
})

describe('FetchXML', () => {
  test('columns of the table are typed, aliases and linked columns come as they are, absent ones are null', async () => {
    const fetchXml =
      '<fetch><entity name="new_project"><attribute name="new_big"/><attribute name="new_stage"/><attribute name="new_budget" alias="b"/><link-entity name="contact" from="contactid" to="new_customer" alias="c"><attribute name="annualincome"/></link-entity></entity></fetch>'
    const { reader, requests } = read(
      { fetchXml, labels: true },
      () => '{"value":[{"new_big":5,"new_stage":1,"c.annualincome":922337203685477.5807},{"b":1.5}]}',
    )
    expect(await all(reader)).toEqual([
      { new_big: 5n, new_stage: 1, new_stagename: 'Open', b: null, 'c.annualincome': '922337203685477.5807' },
      { new_big: null, new_stage: null, new_stagename: null, b: 1.5, 'c.annualincome': null },
    ])
    expect(requests[0]?.headers?.Prefer).toBe(
      'odata.include-annotations="Microsoft.Dynamics.CRM.fetchxmlpagingcookie,Microsoft.Dynamics.CRM.morerecords"',
    )
  })

  test('a query with top is a single page, sent as it was written', async () => {
    const fetchXml = '<fetch top="3"><entity name="new_project"><attribute name="new_name"/></entity></fetch>'
    const { reader, requests } = read({ fetchXml }, () => ({ value: [{ new_name: 'a' }] }))
    expect(await all(reader)).toEqual([{ new_name: 'a' }])
    expect(paths(requests)).toEqual([`new_projects?fetchXml=${fetchXml}`])
  })
})

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { type Connection, connect, type Row } from '../src/connect.ts'
import type { ListeningSandbox } from '../src/sandbox/index.ts'
import { freshFolder } from './sandbox.test-support.ts'
import { openStage, type Stage } from './stage.test-support.ts'

/** What connectors are known to get wrong: written and read back over HTTP, every value and every address compared. */

const TABLE = 'sample_everything'

let server: ListeningSandbox
let connection: Connection
let close: Stage['close']

beforeAll(async () => {
  ;({ server, connection, close } = await openStage())
})

afterAll(() => close())

beforeEach(() => server.sandbox.trace.clear())

async function rows(...given: Parameters<Connection['read']>): Promise<Row[]> {
  const found: Row[] = []
  for await (const row of await connection.read(...given)) found.push(row)
  return found
}

/** Queries of the Web API that were asked, decoded. */
function asked(): string[] {
  return server.sandbox.trace
    .entries()
    .filter(({ url }) => url.startsWith('/api/data/') && !url.includes('EntityDefinitions'))
    .map(({ method, url }) => `${method} ${decodeURIComponent(url.replace(/^\/api\/data\/v\d\.\d\//, ''))}`)
}

async function write(values: Readonly<Record<string, unknown>>, key: readonly string[] = ['sample_code']) {
  const rejected: string[] = []
  const report = await connection.write(TABLE, [values], {
    mode: 'upsert',
    key,
    rejects: ({ message }) => void rejected.push(message),
  })
  expect(rejected).toEqual([])
  return report
}

async function readBack(code: string, select: readonly string[], labels = false): Promise<Row | undefined> {
  const [row] = await rows(TABLE, { select, filter: `sample_code eq '${code}'`, labels })
  return row
}

test('19-digit money, 64-bit integers and decimals come back digit by digit', async () => {
  const values = {
    sample_price: '922337203685476.58',
    sample_cost: '-922337203685476.5807',
    sample_big: 9_223_372_036_854_775_807n,
    sample_decimal: '99999999999.0123456789',
  }
  await write({ sample_code: 'EXACT', sample_name: 'Exact', ...values })
  const row = await readBack('EXACT', Object.keys(values))
  expect(row).toMatchObject({ ...values, sample_price: expect.stringMatching(/^922337203685476\.580*$/) })
})

test('a date stays that date, and a moment keeps its meaning', async () => {
  const values = {
    sample_day: '2024-02-29',
    sample_moment: '2024-03-31T00:30:00Z',
    sample_timetable: '2024-03-31T02:30:00Z',
  }
  await write({ sample_code: 'DATES', sample_name: 'Dates', ...values })
  expect(await readBack('DATES', Object.keys(values))).toMatchObject(values)
})

test('the key of an upsert selects the row: it is created once and then updated', async () => {
  expect(await write({ sample_code: "O'Neil/1", sample_name: 'First' })).toMatchObject({ created: 1 })
  expect(await write({ sample_code: "O'Neil/1", sample_name: 'Second' })).toMatchObject({ updated: 1 })
  expect(await rows(TABLE, { filter: "sample_code eq 'O''Neil/1'", select: ['sample_name'] })).toMatchObject([
    { sample_name: 'Second' },
  ])
})

test('a lookup to several tables goes to the table its type column names, and comes back with it', async () => {
  const [contact] = await rows('contact', { select: ['fullname'], top: 1 })
  const [account] = await rows('account', { select: ['name'], top: 1 })
  const cases = [
    ['contact', contact?.contactid, contact?.fullname],
    ['account', account?.accountid, account?.name],
  ]
  for (const [type, id, name] of cases) {
    await write({
      sample_code: 'CUSTOMER',
      sample_name: 'Customer',
      sample_customerid: id,
      sample_customeridtype: type,
    })
    expect(await readBack('CUSTOMER', ['sample_customerid'], true)).toMatchObject({
      sample_customerid: id,
      sample_customeridname: name,
      sample_customeridtype: type,
    })
  }
})

test('an owner may be a user or a team', async () => {
  for (const table of ['systemuser', 'team']) {
    const [owner] = await rows(table, { select: [], top: 1 })
    const ownerid = owner?.[`${table}id`]
    await write({ sample_code: 'OWNED', sample_name: 'Owned', ownerid })
    expect(await readBack('OWNED', ['ownerid'], true)).toMatchObject({ ownerid, owneridtype: table })
  }
})

test('a lookup of another spelling than its column binds by its navigation property', async () => {
  const [account] = await rows('account', { select: ['name'], top: 1 })
  await write({ sample_code: 'BOUND', sample_name: 'Bound', sample_accountid: account?.accountid })
  expect(await readBack('BOUND', ['sample_accountid'])).toMatchObject({
    sample_accountid: account?.accountid,
  })
})

test('choices take numbers or labels, several at a time too', async () => {
  await write({
    sample_code: 'CHOICE',
    sample_name: 'Choice',
    sample_colour: 'Green',
    sample_size: 3,
    sample_tags: ['Sold, out', 1],
    sample_flag: 'On',
  })
  expect(
    await readBack('CHOICE', ['sample_colour', 'sample_size', 'sample_tags', 'sample_flag'], true),
  ).toMatchObject({
    sample_colour: 100000001,
    sample_colourname: 'Green',
    sample_size: 3,
    sample_sizename: 'Large',
    sample_tags: [1, 9],
    sample_flag: true,
    sample_flagname: 'On',
  })
})

test('top ends a read of several pages, and never stands beside the page size', async () => {
  await connection.table('contact')
  server.sandbox.trace.clear()
  expect(await rows('contact', { select: ['fullname'], top: 7, pageSize: 3 })).toHaveLength(7)
  const queries = asked()
  expect(queries).toHaveLength(3)
  for (const query of queries) expect(query).not.toContain('$top')
  expect(queries[1]).toContain('$skiptoken=')
})

test('FetchXML pages follow the cookie and hold every row once', async () => {
  const all = await rows('contact', { select: [] })
  server.sandbox.trace.clear()
  const pages = await rows('contact', {
    fetchXml:
      '<fetch><entity name="contact"><attribute name="contactid"/><order attribute="fullname"/></entity></fetch>',
    pageSize: 20,
  })
  expect(new Set(pages.map(({ contactid }) => contactid))).toEqual(
    new Set(all.map(({ contactid }) => contactid)),
  )
  expect(pages).toHaveLength(all.length)
  expect(asked()[1]).toContain('paging-cookie="')
})

test('a filter too long for an address travels in a batch', async () => {
  const [first] = await rows('account', { select: ['name'], top: 1 })
  await connection.table('account')
  server.sandbox.trace.clear()
  // No more than the 500 conditions that the service takes.
  const others = Array.from(
    { length: 499 },
    (_, index) => `name eq '${index} ${'no such account '.repeat(3)}'`,
  )
  const filter = [`accountid eq ${first?.accountid}`, ...others].join(' or ')
  expect(await rows('account', { select: ['name'], filter })).toMatchObject([{ name: first?.name }])
  expect(asked()).toEqual(['POST $batch'])
})

test('annotations are asked for only where labels of lookups are wanted', async () => {
  const plain = await connection.request({ method: 'GET', path: 'contacts?$top=1' })
  expect(new TextDecoder().decode(plain.body)).not.toContain('FormattedValue')
  const [row] = await rows('contact', {
    select: ['parentcustomerid'],
    filter: '_parentcustomerid_value ne null',
    top: 1,
    labels: true,
  })
  expect(row).toMatchObject({
    parentcustomeridname: expect.any(String),
    parentcustomeridtype: expect.stringMatching(/^(account|contact)$/),
  })
})

test('a read-only connection sends nothing that changes rows', async () => {
  await using reader = await connect({
    connectionString: `${server.connectionString};ReadOnly=true`,
    env: { D365_CONFIG_DIR: freshFolder(), D365_SECRET_STORE: 'file' },
  })
  const row = { name: 'x' }
  await expect(reader.write('account', [row], { mode: 'insert' })).rejects.toThrow('read-only')
  await expect(reader.execute("delete from account where name = 'x'")).rejects.toThrow('read-only')
  await expect(
    reader.request({ method: 'POST', path: 'accounts', body: JSON.stringify(row) }),
  ).rejects.toThrow('read-only')
  expect(await rows('account', { select: ['name'], filter: "name eq 'x'" })).toEqual([])
})

describe('related rows', () => {
  const expand = 'contact_customer_accounts($select=fullname;$expand=owninguser($select=fullname))'

  test('come whole whatever the limit of the read is, and a list that was cut is an error', async () => {
    const [whole] = await rows('account', { select: ['name'], expand })
    const [one] = await rows('account', { select: ['name'], expand, top: 1 })
    expect(one?.contact_customer_accounts).toEqual(whole?.contact_customer_accounts)
    await expect(rows('account', { select: ['name'], expand, pageSize: 2 })).rejects.toMatchObject({
      code: 'RESPONSE_INVALID',
      hint: expect.stringContaining('--page-size'),
    })
  })

  test('brackets in a text of the expand change no columns', async () => {
    const [row] = await rows('account', {
      select: ['name'],
      expand:
        "contact_customer_accounts($select=fullname;$filter=lastname ne ':)' and lastname ne 'O''(x'),owninguser($select=fullname)",
      top: 1,
    })
    expect(Object.keys(row ?? {})).toEqual(['name', 'accountid', 'contact_customer_accounts', 'owninguser'])
  })
})

describe('FetchXML', () => {
  const fetched = (inner: string) =>
    rows('account', { fetchXml: `<fetch top="1"><entity name="account">${inner}</entity></fetch>` })
  const link = (attributes: string, inner: string) =>
    `<link-entity name="contact" from="contactid" to="primarycontactid" ${attributes}>${inner}</link-entity>`

  test('a link without an alias is named by its table and its number', async () => {
    const [row] = await fetched(`<attribute name="name"/>${link('', '<attribute name="fullname"/>')}`)
    expect(row?.['contact1.fullname']).toEqual(expect.any(String))
  })

  test('without attributes all columns come, those of links too', async () => {
    const [row] = await fetched('')
    expect(row).toMatchObject({ name: expect.any(String), statecode: 0 })
    const [both] = await fetched(`<all-attributes/>${link('alias="c"', '<attribute name="fullname"/>')}`)
    expect(both).toMatchObject({ name: expect.any(String), 'c.fullname': expect.any(String) })
  })

  test('all columns of a link are refused, because they cannot be told in advance', async () => {
    await expect(fetched(link('alias="c"', '<all-attributes/>'))).rejects.toThrow(
      'all-attributes of the link c',
    )
  })
})

import { describe, expect, test } from 'vitest'
import { dataverse } from '../capabilities/dataverse.ts'
import { type FetchQuery, readFetchXml } from '../odata/fetch-xml.ts'
import type { Page } from '../odata/page.ts'
import { type Answer, fakeSession, paths, ROOT } from './fake-session.test-support.ts'
import { type PageRequest, readFetchPages, readPages } from './paging.ts'

const rows = (page: number, count = 2) => Array.from({ length: count }, (_, row) => ({ n: page * 10 + row }))
const link = (page: number) => `${ROOT}accounts?$skiptoken=%3Ccookie%20page%3d%22${page}%22%3e`

/** Pages 0 to `last`, each of two rows. */
const pagesUpTo =
  (last: number): Answer =>
  (_, number) => ({ value: rows(number), ...(number < last ? { '@odata.nextLink': link(number + 1) } : {}) })

function read(answer: Answer, more: Partial<PageRequest> = {}) {
  const fake = fakeSession(answer)
  const pages = readPages(fake.session, {
    path: 'accounts',
    headers: { Prefer: 'odata.maxpagesize=2' },
    numbers: {},
    flat: true,
    top: Number.POSITIVE_INFINITY,
    ...more,
  })
  return { ...fake, pages }
}

async function numbersOf(pages: AsyncIterable<Page['rows']>): Promise<unknown[]> {
  const found: unknown[] = []
  for await (const page of pages) found.push(...page.map(({ n }) => n))
  return found
}

describe('pages by nextLink', () => {
  test('every link is followed exactly as it came, with the same Prefer', async () => {
    const { requests, pages } = read(pagesUpTo(2))
    expect(await numbersOf(pages)).toEqual([0, 1, 10, 11, 20, 21])
    expect(requests.map(({ path }) => path)).toEqual(['accounts', link(1), link(2)])
    expect(new Set(requests.map(({ headers }) => headers?.Prefer))).toEqual(new Set(['odata.maxpagesize=2']))
  })

  test('the next page is asked for before the page in hand is handed out', async () => {
    const { requests, pages } = read(pagesUpTo(2))
    await pages.next()
    expect(requests).toHaveLength(2)
  })

  test('only one page is asked for in advance, however long the caller takes', async () => {
    const { requests, pages } = read(pagesUpTo(9))
    await pages.next()
    await new Promise((resolve) => setImmediate(resolve))
    expect(requests).toHaveLength(2)
  })

  test('a link that stands before the rows is followed too', async () => {
    const { pages } = read((_, number) => ({
      ...(number === 0 ? { '@odata.nextLink': link(1) } : {}),
      value: rows(number),
    }))
    expect(await numbersOf(pages)).toEqual([0, 1, 10, 11])
  })

  test('an empty page in the middle is not the end', async () => {
    const { pages } = read((_, number) => ({
      value: number === 1 ? [] : rows(number),
      ...(number < 2 ? { '@odata.nextLink': link(number + 1) } : {}),
    }))
    expect(await numbersOf(pages)).toEqual([0, 1, 20, 21])
  })

  test('with top the last page is cut and no useless page is asked for', async () => {
    const { requests, pages } = read(pagesUpTo(9), { top: 3 })
    expect(await numbersOf(pages)).toEqual([0, 1, 10])
    expect(requests).toHaveLength(2)
  })

  test('a page cut off in the middle ends the read with an error, after the whole pages before it', async () => {
    const { pages } = read((_, number) =>
      number === 0
        ? { value: rows(0), '@odata.nextLink': link(1) }
        : '{"value":[{"n":10},{"n":11}],"@odata.nex',
    )
    expect((await pages.next()).value).toEqual(rows(0))
    await expect(pages.next()).rejects.toMatchObject({ code: 'RESPONSE_INVALID' })
  })

  test('links that go in a circle are an error, not an endless read', async () => {
    const { pages } = read(() => ({ value: rows(0), '@odata.nextLink': link(1) }))
    await expect(numbersOf(pages)).rejects.toMatchObject({ code: 'RESPONSE_INVALID' })
  })

  test('leaving early cancels the page that was asked for in advance', async () => {
    const { requests, pages } = read(pagesUpTo(9))
    for await (const _ of pages) break
    expect(requests.map(({ signal }) => signal?.aborted)).toEqual([true, true])
  })

  test("a failure of the page in advance comes when its turn comes, and the caller's signal reaches every request", async () => {
    const controller = new AbortController()
    const { requests, pages } = read(
      (_, number) => {
        if (number === 1) throw new RangeError('down')
        return { value: rows(0), '@odata.nextLink': link(1) }
      },
      { signal: controller.signal },
    )
    expect((await pages.next()).value).toEqual(rows(0))
    await expect(pages.next()).rejects.toThrow('down')
    controller.abort()
    expect(requests.every(({ signal }) => signal?.aborted)).toBe(true)
  })
})

describe('pages of FetchXML', () => {
  const { fetchCookie, moreRows } = dataverse.read.annotations
  const query: FetchQuery = readFetchXml(
    '<fetch><entity name="account"><attribute name="n"/></entity></fetch>',
  )
  const COOKIE =
    '<cookie pagenumber="2" pagingcookie="%253ccookie%2520page%253d%25221%2522%253e%253ca%2520last%253d%2522%257bA%257d%2522%2520%252f%253e%253c%252fcookie%253e" istracking="False" />'

  const read = (answer: Answer) => {
    const fake = fakeSession(answer)
    return {
      ...fake,
      pages: readFetchPages(fake.session, {
        entitySet: 'accounts',
        query,
        pageSize: 2,
        headers: {},
        numbers: {},
      }),
    }
  }

  test('the cookie goes decoded and escaped into the query, the page number is our own', async () => {
    const { requests, pages } = read((_, number) => ({
      [`@${fetchCookie}`]: COOKIE,
      [`@${moreRows}`]: number < 2,
      value: rows(number),
    }))
    expect(await numbersOf(pages)).toEqual([0, 1, 10, 11, 20, 21])
    expect(paths(requests)).toEqual([
      'accounts?fetchXml=<fetch page="1" count="2"><entity name="account"><attribute name="n"/></entity></fetch>',
      ...[2, 3].map(
        (page) =>
          `accounts?fetchXml=<fetch page="${page}" count="2" paging-cookie="&lt;cookie page=&quot;1&quot;&gt;&lt;a last=&quot;{A}&quot; /&gt;&lt;/cookie&gt;"><entity name="account"><attribute name="n"/></entity></fetch>`,
      ),
    ])
  })

  test('without a cookie the pages are asked for by number alone', async () => {
    const { requests, pages } = read((_, number) => ({ [`@${moreRows}`]: number < 1, value: rows(number) }))
    expect(await numbersOf(pages)).toEqual([0, 1, 10, 11])
    expect(paths(requests)[1]).toContain('<fetch page="2" count="2">')
  })

  test('more rows promised and none given is an error, not an end', async () => {
    const { pages } = read(() => ({ [`@${moreRows}`]: true, value: [] }))
    await expect(numbersOf(pages)).rejects.toMatchObject({ code: 'RESPONSE_INVALID' })
  })
})

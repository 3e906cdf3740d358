import { expect, test } from 'vitest'
import { dataverse } from '../capabilities/dataverse.ts'
import { type Answer, fakeSession, paths } from './fake-session.test-support.ts'
import { type RowPage, readFetchRowPages } from './row-pages.ts'

const { fetchCookie, moreRows } = dataverse.read.annotations
const COOKIE = '<cookie pagenumber="2" pagingcookie="%253ccookie%2520page%253d%25221%2522%2520%252f%253e" />'

const read = (answer: Answer, mostPages = Number.POSITIVE_INFINITY) => {
  const fake = fakeSession(answer)
  const print = ({ page, cookie }: { page: number; cookie: string | undefined }) => `${page} ${cookie}`
  return {
    ...fake,
    pages: readFetchRowPages(fake.session, { print, headers: {}, numbers: { exact: ['m'] }, mostPages }),
  }
}

async function textsOf(pages: AsyncGenerator<RowPage>): Promise<string[]> {
  const texts: string[] = []
  for await (const { rows } of pages) texts.push(new TextDecoder().decode(rows))
  return texts
}

test('each page is asked for with the cookie of the one before and a number of our own', async () => {
  const { requests, pages } = read((_, number) => ({
    [`@${fetchCookie}`]: COOKIE,
    [`@${moreRows}`]: number < 2,
    value: [{ n: number }],
  }))
  expect(await textsOf(pages)).toEqual(['[{"n":0}]', '[{"n":1}]', '[{"n":2}]'])
  expect(paths(requests)).toEqual(['1 undefined', '2 <cookie page="1" />', '3 <cookie page="1" />'])
})

test('digits of exact columns stay', async () => {
  const { pages } = read(() => '{"value":[{"m":922337203685477.5807}]}')
  expect(await textsOf(pages)).toEqual(['[{"m":"922337203685477.5807"}]'])
})

test('no more pages are asked for than are wanted', async () => {
  const { requests, pages } = read((_, number) => ({ [`@${moreRows}`]: true, value: [{ n: number }] }), 2)
  expect(await textsOf(pages)).toHaveLength(2)
  expect(requests).toHaveLength(2)
})

test('more rows promised and none given is an error, not an end', async () => {
  const { pages } = read(() => ({ [`@${moreRows}`]: true, value: [] }))
  await expect(textsOf(pages)).rejects.toMatchObject({ code: 'RESPONSE_INVALID' })
})

import { describe, expect, test } from 'vitest'
import { type Answer, bare, id, NOW, ROOT, refusal, type World, world } from './query.test-support.ts'

const TRACK = 'odata.track-changes'
const DAY_MS = 86_400_000

const linkOf = (answer: Answer, name = '@odata.deltaLink'): string => String(answer[name]).slice(ROOT.length)

function write({ context }: World, work: (accounts: ReturnType<World['context']['store']['table']>) => void) {
  context.store.transaction(() => work(context.store.table('account')))
}

describe('a first read', () => {
  test('answers every row and a delta link that names version and moment', () => {
    const own = world()
    const answer = own.json('accounts?$select=name', TRACK)
    expect(answer.value).toHaveLength(5)
    expect(Object.keys(answer)).toEqual(['@odata.context', '@odata.deltaLink', 'value'])
    expect(answer['@odata.deltaLink']).toBe(
      `${ROOT}accounts?$select=name&$deltatoken=${own.context.store.version}%2105%2f13%2f2026%2010%3a20%3a30`,
    )
  })

  test('in pages brings what changed in between with the delta link', () => {
    const own = world()
    const first = own.json('accounts?$select=name', `${TRACK},odata.maxpagesize=3`)
    expect(first).not.toHaveProperty('@odata.deltaLink')
    write(own, (accounts) => accounts.update(id(1), { name: 'Renamed' }))
    const second = own.json(linkOf(first, '@odata.nextLink'), `${TRACK},odata.maxpagesize=3`)
    expect(second.value).toHaveLength(2)
    expect(bare(own.json(linkOf(second)).value)).toEqual([{ name: 'Renamed', accountid: id(1) }])
  })
})

describe('changes', () => {
  test('are rows by version, then deletions', () => {
    const own = world()
    const link = linkOf(own.json('accounts?$select=name', TRACK))
    write(own, (accounts) => {
      accounts.update(id(5), { name: 'Five' })
      accounts.delete(id(3))
      accounts.insert({ accountid: id(80), name: 'Eighty' })
      accounts.update(id(5), { name: 'Five again' })
    })
    const answer = own.json(link)
    expect(answer['@odata.context']).toBe(`${ROOT}$metadata#accounts(name)/$delta`)
    expect(bare(answer.value)).toEqual([
      { name: 'Eighty', accountid: id(80) },
      { name: 'Five again', accountid: id(5) },
      { '@odata.context': `${ROOT}$metadata#accounts/$deletedEntity`, id: id(3), reason: 'deleted' },
    ])
    expect(own.json(linkOf(answer)).value).toEqual([])
    expect(own.get(`accounts/$count?$deltatoken=${link.split('$deltatoken=')[1]}`).body).toBe('\uFEFF3')
  })

  test('tell of a row made and deleted in between, and not of a deletion that was undone', () => {
    const own = world()
    const link = linkOf(own.json('accounts?$select=name', TRACK))
    write(own, (accounts) => {
      accounts.insert({ accountid: id(81), name: 'Short' })
      accounts.delete(id(81))
      accounts.delete(id(4))
      accounts.insert({ accountid: id(4), name: 'Back' })
    })
    expect(bare(own.json(link).value)).toEqual([
      { name: 'Back', accountid: id(4) },
      { '@odata.context': `${ROOT}$metadata#accounts/$deletedEntity`, id: id(81), reason: 'deleted' },
    ])
  })

  test('come in pages that end where the first one began', () => {
    const own = world()
    const link = linkOf(own.json('accounts?$select=name', TRACK))
    write(own, (accounts) => {
      for (const number of [1, 2, 5]) accounts.update(id(number), { name: `New ${number}` })
      accounts.delete(id(3))
      accounts.delete(id(4))
    })
    const pages: Answer[] = []
    for (let next = link; next !== ''; ) {
      const page = own.json(next, 'odata.maxpagesize=2')
      pages.push(page)
      if (pages.length === 1) write(own, (accounts) => accounts.update(id(1), { name: 'Newer 1' }))
      next = page['@odata.nextLink'] === undefined ? '' : linkOf(page, '@odata.nextLink')
    }
    expect(pages.map(({ value }) => value.map((row) => row.name ?? row.id))).toEqual([
      ['New 1', 'New 2'],
      ['New 5', id(3)],
      [id(4)],
    ])
    const after = own.json(linkOf(pages.at(-1) ?? { value: [] }))
    expect(bare(after.value)).toEqual([{ name: 'Newer 1', accountid: id(1) }])
  })
})

describe('refusals', () => {
  const own = world()

  test.each([
    '$filter=statecode eq 0',
    '$orderby=name',
    '$expand=primarycontactid',
    '$top=1',
    '$apply=groupby((statecode))',
  ])('%s', (option) => {
    const name = option.split('=')[0]
    expect(refusal(() => own.get(`accounts?${option}`, { prefer: TRACK }))).toBe(
      `400 0x80060888 The "${name}" query parameter isn't supported when Change Tracking is enabled.`,
    )
  })

  test('a table without change tracking', () => {
    expect(refusal(() => own.get('accountleadscollection', { prefer: TRACK }))).toMatch(/^400 .*accountleads/)
  })

  test('related rows and all activities together', () => {
    expect(refusal(() => own.get(`accounts(${id(1)})/Account_Tasks`, { prefer: TRACK }))).toMatch(/^501 /)
    expect(refusal(() => own.get('activitypointers', { prefer: TRACK }))).toMatch(/^501 /)
  })

  test('a token older than the environment keeps deletions', () => {
    const link = linkOf(own.json('accounts?$select=name', TRACK))
    const at = (days: number) => world({ store: own.context.store, now: NOW + days * DAY_MS })
    expect(at(7).json(link).value).toEqual([])
    expect(refusal(() => at(7.1).get(link))).toBe(
      '400 0x80044352 Version stamp associated with the client has expired. Please perform a full sync.',
    )
    expect(refusal(() => own.get('accounts?$deltatoken=abc'))).toMatch(/^400 0x80060888 /)
  })
})

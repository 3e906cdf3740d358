import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Answer, bare, id, ROOT, refusal, type World, world } from './query.test-support.ts'

const environment = world()
const { get, json } = environment

const nextOf = (answer: Answer): string | undefined =>
  typeof answer['@odata.nextLink'] === 'string' ? answer['@odata.nextLink'].slice(ROOT.length) : undefined

/** Follows nextLinks to the end, calling `between` after every page. */
function allPages(
  { json: read }: Pick<World, 'json'>,
  path: string,
  { size, between = () => {} }: { size: number; between?: (page: number) => void },
): Answer['value'][] {
  const pages: Answer['value'][] = []
  for (let next: string | undefined = path; next !== undefined; ) {
    const answer = read(next, `odata.maxpagesize=${size}`)
    pages.push(answer.value)
    between(pages.length)
    next = nextOf(answer)
  }
  return pages
}

const idsOf = (pages: readonly Answer['value'][]) => pages.flat().map(({ accountid }) => accountid)

describe('pages', () => {
  test('carry the cookie of the service', () => {
    const answer = json('accounts?$select=name', 'odata.maxpagesize=2')
    expect(answer['@odata.nextLink']).toBe(
      `${ROOT}accounts?$select=name&$skiptoken=%3Ccookie%20pagenumber=%222%22%20pagingcookie=%22%253ccookie%2520page%253d%25221%2522%253e%253caccountid%2520last%253d%2522%257b${id(2)}%257d%2522%2520first%253d%2522%257b${id(1)}%257d%2522%2520%252f%253e%253c%252fcookie%253e%22%20istracking=%22False%22%20/%3E`,
    )
  })

  test('hold every row once, and the last has no link', () => {
    const pages = allPages(environment, 'accounts?$select=name', { size: 2 })
    expect(pages.map(({ length }) => length)).toEqual([2, 2, 1])
    expect(idsOf(pages)).toEqual([1, 2, 3, 4, 5].map(id))
    expect(allPages(environment, 'accounts', { size: 5 })).toHaveLength(1)
  })

  test('of filtered and of related rows go on where they ended', () => {
    const filtered = allPages(environment, 'accounts?$filter=numberofemployees ne 20', { size: 1 })
    expect(idsOf(filtered)).toEqual([1, 4, 5].map(id))
    const related = allPages(environment, `accounts(${id(1)})/contact_customer_accounts?$select=fullname`, {
      size: 1,
    })
    expect(related.flat()).toMatchObject([{ fullname: 'Yvonne McKay' }, { fullname: 'Adam Adam' }])
  })

  test.each([
    'name',
    'name desc',
    'numberofemployees,name desc',
    'revenue desc',
    '_primarycontactid_value desc,createdon',
    '_ownerid_value',
    'donotemail',
    'primarycontactid/fullname desc',
  ])('sorted by %s are the pages of the whole', (orderby) => {
    const whole = json(`accounts?$orderby=${orderby}`).value.map(({ accountid }) => accountid)
    expect(idsOf(allPages(environment, `accounts?$orderby=${orderby}`, { size: 1 }))).toEqual(whole)
  })

  test('neither lose nor repeat rows while others are written and deleted', () => {
    const changing = world()
    const accounts = changing.context.store.table('account')
    const write = (work: () => void) => changing.context.store.transaction(work)
    const pages = allPages(changing, 'accounts?$orderby=name', {
      size: 2,
      between: (page) => {
        // Names before and after the position, and the very row the cookie names goes away.
        if (page === 1) {
          write(() => accounts.insert({ accountid: id(70), name: 'AAA' }))
          write(() => accounts.insert({ accountid: id(71), name: 'Z last' }))
          write(() => accounts.delete(id(1)))
        }
      },
    })
    const names = pages.flat().map(({ name }) => name)
    expect(names).toEqual([null, 'Contoso', 'contoso_2', "O'Brien & Söhne", 'Z last', 'Zebra 100%'])
  })

  test('a token that is none is refused', () => {
    expect(refusal(() => get('accounts?$skiptoken=abc'))).toMatch(/^400 0x80041129 /)
    expect(
      refusal(() =>
        get(`accounts?$skiptoken=${encodeURIComponent('<cookie pagenumber="2" pagingcookie="x" />')}`),
      ),
    ).toMatch(/^400 0x80041129 /)
  })

  test('any texts in sort columns survive the cookie', () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ unit: 'grapheme', minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 6 }),
        (texts) => {
          const own = world()
          const table = own.context.store.table('account')
          own.context.store.transaction(() => {
            for (const [index, name] of texts.entries()) table.insert({ accountid: id(100 + index), name })
          })
          const whole = own.json('accounts?$select=name&$orderby=name desc').value
          const paged = allPages(own, 'accounts?$select=name&$orderby=name desc', { size: 2 }).flat()
          expect(bare(paged)).toEqual(bare(whole))
        },
      ),
      { numRuns: 25 },
    )
  })
})

describe('$orderby', () => {
  const order = (orderby: string) =>
    json(`accounts?$orderby=${orderby}`).value.map(({ accountid }) => Number(String(accountid).slice(-2)))

  test('puts NULL first ascending and last descending, ties by key', () => {
    expect(order('numberofemployees')).toEqual([4, 5, 2, 3, 1])
    expect(order('numberofemployees desc')).toEqual([1, 2, 3, 5, 4])
  })

  test('sorts lookups by name and choices by value', () => {
    expect(order('_primarycontactid_value desc')).toEqual([1, 2, 3, 4, 5])
    expect(order('accountcategorycode desc,name desc')).toEqual([2, 5, 1, 3, 4])
  })

  test('takes an alias for a column', () => {
    expect(order('@p1 desc&@p1=name')).toEqual([5, 3, 2, 1, 4])
  })

  test('refuses a column twice, unknown columns and directions', () => {
    expect(refusal(() => order('name,revenue,name desc'))).toMatch(
      /^400 0x80048d16 A column has been specified/,
    )
    expect(refusal(() => order('nme'))).toMatch(/^400 0x80060888 Could not find a property named 'nme'/)
    expect(refusal(() => order('name down'))).toMatch(/^400 0x80060888 /)
  })
})

describe('$top and $count', () => {
  test('$top limits without a link, and is ignored beside a page size', () => {
    const top = json('accounts?$select=name&$top=2')
    expect(top.value).toHaveLength(2)
    expect(nextOf(top)).toBeUndefined()
    const paged = json('accounts?$select=name&$top=2', 'odata.maxpagesize=3')
    expect(paged.value).toHaveLength(3)
    expect(nextOf(paged)).toBeDefined()
    expect(json('accounts?$top=0').value).toEqual([])
    expect(refusal(() => get('accounts?$top=-1'))).toMatch(/^400 0x80060888 Invalid value '-1' for \$top/)
  })

  test('$count tells the matching rows, whatever the page', () => {
    const text = String(get('accounts?$select=name&$count=true&$filter=statecode eq 0&$top=1').body)
    expect(text).toMatch(/^\{"@odata.context":"[^"]*","@odata.count":4,"value":\[\{/)
  })

  test('the count annotations follow the context', () => {
    const prefer = 'odata.include-annotations="Microsoft.Dynamics.CRM.*"'
    expect(Object.keys(json('accounts?$select=name&$count=true&$top=1', prefer))).toEqual([
      '@odata.context',
      '@odata.count',
      '@Microsoft.Dynamics.CRM.totalrecordcount',
      '@Microsoft.Dynamics.CRM.totalrecordcountlimitexceeded',
      '@Microsoft.Dynamics.CRM.globalmetadataversion',
      'value',
    ])
    const uncounted = json('accounts?$select=name&$top=1', prefer)
    expect(uncounted['@Microsoft.Dynamics.CRM.totalrecordcount']).toBe(-1)
    expect(uncounted['@Microsoft.Dynamics.CRM.globalmetadataversion']).toMatch(/^\d+$/)
  })

  test('over 5,000 rows the count stops, pages go on', () => {
    const many = world()
    many.context.store.transaction(() => {
      for (let number = 0; number < 5001; number++)
        many.context.store.table('task').insert({ activityid: id(10_000 + number), subject: 'T' })
    })
    const answer = many.json('tasks?$select=subject&$count=true', 'odata.include-annotations="*"')
    expect(answer).toMatchObject({
      '@odata.count': 5000,
      '@Microsoft.Dynamics.CRM.totalrecordcount': 5000,
      '@Microsoft.Dynamics.CRM.totalrecordcountlimitexceeded': true,
    })
    expect(answer.value).toHaveLength(5000)
    expect(many.json(nextOf(answer) ?? '').value).toHaveLength(4)
    expect(many.get('tasks/$count').body).toBe('\uFEFF5000')
  })

  test('/$count is text with a byte order mark', () => {
    expect(get('accounts/$count')).toEqual({
      status: 200,
      headers: { 'Content-Type': 'text/plain' },
      body: '\uFEFF5',
    })
    expect(get('accounts/$count?$filter=statecode eq 1').body).toBe('\uFEFF1')
    expect(get(`accounts(${id(1)})/Account_Tasks/$count`).body).toBe('\uFEFF2')
  })
})

describe('sets', () => {
  test('every kind of activity is in activitypointers', () => {
    expect(json('activitypointers?$select=subject&$orderby=subject').value).toMatchObject([
      { subject: 'Call' },
      { subject: 'Call back' },
      { subject: 'Offer' },
      { subject: 'Write' },
    ])
    expect(
      allPages(environment, 'activitypointers?$select=subject', { size: 3 }).map(({ length }) => length),
    ).toEqual([3, 1])
    expect(get(`accounts(${id(1)})/Account_ActivityPointers/$count`).body).toBe('\uFEFF3')
  })

  test('an elastic table is read by partition where one is named', () => {
    const own = world()
    const table = own.context.store.table('contoso_sensordata')
    own.context.store.transaction(() => {
      for (const [number, partitionid] of [
        [1, 'a'],
        [2, 'b'],
      ] as const)
        table.insert({ contoso_sensordataid: id(number), partitionid })
    })
    expect(own.json("contoso_sensordatas?partitionId='b'").value).toMatchObject([{ partitionid: 'b' }])
    expect(own.json('contoso_sensordatas?$select=partitionid').value).toHaveLength(2)
    expect(own.get('contoso_sensordatas/$count?partitionId=a').body).toBe('\uFEFF1')
    expect(refusal(() => own.get(`contoso_sensordatas(${id(1)})?partitionId=b`))).toMatch(/^404 /)
  })

  test('references of a collection', () => {
    expect(json(`accounts(${id(1)})/Account_Tasks/$ref`)).toEqual({
      '@odata.context': `${ROOT}$metadata#Collection($ref)`,
      value: [{ '@odata.id': `${ROOT}tasks(${id(21)})` }, { '@odata.id': `${ROOT}tasks(${id(22)})` }],
    })
  })

  test('a member of a collection is that row, and another row is not in it', () => {
    expect(json(`accounts(${id(1)})/Account_Tasks(${id(21)})?$select=subject`)).toMatchObject({
      subject: 'Call',
    })
    expect(refusal(() => get(`accounts(${id(1)})/Account_Tasks(${id(23)})`))).toMatch(/^404 0x80040217 /)
  })

  test.each([
    [
      '$count=yes',
      "400 0x80060888 Invalid value 'yes' for $count query option found. Valid values are 'true, false'.",
    ],
    [
      '$top=1&$top=2',
      "400 0x80060888 Query option '$top' was specified more than once, but it must be specified at most once.",
    ],
    ['$skip=1', '400 0x80060888 Skip Clause is not supported in CRM'],
    ['$search=a', '400 0x80060888 The query parameter $search is not supported'],
    ['$format=json', '400 0x80060888 The query parameter $format is not supported'],
    ['$Filter=statecode eq 0', '400 0x80060888 The query parameter $Filter is not supported'],
    ['select=name', '400 0x80060888 The query parameter select is not supported'],
    ['sql=SELECT name FROM account', '501 0x80040219 The sandbox does not emulate the sql query option.'],
  ])('%s is refused', (query, expected) => {
    expect(refusal(() => get(`accounts?${query}`))).toBe(expected)
  })

  test('principals cannot be read', () => {
    expect(refusal(() => get('principals'))).toMatch(/^405 /)
  })
})

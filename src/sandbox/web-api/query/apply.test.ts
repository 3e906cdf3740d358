import { describe, expect, test } from 'vitest'
import { id, ROOT, refusal, world } from './query.test-support.ts'

const { get, json } = world()
const body = (apply: string, prefer?: string) =>
  String(get(`accounts?$apply=${encodeURIComponent(apply)}`, prefer === undefined ? {} : { prefer }).body)
const value = (apply: string) => json(`accounts?$apply=${encodeURIComponent(apply)}`).value
const formatted = 'odata.include-annotations="OData.Community.Display.V1.FormattedValue"'

test('money is summed exactly, with nine digits and no ETag', () => {
  expect(body('aggregate(revenue with sum as total,revenue with average as mean,$count as rows)')).toBe(
    `{"@odata.context":"${ROOT}$metadata#accounts","value":[{"total":5001184.567800000,"mean":1667061.522600000,"rows":5}]}`,
  )
})

test('groups come in the order of their keys, NULL first and left out of its row', () => {
  expect(
    value('groupby((accountcategorycode),aggregate($count as rows,numberofemployees with max as most))'),
  ).toEqual([
    { rows: 2, most: 20 },
    { accountcategorycode: 1, rows: 2, most: 1500 },
    { accountcategorycode: 2, rows: 1, most: 20 },
  ])
})

test('groups are sorted by their keys, and $top takes the first', () => {
  const sorted = json(
    'accounts?$apply=groupby((statecode,accountcategorycode))&$orderby=statecode desc,accountcategorycode desc&$top=3',
  )
  expect(sorted.value).toEqual([
    { statecode: 1, accountcategorycode: 1 },
    { statecode: 0, accountcategorycode: 2 },
    { statecode: 0, accountcategorycode: 1 },
  ])
})

test('groups without an aggregate are the distinct values', () => {
  expect(value('groupby((statecode,accountcategorycode))')).toEqual([
    { statecode: 0 },
    { statecode: 0, accountcategorycode: 1 },
    { statecode: 0, accountcategorycode: 2 },
    { statecode: 1, accountcategorycode: 1 },
  ])
})

test('a key behind a lookup is named by its table', () => {
  expect(value('filter(statecode eq 0)/groupby((primarycontactid/fullname),aggregate($count as n))')).toEqual(
    [{ n: 1 }, { contact_fullname: 'Adam Adam', n: 2 }, { contact_fullname: 'Yvonne McKay', n: 1 }],
  )
})

test('keys and results have formatted values where asked for', () => {
  expect(
    body('groupby((statuscode),aggregate(revenue with sum as total,$count as rows))', formatted),
  ).toContain(
    `{"statuscode@OData.Community.Display.V1.FormattedValue":"Active","statuscode":1,` +
      `"total@OData.Community.Display.V1.FormattedValue":"$5,001,184.57","total":5001184.567800000,` +
      `"rows@OData.Community.Display.V1.FormattedValue":"4","rows":4}`,
  )
})

test('lookups and texts count distinct as they compare', () => {
  expect(value('aggregate(_primarycontactid_value with countdistinct as contacts)')).toEqual([
    { contacts: 2 },
  ])
})

test('nothing to aggregate gives a row without the result', () => {
  expect(value("filter(name eq 'nobody')/aggregate(revenue with sum as total,$count as rows)")).toEqual([
    { rows: 0 },
  ])
  expect(value("filter(name eq 'nobody')/groupby((statecode))")).toEqual([])
})

test('min and max keep the type', () => {
  expect(
    value('aggregate(createdon with min as first,name with max as last,revenue with min as low)'),
  ).toEqual([{ first: '2020-02-29T00:00:00Z', last: 'Zebra 100%', low: -50 }])
})

test('whole numbers average to whole numbers', () => {
  expect(value('aggregate(numberofemployees with average as mean)')).toEqual([{ mean: 386 }])
})

describe('refusals', () => {
  test.each([
    ['groupby(statecode)', /'\(' expected at position 8 in 'groupby\(statecode\)'/],
    ['groupby((createdon))', /^400 0x80060888 /],
    ['aggregate(name with sum as x)', /^400 0x80040203 .*name/],
    ['aggregate(revenue with median as x)', /^400 0x80060888 /],
    ['groupby((nothing))', /^400 0x80060888 Could not find a property named 'nothing'/],
    ['compute(revenue as x)', /^400 0x80060888 /],
    ['groupby((statecode))/filter(statecode eq 1)', /^501 /],
    ["filter(name eq 'x')", /^501 /],
  ])('%s', (apply, expected) => {
    expect(refusal(() => value(apply))).toMatch(expected)
  })

  test('an order by a result', () => {
    for (const apply of ['groupby((statecode),aggregate($count as n))', 'aggregate($count as n)'])
      expect(refusal(() => get(`accounts?$apply=${apply}&$orderby=n`))).toBe(
        '400 0x80060888 The query node SingleValueOpenPropertyAccess is not supported',
      )
  })

  test('a count of what was aggregated', () => {
    expect(refusal(() => get('accounts/$count?$apply=groupby((statecode))'))).toMatch(/^501 /)
  })

  test('more than 50,000 rows', () => {
    const many = world()
    const tasks = many.context.store.table('task')
    many.context.store.transaction(() => {
      for (let number = tasks.size; number < 50_000; number++)
        tasks.insert({ activityid: id(100_000 + number) })
    })
    const count = 'tasks?$apply=aggregate($count as rows)'
    expect(many.json(count).value).toEqual([{ rows: 50_000 }])
    many.context.store.transaction(() => tasks.insert({ activityid: id(99) }))
    expect(refusal(() => many.get(count))).toBe(
      '400 0x8004E023 The maximum record limit is exceeded. Reduce the number of records.',
    )
  })
})

import { describe, expect, test } from 'vitest'
import { jsonIn, ROOT, testApi } from '../write.test-support.ts'

const TYPE = 'Microsoft.Dynamics.CRM.sample_example'
const message = (name: string, set = 'sample_examples') => `${set}/Microsoft.Dynamics.CRM.${name}`
const targets = (...rows: readonly object[]) => ({
  body: { Targets: rows.map((row) => ({ '@odata.type': TYPE, ...row })) },
})
const ID = (number: number) => `00000000-0000-0000-0000-00000000000${number}`

describe('on a standard table', () => {
  test('CreateMultiple answers the ids in order', () => {
    const { ask, row } = testApi()
    const answer = ask(
      'POST',
      message('CreateMultiple'),
      targets({ sample_name: 'A', sample_exampleid: ID(2) }, { sample_name: 'B', sample_exampleid: ID(1) }),
    )
    expect(answer.status).toBe(200)
    expect(jsonIn(answer)).toEqual({
      '@odata.context': `${ROOT}$metadata#Microsoft.Dynamics.CRM.CreateMultipleResponse`,
      Ids: [ID(2), ID(1)],
    })
    expect(row('sample_example', ID(2)).sample_name).toBe('A')
  })

  test('one bad row undoes all of them', () => {
    const { ask, store } = testApi()
    const rows = targets({ sample_name: 'A' }, { sample_name: 'x'.repeat(101) })
    expect(ask('POST', message('CreateMultiple'), rows)).toMatchObject({ status: 400, code: '0x80044331' })
    expect(store.table('sample_example').size).toBe(0)
  })

  test('UpdateMultiple takes the first of rows with the same id', () => {
    const { ask, make, row } = testApi()
    make('sample_examples', { sample_exampleid: ID(1), sample_name: 'A' })
    const twice = targets(
      { sample_exampleid: ID(1), sample_name: 'B' },
      { sample_exampleid: ID(1), sample_name: 'C' },
    )
    expect(ask('POST', message('UpdateMultiple'), twice)).toMatchObject({ status: 204, body: undefined })
    expect(row('sample_example').sample_name).toBe('B')
  })

  test('UpdateMultiple does not create, and knows no alternate keys', () => {
    const { ask, store } = testApi()
    expect(ask('POST', message('UpdateMultiple'), targets({ sample_exampleid: ID(1) })).status).toBe(404)
    const byKey = targets({ '@odata.id': "sample_examples(sample_keyattribute='1')" })
    expect(ask('POST', message('UpdateMultiple'), byKey)).toMatchObject({ status: 400, code: '0x80040203' })
    expect(store.table('sample_example').size).toBe(0)
  })

  test('UpsertMultiple creates and updates by key or id, without results', () => {
    const { ask, make, store } = testApi()
    make('sample_examples', { sample_keyattribute: '1', sample_name: 'old' })
    const byKey = (key: string, name: string) => ({
      '@odata.id': `sample_examples(sample_keyattribute='${key}')`,
      sample_name: name,
    })
    const rows = targets(byKey('1', 'A'), byKey('2', 'B'), { sample_exampleid: ID(9), sample_name: 'C' })
    expect(ask('POST', message('UpsertMultiple'), rows)).toMatchObject({ status: 204, body: undefined })
    const names = store.table('sample_example').rowsByKey()
    expect(names.map((row) => [row.sample_keyattribute, row.sample_name])).toEqual([
      [undefined, 'C'],
      ['1', 'A'],
      ['2', 'B'],
    ])
    expect(ask('POST', message('UpsertMultiple'), targets(byKey('5', 'A'), byKey('5', 'B')))).toMatchObject({
      status: 400,
      code: '0x80040203',
    })
  })

  test('DeleteMultiple is not there', () => {
    const answer = testApi().ask('POST', message('DeleteMultiple'), targets({ sample_exampleid: ID(1) }))
    expect(answer).toMatchObject({ status: 404, code: '0x8006088a' })
  })

  test.each([
    ['no type', { Targets: [{ sample_name: 'A' }] }],
    ['another type', { Targets: [{ '@odata.type': 'Microsoft.Dynamics.CRM.account', name: 'A' }] }],
    ['no list', { Targets: {} }],
    ['nothing', {}],
    ['no rows', { Targets: [] }],
  ])('%s is refused', (_, body) => {
    expect(testApi().ask('POST', message('CreateMultiple'), { body }).status).toBe(400)
  })
})

describe('on an elastic table', () => {
  const SET = 'contoso_sensordatas'
  const sensors = (...rows: readonly object[]) => ({
    Targets: rows.map((row) => ({ '@odata.type': 'Microsoft.Dynamics.CRM.contoso_sensordata', ...row })),
  })

  test('what succeeds stays, and the error lists the rest on request', () => {
    const { ask, store } = testApi()
    const answer = ask('POST', message('CreateMultiple', SET), {
      body: sensors({ contoso_value: 1 }, { contoso_value: 'x' }, { contoso_value: 3 }),
      headers: { prefer: 'odata.include-annotations="*"' },
    })
    expect(answer).toMatchObject({ status: 400, code: '0x80048d19' })
    expect(jsonIn(answer).error).toMatchObject({
      '@Microsoft.PowerApps.CDS.ErrorDetails.Plugin.BulkApiErrorDetails':
        '[{"RequestIndex":1,"Id":"","StatusCode":400}]',
    })
    expect(store.table('contoso_sensordata').size).toBe(2)
  })

  test('DeleteMultiple takes id and partition', () => {
    const { ask, make, store } = testApi()
    make(SET, { contoso_sensordataid: ID(1), partitionid: 'p' })
    const remove = (partitionid: string) =>
      ask('POST', message('DeleteMultiple', SET), {
        body: sensors({ contoso_sensordataid: ID(1), partitionid }),
      }).status
    expect(remove('q')).toBe(404)
    expect(remove('p')).toBe(204)
    expect(store.table('contoso_sensordata').size).toBe(0)
  })

  test('a write answers a session token, a delete does not', () => {
    const { ask } = testApi()
    const body = { contoso_deviceid: 'd', partitionid: 'p', ttlinseconds: 86400 }
    const made = ask('POST', SET, { body })
    expect(made.headers['x-ms-session-token']).toMatch(/^240:8#\d+#7=-1$/)
    const path = made.headers['OData-EntityId']?.slice(ROOT.length) ?? ''
    const gone = ask('DELETE', path, { query: "partitionId='p'" })
    expect(gone.status).toBe(204)
    expect(gone.headers).not.toHaveProperty('x-ms-session-token')
  })

  test('the partition is the row itself unless given, and is part of its identity', () => {
    const { ask, row } = testApi()
    ask('POST', SET, { body: { contoso_sensordataid: ID(1) } })
    expect(row('contoso_sensordata').partitionid).toBe(ID(1))
    const path = `${SET}(contoso_sensordataid=${ID(1)},partitionid='p')`
    expect(ask('PATCH', path, { body: {}, headers: { 'If-Match': '*' } }).status).toBe(404)
  })

  test('an upsert replaces the whole row, an update does not', () => {
    const { ask, row } = testApi()
    const path = `${SET}(contoso_sensordataid=${ID(1)},partitionid='p')`
    ask('PATCH', path, { body: { contoso_value: 1, contoso_deviceid: 'd' } })
    expect(row('contoso_sensordata')).toMatchObject({ contoso_deviceid: 'd', partitionid: 'p' })
    ask('PATCH', path, { body: { contoso_value: 2 }, headers: { 'If-Match': '*' } })
    expect(row('contoso_sensordata').contoso_deviceid).toBe('d')
    ask('PATCH', path, { body: { contoso_value: 3 } })
    expect(row('contoso_sensordata')).toMatchObject({ contoso_value: 3, partitionid: 'p' })
    expect(row('contoso_sensordata').contoso_deviceid).toBeUndefined()
  })
})

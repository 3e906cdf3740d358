import { expect, test } from 'vitest'
import { jsonIn, NOW_TEXT, ROOT, SEED_USER, testApi } from './write.test-support.ts'

const TYPE = { '@odata.type': 'Microsoft.Dynamics.CRM.account' }

test('the target takes the new values and the rows of the subordinate, which is deactivated', () => {
  const { ask, make, row } = testApi()
  const target = make('accounts', { name: 'Account 1' })
  const subordinate = make('accounts', { name: 'Account 2', Account_Tasks: [{ subject: 'T' }] })
  const body = {
    Target: { name: 'Account 1', accountid: target, ...TYPE },
    Subordinate: { name: 'Account 2', accountid: subordinate, ...TYPE },
    UpdateContent: { accountnumber: '1234', ...TYPE },
    PerformParentingChecks: false,
  }
  expect(ask('POST', 'Merge', { body })).toMatchObject({ status: 204, body: undefined })
  expect(row('account', target)).toMatchObject({ name: 'Account 1', accountnumber: '1234', statecode: 0 })
  expect(row('account', subordinate)).toMatchObject({ statecode: 1, statuscode: 2, masterid: target })
  expect(row('task')).toMatchObject({ regardingobjectid: target, 'regardingobjectid@table': 'account' })
})

test('takes two different rows of one mergeable table', () => {
  const { ask, make } = testApi()
  const account = { accountid: make('accounts', { name: 'A' }), ...TYPE }
  const task = { activityid: make('tasks', { subject: 'T' }), '@odata.type': 'Microsoft.Dynamics.CRM.task' }
  const merge = (Target: object, Subordinate: object) =>
    ask('POST', 'Merge', { body: { Target, Subordinate, PerformParentingChecks: false } }).status
  expect(merge(account, account)).toBe(400)
  expect(merge(task, task)).toBe(400)
  expect(merge(account, task)).toBe(400)
  expect(merge(account, { ...account, accountid: '00000000-0000-0000-0000-000000000001' })).toBe(404)
})

test('an action that is not emulated says so, an unknown one is not found', () => {
  const { ask } = testApi()
  expect(ask('POST', 'BulkDelete', { body: {} })).toMatchObject({
    status: 501,
    message: 'The sandbox does not emulate the action BulkDelete.',
  })
  expect(ask('POST', 'NoSuchAction', { body: {} })).toMatchObject({
    status: 404,
    code: '0x8006088a',
    message: "Resource not found for the segment 'NoSuchAction'.",
  })
})

test('WinOpportunity, LoseOpportunity and CloseIncident close a row with the status given, -1 for the usual one', () => {
  const { ask, make, row } = testApi()
  const opportunity = make('opportunities', { name: 'O' })
  const close = (Status: number) => ({
    body: {
      Status,
      OpportunityClose: { subject: 'S', 'opportunityid@odata.bind': `opportunities(${opportunity})` },
    },
  })
  expect(ask('POST', 'WinOpportunity', close(3))).toMatchObject({ status: 204 })
  expect(row('opportunity')).toMatchObject({ statecode: 1, statuscode: 3 })
  expect(ask('POST', 'LoseOpportunity', close(-1)).status).toBe(204)
  expect(row('opportunity')).toMatchObject({ statecode: 2, statuscode: 4 })
  expect(ask('POST', 'WinOpportunity', close(4))).toMatchObject({ status: 400, code: '0x80048408' })
  const incident = make('incidents', { title: 'I' })
  const IncidentResolution = { 'incidentid@odata.bind': `/incidents(${incident})` }
  expect(ask('POST', 'CloseIncident', { body: { Status: 5, IncidentResolution } }).status).toBe(204)
  expect(row('incident')).toMatchObject({ statecode: 1, statuscode: 5 })
})

test('a merged case has the status for it', () => {
  const { ask, make, row } = testApi()
  const type = { '@odata.type': 'Microsoft.Dynamics.CRM.incident' }
  const [incidentid, other] = [make('incidents', { title: 'A' }), make('incidents', { title: 'B' })]
  const body = {
    Target: { incidentid, ...type },
    Subordinate: { incidentid: other, ...type },
    PerformParentingChecks: false,
  }
  expect(ask('POST', 'Merge', { body }).status).toBe(204)
  expect(row('incident', other)).toMatchObject({ statecode: 2, statuscode: 2000 })
})

test('users are added to a team once and taken out', () => {
  const { ask, make, store } = testApi()
  const team = make('teams', { name: 'T' })
  const user = { '@odata.type': 'Microsoft.Dynamics.CRM.systemuser', ownerid: SEED_USER }
  const message = (name: string) =>
    ask('POST', `teams(${team})/Microsoft.Dynamics.CRM.${name}`, { body: { Members: [user] } }).status
  expect([message('AddMembersTeam'), message('AddMembersTeam')]).toEqual([204, 204])
  expect(store.table('teammembership').rowsByLookup('teamid', team)).toMatchObject([
    { systemuserid: SEED_USER },
  ])
  expect(message('RemoveMembersTeam')).toBe(204)
  expect(store.table('teammembership').rowsByLookup('teamid', team)).toEqual([])
  expect(message('NoSuchAction')).toBe(404)
})

test('a row is put into a queue, moved to another one, and taken from where it is said to be', () => {
  const { ask, make, row } = testApi()
  const [first, second] = [make('queues', { name: 'A' }), make('queues', { name: 'B' })]
  const activityid = make('letters', { subject: 'L' })
  const Target = { activityid, '@odata.type': 'Microsoft.Dynamics.CRM.letter' }
  const add = (queue: string, more: object = {}) =>
    ask('POST', `queues(${queue})/Microsoft.Dynamics.CRM.AddToQueue`, { body: { Target, ...more } })
  const added = jsonIn(
    add(first, { QueueItemProperties: { title: 'Mine', 'queueid@odata.bind': `/queues(${second})` } }),
  )
  expect(added).toEqual({
    '@odata.context': `${ROOT}$metadata#Microsoft.Dynamics.CRM.AddToQueueResponse`,
    QueueItemId: row('queueitem').queueitemid,
  })
  expect(row('queueitem')).toMatchObject({ title: 'Mine', queueid: first, objectid: activityid })
  expect(add(second, { SourceQueue: { queueid: second } })).toMatchObject({ status: 400 })
  expect(jsonIn(add(second, { SourceQueue: { queueid: first } }))).toEqual(added)
  expect(row('queueitem')).toMatchObject({ queueid: second, enteredon: NOW_TEXT })
})

test('only activities and cases go into queues', () => {
  const { ask, make } = testApi()
  const Target = { accountid: make('accounts', { name: 'A' }), ...TYPE }
  const path = `queues(${make('queues', { name: 'A' })})/Microsoft.Dynamics.CRM.AddToQueue`
  expect(ask('POST', path, { body: { Target } })).toMatchObject({ status: 400, code: '0x80040203' })
  expect(ask('POST', path, { body: {} }).status).toBe(400)
})

test('the time spent on a case is that of its completed activities', () => {
  const { ask, make } = testApi()
  const incident = make('incidents', { title: 'I' })
  const spent = (actualdurationminutes: number, statecode: number, on = incident) =>
    make('tasks', {
      subject: 'T',
      actualdurationminutes,
      statecode,
      'regardingobjectid_incident_task@odata.bind': `/incidents(${on})`,
    })
  spent(30, 1)
  spent(15, 1)
  spent(60, 0)
  spent(60, 1, make('incidents', { title: 'Other' }))
  const name = 'Microsoft.Dynamics.CRM.CalculateTotalTimeIncident()'
  expect(jsonIn(ask('GET', `incidents(${incident})/${name}`))).toEqual({
    '@odata.context': `${ROOT}$metadata#Microsoft.Dynamics.CRM.CalculateTotalTimeIncidentResponse`,
    TotalTime: 45,
  })
  expect(ask('GET', `accounts(${make('accounts', { name: 'A' })})/${name}`).status).toBe(404)
})

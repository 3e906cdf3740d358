import { describe, expect, test } from 'vitest'
import type { Column, Table } from '../../catalog/table.ts'
import { type LoadTable, planLoad } from './plan-load.ts'

type Facts = Partial<Column> & { readonly to?: readonly string[] }

function column(name: string, { to, ...facts }: Facts = {}): Column {
  return {
    name,
    label: name,
    type: to ? 'lookup' : 'string',
    serviceType: to ? 'LookupType' : 'StringType',
    property: to ? `_${name}_value` : name,
    required: false,
    creatable: true,
    updatable: true,
    readable: true,
    ...(to ? { targets: to.map((table) => ({ table, navigation: name })) } : {}),
    ...facts,
  }
}

function table(name: string, columns: Readonly<Record<string, Facts>>): Table {
  return {
    name,
    label: name,
    pluralLabel: name,
    entitySet: `${name}s`,
    primaryKey: `${name}id`,
    primaryName: 'name',
    kind: 'standard',
    custom: false,
    columns: Object.entries(columns).map(([own, facts]) => column(own, facts)),
    keys: [],
    relationships: [],
    changeTracking: false,
    optimisticConcurrency: false,
  }
}

const account = table('account', {
  name: {},
  primarycontactid: { to: ['contact'] },
  parentaccountid: { to: ['account'] },
})
const contact = table('contact', {
  lastname: {},
  emailaddress1: {},
  parentcustomerid: { to: ['account', 'contact'] },
})
const order = table('order', { customerid: { to: ['account', 'contact'], required: true } })
const line = table('line', { orderid: { to: ['order'], required: true } })

const part = (of: Table, columns: readonly string[], mode: LoadTable['mode'] = 'insert'): LoadTable => ({
  name: of.name,
  table: of,
  mode,
  columns,
})

function planned(...parts: readonly LoadTable[]) {
  const { order: at, later } = planLoad(parts)
  return {
    order: at.map((position) => parts[position]?.name),
    lookups: Object.fromEntries(
      parts.map(({ name }, position) => [name, later[position]?.lookups.map((one) => one.column.name)]),
    ),
  }
}

describe('order', () => {
  test('rows come after those they point to, however the files were named', () => {
    expect(planned(part(line, ['orderid']), part(order, ['customerid']), part(account, ['name']))).toEqual({
      order: ['account', 'order', 'line'],
      lookups: { account: [], order: [], line: [] },
    })
  })

  test('a lookup the input does not have makes nobody wait', () => {
    expect(planned(part(account, ['primarycontactid']), part(contact, ['lastname'])).order).toEqual([
      'contact',
      'account',
    ])
    expect(planned(part(account, ['name']), part(contact, ['lastname'])).order).toEqual([
      'account',
      'contact',
    ])
  })

  test('a circle is opened at a lookup that may be empty for a while', () => {
    expect(
      planned(part(account, ['primarycontactid.emailaddress1']), part(contact, ['parentcustomerid'])),
    ).toEqual({
      order: ['account', 'contact'],
      lookups: { account: ['primarycontactid'], contact: ['parentcustomerid'] },
    })
  })

  test('a table that points to itself is written first and pointed afterwards', () => {
    expect(planned(part(account, ['name', 'parentaccountid.name'])).lookups).toEqual({
      account: ['parentaccountid'],
    })
  })

  test('a key tells which table is meant', () => {
    expect(planned(part(contact, ['parentcustomerid.accountnumber'])).lookups).toEqual({ contact: [] })
    expect(planned(part(contact, ['parentcustomerid.emailaddress1'])).lookups).toEqual({
      contact: ['parentcustomerid'],
    })
  })

  test('rows of an update are there already: nobody waits for them', () => {
    expect(planned(part(account, ['parentaccountid'], 'update')).lookups).toEqual({ account: [] })
  })

  test('rows are deleted before those they point to', () => {
    const gone = (of: Table) => part(of, [`${of.name}id`], 'delete')
    expect(planned(gone(order), gone(line)).order).toEqual(['line', 'order'])
  })

  test('a circle of lookups that must have a value is refused by name', () => {
    const egg = table('egg', { henid: { to: ['hen'], required: true } })
    const hen = table('hen', { eggid: { to: ['egg'], required: true } })
    expect(() => planLoad([part(egg, ['henid']), part(hen, ['eggid'])])).toThrow(
      /egg by henid \(hen\); hen by eggid \(egg\)/,
    )
  })
})

test('state and files are set after the row, states only where rows are made', () => {
  const task = table('task', {
    statecode: { serviceType: 'StateType', type: 'choice', choices: [{ value: 0, label: 'Open' }] },
    paper: { type: 'file' },
  })
  const of = (mode: LoadTable['mode']) => planLoad([part(task, ['statecodename', 'paper'], mode)]).later[0]
  expect(of('insert')).toMatchObject({ state: [{ name: 'statecode' }], files: [{ name: 'paper' }] })
  expect(of('update')).toMatchObject({ state: [], files: [{ name: 'paper' }] })
})

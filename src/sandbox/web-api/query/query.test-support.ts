import { createSeededStore } from '../../seed/index.ts'
import type { Store, StoredRow } from '../../store/store.ts'
import { type ApiContext, ApiError, type ApiResponse } from '../operation.ts'
import { readOperation } from './index.ts'

/** A small environment with rows that tests name, and reads of it. */

export const ROOT = 'http://x/api/data/v9.2/'
export const NOW = Date.parse('2026-05-13T10:20:30Z')

/** GUIDs that sort by their number. */
export const id = (number: number): string => `00000000-0000-0000-0000-${String(number).padStart(12, '0')}`

export const USER = id(900)
export const MANAGER = id(901)
export const TEAM = id(910)
export const UNIT = id(920)
const DOLLAR = id(930)

const owned = { ownerid: USER, 'ownerid@table': 'systemuser', owninguser: USER, statecode: 0, statuscode: 1 }

/** Five accounts: 1 is the parent of 2 and 2 of 3; 4 has no name's worth of anything; 5 is inactive. */
const ACCOUNTS: readonly StoredRow[] = [
  {
    accountid: id(1),
    name: 'Contoso',
    accountnumber: 'A-1',
    revenue: 5_000_000_0000n,
    transactioncurrencyid: DOLLAR,
    numberofemployees: 1500,
    primarycontactid: id(11),
    accountcategorycode: 1,
    donotemail: false,
    address1_line1: '1 Main Street',
    address1_composite: '1 Main Street',
    createdon: '2026-05-13T08:00:00Z',
    lastonholdtime: '2026-05-13T08:00:00Z',
    ...owned,
  },
  {
    accountid: id(2),
    name: 'contoso_2',
    accountnumber: 'A-2',
    revenue: 1_234_5678n,
    transactioncurrencyid: DOLLAR,
    numberofemployees: 20,
    primarycontactid: id(12),
    parentaccountid: id(1),
    accountcategorycode: 2,
    donotemail: true,
    createdon: '2026-05-12T23:59:59Z',
    ...owned,
    ownerid: TEAM,
    'ownerid@table': 'team',
  },
  {
    accountid: id(3),
    name: "O'Brien & Söhne",
    revenue: -50_0000n,
    transactioncurrencyid: DOLLAR,
    numberofemployees: 20,
    primarycontactid: id(12),
    parentaccountid: id(2),
    createdon: '2025-12-31T00:00:00Z',
    ...owned,
  },
  { accountid: id(4), createdon: '2026-04-30T12:00:00Z', ...owned },
  {
    accountid: id(5),
    name: 'Zebra 100%',
    numberofemployees: 7,
    accountcategorycode: 1,
    createdon: '2020-02-29T00:00:00Z',
    ...owned,
    statecode: 1,
    statuscode: 2,
  },
]

const CONTACTS: readonly StoredRow[] = [
  {
    contactid: id(11),
    fullname: 'Yvonne McKay',
    firstname: 'Yvonne',
    lastname: 'McKay',
    emailaddress1: 'y@x.com',
    parentcustomerid: id(1),
    'parentcustomerid@table': 'account',
    birthdate: '1984-02-29',
    ...owned,
  },
  {
    contactid: id(12),
    fullname: 'Adam Adam',
    firstname: 'Adam',
    lastname: 'adam',
    parentcustomerid: id(1),
    'parentcustomerid@table': 'account',
    ...owned,
  },
  {
    contactid: id(13),
    fullname: 'Nancy Anderson',
    firstname: 'Nancy',
    lastname: 'Anderson',
    parentcustomerid: id(11),
    'parentcustomerid@table': 'contact',
    ...owned,
  },
]

const task = (number: number, subject: string, about: number, statecode = 0): StoredRow => ({
  activityid: id(number),
  activitytypecode: 'task',
  subject,
  regardingobjectid: id(about),
  'regardingobjectid@table': 'account',
  ...owned,
  statecode,
})

const TABLES: Readonly<Record<string, readonly StoredRow[]>> = {
  systemuser: [
    { systemuserid: USER, ownerid: USER, fullname: 'Una User', parentsystemuserid: MANAGER },
    { systemuserid: MANAGER, ownerid: MANAGER, fullname: 'Max Manager' },
  ],
  team: [{ teamid: TEAM, ownerid: TEAM, name: 'Team Sales' }],
  teammembership: [{ teammembershipid: id(911), teamid: TEAM, systemuserid: USER }],
  transactioncurrency: [{ transactioncurrencyid: DOLLAR, currencysymbol: '€', currencyname: 'Euro' }],
  account: ACCOUNTS,
  contact: CONTACTS,
  task: [task(21, 'Call', 1), task(22, 'Write', 1, 1), task(23, 'Call back', 2)],
  email: [
    {
      activityid: id(31),
      activitytypecode: 'email',
      subject: 'Offer',
      regardingobjectid: id(1),
      'regardingobjectid@table': 'account',
      ...owned,
    },
  ],
  lead: [{ leadid: id(41), fullname: 'Lea Lead', subject: 'Fair', ...owned }],
  accountleads: [{ accountleadid: id(42), accountid: id(1), leadid: id(41) }],
  sample_everything: [
    { sample_everythingid: id(51), sample_tags: '2,3,8', ...owned },
    { sample_everythingid: id(52), sample_tags: '3', ...owned },
    { sample_everythingid: id(53), ...owned },
  ],
}

export interface World {
  readonly context: ApiContext
  /** A GET; `path` as it stands in the URL after the root. Throws the ApiError of a refusal. */
  readonly get: (path: string, headers?: Readonly<Record<string, string>>) => ApiResponse
  /** The body of a GET, parsed. */
  readonly json: (path: string, prefer?: string) => Answer
  /** Names (or else ids) of the rows a GET of accounts with this filter finds. */
  readonly names: (filter: string) => readonly unknown[]
}

export interface Answer {
  readonly [name: string]: unknown
  readonly value: readonly Readonly<Record<string, unknown>>[]
}

export function world(changes: Partial<ApiContext> = {}): World {
  const context: ApiContext = {
    store: changes.store ?? namedRows(),
    caller: { userId: USER, actualUserId: USER, businessUnitId: UNIT },
    root: ROOT,
    now: NOW,
    demand: () => {},
    ...changes,
  }
  const get: World['get'] = (path, headers = {}) => {
    const [before = '', ...query] = path.split('?')
    return readOperation(
      {
        method: 'GET',
        path: before,
        query: query.join('?'),
        headers: new Headers(headers),
        body: new Uint8Array(),
      },
      context,
    )
  }
  const json: World['json'] = (path, prefer) => {
    const body: unknown = JSON.parse(String(get(path, prefer === undefined ? {} : { prefer }).body))
    if (isAnswer(body)) return body
    throw new Error(`not an object: ${path}`)
  }
  const names: World['names'] = (filter) =>
    json(`accounts?$select=name&$filter=${encodeURIComponent(filter)}`).value.map(
      ({ name, accountid }) => name ?? accountid,
    )
  return { context, get, json, names }
}

function namedRows(): Store {
  const store = createSeededStore({ empty: true })
  for (const name of Object.keys(TABLES)) {
    const table = store.table(name)
    store.transaction(() => {
      for (const row of [...table.rowsByKey()]) table.delete(String(row[table.definition.primaryKey]))
      for (const row of TABLES[name] ?? []) table.insert(row)
    })
  }
  return store
}

function isAnswer(body: unknown): body is Answer {
  return typeof body === 'object' && body !== null
}

/** What a refused request answers: `400 0x80060888 message`. */
export function refusal(work: () => unknown): string {
  try {
    work()
  } catch (error) {
    if (error instanceof ApiError) return `${error.status} ${error.code} ${error.message}`
    throw error
  }
  return 'not refused'
}

/** Rows without what most tests do not ask about. */
export function bare(rows: readonly Readonly<Record<string, unknown>>[]): unknown[] {
  return rows.map((row) => Object.fromEntries(Object.entries(row).filter(([name]) => name !== '@odata.etag')))
}

import type { StoredRow } from '../store/store.ts'
import { SEED_USER } from './owner.ts'
import { EURO, EXCHANGE_RATES, ROOT_BUSINESS_UNIT, type Rows, US_DOLLAR, YEN } from './people.ts'
import { ascendingId, type Chance, nonEmpty } from './random.ts'
import {
  AWKWARD_ACCOUNTS,
  CITIES,
  COMPANY_KINDS,
  COMPANY_WORDS,
  FIRST_NAMES,
  JOB_TITLES,
  LAST_NAMES,
} from './words.ts'

/** A small company's customers: accounts, contacts, leads, opportunities, cases, activities, products. */

const COUNTS = {
  accounts: 100,
  contacts: 250,
  leads: 40,
  opportunities: 120,
  incidents: 60,
  tasks: 150,
  phonecalls: 40,
  emails: 40,
}

const DAY_MS = 86_400_000

export function customerRows(chance: Chance, now: number): Rows {
  const maker = createMaker(chance, now)
  const accounts = maker.many('aaaa0000', COUNTS.accounts, (number, id) => account(maker, { number, id }))
  const contacts = maker.many('cccc0000', COUNTS.contacts, (number, id) =>
    contact(maker, { number, id, accounts }),
  )
  for (const [index, row] of accounts.entries())
    if (index % 10 !== 9) row.primarycontactid = String(contacts[index]?.contactid)
  for (const [index, row] of accounts.entries())
    if (index >= 80) row.parentaccountid = String(accounts[index - 80]?.accountid)
  const owners = { account: accounts, contact: contacts }
  return {
    account: accounts,
    contact: contacts,
    lead: maker.many('1ead0000', COUNTS.leads, (_, id) => lead(maker, id)),
    opportunity: maker.many('0bbb0000', COUNTS.opportunities, (_, id) => opportunity(maker, id, owners)),
    incident: maker.many('cafe0000', COUNTS.incidents, (number, id) =>
      incident(maker, { number, id, accounts }),
    ),
    product: PRODUCTS.map((name, index) => product(maker, name, index)),
    competitor: ['Alpine Rivals', 'Proseware'].map((name, index) => ({
      competitorid: ascendingId('c0c00000', index + 1),
      name,
      ...maker.made(),
    })),
    task: maker.many('7a500000', COUNTS.tasks, (number, id) => task(maker, { number, id, owners })),
    phonecall: maker.many('9ca11000', COUNTS.phonecalls, (number, id) => ({
      ...activity(maker, {
        id,
        subject: `Call ${number}`,
        type: 'phonecall',
        about: chance.pick(nonEmpty(accounts)),
        table: 'account',
      }),
      phonenumber: phone(chance),
      directioncode: chance.happens(0.5),
      statecode: 0,
      statuscode: 1,
    })),
    email: maker.many('e3a11000', COUNTS.emails, (number, id) => ({
      ...activity(maker, {
        id,
        subject: `Mail ${number} re: order`,
        type: 'email',
        about: chance.pick(nonEmpty(contacts)),
        table: 'contact',
      }),
      directioncode: true,
      statecode: 1,
      statuscode: 3,
    })),
    sample_everything: maker.many('5a3b0000', 30, (number, id) =>
      everything(maker, { number, id, accounts }),
    ),
  }
}

interface Maker {
  readonly chance: Chance
  readonly now: number
  many(prefix: string, count: number, make: (number: number, id: string) => StoredRow): StoredRow[]
  /** When the row was made, and by whom. */
  made(): StoredRow
  /** The same, and who owns it. */
  stamps(): StoredRow
  moment(daysBack: number): string
}

function createMaker(chance: Chance, now: number): Maker {
  const moment = (daysBack: number) => `${new Date(now - daysBack * DAY_MS).toISOString().slice(0, 19)}Z`
  const made = (): StoredRow => {
    const back = chance.next() * 700
    return {
      createdon: moment(back),
      modifiedon: moment(back * chance.next()),
      createdby: SEED_USER,
      modifiedby: SEED_USER,
    }
  }
  return {
    chance,
    now,
    moment,
    made,
    many: (prefix, count, make) =>
      Array.from({ length: count }, (_, index) => make(index + 1, ascendingId(prefix, index + 1))),
    stamps: () => ({
      ...made(),
      ownerid: SEED_USER,
      'ownerid@table': 'systemuser',
      owninguser: SEED_USER,
      owningbusinessunit: ROOT_BUSINESS_UNIT,
    }),
  }
}

interface Numbered {
  readonly number: number
  readonly id: string
}

function account(maker: Maker, { number, id }: Numbered): StoredRow {
  const { chance } = maker
  const [city, state, country, zip] = chance.pick(CITIES)
  const awkward = AWKWARD_ACCOUNTS[number - 1]
  const name = awkward ?? `${chance.pick(COMPANY_WORDS)} ${chance.pick(COMPANY_KINDS)} ${number}`
  return {
    accountid: id,
    name,
    accountnumber: `AC-${String(number).padStart(5, '0')}`,
    ...(chance.happens(0.85) ? { telephone1: phone(chance) } : {}),
    ...(chance.happens(0.7) ? { emailaddress1: `info${number}@example.com` } : {}),
    ...(chance.happens(0.5) ? { websiteurl: `https://www.example.com/${number}` } : {}),
    ...(chance.happens(0.8) ? { numberofemployees: chance.whole(1, 9000) } : {}),
    ...(chance.happens(0.75) ? { industrycode: chance.whole(1, 33) } : {}),
    ...(chance.happens(0.6) ? { accountcategorycode: chance.whole(1, 2) } : {}),
    ...(chance.happens(0.9) ? { customertypecode: chance.whole(1, 12) } : {}),
    ...(chance.happens(0.8)
      ? moneyIn(chance, 'revenue', number === 7 ? 999_999_999_999_999_900n : undefined)
      : {}),
    creditonhold: chance.happens(0.1),
    donotpostalmail: false,
    donotemail: chance.happens(0.1),
    donotphone: false,
    accountratingcode: 1,
    preferredcontactmethodcode: 1,
    address1_city: city,
    ...(state ? { address1_stateorprovince: state } : {}),
    address1_country: country,
    address1_postalcode: zip,
    address1_line1: `${chance.whole(1, 200)} Main Street`,
    ...activeOrNot(chance),
    ...maker.stamps(),
  }
}

function contact(
  maker: Maker,
  { number, id, accounts }: Numbered & { accounts: readonly StoredRow[] },
): StoredRow {
  const { chance } = maker
  const firstname = chance.pick(FIRST_NAMES)
  const lastname = chance.pick(LAST_NAMES)
  const parent = accounts[(number - 1) % accounts.length]
  const [city, , country] = chance.pick(CITIES)
  return {
    contactid: id,
    firstname,
    lastname,
    fullname: `${firstname} ${lastname}`,
    emailaddress1: `person${number}@example.com`,
    ...(chance.happens(0.8) ? { telephone1: phone(chance) } : {}),
    ...(chance.happens(0.7) ? { jobtitle: chance.pick(JOB_TITLES) } : {}),
    ...(chance.happens(0.5)
      ? { birthdate: `${chance.whole(1950, 2004)}-0${chance.whole(1, 9)}-${chance.whole(10, 28)}` }
      : {}),
    ...(chance.happens(0.6) ? moneyIn(chance, 'annualincome') : {}),
    ...(chance.happens(0.3) ? { sample_outdooractivities: chance.pick(['1', '1,9', '2,3,8,9', '4,5']) } : {}),
    ...(parent && chance.happens(0.9)
      ? { parentcustomerid: String(parent.accountid), 'parentcustomerid@table': 'account' }
      : {}),
    donotemail: false,
    donotphone: chance.happens(0.1),
    preferredcontactmethodcode: chance.whole(1, 5),
    address1_city: city,
    address1_country: country,
    ...activeOrNot(chance),
    ...maker.stamps(),
  }
}

function lead(maker: Maker, id: string): StoredRow {
  const { chance } = maker
  const firstname = chance.pick(FIRST_NAMES)
  const lastname = chance.pick(LAST_NAMES)
  return {
    leadid: id,
    subject: `Interested in ${chance.pick(PRODUCTS)}`,
    firstname,
    lastname,
    fullname: `${firstname} ${lastname}`,
    companyname: `${chance.pick(COMPANY_WORDS)} ${chance.pick(COMPANY_KINDS)}`,
    leadsourcecode: chance.whole(1, 10),
    leadqualitycode: chance.whole(1, 3),
    statecode: 0,
    statuscode: chance.whole(1, 2),
    ...maker.stamps(),
  }
}

interface Owners {
  readonly account: readonly StoredRow[]
  readonly contact: readonly StoredRow[]
}

function opportunity(maker: Maker, id: string, owners: Owners): StoredRow {
  const { chance } = maker
  const parent = chance.pick(nonEmpty(owners.account))
  const state = chance.pick([0, 0, 0, 1, 2])
  return {
    opportunityid: id,
    name: `${chance.pick(PRODUCTS)} for ${String(parent.name).trim()}`,
    customerid: String(parent.accountid),
    'customerid@table': 'account',
    parentaccountid: String(parent.accountid),
    ...moneyIn(chance, 'estimatedvalue'),
    estimatedclosedate: maker.moment(-chance.whole(1, 200)).slice(0, 10),
    closeprobability: chance.whole(0, 100),
    statecode: state,
    statuscode: state === 0 ? chance.whole(1, 2) : state === 1 ? 3 : chance.whole(4, 5),
    ...maker.stamps(),
  }
}

function incident(
  maker: Maker,
  { number, id, accounts }: Numbered & { accounts: readonly StoredRow[] },
): StoredRow {
  const { chance } = maker
  const customer = chance.pick(nonEmpty(accounts))
  return {
    incidentid: id,
    title: `${chance.pick(['Late delivery', 'Broken on arrival', 'Question about invoice'])} ${number}`,
    ticketnumber: `CAS-${String(number).padStart(5, '0')}-X1`,
    customerid: String(customer.accountid),
    'customerid@table': 'account',
    caseorigincode: chance.whole(1, 3),
    prioritycode: chance.whole(1, 3),
    statecode: 0,
    statuscode: chance.whole(1, 4),
    ...maker.stamps(),
  }
}

const PRODUCTS = ['Espresso Machine', 'Grinder', 'Filter Papers', 'Service Plan', 'Barista Course'] as const

function product(maker: Maker, name: string, index: number): StoredRow {
  return {
    productid: ascendingId('bbbb0000', index + 1),
    name,
    productnumber: `P-${index + 1}`,
    price: BigInt(index + 1) * 199_9900n,
    price_base: BigInt(index + 1) * 199_9900n,
    transactioncurrencyid: US_DOLLAR,
    exchangerate: EXCHANGE_RATES[US_DOLLAR],
    validfromdate: '2024-02-29',
    statecode: 0,
    statuscode: 1,
    ...maker.made(),
  }
}

interface AboutSomething {
  readonly id: string
  readonly subject: string
  readonly type: string
  readonly about: StoredRow
  readonly table: 'account' | 'contact'
}

function activity(maker: Maker, { id, subject, type, about, table }: AboutSomething): StoredRow {
  return {
    activityid: id,
    subject,
    activitytypecode: type,
    regardingobjectid: String(about[`${table}id`]),
    'regardingobjectid@table': table,
    scheduledend: maker.moment(maker.chance.whole(-60, 300)),
    prioritycode: maker.chance.whole(0, 2),
    ...maker.stamps(),
  }
}

function task(maker: Maker, { number, id, owners }: Numbered & { owners: Owners }): StoredRow {
  const { chance } = maker
  const table = chance.pick(['account', 'contact'] as const)
  const state = chance.pick([0, 0, 1])
  return {
    ...activity(maker, {
      id,
      subject: `Task ${number}`,
      type: 'task',
      about: chance.pick(nonEmpty(owners[table])),
      table,
    }),
    percentcomplete: state === 1 ? 100 : chance.whole(0, 90),
    statecode: state,
    statuscode: state === 1 ? 5 : chance.whole(2, 4),
  }
}

function everything(
  maker: Maker,
  { number, id, accounts }: Numbered & { accounts: readonly StoredRow[] },
): StoredRow {
  const { chance } = maker
  return {
    sample_everythingid: id,
    sample_name: `Everything ${number}`,
    sample_code: `E-${number}`,
    sample_region: chance.pick(['north', 'south']),
    sample_number: number === 1 ? 2_147_483_647 : number === 2 ? -2_147_483_648 : number,
    sample_big: number === 1 ? 9_223_372_036_854_775_807n : BigInt(number) * 1_000_003n,
    sample_decimal: number === 1 ? 999_999_999_999_999_999_999n : BigInt(number) * 1_234_567_890n,
    sample_double: number * 1.5,
    ...moneyIn(chance, 'sample_price', number === 1 ? 9_223_372_036_854_770_000n : undefined),
    sample_flag: chance.happens(0.5),
    sample_colour: 100_000_000 + chance.whole(0, 2),
    sample_size: chance.whole(1, 3),
    ...(chance.happens(0.7) ? { sample_tags: chance.pick(['1', '1,2', '2,3,8,9']) } : {}),
    sample_moment: maker.moment(number),
    sample_timetable: '2026-03-29T02:30:00Z',
    sample_day: number === 1 ? '1753-01-01' : number === 2 ? '9999-12-30' : '2024-02-29',
    sample_accountid: String(accounts[number]?.accountid),
    sample_customerid: String(accounts[number]?.accountid),
    'sample_customerid@table': 'account',
    statecode: 0,
    statuscode: 1,
    ...maker.stamps(),
  }
}

/** A money column, its base value, and the currency both go by. */
function moneyIn(chance: Chance, column: string, exact?: bigint): StoredRow {
  const currency = exact !== undefined ? US_DOLLAR : chance.pick([US_DOLLAR, US_DOLLAR, EURO, YEN])
  const amount = exact ?? BigInt(chance.whole(1, 50_000_000)) * (currency === YEN ? 10_000n : 100n)
  const rate = EXCHANGE_RATES[currency] ?? 10_000_000_000n
  return {
    [column]: amount,
    [`${column}_base`]: (amount * 10_000_000_000n) / rate,
    transactioncurrencyid: currency,
    exchangerate: rate,
  }
}

function activeOrNot(chance: Chance): StoredRow {
  return chance.happens(0.9) ? { statecode: 0, statuscode: 1 } : { statecode: 1, statuscode: 2 }
}

function phone(chance: Chance): string {
  return `555-${String(chance.whole(0, 9999)).padStart(4, '0')}`
}

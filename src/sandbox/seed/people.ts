import type { StoredRow } from '../store/store.ts'
import { APPS, ORGANIZATION_ID, ORGANIZATION_NAME, type RoleName, USERS } from './directory.ts'
import { ascendingId } from './random.ts'
import { ROLE_IDS } from './roles.ts'

/** Rows about the environment itself: users, roles, teams, currencies, and which bulk messages exist. */

export const ROOT_BUSINESS_UNIT = 'a0000000-0000-4000-8000-000000000001'
export const DEFAULT_TEAM = 'a1000000-0000-4000-8000-000000000001'
export const US_DOLLAR = 'ca000000-0000-4000-8000-000000000001'
export const EURO = 'ca000000-0000-4000-8000-000000000002'
export const YEN = 'ca000000-0000-4000-8000-000000000003'

/** Of one unit of the base currency, as a Decimal cell (ten digits after the point). */
export const EXCHANGE_RATES: Readonly<Record<string, bigint>> = {
  [US_DOLLAR]: 10_000_000_000n,
  [EURO]: 9_200_000_000n,
  [YEN]: 1_495_000_000_000n,
}

export type Rows = Readonly<Record<string, readonly StoredRow[]>>

export function environmentRows(now: string): Rows {
  const made = { createdon: now, modifiedon: now }
  const memberships: StoredRow[] = []
  const member = (systemuserid: string, roles: readonly RoleName[]): void => {
    for (const role of roles)
      memberships.push({
        systemuserrolesid: ascendingId('5e000000', memberships.length + 1),
        systemuserid,
        roleid: ROLE_IDS[role],
      })
  }
  const people: StoredRow[] = USERS.flatMap((user) => {
    if (user.systemUserId === undefined) return []
    member(user.systemUserId, user.roles)
    return {
      systemuserid: user.systemUserId,
      ownerid: user.systemUserId,
      firstname: user.givenName,
      lastname: user.surname,
      fullname: `${user.givenName} ${user.surname}`,
      domainname: user.upn,
      internalemailaddress: user.upn,
      azureactivedirectoryobjectid: user.objectId,
      isdisabled: user.trait === 'disabled-in-dynamics',
      accessmode: 0,
      businessunitid: ROOT_BUSINESS_UNIT,
      ...made,
    }
  })
  const applications: StoredRow[] = APPS.flatMap((app) => {
    if (app.systemUserId === undefined) return []
    member(app.systemUserId, app.roles)
    return {
      systemuserid: app.systemUserId,
      ownerid: app.systemUserId,
      firstname: '#',
      lastname: app.name,
      fullname: `# ${app.name}`,
      domainname: app.clientId,
      applicationid: app.clientId,
      ...(app.servicePrincipalId === undefined
        ? {}
        : { azureactivedirectoryobjectid: app.servicePrincipalId }),
      isdisabled: false,
      accessmode: 4,
      businessunitid: ROOT_BUSINESS_UNIT,
      ...made,
    }
  })
  return {
    organization: [
      {
        organizationid: ORGANIZATION_ID,
        name: ORGANIZATION_NAME,
        languagecode: 1033,
        localeid: 1033,
        pricingdecimalprecision: 2,
        expirechangetrackingindays: 7,
        expiresubscriptionsindays: 90,
        basecurrencyid: US_DOLLAR,
      },
    ],
    businessunit: [
      {
        businessunitid: ROOT_BUSINESS_UNIT,
        name: ORGANIZATION_NAME,
        organizationid: ORGANIZATION_ID,
        isdisabled: false,
        ...made,
      },
    ],
    team: [
      {
        teamid: DEFAULT_TEAM,
        ownerid: DEFAULT_TEAM,
        name: ORGANIZATION_NAME,
        teamtype: 0,
        isdefault: true,
        businessunitid: ROOT_BUSINESS_UNIT,
        ...made,
      },
    ],
    role: Object.entries(ROLE_IDS).map(([name, roleid]) => ({
      roleid,
      name,
      businessunitid: ROOT_BUSINESS_UNIT,
      ...made,
    })),
    systemuser: [...people, ...applications],
    systemuserroles: memberships,
    transactioncurrency: [
      currency(US_DOLLAR, ['US Dollar', 'USD', '$', 2]),
      currency(EURO, ['Euro', 'EUR', '€', 2]),
      currency(YEN, ['Yen', 'JPY', '¥', 0]),
    ].map((row) => ({ ...row, ...made })),
  }
}

function currency(
  id: string,
  [name, code, symbol, precision]: readonly [string, string, string, number],
): StoredRow {
  return {
    transactioncurrencyid: id,
    currencyname: name,
    isocurrencycode: code,
    currencysymbol: symbol,
    currencyprecision: precision,
    exchangerate: EXCHANGE_RATES[id],
    statecode: 0,
    statuscode: 1,
  }
}

import { describe, expect, test } from 'vitest'
import { createSchema } from '../store/schema-index.ts'
import { sandboxSchema } from './schema.ts'

const schema = createSchema(sandboxSchema)

const twins = (names: readonly string[]): string[] => names.filter((name, at) => names.indexOf(name) !== at)

describe('names are unique:', () => {
  test('tables, their schema names, entity sets and object type codes', () => {
    const { tables } = schema
    expect(twins(tables.map(({ logicalName }) => logicalName))).toEqual([])
    expect(twins(tables.map(({ schemaName }) => schemaName.toLowerCase()))).toEqual([])
    expect(twins(tables.map(({ entitySetName }) => entitySetName))).toEqual([])
    expect(twins(tables.map(({ objectTypeCode }) => String(objectTypeCode)))).toEqual([])
  })

  test('columns of a table', () => {
    for (const { logicalName, columns } of schema.tables)
      expect([logicalName, twins(columns.map((column) => column.logicalName))]).toEqual([logicalName, []])
  })

  test('columns and navigation properties of a table, which share one name space on the wire', () => {
    for (const { logicalName } of schema.tables) {
      const single = schema.lookups(logicalName).map(({ lookupNavigation }) => lookupNavigation)
      const names = [
        // Targets of an owner lookup share their property; see the owner's base type.
        ...new Set(single),
        ...schema.collections(logicalName).map(({ collectionNavigation }) => collectionNavigation),
        ...schema
          .manyToManyOf(logicalName)
          .map(({ table1, navigation1, navigation2 }) =>
            table1 === logicalName ? navigation1 : navigation2,
          ),
      ]
      expect([logicalName, twins(names)]).toEqual([logicalName, []])
    }
  })

  test('relationships', () => {
    const names = [...schema.oneToMany, ...schema.manyToMany].map(({ schemaName }) =>
      schemaName.toLowerCase(),
    )
    expect(twins(names)).toEqual([])
  })
})

describe('everything that is named is there:', () => {
  test('primary keys, primary names, images and key columns', () => {
    const missing = schema.tables.flatMap(({ logicalName, primaryKey, primaryName, primaryImage, keys }) =>
      [primaryKey, primaryName, primaryImage, ...keys.flatMap(({ columns }) => columns)]
        .filter((name) => name !== undefined)
        .filter((name) => !schema.column(logicalName, name))
        .map((name) => `${logicalName}.${name}`),
    )
    expect(missing).toEqual([])
  })

  test('targets of lookups, each with its relationship, and both ends of relationships', () => {
    const lookups = schema.tables.flatMap(({ logicalName, columns }) =>
      columns.flatMap((column) =>
        (column.targets ?? []).map((to) => `${logicalName}.${column.logicalName} ${to}`),
      ),
    )
    const relationships = schema.oneToMany.map(
      ({ referencingTable, referencingColumn, referencedTable }) =>
        `${referencingTable}.${referencingColumn} ${referencedTable}`,
    )
    expect(lookups.filter((lookup) => !schema.table(lookup.split(' ')[1] ?? ''))).toEqual([])
    expect([...lookups].sort()).toEqual([...relationships].sort())
    for (const { intersectTable, table1, column1, table2, column2 } of schema.manyToMany) {
      expect(schema.table(table1) && schema.table(table2)).toBeDefined()
      expect(schema.column(intersectTable, column1)?.type).toBe('Uniqueidentifier')
      expect(schema.column(intersectTable, column2)?.type).toBe('Uniqueidentifier')
    }
  })

  test('the columns that companions belong to', () => {
    const stray = schema.tables.flatMap(({ logicalName, columns }) =>
      columns
        .filter(({ attributeOf, baseOf }) => {
          const parent = attributeOf ?? baseOf
          return parent !== undefined && !schema.column(logicalName, parent)
        })
        .map((column) => `${logicalName}.${column.logicalName}`),
    )
    expect(stray).toEqual([])
  })

  test('a state for every status, and a status for every state', () => {
    for (const { logicalName } of schema.tables) {
      const states = schema.column(logicalName, 'statecode')?.options ?? []
      const statuses = schema.column(logicalName, 'statuscode')?.options ?? []
      expect([logicalName, [...new Set(statuses.map(({ state }) => state))].sort()]).toEqual([
        logicalName,
        states.map(({ value }) => value).sort(),
      ])
      for (const { value, defaultStatus } of states)
        expect(statuses).toContainEqual(expect.objectContaining({ value: defaultStatus, state: value }))
    }
  })
})

describe('names are those of the real service:', () => {
  test.each([
    ['account', 'accounts'],
    ['contact', 'contacts'],
    ['opportunity', 'opportunities'],
    ['incident', 'incidents'],
    ['activityparty', 'activityparties'],
    ['phonecall', 'phonecalls'],
    ['transactioncurrency', 'transactioncurrencies'],
    ['savedquery', 'savedqueries'],
    ['userquery', 'userqueries'],
    ['sdkmessagefilter', 'sdkmessagefilters'],
    ['contoso_sensordata', 'contoso_sensordatas'],
    ['systemuserroles', 'systemuserrolescollection'],
    ['teammembership', 'teammemberships'],
  ])('the rows of %s are at /%s', (table, set) => {
    expect(schema.table(table)?.entitySetName).toBe(set)
  })

  test.each([
    ['account', 'primarycontactid', 'contact', 'account_primary_contact'],
    ['account', 'parentaccountid', 'account', 'account_parent_account'],
    ['contact', 'parentcustomerid_account', 'account', 'contact_customer_accounts'],
    ['contact', 'parentcustomerid_contact', 'contact', 'contact_customer_contacts'],
    ['task', 'regardingobjectid_account_task', 'account', 'Account_Tasks'],
    ['email', 'regardingobjectid_incident_email', 'incident', 'Incident_Emails'],
    ['incident', 'customerid_account', 'account', 'incident_customer_accounts'],
    ['incident', 'customerid_contact', 'contact', 'incident_customer_contacts'],
    ['opportunity', 'customerid_account', 'account', 'opportunity_customer_accounts'],
    ['opportunity', 'parentaccountid', 'account', 'opportunity_parent_account'],
    ['opportunity', 'originatingleadid', 'lead', 'opportunity_originating_lead'],
    ['annotation', 'objectid_account', 'account', 'Account_Annotation'],
    ['systemuser', 'businessunitid', 'businessunit', 'business_unit_system_users'],
    ['account', 'createdby', 'systemuser', 'lk_accountbase_createdby'],
    ['account', 'transactioncurrencyid', 'transactioncurrency', 'transactioncurrency_account'],
    ['activityparty', 'activityid_email', 'email', 'email_activity_parties'],
  ])('%s has %s to %s, whose collection is %s', (table, navigation, target, collection) => {
    const found = schema.lookups(table).filter(({ lookupNavigation }) => lookupNavigation === navigation)
    expect(
      found.map(({ referencedTable, collectionNavigation }) => [referencedTable, collectionNavigation]),
    ).toEqual([[target, collection]])
  })

  test.each([
    ['systemuser', 'systemuserroles_association'],
    ['team', 'teammembership_association'],
    ['team', 'teamroles_association'],
    ['account', 'accountleads_association'],
    ['contact', 'contactleads_association'],
  ])('%s has the many-to-many collection %s', (table, navigation) => {
    expect(schema.manyToManyOf(table).map(({ navigation1 }) => navigation1)).toContain(navigation)
  })
})

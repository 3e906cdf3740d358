import { describe, expect, test } from 'vitest'
import { sandboxSchema } from '../../seed/schema.ts'
import { createSchema } from '../../store/schema-index.ts'
import type { Json } from './definition.ts'
import { metadataChanges } from './metadata-changes.ts'

const schema = createSchema(sandboxSchema)
const now = Date.UTC(2026, 9, 9, 22, 10, 22)

function ask(query: Json, clientVersionStamp?: string) {
  const response = metadataChanges({ query, clientVersionStamp }, { schema, root: 'http://x/', now })
  return JSON.parse(String(response.body))
}

const accountOnly = {
  FilterOperator: 'Or',
  Conditions: [
    {
      ConditionOperator: 'Equals',
      PropertyName: 'LogicalName',
      Value: { Type: 'System.String', Value: 'account' },
    },
  ],
}

describe('RetrieveMetadataChanges', () => {
  test('a query gets the tables, columns and properties it names; all others are null', () => {
    const answer = ask({
      Properties: { AllProperties: false, PropertyNames: ['Attributes', 'EntitySetName'] },
      Criteria: accountOnly,
      AttributeQuery: {
        Properties: { AllProperties: false, PropertyNames: ['OptionSet', 'AttributeTypeName'] },
        Criteria: {
          FilterOperator: 'And',
          Conditions: [
            {
              ConditionOperator: 'Equals',
              PropertyName: 'LogicalName',
              Value: { Type: 'System.String', Value: 'accountcategorycode' },
            },
            {
              ConditionOperator: 'Equals',
              PropertyName: 'IsValidForRead',
              Value: { Type: 'System.Boolean', Value: 'True' },
            },
          ],
        },
      },
    })
    expect(answer.ServerVersionStamp).toBe('74812162!10/09/2026 22:10:22')
    expect(answer.DeletedMetadata).toEqual({ Count: 0, IsReadOnly: false, Keys: [], Values: [] })
    expect(answer.EntityMetadata).toHaveLength(1)
    expect(answer.EntityMetadata[0]).toMatchObject({
      LogicalName: 'account',
      EntitySetName: 'accounts',
      ObjectTypeCode: null,
      Keys: [],
    })
    expect(answer.EntityMetadata[0].Attributes).toHaveLength(1)
    expect(answer.EntityMetadata[0].Attributes[0]).toMatchObject({
      '@odata.type': '#Microsoft.Dynamics.CRM.ComplexPicklistAttributeMetadata',
      AttributeTypeName: { Value: 'PicklistType' },
      AttributeType: null,
      OptionSet: {
        '@odata.type': '#Microsoft.Dynamics.CRM.ComplexOptionSetMetadata',
        Options: [{ Value: 1 }, { Value: 2 }],
      },
    })
  })

  test('without a query everything comes', () => {
    expect(ask(null).EntityMetadata).toHaveLength(schema.tables.length)
  })

  test('with the stamp of the last answer nothing has changed', () => {
    expect(ask(null, ask(null).ServerVersionStamp).EntityMetadata).toEqual([])
  })

  test('a list of names may come as text', () => {
    const named = (Value: Json) =>
      ask({
        Properties: { AllProperties: false, PropertyNames: [] },
        Criteria: { Conditions: [{ ConditionOperator: 'In', PropertyName: 'LogicalName', Value }] },
      }).EntityMetadata.map(({ LogicalName }: { LogicalName: string }) => LogicalName)
    expect(named({ Type: 'System.String[]', Value: "['account','contact']" })).toEqual(['account', 'contact'])
    expect(named({ Value: ['contact'] })).toEqual(['contact'])
  })

  test('a stamp older than 90 days has expired, and one that is none is refused', () => {
    expect(() => ask(null, '74812162!07/01/2026 00:00:00')).toThrow(
      /Version stamp associated with the client has expired/,
    )
    expect(() => ask(null, 'yesterday')).toThrow(/'yesterday' is not valid/)
  })
})

/** `$metadata`: the schema as CSDL 4.0, in the service's shape: alias `mscrm`, base types, partners, bindings. */
import type { ColumnDefinition, OneToMany, TableDefinition } from '../../schema.ts'
import type { Schema } from '../../store/store.ts'
import { COMPLEX_TYPES, ENUM_TYPES, type Message, messagesOf, type Parameter } from './messages.ts'

export interface CsdlOptions {
  /** Adds the vocabulary annotations that the service leaves out unless asked. */
  readonly annotations: boolean
}

export function csdl(schema: Schema, { annotations }: CsdlOptions): string {
  const messages = messagesOf(schema)
  const types = [
    '<EntityType Name="crmbaseentity" Abstract="true" />',
    '<EntityType Name="expando" BaseType="mscrm.crmbaseentity" OpenType="true" />',
    ...schema.tables.map((table) => entityType(table, schema, annotations)),
    ...ENUM_TYPES.map(({ name, members }) =>
      element(
        'EnumType',
        { Name: name },
        members.map(([key, value]) => element('Member', { Name: key, Value: `${value}` })),
      ),
    ),
    ...COMPLEX_TYPES.map(({ name, properties }) =>
      element('ComplexType', { Name: name }, properties.map(complexProperty)),
    ),
    ...messages.map(message),
    container(schema, messages, annotations),
  ]
  return `<?xml version="1.0" encoding="utf-8"?><edmx:Edmx Version="4.0" xmlns:edmx="http://docs.oasis-open.org/odata/ns/edmx">${REFERENCES}<edmx:DataServices><Schema Namespace="Microsoft.Dynamics.CRM" Alias="mscrm" xmlns="http://docs.oasis-open.org/odata/ns/edm">${types.join('')}</Schema></edmx:DataServices></edmx:Edmx>`
}

const REFERENCES = ['OData.Community.Keys.V1', 'OData.Community.Display.V1']
  .map(
    (vocabulary) =>
      `<edmx:Reference Uri="http://vocabularies.odata.org/${vocabulary}.xml"><edmx:Include Namespace="${vocabulary}" Alias="${vocabulary.split('.')[2]}" /><edmx:IncludeAnnotations TermNamespace="${vocabulary}" /></edmx:Reference>`,
  )
  .join('')

function entityType(table: TableDefinition, schema: Schema, annotations: boolean): string {
  const base = table.baseTable === undefined ? undefined : schema.table(table.baseTable)
  const inherited = new Set(base?.columns.map(({ logicalName }) => logicalName))
  const key = element('Key', {}, [element('PropertyRef', { Name: table.primaryKey })])
  return element(
    'EntityType',
    { Name: table.logicalName, BaseType: `mscrm.${table.baseTable ?? 'crmbaseentity'}` },
    [
      ...(table.baseTable === undefined ? [key] : []),
      ...table.columns
        .filter(({ logicalName }) => !inherited.has(logicalName))
        .map((column) => property(column, annotations)),
      ...lookupsByName(table, schema).map((relationships) => lookup(relationships, schema)),
      ...schema.oneToMany
        .filter(
          ({ referencedTable, referencingTable }) =>
            referencedTable === table.logicalName && schema.table(referencingTable),
        )
        .map(collection),
      ...schema.manyToManyOf(table.logicalName).flatMap((relationship) => {
        const own = relationship.table1 === table.logicalName
        const [name, partner] = own
          ? [relationship.navigation1, relationship.navigation2]
          : [relationship.navigation2, relationship.navigation1]
        const target = own ? relationship.table2 : relationship.table1
        return [
          element('NavigationProperty', {
            Name: name,
            Type: `Collection(mscrm.${target})`,
            Partner: partner,
          }),
        ]
      }),
      ...alternateKeys(table),
    ],
  )
}

function property(column: ColumnDefinition, annotations: boolean): string {
  const type = EDM_TYPES[column.type]
  if (type === undefined) return ''
  const lookup = isLookup(column)
  const attributes = {
    Name: lookup ? `_${column.logicalName}_value` : column.logicalName,
    Type: column.type === 'DateTime' && column.dateBehavior === 'DateOnly' ? 'Edm.Date' : type,
    ...(type === 'Edm.String' ? { Unicode: 'false' } : {}),
    ...(type === 'Edm.Decimal' ? { Scale: 'Variable' } : {}),
  }
  const readOnly = !column.create && !column.update && !lookup
  const notes = [
    ...(column.description
      ? [annotation('Org.OData.Core.V1.Description', { String: column.description })]
      : []),
    ...(readOnly
      ? [
          annotation('Org.OData.Core.V1.Computed', { Bool: 'true' }),
          `<Annotation Term="Org.OData.Core.V1.Permissions"><EnumMember>Org.OData.Core.V1.PermissionType/Read</EnumMember></Annotation>`,
        ]
      : []),
  ]
  return element('Property', attributes, annotations ? notes : [])
}

/** EDM types by column type; the missing ones are not exposed. */
const EDM_TYPES: Readonly<Partial<Record<ColumnDefinition['type'], string>>> = {
  String: 'Edm.String',
  Memo: 'Edm.String',
  EntityName: 'Edm.String',
  MultiSelectPicklist: 'Edm.String',
  Integer: 'Edm.Int32',
  Picklist: 'Edm.Int32',
  State: 'Edm.Int32',
  Status: 'Edm.Int32',
  BigInt: 'Edm.Int64',
  Decimal: 'Edm.Decimal',
  Money: 'Edm.Decimal',
  Double: 'Edm.Double',
  Boolean: 'Edm.Boolean',
  DateTime: 'Edm.DateTimeOffset',
  Uniqueidentifier: 'Edm.Guid',
  Lookup: 'Edm.Guid',
  Customer: 'Edm.Guid',
  Owner: 'Edm.Guid',
  File: 'Edm.Guid',
  Image: 'Edm.Binary',
  ManagedProperty: 'mscrm.BooleanManagedProperty',
}

function isLookup({ type }: ColumnDefinition): boolean {
  return type === 'Lookup' || type === 'Customer' || type === 'Owner'
}

/** Lookups grouped by navigation property: an owner's leads to users and to teams under one name. */
function lookupsByName({ logicalName }: TableDefinition, schema: Schema): readonly (readonly OneToMany[])[] {
  const groups = new Map<string, OneToMany[]>()
  for (const relationship of schema.oneToMany) {
    if (relationship.referencingTable !== logicalName) continue
    const group = groups.get(relationship.lookupNavigation)
    if (group) group.push(relationship)
    else groups.set(relationship.lookupNavigation, [relationship])
  }
  return [...groups.values()]
}

/** The table one navigation property leads to: `principal` stands for users and teams. */
function targetOf(relationships: readonly OneToMany[], schema: Schema): TableDefinition | undefined {
  const [first, second] = relationships
  return schema.table(second ? 'principal' : (first?.referencedTable ?? ''))
}

function lookup(relationships: readonly OneToMany[], schema: Schema): string {
  const [first] = relationships
  const target = targetOf(relationships, schema)
  if (!first || !target) return ''
  return element(
    'NavigationProperty',
    {
      Name: first.lookupNavigation,
      Type: `mscrm.${target.logicalName}`,
      Nullable: 'false',
      Partner: first.collectionNavigation,
    },
    [
      element('ReferentialConstraint', {
        Property: `_${first.referencingColumn}_value`,
        ReferencedProperty: target.primaryKey,
      }),
    ],
  )
}

function collection(relationship: OneToMany): string {
  return element('NavigationProperty', {
    Name: relationship.collectionNavigation,
    Type: `Collection(mscrm.${relationship.referencingTable})`,
    Partner: relationship.lookupNavigation,
  })
}

function alternateKeys(table: TableDefinition): readonly string[] {
  if (table.keys.length === 0) return []
  const parts = (columns: readonly string[]): string =>
    columns
      .map((name) => {
        const column = table.columns.find(({ logicalName }) => logicalName === name)
        const path = column && isLookup(column) ? `_${name}_value` : name
        return `<Record Type="OData.Community.Keys.V1.PropertyRef"><PropertyValue Property="Alias" String="${escapeXml(path)}" /><PropertyValue Property="Name" PropertyPath="${escapeXml(path)}" /></Record>`
      })
      .join('')
  const records = table.keys.map(
    ({ columns }) =>
      `<Record Type="OData.Community.Keys.V1.AlternateKey"><PropertyValue Property="Key"><Collection>${parts(columns)}</Collection></PropertyValue></Record>`,
  )
  return [
    `<Annotation Term="OData.Community.Keys.V1.AlternateKeys"><Collection>${records.join('')}</Collection></Annotation>`,
  ]
}

function complexProperty({ name, type }: Parameter): string {
  return element('Property', {
    Name: name,
    Type: type,
    ...(type === 'Edm.String' ? { Unicode: 'false' } : {}),
  })
}

function message({ kind, name, boundTo, parameters, returns }: Message): string {
  const binding = boundTo?.startsWith('Collection(') ? 'entityset' : 'entity'
  return element(kind, { Name: name, ...(boundTo ? { IsBound: 'true' } : {}) }, [
    ...(boundTo ? [element('Parameter', { Name: binding, Type: boundTo, Nullable: 'false' })] : []),
    ...parameters.map((parameter) =>
      element('Parameter', {
        Name: parameter.name,
        Type: parameter.type,
        ...(parameter.optional ? {} : { Nullable: 'false' }),
        ...(parameter.type === 'Edm.String' ? { Unicode: 'false' } : {}),
      }),
    ),
    ...(returns ? [element('ReturnType', { Type: returns, Nullable: 'false' })] : []),
  ])
}

function container(schema: Schema, messages: readonly Message[], annotations: boolean): string {
  const sets = schema.tables.map((table) => {
    const notes =
      annotations && table.changeTracking
        ? [
            '<Annotation Term="Org.OData.Capabilities.V1.ChangeTracking"><Record><PropertyValue Property="Supported" Bool="true" /></Record></Annotation>',
          ]
        : []
    return element('EntitySet', { Name: table.entitySetName, EntityType: `mscrm.${table.logicalName}` }, [
      ...bindings(table, schema),
      ...notes,
    ])
  })
  const imports = messages
    .filter(({ boundTo }) => boundTo === undefined)
    .map(({ kind, name }) => element(`${kind}Import`, { Name: name, [kind]: `mscrm.${name}` }))
  return element('EntityContainer', { Name: 'System' }, [...sets, ...imports])
}

function bindings(table: TableDefinition, schema: Schema): readonly string[] {
  const { logicalName } = table
  const targets: (readonly [path: string | undefined, table: TableDefinition | undefined])[] = [
    ...lookupsByName(table, schema).map(
      (relationships) => [relationships[0]?.lookupNavigation, targetOf(relationships, schema)] as const,
    ),
    ...schema
      .collections(logicalName)
      .map(
        ({ collectionNavigation, referencingTable }) =>
          [collectionNavigation, schema.table(referencingTable)] as const,
      ),
    ...schema
      .manyToManyOf(logicalName)
      .map(({ table1, table2, navigation1, navigation2 }) =>
        table1 === logicalName
          ? ([navigation1, schema.table(table2)] as const)
          : ([navigation2, schema.table(table1)] as const),
      ),
  ]
  return targets.flatMap(([path, target]) =>
    path && target
      ? [element('NavigationPropertyBinding', { Path: path, Target: target.entitySetName })]
      : [],
  )
}

function annotation(term: string, value: Readonly<Record<string, string>>): string {
  return element('Annotation', { Term: term, ...value })
}

function element(
  name: string,
  attributes: Readonly<Record<string, string>>,
  children: readonly string[] = [],
): string {
  const text = Object.entries(attributes)
    .map(([key, value]) => ` ${key}="${escapeXml(value)}"`)
    .join('')
  const inner = children.join('')
  return inner === '' ? `<${name}${text} />` : `<${name}${text}>${inner}</${name}>`
}

function escapeXml(text: string): string {
  return text.replace(/[&<>"]/g, (character) => ESCAPES[character] ?? character)
}

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

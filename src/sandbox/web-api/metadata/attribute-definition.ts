/** `AttributeMetadata` and its derived types: one definition per column. */
import type { ColumnDefinition, ColumnType, TableDefinition } from '../../schema.ts'
import { typedAttribute } from './attribute-types.ts'
import type { Definition, JsonObject } from './definition.ts'
import { optionSetNavigation } from './option-set-definition.ts'
import { label, MODIFIED_ON, managedProperty, metadataId, SYSTEM_CREATED_ON } from './parts.ts'

const made = new WeakMap<TableDefinition, readonly Definition[]>()

/** Columns in the order of their logical names, as the service lists them. */
export function attributeDefinitions(table: TableDefinition): readonly Definition[] {
  const known = made.get(table)
  if (known) return known
  const definitions = table.columns
    .map((column, index) => attributeDefinition(table, column, index + 1))
    .sort((a, b) => (String(a.properties.LogicalName) < String(b.properties.LogicalName) ? -1 : 1))
  made.set(table, definitions)
  return definitions
}

function attributeDefinition(
  table: TableDefinition,
  column: ColumnDefinition,
  columnNumber: number,
): Definition {
  return {
    type: attributeTypeOf(column.type),
    base: ATTRIBUTE_BASE,
    properties: {
      ...plain(table, column, columnNumber),
      ...texts(table, column),
      ...managedProperties(table, column),
      Settings: [],
      ...typedAttribute(table, column),
    },
    navigation: optionSetNavigation(table, column),
  }
}

const OWN_TYPE: Readonly<Partial<Record<ColumnType, string>>> = {
  Customer: 'LookupAttributeMetadata',
  Owner: 'LookupAttributeMetadata',
  PartyList: 'LookupAttributeMetadata',
  Uniqueidentifier: 'UniqueIdentifierAttributeMetadata',
  Virtual: 'AttributeMetadata',
}

/** The derived type of a column: what a request casts to. */
export function attributeTypeOf(type: ColumnType): string {
  return OWN_TYPE[type] ?? `${type}AttributeMetadata`
}

function plain(table: TableDefinition, column: ColumnDefinition, columnNumber: number): JsonObject {
  const shown = column.type !== 'Virtual' && column.attributeOf === undefined
  const custom = column.custom === true
  return {
    AttributeOf: column.attributeOf ?? null,
    AttributeType: attributeTypeCode(column.type),
    ColumnNumber: columnNumber,
    DeprecatedVersion: null,
    IntroducedVersion: custom ? '1.0.0.0' : '5.0.0.0',
    EntityLogicalName: table.logicalName,
    IsCustomAttribute: custom,
    IsPrimaryId: column.logicalName === table.primaryKey,
    IsValidODataAttribute: column.type !== 'Virtual' && column.type !== 'PartyList',
    IsPrimaryName: column.logicalName === table.primaryName,
    IsValidForCreate: column.create,
    IsValidForRead: column.read,
    IsValidForUpdate: column.update,
    CanBeSecuredForRead: custom,
    CanBeSecuredForCreate: custom,
    CanBeSecuredForUpdate: custom,
    IsSecured: false,
    IsRetrievable: false,
    IsFilterable: false,
    IsSearchable: column.logicalName === table.primaryName,
    IsManaged: !custom,
    LinkedAttributeId: null,
    LogicalName: column.logicalName,
    IsValidForForm: shown,
    IsRequiredForForm: false,
    IsValidForGrid: shown,
    SchemaName: column.schemaName,
    ExternalName: null,
    IsLogical: !shown,
    IsDataSourceSecret: false,
    InheritsFrom: null,
    CreatedOn: custom ? MODIFIED_ON : SYSTEM_CREATED_ON,
    ModifiedOn: MODIFIED_ON,
    SourceType: column.type === 'Virtual' ? null : 0,
    AutoNumberFormat: column.autoNumber?.format ?? null,
    MetadataId: metadataId('attribute', table.logicalName, column.logicalName),
    HasChanged: null,
  }
}

/** The older type property, which calls the newer column types `Virtual`. */
function attributeTypeCode(type: ColumnType): string {
  return type === 'MultiSelectPicklist' || type === 'File' || type === 'Image' ? 'Virtual' : type
}

function texts(table: TableDefinition, column: ColumnDefinition): JsonObject {
  const key = `attribute/${table.logicalName}/${column.logicalName}`
  const managed = !column.custom
  const shown = column.attributeOf === undefined
  return {
    AttributeTypeName: { Value: `${column.type}Type` },
    Description: label(shown ? (column.description ?? '') : undefined, {
      key: `${key}/description`,
      managed,
    }),
    DisplayName: label(shown ? column.label : undefined, { key: `${key}/name`, managed }),
  }
}

function managedProperties(table: TableDefinition, column: ColumnDefinition): JsonObject {
  const open = column.required !== 'SystemRequired'
  const searchable = column.type !== 'Virtual' && column.logicalName !== table.primaryKey
  return {
    IsAuditEnabled: managedProperty(open, 'canmodifyauditsettings', open),
    IsGlobalFilterEnabled: managedProperty(false, 'canmodifyglobalfiltersettings'),
    IsSortableEnabled: managedProperty(false, 'canmodifyissortablesettings'),
    IsCustomizable: managedProperty(true, 'iscustomizable', column.custom === true),
    IsRenameable: managedProperty(true, 'isrenameable', column.custom === true),
    IsValidForAdvancedFind: managedProperty(searchable, 'canmodifysearchsettings'),
    RequiredLevel: managedProperty(column.required, 'canmodifyrequirementlevelsettings', open),
    CanModifyAdditionalSettings: managedProperty(true, 'canmodifyadditionalsettings'),
  }
}

/** What every attribute has: derived properties need a cast. */
const ATTRIBUTE_BASE = {
  type: 'AttributeMetadata',
  properties: new Set([
    'AttributeOf',
    'AttributeType',
    'ColumnNumber',
    'DeprecatedVersion',
    'IntroducedVersion',
    'EntityLogicalName',
    'IsCustomAttribute',
    'IsPrimaryId',
    'IsValidODataAttribute',
    'IsPrimaryName',
    'IsValidForCreate',
    'IsValidForRead',
    'IsValidForUpdate',
    'CanBeSecuredForRead',
    'CanBeSecuredForCreate',
    'CanBeSecuredForUpdate',
    'IsSecured',
    'IsRetrievable',
    'IsFilterable',
    'IsSearchable',
    'IsManaged',
    'LinkedAttributeId',
    'LogicalName',
    'IsValidForForm',
    'IsRequiredForForm',
    'IsValidForGrid',
    'SchemaName',
    'ExternalName',
    'IsLogical',
    'IsDataSourceSecret',
    'InheritsFrom',
    'CreatedOn',
    'ModifiedOn',
    'SourceType',
    'AutoNumberFormat',
    'MetadataId',
    'HasChanged',
    'AttributeTypeName',
    'Description',
    'DisplayName',
    'IsAuditEnabled',
    'IsGlobalFilterEnabled',
    'IsSortableEnabled',
    'IsCustomizable',
    'IsRenameable',
    'IsValidForAdvancedFind',
    'RequiredLevel',
    'CanModifyAdditionalSettings',
    'Settings',
  ]),
}

/** What each derived attribute type adds to `AttributeMetadata`: ranges, formats, targets. */
import type { ColumnDefinition, TableDefinition } from '../../schema.ts'
import type { JsonObject } from './definition.ts'
import { managedProperty } from './parts.ts'

export function typedAttribute(table: TableDefinition, column: ColumnDefinition): JsonObject {
  switch (column.type) {
    case 'String':
      return {
        Format: oldStringFormat(column.format ?? 'Text'),
        ImeMode: 'Auto',
        MaxLength: column.maxLength ?? 100,
        YomiOf: null,
        IsLocalizable: false,
        DatabaseLength: (column.maxLength ?? 100) * BYTES_PER_CHARACTER,
        FormulaDefinition: '',
        SourceTypeMask: 0,
        FormatName: { Value: column.format ?? 'Text' },
      }
    case 'Memo':
      return {
        Format: 'TextArea',
        ImeMode: 'Auto',
        MaxLength: column.maxLength ?? 2000,
        IsLocalizable: false,
        FormatName: { Value: column.format ?? 'TextArea' },
      }
    case 'Integer':
      return {
        Format: 'None',
        MaxValue: column.max ?? 2_147_483_647,
        MinValue: column.min ?? -2_147_483_648,
        FormulaDefinition: '',
        SourceTypeMask: 0,
      }
    case 'BigInt':
      return { MaxValue: '9223372036854775807', MinValue: '-9223372036854775808' }
    case 'Decimal':
      return {
        MaxValue: column.max ?? 100_000_000_000,
        MinValue: column.min ?? -100_000_000_000,
        Precision: column.precision ?? 2,
        ImeMode: 'Auto',
        FormulaDefinition: '',
        SourceTypeMask: 0,
      }
    case 'Double':
      return {
        ImeMode: 'Auto',
        MaxValue: column.max ?? 1_000_000_000,
        MinValue: column.min ?? 0,
        Precision: column.precision ?? 2,
      }
    case 'Money':
      return {
        ImeMode: 'Auto',
        MaxValue: column.max ?? 922_337_203_685_477,
        MinValue: column.min ?? -922_337_203_685_477,
        Precision: column.precision ?? 2,
        PrecisionSource: 2,
        CalculationOf: column.baseOf ?? null,
        IsBaseCurrency: column.baseOf !== undefined,
        FormulaDefinition: '',
        SourceTypeMask: 0,
      }
    case 'Boolean':
      return {
        DefaultValue: column.defaultValue === true || column.defaultValue === 1,
        FormulaDefinition: null,
        SourceTypeMask: null,
      }
    case 'Picklist':
      return {
        DefaultFormValue: choice(column.defaultValue),
        FormulaDefinition: '',
        SourceTypeMask: 0,
        ParentPicklistLogicalName: null,
        ChildPicklistLogicalNames: [],
      }
    case 'MultiSelectPicklist':
      return {
        DefaultFormValue: choice(column.defaultValue),
        FormulaDefinition: '',
        SourceTypeMask: null,
        ParentPicklistLogicalName: null,
        ChildPicklistLogicalNames: [],
      }
    case 'State':
    case 'Status':
      return { DefaultFormValue: null }
    case 'DateTime':
      return {
        MinSupportedValue: '1753-01-01T00:00:00Z',
        MaxSupportedValue: '9999-12-30T23:59:59Z',
        Format: column.format === 'DateOnly' ? 'DateOnly' : 'DateAndTime',
        ImeMode: 'Inactive',
        SourceTypeMask: 0,
        FormulaDefinition: '',
        DateTimeBehavior: { Value: column.dateBehavior ?? 'UserLocal' },
        CanChangeDateTimeBehavior: managedProperty(column.custom === true, 'canchangedatetimebehavior'),
      }
    case 'Lookup':
    case 'Customer':
    case 'Owner':
    case 'PartyList':
      return { Targets: column.targets ?? [], Format: 'None' }
    case 'File':
      return { MaxSizeInKB: column.max ?? 32_768 }
    case 'Image':
      return {
        IsPrimaryImage: column.logicalName === table.primaryImage,
        MaxHeight: 144,
        MaxWidth: 144,
        CanStoreFullImage: true,
        MaxSizeInKB: column.max ?? 10_240,
      }
    case 'EntityName':
      return { DefaultFormValue: null, IsEntityReferenceStored: false }
    case 'ManagedProperty':
      return {
        ManagedPropertyLogicalName: column.logicalName,
        ParentEntityName: null,
        ParentAttributeName: null,
        ParentComponentType: null,
        ValueAttributeTypeCode: 'Boolean',
      }
    case 'Uniqueidentifier':
    case 'Virtual':
      return {}
  }
}

/** SQL Server keeps text in two-byte units. */
const BYTES_PER_CHARACTER = 2

/** The older format property knows fewer formats. */
function oldStringFormat(format: string): string {
  return ['Email', 'Text', 'TextArea', 'Url', 'TickerSymbol', 'Phone'].includes(format) ? format : 'Text'
}

/** -1 stands for "no default". */
function choice(value: ColumnDefinition['defaultValue']): number {
  return typeof value === 'number' ? value : -1
}

import { parseDecimal } from '../core/decimal.ts'
import { exactDecimal } from '../odata/page.ts'
import { labelOf } from './entity-definitions.ts'
import { type JsonObject, listOf, numberOf, objectOf, textOf } from './json.ts'
import type { Choice, Column, ColumnType, LookupTarget } from './table.ts'

/** Columns out of attribute metadata. What is not on the wire (labels of choices, calendars) is not a column. */

/** What a derived type told about a column. */
export type ColumnFacts = JsonObject

/** By `AttributeTypeName`: the older `AttributeType` calls images, files and multi-selects virtual. */
const TYPES: Readonly<Record<string, ColumnType>> = {
  StringType: 'string',
  MemoType: 'memo',
  IntegerType: 'integer',
  BigIntType: 'bigint',
  DecimalType: 'decimal',
  DoubleType: 'double',
  MoneyType: 'money',
  BooleanType: 'boolean',
  PicklistType: 'choice',
  StateType: 'choice',
  StatusType: 'choice',
  MultiSelectPicklistType: 'choices',
  DateTimeType: 'datetime',
  UniqueidentifierType: 'guid',
  LookupType: 'lookup',
  CustomerType: 'lookup',
  OwnerType: 'lookup',
  PartyListType: 'partylist',
  FileType: 'file',
  ImageType: 'image',
  EntityNameType: 'string',
  ManagedPropertyType: 'json',
}

export function readColumns(
  attributes: readonly JsonObject[],
  facts: ReadonlyMap<string, ColumnFacts>,
  manyToOne: readonly JsonObject[],
): Column[] {
  const lookups = new Set(attributes.filter(isLookup).map(({ LogicalName }) => LogicalName))
  return attributes
    .filter((attribute) => isOnTheWire(attribute, lookups))
    .flatMap((attribute) => {
      const name = textOf(attribute.LogicalName) ?? ''
      const column = readColumn(attribute, facts.get(name) ?? {}, manyToOne)
      return column === undefined ? [] : [column]
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}

function isLookup({ AttributeTypeName }: JsonObject): boolean {
  return TYPES[textOf(objectOf(AttributeTypeName).Value) ?? ''] === 'lookup'
}

/** Metadata also lists the label and the table of each lookup as columns; a query that names one is refused. */
function isOnTheWire(attribute: JsonObject, lookups: ReadonlySet<unknown>): boolean {
  if (objectOf(attribute.AttributeTypeName).Value === 'PartyListType') return true
  return attribute.IsValidODataAttribute !== false && !lookups.has(attribute.AttributeOf)
}

function readColumn(
  attribute: JsonObject,
  facts: ColumnFacts,
  manyToOne: readonly JsonObject[],
): Column | undefined {
  const serviceType = textOf(objectOf(attribute.AttributeTypeName).Value) ?? ''
  const base = TYPES[serviceType]
  const name = textOf(attribute.LogicalName)
  if (base === undefined || name === undefined) return undefined
  const behavior = textOf(objectOf(facts.DateTimeBehavior).Value)
  const type = base === 'datetime' && behavior === 'DateOnly' ? 'date' : base
  const choices = readChoices(facts)
  const { maxLength, min, max, precision } = limitsOf(type, facts)
  return {
    name,
    label: labelOf(attribute.DisplayName) ?? name,
    type,
    serviceType,
    property: type === 'lookup' ? `_${name}_value` : name,
    required: objectOf(attribute.RequiredLevel).Value === 'SystemRequired',
    creatable: attribute.IsValidForCreate === true,
    updatable: attribute.IsValidForUpdate === true,
    readable: attribute.IsValidForRead !== false && type !== 'partylist',
    ...(maxLength === undefined ? {} : { maxLength }),
    ...(min === undefined ? {} : { min }),
    ...(max === undefined ? {} : { max }),
    ...(precision === undefined ? {} : { precision }),
    ...(choices.length === 0 ? {} : { choices }),
    ...(behavior === 'TimeZoneIndependent' ? { timeZoneIndependent: true } : {}),
    ...(type === 'lookup' ? { targets: readTargets(name, facts, manyToOne) } : {}),
  }
}

function limitsOf(type: ColumnType, facts: ColumnFacts) {
  const text = type === 'string' || type === 'memo'
  return {
    maxLength: text ? numberOf(facts.MaxLength) : undefined,
    min: digits(facts.MinValue),
    max: digits(facts.MaxValue),
    precision: numberOf(facts.Precision),
  }
}

function digits(limit: unknown): string | undefined {
  if (typeof limit !== 'number' && typeof limit !== 'string') return undefined
  const plain = parseDecimal(String(limit))
  return plain === undefined ? undefined : exactDecimal(plain)
}

function readChoices({ OptionSet, GlobalOptionSet }: ColumnFacts): Choice[] {
  const own = objectOf(OptionSet)
  const set = Object.keys(own).length > 0 ? own : objectOf(GlobalOptionSet)
  const options = [...listOf(set.Options), ...listOf([set.FalseOption, set.TrueOption])]
  return options.flatMap((option) => {
    const value = numberOf(option.Value)
    const state = numberOf(option.State)
    const label = labelOf(option.Label) ?? String(value)
    return value === undefined ? [] : [{ value, label, ...(state === undefined ? {} : { state }) }]
  })
}

/** The navigation property of each target comes from the relationship: its case cannot be guessed. */
function readTargets(column: string, facts: ColumnFacts, manyToOne: readonly JsonObject[]): LookupTarget[] {
  const related = manyToOne
    .filter(({ ReferencingAttribute }) => ReferencingAttribute === column)
    .map(({ ReferencedEntity, ReferencingEntityNavigationPropertyName }) => ({
      table: textOf(ReferencedEntity) ?? '',
      navigation: textOf(ReferencingEntityNavigationPropertyName) ?? column,
    }))
  // The owner's relationship names its base type `owner`; what it may point to stands in Targets.
  const named = Array.isArray(facts.Targets) ? facts.Targets.map(String) : []
  const missing = named.filter((table) => !related.some((target) => target.table === table))
  const known = related.filter(({ table }) => named.length === 0 || named.includes(table))
  return [...known, ...missing.map((table) => ({ table, navigation: column }))]
}

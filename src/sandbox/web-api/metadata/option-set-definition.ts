/** `OptionSetMetadata` and `BooleanOptionSetMetadata`: the local ones of a column, and the global ones. */
import type { ColumnDefinition, Option, SchemaDefinition, TableDefinition } from '../../schema.ts'
import type { Definition, JsonObject, Navigation } from './definition.ts'
import { EMPTY_LABEL, label, managedProperty, metadataId } from './parts.ts'

/** What a choice, yes/no, state or status column can expand; empty for all other columns. */
export function optionSetNavigation(
  table: TableDefinition,
  column: ColumnDefinition,
): Readonly<Record<string, Navigation>> {
  if (column.options === undefined) return {}
  const own = (): Definition => optionSetOf(table, column)
  return { OptionSet: { one: own }, GlobalOptionSet: { one: () => (column.globalOptionSet ? own() : null) } }
}

/** Every global option set once, ordered by name. */
export function globalOptionSetDefinitions({ tables }: SchemaDefinition): readonly Definition[] {
  const found = new Map<string, Definition>()
  for (const table of tables) {
    for (const column of table.columns) {
      const name = column.optionSetName
      if (column.globalOptionSet && name && !found.has(name)) found.set(name, optionSetOf(table, column))
    }
  }
  return [...found].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, definition]) => definition)
}

function optionSetOf(table: TableDefinition, column: ColumnDefinition): Definition {
  const global = column.globalOptionSet === true
  const name = column.optionSetName ?? `${table.logicalName}_${column.logicalName}`
  const key = global ? `optionset/${name}` : `optionset/${table.logicalName}/${column.logicalName}`
  const managed = !column.custom
  const options = column.options ?? []
  const boolean = column.type === 'Boolean'
  return {
    type: boolean ? 'BooleanOptionSetMetadata' : 'OptionSetMetadata',
    base: OPTION_SET_BASE,
    properties: {
      ...(boolean ? {} : { Options: options.map((option) => optionOf(option, column, { key, managed })) }),
      IsCustomOptionSet: !managed,
      IsGlobal: global,
      IsManaged: managed,
      Name: name,
      ExternalTypeName: null,
      OptionSetType: optionSetType(column),
      IntroducedVersion: null,
      ParentOptionSetName: null,
      MetadataId: metadataId(...key.split('/')),
      HasChanged: null,
      Description: label(column.description ?? '', { key: `${key}/description`, managed }),
      DisplayName: label(column.label, { key: `${key}/name`, managed }),
      IsCustomizable: managedProperty(true, 'iscustomizable'),
      ...(boolean ? booleanOptions(options, column, { key, managed }) : {}),
    },
    navigation: {},
  }
}

const OPTION_SET_BASE = {
  type: 'OptionSetMetadataBase',
  properties: new Set([
    'IsCustomOptionSet',
    'IsGlobal',
    'IsManaged',
    'Name',
    'ExternalTypeName',
    'OptionSetType',
    'IntroducedVersion',
    'ParentOptionSetName',
    'MetadataId',
    'HasChanged',
    'Description',
    'DisplayName',
    'IsCustomizable',
  ]),
}

interface Origin {
  readonly key: string
  readonly managed: boolean
}

function optionOf(option: Option, column: ColumnDefinition, { key, managed }: Origin): JsonObject {
  return {
    Value: option.value,
    Color: null,
    IsManaged: managed,
    ExternalValue: null,
    ParentValues: [],
    Tag: null,
    IsHidden: false,
    MetadataId: null,
    HasChanged: null,
    ...(column.type === 'Status' ? { State: option.state ?? 0, TransitionData: null } : {}),
    ...(column.type === 'State'
      ? { DefaultStatus: option.defaultStatus ?? 1, InvariantName: option.label.replaceAll(' ', '') }
      : {}),
    Label: label(option.label, { key: `${key}/${option.value}`, managed }),
    Description: EMPTY_LABEL,
  }
}

function booleanOptions(options: readonly Option[], column: ColumnDefinition, origin: Origin): JsonObject {
  const of = (value: number, fallback: string): JsonObject =>
    optionOf(options.find((option) => option.value === value) ?? { value, label: fallback }, column, origin)
  return { TrueOption: of(1, 'Yes'), FalseOption: of(0, 'No') }
}

function optionSetType({ type }: ColumnDefinition): string {
  return type === 'Boolean' || type === 'State' || type === 'Status' ? type : 'Picklist'
}

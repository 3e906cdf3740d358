import type { ColumnDefinition, Option, RequiredLevel } from '../schema.ts'

/**
 * The words tables are declared in. A name is given as the schema name (`AccountNumber`); the logical name is its
 * lower-case form. A declaration may bring companions (`_base` of money, the virtual `name` of a choice or lookup).
 */
export interface Declared {
  readonly columns: readonly ColumnDefinition[]
  readonly lookup?: LookupDeclaration
}

export interface LookupDeclaration {
  readonly column: string
  /** Target table to the name of the relationship, which names the collection too. */
  readonly targets: Readonly<Record<string, string>>
  /** Case of the single-valued navigation property: custom lookups keep their schema name. */
  readonly navigation: string
  readonly onDelete: 'Cascade' | 'RemoveLink' | 'Restrict' | 'NoCascade'
  readonly hierarchical: boolean
}

export interface Extra {
  readonly required?: RequiredLevel
  readonly description?: string
  readonly create?: boolean
  readonly update?: boolean
  readonly read?: boolean
  readonly default?: string | number | boolean
  readonly custom?: boolean
}

export function text(
  name: string,
  label: string,
  maxLength = 100,
  extra: Extra & { format?: string; autoNumber?: ColumnDefinition['autoNumber'] } = {},
): Declared {
  const { format = 'Text', autoNumber } = extra
  return one(name, label, extra, { type: 'String', maxLength, format, ...(autoNumber ? { autoNumber } : {}) })
}

export function memo(name: string, label: string, maxLength = 2000, extra: Extra = {}): Declared {
  return one(name, label, extra, { type: 'Memo', maxLength, format: 'TextArea' })
}

export function whole(
  name: string,
  label: string,
  range: readonly [number, number],
  extra: Extra = {},
): Declared {
  return one(name, label, extra, { type: 'Integer', min: range[0], max: range[1], format: 'None' })
}

export function bigint(name: string, label: string, extra: Extra = {}): Declared {
  return one(name, label, extra, { type: 'BigInt' })
}

export interface Numeric extends Extra {
  readonly precision: number
  readonly range: readonly [number, number]
}

export function decimal(name: string, label: string, { precision, range, ...extra }: Numeric): Declared {
  return one(name, label, extra, { type: 'Decimal', precision, min: range[0], max: range[1] })
}

export function double(name: string, label: string, { precision, range, ...extra }: Numeric): Declared {
  return one(name, label, extra, { type: 'Double', precision, min: range[0], max: range[1] })
}

/** Money and its `_base` companion in the organization's currency. */
export function money(name: string, label: string, { precision, range, ...extra }: Numeric): Declared {
  const limits = { type: 'Money', precision, min: range[0], max: range[1] } as const
  const base = define(`${name}_Base`, `${label} (Base)`, { create: false, update: false }, limits)
  const own = one(name, label, extra, limits)
  return { columns: [...own.columns, { ...base, baseOf: name.toLowerCase() }] }
}

export function yesNo(
  name: string,
  label: string,
  { no = 'No', yes = 'Yes', ...extra }: Extra & { no?: string; yes?: string } = {},
): Declared {
  const options = [
    { value: 0, label: no },
    { value: 1, label: yes },
  ]
  return withName(one(name, label, { default: false, ...extra }, { type: 'Boolean', options }))
}

/** `{ 1: 'Preferred Customer', 2: 'Standard' }` */
export type Labels = Readonly<Record<number, string>>

export interface ChoiceExtra extends Extra {
  /** Name of a global option set. */
  readonly global?: string
}

export function choice(name: string, label: string, labels: Labels, extra: ChoiceExtra = {}): Declared {
  return withName(
    one(name, label, extra, { type: 'Picklist', options: optionsOf(labels), ...optionSet(extra) }),
  )
}

export function choices(name: string, label: string, labels: Labels, extra: ChoiceExtra = {}): Declared {
  return withName(
    one(name, label, extra, { type: 'MultiSelectPicklist', options: optionsOf(labels), ...optionSet(extra) }),
  )
}

export interface StateDeclaration {
  readonly label: string
  /** Status values of this state; the first is its default. */
  readonly status: Labels
}

/** `statecode` and `statuscode`, which belong together. */
export function stateAndStatus(states: Readonly<Record<number, StateDeclaration>>): Declared {
  const entries = Object.entries(states).map(([value, state]) => ({ value: Number(value), ...state }))
  const stateOptions: Option[] = entries.map(({ value, label, status }) => ({
    value,
    label,
    defaultStatus: Number(Object.keys(status)[0]),
  }))
  const statusOptions: Option[] = entries.flatMap(({ value, status }) =>
    optionsOf(status).map((option) => ({ ...option, state: value })),
  )
  const state = withName(
    one('StateCode', 'Status', { required: 'SystemRequired' }, { type: 'State', options: stateOptions }),
  )
  const status = withName(one('StatusCode', 'Status Reason', {}, { type: 'Status', options: statusOptions }))
  return { columns: [...state.columns, ...status.columns] }
}

export type DateBehavior = 'UserLocal' | 'DateOnly' | 'TimeZoneIndependent'

export function moment(
  name: string,
  label: string,
  extra: Extra & { behavior?: DateBehavior; format?: 'DateOnly' | 'DateAndTime' } = {},
): Declared {
  const dateBehavior = extra.behavior ?? 'UserLocal'
  const format = extra.format ?? (dateBehavior === 'DateOnly' ? 'DateOnly' : 'DateAndTime')
  return one(name, label, extra, { type: 'DateTime', dateBehavior, format })
}

export function day(name: string, label: string, extra: Extra = {}): Declared {
  return moment(name, label, { ...extra, behavior: 'DateOnly' })
}

export function guid(name: string, label: string, extra: Extra = {}): Declared {
  return one(name, label, extra, { type: 'Uniqueidentifier' })
}

export function entityName(name: string, label: string, extra: Extra = {}): Declared {
  return one(name, label, extra, { type: 'EntityName' })
}

export function file(name: string, label: string, extra: Extra = {}): Declared {
  return one(name, label, { create: false, update: false, ...extra }, { type: 'File', max: MAX_FILE_KB })
}

export function image(name: string, label: string, extra: Extra = {}): Declared {
  return one(name, label, extra, { type: 'Image', max: MAX_IMAGE_KB })
}

const MAX_FILE_KB = 131_072
const MAX_IMAGE_KB = 30_720

export interface LookupExtra extends Extra {
  /** Target table to relationship name. */
  readonly to: Readonly<Record<string, string>>
  readonly type?: 'Lookup' | 'Customer' | 'Owner'
  readonly onDelete?: LookupDeclaration['onDelete']
  readonly hierarchical?: boolean
}

export function lookup(
  name: string,
  label: string,
  { to, type = 'Lookup', ...extra }: LookupExtra,
): Declared {
  const declared = one(name, label, extra, { type, targets: Object.keys(to) })
  return {
    ...withName(declared),
    lookup: {
      column: name.toLowerCase(),
      targets: to,
      navigation: extra.custom ? name : name.toLowerCase(),
      onDelete: extra.onDelete ?? 'RemoveLink',
      hierarchical: extra.hierarchical ?? false,
    },
  }
}

function optionsOf(labels: Labels): Option[] {
  return Object.entries(labels).map(([value, label]) => ({ value: Number(value), label }))
}

function optionSet({ global }: ChoiceExtra) {
  return global === undefined ? {} : { optionSetName: global, globalOptionSet: true }
}

function one(
  name: string,
  label: string,
  extra: Extra,
  facts: Omit<Partial<ColumnDefinition>, 'type'> & Pick<ColumnDefinition, 'type'>,
): Declared {
  return { columns: [define(name, label, extra, facts)] }
}

function define(
  name: string,
  label: string,
  extra: Extra,
  facts: Omit<Partial<ColumnDefinition>, 'type'> & Pick<ColumnDefinition, 'type'>,
): ColumnDefinition {
  const { required = 'None', create = true, read = true, update = true } = extra
  return {
    logicalName: name.toLowerCase(),
    schemaName: name,
    label,
    required,
    create,
    read,
    update,
    ...(extra.description === undefined ? {} : { description: extra.description }),
    ...(extra.default === undefined ? {} : { defaultValue: extra.default }),
    ...(extra.custom === undefined ? {} : { custom: extra.custom }),
    ...facts,
  }
}

/** Metadata lists a virtual column for the label; it is not on the wire. */
function withName(declared: Declared): Declared {
  const [column] = declared.columns
  if (!column) return declared
  const companion = define(
    `${column.schemaName}Name`,
    column.label,
    { create: false, update: false },
    { type: 'Virtual', attributeOf: column.logicalName },
  )
  return { ...declared, columns: [...declared.columns, companion] }
}
